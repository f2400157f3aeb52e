"""Runs programs of statements on SQLite.

A whole program runs in one hop on the writer's thread: measured at 63 µs for three statements, against 52-64 µs for
each statement that is awaited by itself.

One connection writes and alone checkpoints: SQLite before 3.51.3 can lose data when several connections do. The readers
beside it see the last commit.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from bot.domain.errors import DatabaseDamaged
from bot.domain.ids import SessionId
from storage.drivers.sqlite import schema
from storage.drivers.sqlite.connection import Connection, connect, in_transaction
from storage.drivers.sqlite.damage import find_damage
from storage.programs import Program, T

_READERS = 2

_LARGEST_LOG_PAGES = 16_384
"""Of 4 KiB: when the write-ahead log is this long, the next commit checkpoints it, and its writer waits."""

_NEW_LOG_PAGES = 1
"""What the commit that begins a log writes: an idle gateway does not write that again and again."""

_PAGES_FREED_AT_ONCE = 256
"""A few milliseconds."""


class SqliteDriver:
    """The open connections to one database file. Use `open_driver`."""

    process = ""

    def __init__(self, path: Path, writer: Connection, readers: Sequence[Connection], life: str) -> None:
        self._path = path
        self._writer = writer
        self._readers = readers
        self.life = life
        self._next_reader = 0

    def write(self, program: Program[T]) -> Awaitable[T]:
        """Run the program as one transaction, after all earlier ones."""
        return self._writer.hop(partial(in_transaction, program=program, begin="BEGIN IMMEDIATE"))

    def write_of(self, _: SessionId, make: Callable[[], Program[T]]) -> Awaitable[T]:
        """Run the program as any other: the file is a call away, and not a way to a server."""
        return self.write(make())

    def read(self, program: Program[T]) -> Awaitable[T]:
        """Run a program that only reads, on one consistent state."""
        self._next_reader = (self._next_reader + 1) % len(self._readers)
        return self._readers[self._next_reader].hop(partial(in_transaction, program=program, begin="BEGIN"))

    def beside(self, program: Program[T]) -> Awaitable[T]:
        """Run the program as one transaction: the file has one writer, and no other process waits for it."""
        return self.write(program)

    def fence(self) -> None:
        """Nothing: no other process can share the file."""

    async def listen(self, heard: Callable[[str], None]) -> None:
        """Nothing: there is no other process."""

    async def find_damage(self) -> DatabaseDamaged | None:
        """Check the whole file, beside all other work; minutes for a large one. A caller that is cancelled ends it."""
        ending = threading.Event()
        try:
            return await asyncio.to_thread(find_damage, self._path, ending)
        finally:
            ending.set()

    async def checkpoint(self) -> None:
        """Write the log back into the database file."""
        await self._writer.hop(_checkpoint)

    async def wipe_free(self) -> None:
        """Return free pages to the system and empty the log, so that nothing erased can be read in the files."""
        while await self._writer.hop(_free_some_pages):
            await self.checkpoint()
        await self._writer.hop(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())

    async def close(self) -> None:
        """Finish what is queued and close every connection."""
        for connection in (*self._readers, self._writer):
            await connection.close()


async def open_driver(path: Path, synchronous: Literal["normal", "full"]) -> SqliteDriver:
    """Open and migrate the database file, which exists but may be empty.

    Raises:
        sqlite3.Error, StorageError: the file cannot be used.
        DataDirError: its schema is newer than this program.
    """
    opened: list[Connection] = []
    try:
        writer = await connect(
            path,
            opened,
            # What is deleted is overwritten if that costs no further page; `wipe_free` does the rest.
            "PRAGMA secure_delete = FAST",
            f"PRAGMA synchronous = {synchronous.upper()}",
            f"PRAGMA wal_autocheckpoint = {_LARGEST_LOG_PAGES}",
        )
        await writer.hop(schema.migrate)
        life = await writer.hop(schema.life)
        readers = [await connect(path, opened, "PRAGMA query_only = 1") for _ in range(_READERS)]
    except BaseException:
        for connection in opened:
            await connection.close()
        raise
    return SqliteDriver(path, writer, readers, life)


def _checkpoint(connection: sqlite3.Connection) -> None:
    [(_, pages, _)] = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    if pages > _NEW_LOG_PAGES:
        # The commit that starts the log again waits for the disk (4 ms measured): let it be this one.
        [(version,)] = connection.execute("PRAGMA user_version").fetchall()
        connection.execute(f"PRAGMA user_version = {version}")


def _free_some_pages(connection: sqlite3.Connection) -> bool:
    """Return some free pages to the system; False if there is none."""
    # It frees one page a step and returns no rows: only a script is stepped to its end.
    connection.executescript(f"PRAGMA incremental_vacuum({_PAGES_FREED_AT_ONCE})")
    [(left,)] = connection.execute("PRAGMA freelist_count").fetchall()
    return bool(left)
