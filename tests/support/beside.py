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


def columns_beside(directory: Path, url: str) -> dict[str, list[str]]:
    """The columns of each table but the full-text indexes, which each kind of database has in its own way."""
    found: dict[str, list[str]] = {}
    for table, column in rows_beside(directory, url, _COLUMNS_ON_SERVER if url else _COLUMNS_HERE):
        found.setdefault(table, []).append(column)
    return found


def rows_beside(directory: Path, url: str, query: str) -> list[tuple[Any, ...]]:
    """What a query finds now; `url` as the gateway has it. Blocks for a few milliseconds.

    Raises:
        sqlite3.OperationalError: there is no database yet, or it is being made.
    """
    if url:
        with psycopg.connect(url, autocommit=True) as server:
            return server.execute(query.encode()).fetchall()
    with closing(sqlite3.connect(f"file:{directory}/parley.db?mode=ro", uri=True)) as file:
        return file.execute(query).fetchall()
