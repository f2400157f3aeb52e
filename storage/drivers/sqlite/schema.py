"""The schema of a SQLite file, brought up to date by numbered steps."""

import sqlite3
from importlib import resources

from bot.domain.errors import DataDirError
from storage.steps import Step, too_new

_OLDEST_SQLITE = (3, 39)
"""Since then it knows IS DISTINCT FROM, as the standard and other databases do."""


def migrations() -> list[Step]:
    """Every schema step, in order. Numbers start at 1 and have no gaps."""
    return Step.all_in(resources.files("storage").joinpath("migrations"))


def newest() -> int:
    """The schema that this program works with."""
    return migrations()[-1].number


def version(connection: sqlite3.Connection) -> int:
    """The number of the last step that a file has had; 0 for an empty one."""
    number: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return number


def missing(connection: sqlite3.Connection) -> list[Step]:
    """The steps that a file has not had. Raises DataDirError if a newer program made it."""
    before, steps = version(connection), migrations()
    if before > steps[-1].number:
        raise DataDirError(too_new(before, steps[-1].number))
    return [step for step in steps if step.number > before]


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to date, each step whole or not at all.

    Raises:
        DataDirError: a newer program made it, or this Python comes with a SQLite that is too old.
    """
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        needed = ".".join(map(str, _OLDEST_SQLITE))
        raise DataDirError(
            f"This Python uses SQLite {sqlite3.sqlite_version}, but {needed} is needed. Run a newer Python, or Docker."
        )
    for step in missing(connection):
        connection.executescript(f"BEGIN IMMEDIATE;\n{step.sql}\nPRAGMA user_version = {step.number};\nCOMMIT;")


def life(connection: sqlite3.Connection) -> str:
    """The name of this life of the data, see `Database.life`."""
    name: str = connection.execute("SELECT name FROM life").fetchone()[0]
    return name
