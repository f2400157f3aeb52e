"""A database of every earlier schema becomes one of today's, with everything that it held."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storage.database import open_database
from storage.drivers.sqlite import schema
from storage.drivers.sqlite.schema import migrate, migrations
from tests.storage.earlier import contents, copy_into, fill, lost, make, tables, words
from tests.support.new_data import lay_new_data

_SHAPE = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name"

EARLIER = range(1, len(migrations()))


@pytest.mark.parametrize("version", EARLIER)
async def test_every_row_of_an_earlier_schema_is_there_afterwards(tmp_path: Path, version: int) -> None:
    with closing(make(tmp_path / "parley.db", version)) as raw:
        fill(raw)
        before = contents(raw)
    assert all(before.values())
    async with await open_database(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / "parley.db")) as raw:
        assert lost(before, raw) == []
        assert words(raw) == []
        assert schema.version(raw) == len(migrations())
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("version", [0, *EARLIER])
def test_every_way_to_the_newest_schema_ends_in_the_same_one(tmp_path: Path, version: int) -> None:
    lay_new_data(tmp_path / "new")
    with closing(make(tmp_path / "old", version)) as old, closing(sqlite3.connect(tmp_path / "new/parley.db")) as new:
        migrate(old)
        shape, of_new = (raw.execute(_SHAPE).fetchall() for raw in (old, new))
    assert shape == of_new


def test_who_wanted_whole_answers_only_still_gets_them(tmp_path: Path) -> None:
    before = next(step.number for step in migrations() if "DROP COLUMN streaming" in step.sql) - 1
    with closing(make(tmp_path / "parley.db", before)) as raw:
        for name, streaming in (("Alice", 1), ("Bob", 0)):
            insert = "INSERT INTO person (role, name, streaming, created_at) VALUES ('member', ?, ?, 0)"
            raw.execute(insert, (name, streaming))
        migrate(raw)
        assert raw.execute("SELECT name, previews FROM person ORDER BY name").fetchall() == [
            ("Alice", None),
            ("Bob", "off"),
        ]


def test_a_step_that_loses_a_column_is_noticed(tmp_path: Path) -> None:
    with closing(make(tmp_path / "parley.db", len(migrations()))) as raw:
        fill(raw)
        before = contents(raw)
        columns = {table: raw.execute(f"PRAGMA table_info('{table}')").fetchall() for table in tables(raw)}
        # One of every table at a time.
        for number in range(max(map(len, columns.values()))):
            chosen = {table: found[number] for table, found in columns.items() if number < len(found)}
            raw.execute("BEGIN")
            for table, (_, column, kind, *_) in chosen.items():
                raw.execute(
                    f"UPDATE {table} SET {column} = ? WHERE {column} = (SELECT MAX({column}) FROM {table})",  # noqa: S608
                    ("lost" if kind == "TEXT" else -1,),
                )
            assert sorted(lost(before, raw)) == sorted(chosen), number
            raw.execute("ROLLBACK")


@pytest.mark.parametrize(
    "step",
    [
        "ALTER TABLE session DROP COLUMN title_by",
        "DROP TABLE salt",
        "DELETE FROM ledger WHERE id = 2",
        "INSERT INTO word (word) VALUES ('delete-all')",
    ],
)
def test_a_step_that_loses_rows_tables_or_words_is_noticed(tmp_path: Path, step: str) -> None:
    with closing(make(tmp_path / "parley.db", 1)) as raw:
        fill(raw)
        before = contents(raw)
        raw.execute(step)
        assert lost(before, raw) + words(raw)


async def test_what_a_step_works_out_of_earlier_rows_is_right(tmp_path: Path) -> None:
    with closing(make(tmp_path / "parley.db", 1)) as raw:
        fill(raw)
        raw.execute("DELETE FROM ledger WHERE person = 2")
        raw.execute("UPDATE session SET owner = NULL WHERE id = 3")
        raw.execute("UPDATE turn SET session = 3, payer = 1 WHERE id = 2")
    async with await open_database(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / "parley.db")) as raw:
        # A session was begun by its owner, or by the first to ask there; welcomed is who was ever given tokens.
        assert raw.execute("SELECT begun_by FROM session ORDER BY id").fetchall() == [(1,), (None,), (1,)]
        assert raw.execute("SELECT welcomed FROM person ORDER BY id").fetchall() == [(1,), (0,), (1,)]


def test_real_rows_fit_into_every_earlier_schema(tmp_path: Path) -> None:
    with closing(make(tmp_path / "newest.db", len(migrations()))) as raw:
        fill(raw)
    for version in EARLIER:
        with closing(make(tmp_path / f"{version}.db", version)) as raw:
            copy_into(raw, tmp_path / "newest.db")
            assert all(contents(raw).values())
