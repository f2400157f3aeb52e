"""One connection to a SQLite file, on its own thread, and how a program runs on it."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import aiosqlite

from bot.domain.errors import ConstraintBroken, DatabaseDamaged, StorageError
from storage.drivers.sqlite import words
from storage.drivers.sqlite.damage import means_damage
from storage.programs import ByItself, Program, T, Together


class Connection(aiosqlite.Connection):
    """aiosqlite's connection with two things that it keeps private: running a function on its thread, and its end."""

    ended: "asyncio.Future[None] | None" = None
    """Once it is told to end: done when its thread has nothing left to tell the loop."""

    def stop(self) -> "asyncio.Future[None] | None":
        """End its thread, which must not outlive the loop that it reports to."""
        self.ended = super().stop()
        return self.ended

    async def hop(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run `function` on the connection's own thread."""
        result: T = await self._execute(function, self._conn)  # type: ignore[no-untyped-call]
        return result


async def connect(path: Path, opened: list[Connection], *pragmas: str) -> Connection:
    """Open a connection and append it to `opened` at once: it must be closed even if a pragma fails."""
    connector = partial(sqlite3.connect, path, isolation_level=None, cached_statements=256, check_same_thread=False)
    connection = Connection(connector, iter_chunk_size=64)
    try:
        await connection
    except BaseException:
        if connection.ended is not None:
            await connection.ended
        raise
    opened.append(connection)

    def prepare(raw: sqlite3.Connection) -> None:
        # Vacuuming can be chosen only while the file is empty, and before it has a write-ahead log.
        vacuum = "PRAGMA auto_vacuum = INCREMENTAL"
        for pragma in (
            "PRAGMA busy_timeout = 5000",
            vacuum,
            "PRAGMA journal_mode = WAL",
            "PRAGMA foreign_keys = ON",
            *pragmas,
        ):
            raw.execute(pragma)

    await connection.hop(prepare)
    return connection


def in_transaction(connection: sqlite3.Connection, program: Program[T], begin: str) -> T:
    """Run a whole program between `begin` and COMMIT, on the connection's thread.

    Raises:
        StorageError: the database refused; nothing was kept.
        ConstraintBroken: the schema forbids it.
        DatabaseDamaged: the file is damaged.
    """
    try:
        connection.execute(begin)
        result = run(connection, program)
        connection.execute("COMMIT")
    except BaseException as error:
        program.close()
        with contextlib.suppress(sqlite3.Error):
            connection.rollback()
        if isinstance(error, sqlite3.DatabaseError) and means_damage(error):
            raise DatabaseDamaged(str(error)) from error
        if isinstance(error, sqlite3.OperationalError):
            raise StorageError(f"The database refused: {error}.") from error
        if isinstance(error, sqlite3.IntegrityError):
            raise ConstraintBroken(f"The database forbids this: {error}.") from error
        raise
    return result


def run(connection: sqlite3.Connection, program: Program[T]) -> T:
    """Run a program statement by statement."""
    try:
        statement = next(program)
        while True:
            answer: Any
            if isinstance(statement, tuple):
                answer = connection.execute(*statement).fetchall()
            elif isinstance(statement, Together):
                answer = [run(connection, one) for one in statement.programs]
            elif isinstance(statement, ByItself):
                answer = []
            else:
                answer = run(connection, statement(words))
            statement = program.send(answer)
    except StopIteration as done:
        result: T = done.value
        return result


@contextlib.contextmanager
def read_only(path: Path, *, patience_ms: int = 5_000) -> Iterator[sqlite3.Connection]:
    """A connection to a file that a gateway may be using. It can never checkpoint: the gateway alone does."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with contextlib.closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA busy_timeout = {patience_ms:d}")
        yield connection
