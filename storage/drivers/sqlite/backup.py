"""A copy of the database that is whole, made while the gateway keeps writing; and whether one can be trusted."""

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.domain.errors import DataDirError
from bot.domain.incoming import RESTORED
from storage import documents
from storage.drivers.sqlite import schema
from storage.drivers.sqlite.connection import read_only, run
from storage.steps import too_new

_PASSAGES_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy of the database holds."""

    schema: int
    blobs: tuple[str, ...]
    """The SHA-256 of every file that it names."""


def copy_database(source: Path, target: Path) -> Copied:
    """Copy the database at one moment (SQLite's online backup: no one waits for it) and check the copy.

    Raises:
        DataDirError: there is no database, it cannot be read, or the copy is not sound.
    """
    if not source.exists():
        raise DataDirError(f"There is no database {str(source)!r}. Set DATA_DIR to the directory of the gateway.")
    target.touch(mode=0o600)
    try:
        # Read-only, so that it never writes the log back: the gateway alone does.
        with (
            read_only(source) as reader,
            contextlib.closing(sqlite3.connect(target)) as writer,
        ):
            # All pages in one step see one state; in several, each commit in between would start it again.
            reader.backup(writer, pages=-1)
            # One file: there is no log beside it that could be left behind.
            writer.execute("PRAGMA journal_mode = DELETE").fetchall()
    except sqlite3.Error as error:
        raise DataDirError(f"The database {str(source)!r} cannot be copied ({error}).") from error
    return check_database(target)


def check_database(path: Path) -> Copied:
    """Check a database that no process uses.

    Raises:
        DataDirError: it is damaged, or made by a newer program.
    """
    try:
        with read_only(path) as reader:
            version = schema.version(reader)
            for trouble in _troubles(reader):
                raise DataDirError(f"The database {path.name!r} is damaged: {trouble}. Use another backup.")
            newest = schema.newest()
            if version > newest:
                raise DataDirError(too_new(version, newest))
            blobs = tuple(sha256 for (sha256,) in reader.execute("SELECT sha256 FROM blob ORDER BY sha256"))
    except sqlite3.Error as error:
        raise DataDirError(f"The database {path.name!r} is damaged: {error}. Use another backup.") from error
    return Copied(version, blobs)


def mark_restored(path: Path) -> None:
    """Note, in a database that no process uses, that the gateway of its bots may have heard more than it knows.

    Raises:
        DataDirError: it is not one of this program's.
    """
    try:
        with contextlib.closing(sqlite3.connect(path)) as database, database:
            _index_passages(database)
            database.execute("DELETE FROM bookmark")
            # What is sent from now on is none of what the life before sent under the same numbers.
            if database.execute("SELECT 1 FROM sqlite_schema WHERE name = 'life'").fetchone():
                database.execute("UPDATE life SET name = lower(hex(randomblob(5)))")
            database.execute(
                """
                INSERT INTO bookmark (platform, bot, name, text)
                SELECT DISTINCT platform, bot, ?, ''
                FROM place
                """,
                (RESTORED,),
            )
    except sqlite3.Error as error:
        raise DataDirError(f"The database {path.name!r} cannot be used ({error}). Use another backup.") from error


def bring_up_to_date(path: Path) -> None:
    """Give a database that no process uses the schema of today. Raises DataDirError."""
    try:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
            schema.migrate(database)
    except sqlite3.Error as error:
        raise DataDirError(f"The database {path.name!r} cannot be used ({error}). Use another backup.") from error


def _index_passages(database: sqlite3.Connection) -> None:
    """Make documents findable of which a copy from PostgreSQL holds the texts alone. Messages the gateway indexes."""
    # An index that holds no content itself has a row here for each of its texts.
    [(has_index,)] = database.execute("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'passage_word_docsize')")
    if not has_index or database.execute("SELECT 1 FROM passage_word_docsize LIMIT 1").fetchone():
        return
    last: int | None = 0
    while last is not None:
        last = run(database, documents.index_again(last, _PASSAGES_AT_ONCE))


def _troubles(reader: sqlite3.Connection) -> Iterator[str]:
    for (found,) in reader.execute("PRAGMA integrity_check"):
        if found != "ok":
            yield found
    for table, row, parent, _ in reader.execute("PRAGMA foreign_key_check"):
        yield f"row {row} of {table} points at nothing in {parent}"
