"""The schema of a SQLite file, brought up to date by numbered steps."""

import sqlite3
from importlib import resources

from bot.domain.errors import DataDirError

_OLDEST_SQLITE = (3, 39)
"""Since then it knows IS DISTINCT FROM, as the standard and other databases do."""


def migrations() -> list[tuple[int, str]]:
    """Every schema step as (number, SQL), in order. Numbers start at 1 and have no gaps."""
    files = sorted(resources.files("storage").joinpath("migrations").iterdir(), key=lambda file: file.name)
    return [(int(file.name[:4]), file.read_text(encoding="utf-8")) for file in files if file.name.endswith(".sql")]


def newest() -> int:
    """The schema that this program works with."""
    return migrations()[-1][0]


def version(connection: sqlite3.Connection) -> int:
    """The number of the last step that a file has had; 0 for an empty one."""
    number: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return number


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
    before = version(connection)
    steps = migrations()
    if before > steps[-1][0]:
        raise DataDirError(
            f"The database has schema {before}, but this program knows only {steps[-1][0]}. Run a newer Parley."
        )
    for number, sql in steps:
        if number > before:
            connection.executescript(f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version = {number};\nCOMMIT;")


def life(connection: sqlite3.Connection) -> str:
    """The name of this life of the data, see `Database.life`."""
    name: str = connection.execute("SELECT name FROM life").fetchone()[0]
    return name
