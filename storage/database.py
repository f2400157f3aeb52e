"""The driver: runs programs of statements on SQLite.

A storage operation is a generator that yields statements and is sent their rows; it does no I/O of its own, so that
operations compose with `yield from` into one transaction and another driver can run the same ones. Here a whole
program runs in one hop on the writer's thread: measured at 63 µs for three statements, against 52-64 µs for each
statement that is awaited by itself.

One connection writes and alone checkpoints: SQLite before 3.51.3 can lose data when several connections do. Readers
stand beside it and see the last commit. A lock on the data directory keeps a second process out.
"""

import asyncio
import contextlib
import errno
import fcntl
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar
from urllib.parse import quote

import aiosqlite
import structlog

from bot.domain.errors import DatabaseDamaged, DataDirError, StorageError

log = structlog.get_logger(__name__)

T = TypeVar("T")

Statement = tuple[str, Sequence[object]]
Rows = list[tuple[Any, ...]]
Program = Generator[Statement, Rows, T]
"""Yields (SQL with `?` marks, parameters), receives all rows of each, returns its result."""

DATABASE_FILE = "parley.db"

_READERS = 2

_MAKE_ROOM = "Make room on its disk."
RESTORE = "Restore it from a backup: stop the gateway, then `parley restore ARCHIVE`."

_LARGEST_LOG_PAGES = 16_384
"""Of 4 KiB: when the write-ahead log is this long, the next commit folds it in, whoever waits for it."""

_BEGUN_LOG_PAGES = 1
"""What the commit that begins a log writes: an idle gateway does not write that again and again."""

_PAGES_GIVEN_BACK = 256
"""In one step: a few milliseconds."""

_CHECKED_STEPS = 100_000
"""Of SQLite's own machine, between two looks at whether a check is to end: milliseconds."""


class Database:
    """The open database of one gateway. Use `open_database`; it must be closed, or the interpreter never exits."""

    def __init__(self, writer: "_Connection", readers: Sequence["_Connection"], lock: "_Lock", life: str) -> None:
        self._writer = writer
        self._readers = readers
        self._lock = lock
        self.life = life
        """Names this life of the data: no other database has it, nor these data once they were restored."""
        self._turn = 0
        self._damaged: DatabaseDamaged | None = None
        self.damage = asyncio.Event()
        """Set at the first sign of damage: from then on nothing is kept."""

    async def write(self, program: Program[T]) -> T:
        """Run the program as one transaction, after all writes that were asked for before.

        Cancelling the caller does not stop it: the outcome is then unknown to the caller.

        Raises:
            StorageError: nothing of it was kept (disk full, locked by another program, …).
            DatabaseDamaged: neither this nor anything after it.
        """
        return await self._unless_damaged(self._writer, program, "BEGIN IMMEDIATE")

    async def read(self, program: Program[T]) -> T:
        """Run a program that only reads, on one consistent state, beside the writer."""
        self._turn = (self._turn + 1) % len(self._readers)
        return await self._unless_damaged(self._readers[self._turn], program, "BEGIN")

    async def _unless_damaged(self, connection: "_Connection", program: Program[T], begin: str) -> T:
        """Run a program. After the first sign of damage nothing is kept any more: what platforms hold stays there."""
        if self._damaged is not None:
            program.close()
            raise self._damaged
        try:
            return await connection.hop(partial(_in_transaction, program=program, begin=begin))
        except DatabaseDamaged as damaged:
            self._note(damaged)
            raise

    async def check(self) -> None:
        """Look for damage in the whole file, on a connection of its own; minutes for a large one.

        What is found, everybody who reads or writes is told.
        """
        (path,) = await self._writer.hop(lambda raw: [row[2] for row in raw.execute("PRAGMA database_list")][:1])
        ending = threading.Event()
        try:
            damaged = await asyncio.to_thread(_damage_in, Path(path), ending)
        finally:
            ending.set()
        if damaged is not None:
            self._note(damaged)

    def _note(self, damaged: DatabaseDamaged) -> None:
        if self._damaged is None:
            self._damaged = damaged
            self.damage.set()
            log.critical("database_damaged", error=damaged)

    async def fold_log(self) -> None:
        """Write the log back into the database file. Once a minute this costs nobody a wait; a commit would."""

        def fold(connection: sqlite3.Connection) -> None:
            [(_, pages, _)] = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            if pages > _BEGUN_LOG_PAGES:
                # The commit that begins the log anew waits for the disk (4 ms measured): let it be this one.
                [(version,)] = connection.execute("PRAGMA user_version").fetchall()
                connection.execute(f"PRAGMA user_version = {version}")

        await self._writer.hop(fold)

    async def wipe_free(self) -> None:
        """Give free pages back to the system and empty the log, so that nothing erased can be read in the files."""
        while await self._writer.hop(_give_back):
            await self.fold_log()
        await self._writer.hop(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())

    async def close(self) -> None:
        """Finish what is queued, close every connection, let go of the data directory."""
        for connection in (*self._readers, self._writer):
            await connection.close()
        self._lock.release()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _give_back(connection: sqlite3.Connection) -> bool:
    """Give some free pages back to the system; False where there is none."""
    # It frees one page a step and gives no rows: only a script is stepped to its end.
    connection.executescript(f"PRAGMA incremental_vacuum({_PAGES_GIVEN_BACK})")
    [(left,)] = connection.execute("PRAGMA freelist_count").fetchall()
    return bool(left)


