"""Looking into a file that a gateway of another process may be using: reads, and never locks it out."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from bot.domain.errors import DataDirError
from storage.drivers.sqlite import schema
from storage.drivers.sqlite.connection import read_only, run
from storage.drivers.sqlite.damage import RESTORE, cure
from storage.programs import Program, T
from storage.steps import Outlook


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a database, and what helps."""

    what: str
    cure: str


def find_trouble(path: Path) -> Trouble | None:
    """What is wrong with a database; None if nothing is."""
    newest = schema.newest()
    try:
        with read_only(path) as reader:
            version = schema.version(reader)
            (found,) = reader.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        return Trouble(f"The database {str(path)!r} cannot be read ({error}).", cure(error, path))
    if version > newest:
        what = f"The database has schema {version}, but this program knows only {newest}."
        return Trouble(what, "Run the newer Parley that made it.")
    return None if found == "ok" else Trouble(f"The database {str(path)!r} is damaged: {found}.", RESTORE)


def outlook(path: Path) -> Outlook:
    """What a database has yet to go through: all, if there is none yet. Raises DataDirError if it cannot be used."""
    if not path.exists():
        return Outlook(0, tuple(schema.migrations()))
    try:
        with read_only(path) as reader:
            return Outlook(schema.version(reader), tuple(schema.missing(reader)))
    except sqlite3.Error as error:
        raise DataDirError(f"The database {str(path)!r} cannot be read ({error}). {cure(error, path)}") from error


def read_beside(path: Path, program: Program[T]) -> T | None:
    """Run a program that only reads, on one consistent state; None if there is no database yet, or it is being made."""
    try:
        with read_only(path, patience_ms=1_000) as reader:
            reader.execute("BEGIN")
            return run(reader, program)
    except sqlite3.OperationalError:
        return None
