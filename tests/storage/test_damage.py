"""A damaged database keeps nothing more, and says so with the cure: what platforms still hold is not lost."""

from pathlib import Path

import pytest

from bot.domain.errors import DatabaseDamaged
from storage.database import Database, open_database
from storage.programs import Program
from tests.support.new_data import open_new

ROWS = 2_000


def filled() -> Program[None]:
    for number in range(ROWS):
        yield ("INSERT INTO seen (platform, bot, event_key, at) VALUES ('p', 'b', ?, 0)", (f"{number:06}-{'x' * 200}",))


def counted() -> Program[int]:
    rows = yield ("SELECT COUNT(event_key) FROM seen WHERE event_key LIKE '%x'", ())
    return int(rows[0][0])


def one_more(key: str) -> Program[None]:
    yield ("INSERT INTO seen (platform, bot, event_key, at) VALUES ('p', 'b', ?, 0)", (key,))


async def damaged(directory: Path) -> Database:
    """A database whose later half has been overwritten on the disk."""
    async with await open_new(directory) as database:
        await database.write(filled())
    file = directory / "parley.db"
    data = bytearray(file.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle:] = b"\xa5" * (len(data) - middle)
    file.write_bytes(data)
    return await open_database(directory)


async def test_the_first_malformed_page_ends_all_taking_in(tmp_path: Path) -> None:
    async with await damaged(tmp_path) as database:
        with pytest.raises(DatabaseDamaged, match="parley restore"):
            await database.read(counted())
        with pytest.raises(DatabaseDamaged):
            await database.write(one_more("000000"))


async def test_the_check_finds_it_before_anybody_does(tmp_path: Path) -> None:
    async with await damaged(tmp_path) as database:
        await database.check()
        with pytest.raises(DatabaseDamaged, match="have the disk checked"):
            await database.write(one_more("000000"))


async def test_a_sound_database_keeps_working(tmp_path: Path) -> None:
    async with await open_new(tmp_path) as database:
        await database.write(filled())
        await database.check()
        assert await database.read(counted()) == ROWS
