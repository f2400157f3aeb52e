"""What runs programs on a database."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from bot.domain.errors import DatabaseDamaged
from bot.domain.ids import SessionId
from storage.programs import Program, T


class Driver(Protocol):
    """The open connections to one database."""

    life: str
    """See `Database.life`."""
    process: str
    """See `Database.process`."""

    def write(self, program: Program[T]) -> Awaitable[T]:
        """Run the program as one transaction, after all earlier ones."""

    def write_of(self, session: SessionId, make: Callable[[], Program[T]]) -> Awaitable[T]:
        """See `Database.write_of`."""

    def read(self, program: Program[T]) -> Awaitable[T]:
        """Run a program that only reads, on one consistent state."""

    def beside(self, program: Program[T]) -> Awaitable[T]:
        """See `Database.beside`."""

    def fence(self) -> None:
        """Keep nothing from now on unless `process` is among those that share the database."""

    async def listen(self, heard: Callable[[str], None]) -> None:
        """See `Database.listen`."""

    async def find_damage(self) -> DatabaseDamaged | None:
        """Look for damage in the whole database, beside all other work; None as well if this cannot tell."""

    async def checkpoint(self) -> None:
        """Write the log back into the database, where that is the gateway's to do."""

    async def wipe_free(self) -> None:
        """Give away the room that erased rows have left."""

    async def close(self) -> None:
        """Finish what is queued and close every connection."""
