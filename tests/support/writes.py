"""What a gateway writes: something can be done around each transaction, whichever way that is asked for."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from bot.domain.errors import StorageError
from bot.domain.ids import SessionId
from storage.database import Database
from storage.programs import Program

Around = Callable[[str, Callable[[], Awaitable[Any]]], Awaitable[Any]]
"""Gets the name of a program, and what writes it."""
Set = Callable[[type[Database], str, Any], object]
FINISH = "Dispatcher._finish"
"""What notes that a command came."""


def set_around(around: Around, set_: Set = setattr) -> None:
    """Have this done around each transaction from now on; until the test ends, where `set_` is monkeypatch's."""
    write, write_of = Database.write, Database.write_of

    async def one(self: Database, program: Program[Any]) -> Any:
        return await around(getattr(program, "__qualname__", ""), partial(write, self, program))

    async def one_of(self: Database, session: SessionId, make: Callable[[], Program[Any]]) -> Any:
        return await around(getattr(make(), "__qualname__", ""), partial(write_of, self, session, make))

    set_(Database, "write", one)
    set_(Database, "write_of", one_of)


def cutting_off(set_: Set) -> list[str]:
    """For each name that is put here a transaction fails once whose program has it."""
    names: list[str] = []

    async def breaks(program: str, write: Callable[[], Awaitable[Any]]) -> Any:
        if names and names[-1] in program:
            names.pop()
            raise StorageError("Cut off.")
        return await write()

    set_around(breaks, set_)
    return names