def _may_be_written(path: Path) -> bool:
    """By what this process may do: root in a container often has no more rights than a file gives."""
    return os.access(path, os.R_OK | os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def cure(error: Exception, path: Path) -> str:
    """What helps, by the cause: nothing is restored that is whole."""
    # The low byte is the primary code; what stands above it says where it happened.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code == sqlite3.SQLITE_FULL or not shutil.disk_usage(path.parent).free:
        return _MAKE_ROOM
    if not _may_be_written(path):
        return "Let the user that runs Parley write to it."
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "Another program is using it: close that program."
    if code == sqlite3.SQLITE_IOERR:
        return "Check the disk, and whether it has room."
    return RESTORE


async def open_database(directory: Path, *, synchronous: Literal["normal", "full"] = "normal") -> Database:
    """Open (and if need be create and migrate) the database in `directory`, which only its owner can read.

    `normal` survives a killed process; `full` also a power cut right after a commit, at a few milliseconds each.

    Raises:
        DataDirError: the directory cannot be used; the message says why and what to do.
    """
    path = directory / DATABASE_FILE
    try:
        lock = _prepare(directory, path)
    except OSError as error:
        raise DataDirError(
            f"DATA_DIR {str(directory)!r} cannot be written ({error.strerror}). "
            + (_MAKE_ROOM if error.errno in (errno.ENOSPC, errno.EDQUOT) else "Make it writable.")
        ) from error
    opened: list[_Connection] = []
    try:
        writer = await _connect(
            path,
            opened,
            # What is deleted is overwritten where that costs no further page; `wipe_free` does the rest.
            "PRAGMA secure_delete = FAST",
            f"PRAGMA synchronous = {synchronous.upper()}",
            f"PRAGMA wal_autocheckpoint = {_LARGEST_LOG_PAGES}",
        )
        await writer.hop(_migrate)
        life = await writer.hop(_life)
        readers = [await _connect(path, opened, "PRAGMA query_only = 1") for _ in range(_READERS)]
    except (sqlite3.Error, StorageError, DataDirError) as error:
        for connection in opened:
            await connection.close()
        lock.release()
        if isinstance(error, DataDirError):
            raise
        raise DataDirError(f"The database {str(path)!r} cannot be opened ({error}). {cure(error, path)}") from error
    return Database(writer, readers, lock, life)


@contextlib.contextmanager
def holding(directory: Path) -> Iterator[None]:
    """Keep every gateway out of a data directory meanwhile. Raises DataDirError where one is at work there."""
    lock = _Lock(directory / "parley.lock")
    try:
        yield
    finally:
        lock.release()


def _prepare(directory: Path, path: Path) -> "_Lock":
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = _Lock(directory / "parley.lock")
    path.touch(mode=0o600)
    return lock


class _Connection(aiosqlite.Connection):
    """aiosqlite's connection with the one thing it keeps private: running a function on its thread."""

    async def hop(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run `function` on the connection's own thread."""
        result: T = await self._execute(function, self._conn)  # type: ignore[no-untyped-call]
        return result


class _Lock:
    """Holds the data directory for this process; the kernel lets go of it when the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._file)
            raise DataDirError(
                f"DATA_DIR {str(path.parent)!r} is in use by another gateway. Stop that one, or set another DATA_DIR."
            ) from error

    def release(self) -> None:
        os.close(self._file)


async def _connect(path: Path, opened: list[_Connection], *pragmas: str) -> _Connection:
    connect = partial(sqlite3.connect, path, isolation_level=None, cached_statements=256, check_same_thread=False)
    connection = _Connection(connect, iter_chunk_size=64)
    await connection
    opened.append(connection)

    def prepare(raw: sqlite3.Connection) -> None:
        # The first of these counts only for a file that is just being made.
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


def _in_transaction(connection: sqlite3.Connection, program: Program[T], begin: str) -> T:
    try:
        connection.execute(begin)
        result = _drive(connection, program)
        connection.execute("COMMIT")
    except BaseException as error:
        program.close()
        with contextlib.suppress(sqlite3.Error):
            connection.rollback()
        if isinstance(error, sqlite3.DatabaseError) and _means_damage(error):
            raise DatabaseDamaged(str(error)) from error
        if isinstance(error, sqlite3.OperationalError):
            raise StorageError(f"The database refused: {error}.") from error
        raise
    return result


def _means_damage(error: sqlite3.DatabaseError) -> bool:
    # The lowest byte is the primary code; what stands above it says more.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _damage_in(path: Path, ending: threading.Event) -> DatabaseDamaged | None:
    """What SQLite's own check finds in the file; None, too, where it is to end before it is through."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
            connection.set_progress_handler(ending.is_set, _CHECKED_STEPS)
            [(found,)] = connection.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.DatabaseError as error:
        return DatabaseDamaged(str(error)) if _means_damage(error) else None
    return None if found == "ok" else DatabaseDamaged(found.splitlines()[-1])


def _drive(connection: sqlite3.Connection, program: Program[T]) -> T:
    try:
        statement = next(program)
        while True:
            statement = program.send(connection.execute(*statement).fetchall())
    except StopIteration as done:
        result: T = done.value
        return result


def migrations() -> list[tuple[int, str]]:
    """Every schema step as (number, SQL), in order. Numbers start at 1 and have no gaps."""
    files = sorted(resources.files("storage").joinpath("migrations").iterdir(), key=lambda file: file.name)
    return [(int(file.name[:4]), file.read_text(encoding="utf-8")) for file in files if file.name.endswith(".sql")]


def _life(connection: sqlite3.Connection) -> str:
    name: str = connection.execute("SELECT name FROM life").fetchone()[0]
    return name


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to date, each step whole or not at all."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    steps = migrations()
    if version > steps[-1][0]:
        raise DataDirError(
            f"The database has schema {version}, but this program knows only {steps[-1][0]}. Run a newer Parley."
        )
    for number, sql in steps:
        if number > version:
            connection.executescript(f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version = {number};\nCOMMIT;")
