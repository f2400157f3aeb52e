"""Looking into the database of a gateway that runs; reads, on either database, and never locks it out."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

_COLUMNS_HERE = """
    SELECT master.name, info.name
    FROM sqlite_master AS master
    JOIN pragma_table_info(master.name) AS info
    WHERE master.type = 'table'
      AND master.sql LIKE '%STRICT%'
    ORDER BY 1, info.cid
    """

_COLUMNS_ON_SERVER = """
    SELECT table_name::text, column_name::text
    FROM information_schema.columns
    WHERE table_schema = current_schema()
      AND table_name NOT IN ('migration', 'index_size', 'word', 'passage_word')
    ORDER BY 1, ordinal_position
    """


class Onlooker:
    """Looks into one database again and again by one connection: opening one reads all of the schema anew."""

    def __init__(self, directory: Path, url: str) -> None:
        self._directory = directory
        self._url = url
        """As the gateway has it."""
        self._looking: sqlite3.Connection | psycopg.Connection[tuple[Any, ...]] | None = None

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query finds now. Blocks for a few milliseconds.

        Raises:
            sqlite3.OperationalError: there is no database yet, or it is being made.
        """
        if self._looking is None:
            self._looking = _connect(self._directory, self._url)
        if isinstance(self._looking, sqlite3.Connection):
            return self._looking.execute(query).fetchall()
        return self._looking.execute(query.encode()).fetchall()

    def columns(self) -> dict[str, list[str]]:
        """The columns of each table but the full-text indexes, which each kind of database has in its own way."""
        found: dict[str, list[str]] = {}
        for table, column in self.rows(_COLUMNS_ON_SERVER if self._url else _COLUMNS_HERE):
            found.setdefault(table, []).append(column)
        return found

    def close(self) -> None:
        """Look no more: while anybody has it open, SQLite keeps its log beside it."""
        if self._looking is not None:
            self._looking.close()
            self._looking = None


def rows_beside(directory: Path, url: str, query: str) -> list[tuple[Any, ...]]:
    """What a query finds now, where the database may be another one at the next look. As `Onlooker.rows`."""
    with closing(Onlooker(directory, url)) as onlooker:
        return onlooker.rows(query)


def change_beside(directory: Path, url: str, statement: str) -> None:
    """Change what is kept, while no gateway runs."""
    with closing(psycopg.connect(url) if url else sqlite3.connect(directory / "parley.db")) as database, database:
        database.execute(statement.encode() if url else statement)  # type: ignore[arg-type]


def _connect(directory: Path, url: str) -> sqlite3.Connection | psycopg.Connection[tuple[Any, ...]]:
    if url:
        return psycopg.connect(url, autocommit=True)
    return sqlite3.connect(f"file:{directory}/parley.db?mode=ro", uri=True)
