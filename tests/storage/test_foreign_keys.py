# ruff: noqa: S608  # Only names from the schema are set into the SQL.
"""What is deleted takes along what refers to it; none of that may walk through a whole table inside the only writer."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.new_data import open_new


@pytest.fixture
async def schema(tmp_path: Path) -> AsyncIterator[sqlite3.Connection]:
    """A new database, as SQLite sees it."""
    async with await open_new(tmp_path):
        pass
    raw = sqlite3.connect(tmp_path / "parley.db")
    yield raw
    raw.close()


def tables(schema: sqlite3.Connection) -> list[str]:
    query = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'"
    return [name for (name,) in schema.execute(query)]


def serving(schema: sqlite3.Connection, table: str, column: str) -> list[str]:
    """The indexes by which rows that refer to something are found: `column` comes first, and no row is left out."""
    found = []
    for _, name, _, _, _ in schema.execute(f"PRAGMA index_list('{table}')"):
        first = schema.execute(f"PRAGMA index_info('{name}')").fetchone()[2]
        (sql,) = schema.execute("SELECT COALESCE(MAX(sql), '') FROM sqlite_schema WHERE name = ?", (name,)).fetchone()
        _, partial, condition = sql.partition(" WHERE ")
        if first == column and (not partial or condition == f"{column} IS NOT NULL"):
            found.append(name)
    return found


async def test_every_foreign_key_has_an_index(schema: sqlite3.Connection) -> None:
    lacking = []
    for table in tables(schema):
        row_id = [name for _, name, kind, _, _, key in schema.execute(f"PRAGMA table_info('{table}')") if key == 1]
        for _, _, _, column, *_ in schema.execute(f"PRAGMA foreign_key_list('{table}')"):
            if column not in row_id and not serving(schema, table, column):
                lacking.append(f"{table}.{column}")
    assert not lacking


def scanned(schema: sqlite3.Connection, statement: str) -> set[str]:
    """The tables that SQLite's program for a statement, and those it calls, walk through from an end."""
    roots = dict(schema.execute("SELECT rootpage, name FROM sqlite_schema WHERE rootpage"))
    kinds = dict(schema.execute("SELECT name, type FROM sqlite_schema"))
    cursors: dict[int, str] = {}
    walked = set()
    for address, opcode, first, second, *_ in schema.execute(f"EXPLAIN {statement}"):
        if address == 0:
            cursors = {}
        if opcode in ("OpenRead", "OpenWrite"):
            cursors[first] = roots.get(second, "")
        elif opcode in ("Rewind", "Last") and kinds.get(cursors.get(first, "")) == "table":
            walked.add(cursors[first])
    return walked


async def test_no_deletion_walks_through_a_table(schema: sqlite3.Connection) -> None:
    schema.execute("PRAGMA foreign_keys = ON")
    for table in tables(schema):
        key = schema.execute(f"SELECT name FROM pragma_table_info('{table}') WHERE pk = 1").fetchone()
        if key is not None and not table.startswith(("word", "passage_word")):
            assert not scanned(schema, f"DELETE FROM {table} WHERE {key[0]} = 1"), table
