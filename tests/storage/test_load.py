"""What SQLite has kept is taken over into PostgreSQL: all of it, or nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from bot.domain.errors import DataDirError, SettingsError
from bot.domain.ids import PersonId
from bot.domain.people import Role
from bot.domain.sessions import Reach
from bot.operations.moving import move_to_postgres
from bot.settings import Settings
from storage import people, search
from storage.database import open_database
from storage.drivers.sqlite.schema import newest
from tests.storage.conftest import ALICE, NOW, ask
from tests.storage.earlier import fill, make, tables


def settings(directory: Path, url: str) -> Settings:
    return Settings.model_validate({"data_dir": directory, "database_url": url})


@pytest.mark.parametrize("version", [1, newest()])
async def test_every_row_is_taken_over_once(tmp_path: Path, postgres_url: str, version: int) -> None:
    with closing(make(tmp_path / "parley.db", version)) as raw:
        fill(raw)
        # Its texts are made up, and what is indexed is read.
        raw.execute("UPDATE message SET parts = '[]'")
        raw.commit()
    counts = await move_to_postgres(settings(tmp_path, postgres_url))
    with closing(sqlite3.connect(tmp_path / "parley.db")) as raw:
        assert counts == {
            table: raw.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]  # noqa: S608
            for table in tables(raw)
        }
    assert all(count for table, count in counts.items() if version == newest())
    with pytest.raises(DataDirError, match="not empty"):
        await move_to_postgres(settings(tmp_path, postgres_url))


async def test_a_gateway_goes_on_where_it_was(tmp_path: Path, postgres_url: str) -> None:
    async with await open_database(tmp_path) as before:
        turn = await before.write(ask("tides and moons"))
        gone = await before.write(people.add(ALICE.__class__("telegram", "2", "Bob", "en"), Role.MEMBER, NOW))
        life = before.life
    with closing(sqlite3.connect(tmp_path / "parley.db")) as raw:
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute("DELETE FROM person WHERE id = ?", (gone.id,))
        raw.commit()
    await move_to_postgres(settings(tmp_path, postgres_url))
    async with await open_database(tmp_path, url=postgres_url) as after:
        assert after.life == life
        assert (await after.write(ask("another"))).session == turn.session
        found = await after.read(search.find(Reach(owner=PersonId(1)), "moon", 9))
        assert [hit.text for hit in found if hit.message is not None] == ["tides and moons"]
        newcomer = await after.write(people.add(ALICE.__class__("telegram", "3", "Eve", "en"), Role.MEMBER, NOW))
        # A number that was somebody's is nobody else's.
        assert newcomer.id > gone.id


async def test_what_fails_halfway_leaves_an_empty_database(tmp_path: Path, postgres_url: str) -> None:
    async with await open_database(tmp_path) as before:
        await before.write(ask("tides and moons"))
    with closing(sqlite3.connect(tmp_path / "parley.db")) as raw:
        # A reference to nothing, which SQLite allows whoever does not ask it to look.
        raw.execute("PRAGMA foreign_keys = OFF")
        raw.execute("UPDATE turn SET question = 999")
        raw.commit()
    with pytest.raises(DataDirError, match="Nothing was taken over"):
        await move_to_postgres(settings(tmp_path, postgres_url))
    with psycopg.connect(postgres_url) as raw_there:
        assert raw_there.execute("SELECT COUNT(*) FROM message").fetchall() == [(0,)]
    with closing(sqlite3.connect(tmp_path / "parley.db")) as raw:
        raw.execute("UPDATE turn SET question = 1")
        raw.commit()
    assert (await move_to_postgres(settings(tmp_path, postgres_url)))["turn"] == 1


async def test_what_is_lacking_is_said_in_a_sentence(tmp_path: Path, postgres_url: str) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL"):
        await move_to_postgres(Settings.model_validate({"data_dir": tmp_path}))
    with pytest.raises(DataDirError, match="nothing to take over"):
        await move_to_postgres(settings(tmp_path, postgres_url))
    async with await open_database(tmp_path):
        with pytest.raises(DataDirError, match="in use by another gateway"):
            await move_to_postgres(settings(tmp_path, postgres_url))
