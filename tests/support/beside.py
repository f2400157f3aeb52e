"""Looking into the database of a gateway that runs; reads, on either database, and never locks it out."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg


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
