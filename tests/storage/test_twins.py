"""Both databases have the same tables: every step of the schema has a twin."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

import psycopg
import pytest

from storage.drivers.postgres import schema as postgres
from storage.drivers.sqlite import schema as sqlite

_OWN = {"migration", "index_size", "word", "passage_word"}
"""Tables that each database has in a way of its own: the steps, and the full text."""


@dataclass
class Table:
    """What must be the same of it."""

    columns: set[tuple[str, str, bool, str]] = field(default_factory=set)
    """Name, kind, whether it must be there, and its default."""
    key: tuple[str, ...] = ()
    references: set[tuple[str, str, str]] = field(default_factory=set)
    """Column, the table it refers to, and what becomes of it."""
    indexes: set[tuple[tuple[str, ...], bool, bool]] = field(default_factory=set)
    """Columns, whether unique, whether of some rows only."""


_TRUTHS = {"TRUE": "1", "FALSE": "0"}
_KINDS = {"INTEGER": "bigint", "REAL": "double precision", "TEXT": "text"}


def of_sqlite() -> dict[str, Table]:
    with closing(sqlite3.connect(":memory:")) as raw:
        sqlite.migrate(raw)
        names = [name for _, name, kind, *_ in raw.execute("PRAGMA table_list") if kind == "table"]
        return {
            name: _sqlite_table(raw, name)
            for name in names
            if not name.startswith(("sqlite_", "word", "passage_word")) and name not in _OWN
        }


def _sqlite_table(raw: sqlite3.Connection, name: str) -> Table:
    table = Table()
    key: dict[int, str] = {}
    for _, column, kind, needed, default, place in raw.execute(f"PRAGMA table_info({name})"):
        table.columns.add((column, _KINDS[kind], bool(needed or place), _TRUTHS.get(default, default or "")))
        key |= {place: column} if place else {}
    table.key = tuple(key[place] for place in sorted(key))
    for _, _, other, column, _, _, deleted, _ in raw.execute(f"PRAGMA foreign_key_list({name})"):
        table.references.add((column, other, deleted))
    for _, index, unique, origin, partial in raw.execute(f"PRAGMA index_list({name})").fetchall():
        columns = tuple(column for _, _, column in raw.execute(f"PRAGMA index_info({index})"))
        if origin != "pk":
            table.indexes.add((columns, bool(unique), bool(partial)))
    return table


_COLUMNS = """
    SELECT table_name, column_name, data_type, is_nullable = 'NO', COALESCE(column_default, '')
    FROM information_schema.columns
    WHERE table_schema = 'public'
    """
_REFERENCES = """
    SELECT conrelid::regclass::text, attname, confrelid::regclass::text,
        CASE confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' ELSE 'NO ACTION' END
    FROM pg_constraint
    JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
    WHERE contype = 'f'
    """
_INDEXES = """
    SELECT indrelid::regclass::text, indisunique, indpred IS NOT NULL, indisprimary,
        ARRAY(SELECT attname::text FROM unnest(indkey) WITH ORDINALITY AS k (number, place)
              JOIN pg_attribute ON attrelid = indrelid AND attnum = number ORDER BY place)
    FROM pg_index
    JOIN pg_class ON pg_class.oid = indrelid
    WHERE relnamespace = 'public'::regnamespace
    """


def of_postgres(url: str) -> dict[str, Table]:
    tables: dict[str, Table] = {}
    with psycopg.connect(url) as raw:
        for name, column, kind, needed, default in raw.execute(_COLUMNS):
            tables.setdefault(name, Table()).columns.add((column, *_plain(kind, default, needed)))
        for name, column, other, deleted in raw.execute(_REFERENCES):
            tables[name].references.add((column, other, deleted))
        for name, unique, partial, primary, columns in raw.execute(_INDEXES):
            if primary:
                tables[name].key = tuple(columns)
            else:
                tables[name].indexes.add((tuple(columns), unique, partial))
    return {name: table for name, table in tables.items() if name not in _OWN}


def _plain(kind: str, default: str, needed: bool) -> tuple[str, bool, str]:
    """A column as SQLite has it: a truth is a number there."""
    if kind == "boolean":
        return "bigint", needed, _TRUTHS.get(default.upper(), default)
    return kind, needed, default.removesuffix("::text")


def test_both_databases_have_the_same_tables(postgres_url: str) -> None:
    ours, theirs = of_sqlite(), of_postgres(postgres_url)
    assert theirs.keys() == ours.keys()
    for name, table in ours.items():
        assert theirs[name] == table, name


def test_every_step_has_a_twin() -> None:
    numbers = [step.number for step in postgres.migrations()]
    assert numbers == list(range(numbers[0], sqlite.newest() + 1))


@pytest.mark.parametrize("lacking", ["ALTER TABLE turn DROP COLUMN album", "DROP INDEX turn_running"])
def test_a_twin_that_lacks_something_is_noticed(postgres_url: str, lacking: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as raw:
        raw.execute(lacking.encode())
    assert of_postgres(postgres_url) != of_sqlite()


def steps() -> Iterator[str]:
    yield from (step.sql for step in postgres.migrations())


def test_texts_are_compared_as_sqlite_compares_them() -> None:
    """By their bytes, whatever the database was made with: an order of a language would differ."""
    for sql in steps():
        for line in sql.splitlines():
            column = line.split("--")[0].split()
            assert column[1:2] != ["TEXT"] or column[2:4] == ["COLLATE", '"C"'] or "COLLATE" in line, line
