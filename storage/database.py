"""The database of one gateway, as the rest of the house knows it: it runs programs and reports damage."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import structlog

from bot.domain.errors import (
    DatabaseDamaged,
    DataDirError,
    Replaced,
    StorageError,
)
from bot.domain.ids import SessionId
from storage.datadir import DATABASE_FILE, DataDirLock, prepare_data_dir
from storage.drivers.driver import Driver
from storage.drivers.sqlite.damage import cure
from storage.drivers.sqlite.driver import open_driver
from storage.programs import Program, T

log = structlog.get_logger(__name__)


class Database:
    """The open database of one gateway. Use `open_database`; it must be closed, or the interpreter never exits."""

    def __init__(self, driver: Driver, lock: DataDirLock) -> None:
        self._driver = driver
        self._lock = lock
        self.life = driver.life
        """Names this life of the data: no other database has it, nor have these data once they were restored."""
        self.process = driver.process
        """The random name of this process among those that share the database; "" where none can."""
        self.replaced = asyncio.Event()
        """Set when other processes have taken over from this one: see `Replaced`."""
        self._damaged: DatabaseDamaged | None = None
        self.damage = asyncio.Event()
        """Set at the first sign of damage: from then on nothing is kept."""

    async def write(self, program: Program[T]) -> T:
        """Run the program as one transaction, after all writes that were asked for before.

        Cancelling the caller does not stop it: the outcome is then unknown to the caller.

        Raises:
            StorageError: nothing of it was kept (disk full, locked by another program, …).
            ConstraintBroken: the schema forbids it; nothing of it was kept.
            DatabaseDamaged: neither this nor any later program is kept.
            Replaced: the same, for other processes go on with what this one was doing.
        """
        return await self._unless_damaged(partial(self._driver.write, program))

    async def write_of(self, session: SessionId, make: Callable[[], Program[T]]) -> T:
        """As `write`, for a program that may go side by side with those of other sessions, before others that wait.

        What it meets belongs to its session, or it says `by_itself` before: then the others have ended. What it does in
        memory it may do again: where one beside it fails, it is made once more and begins anew.
        """
        return await self._unless_damaged(partial(self._driver.write_of, session, make))

    async def read(self, program: Program[T]) -> T:
        """Run a program that only reads, on one consistent state, beside the writer."""
        return await self._unless_damaged(partial(self._driver.read, program))

    async def beside(self, program: Program[T]) -> T:
        """Run a program that may change this process's own row and tell the others, behind nobody else who writes.

        It is kept whether this is still one of the processes or not: that is the program's to look at.
        """
        return await self._unless_damaged(partial(self._driver.beside, program))

    async def _unless_damaged(self, run: Callable[[], Awaitable[T]]) -> T:
        """Run a program. After the first sign of damage nothing is kept: the platforms hold what they have."""
        if self._damaged is not None:
            raise self._damaged
        try:
            return await run()
        except DatabaseDamaged as damaged:
            self._note(damaged)
            raise
        except Replaced:
            self.replaced.set()
            raise

    def fence(self) -> None:
        """Keep nothing from now on, but raise `Replaced`, unless this process is among those that share the database.

        Call it once it is: see `storage.processes`.
        """
        self._driver.fence()

    async def listen(self, heard: Callable[[str], None]) -> None:
        """Hand on what other processes tell this one, until cancelled; "" where something may have been missed."""
        await self._driver.listen(heard)

    async def check(self) -> None:
        """Look for damage in the whole database, beside all other work; minutes for a large one.

        If there is any, everyone who reads or writes is told.
        """
        damaged = await self._driver.find_damage()
        if damaged is not None:
            self._note(damaged)

    def _note(self, damaged: DatabaseDamaged) -> None:
        if self._damaged is None:
            self._damaged = damaged
            self.damage.set()
            log.critical("database_damaged", error=damaged)

    async def checkpoint(self) -> None:
        """Write the log back into the database. Once a minute this costs no one a wait; a commit would."""
        await self._driver.checkpoint()

    async def wipe_free(self) -> None:
        """Return free space to the system, so that nothing erased can be read in the files."""
        await self._driver.wipe_free()

    async def close(self) -> None:
        """Finish what is queued, close every connection, release the data directory."""
        await self._driver.close()
        self._lock.release()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def open_database(
    directory: Path, *, synchronous: Literal["normal", "full"] = "normal", url: str = "", shared: bool = False
) -> Database:
    """Open (and if need be create and migrate) the database in `directory`, which only its owner can read.

    `normal` survives a killed process; `full` also a power cut right after a commit, at a few milliseconds each.
    With a `url` it is that one, on a PostgreSQL server; the directory then holds all the rest of this gateway.
    `shared`: other processes may use both as well.

    Raises:
        DataDirError: the directory cannot be used; the message says why and what to do.
    """
    lock = prepare_data_dir(directory, with_database=not url, shared=shared and bool(url))
    try:
        driver = await (_open_server(url, shared=shared) if url else _open_file(directory / DATABASE_FILE, synchronous))
    except DataDirError:
        lock.release()
        raise
    return Database(driver, lock)


async def _open_file(path: Path, synchronous: Literal["normal", "full"]) -> Driver:
    try:
        return await open_driver(path, synchronous)
    except (sqlite3.Error, StorageError) as error:
        raise DataDirError(f"The database {str(path)!r} cannot be opened ({error}). {cure(error, path)}") from error


async def _open_server(url: str, *, shared: bool) -> Driver:
    # What SQLite's operators never need costs them neither memory nor time at start.
    from storage.drivers.postgres.driver import open_driver

    return await open_driver(url, shared=shared)
