"""What helps when a database cannot be opened is named by the cause."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from bot.domain.errors import DataDirError
from bot.operations.keys import rotate_key
from bot.settings import Settings
from storage.database import open_database
from storage.drivers.sqlite import schema

CURES = {
    sqlite3.SQLITE_FULL: "Make room on its disk.",
    sqlite3.SQLITE_BUSY: "Another program is using it",
    sqlite3.SQLITE_IOERR_WRITE: "Check the disk",
    sqlite3.SQLITE_NOTADB: "then `parley restore ARCHIVE`",
    sqlite3.SQLITE_CORRUPT: "then `parley restore ARCHIVE`",
}


@pytest.mark.parametrize("code", CURES)
async def test_the_cure_fits_the_cause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def fails(_: sqlite3.Connection) -> None:
        error = sqlite3.OperationalError("it does not work")
        error.sqlite_errorcode = code
        raise error

    monkeypatch.setattr(schema, "migrate", fails)
    with pytest.raises(DataDirError) as caught:
        await open_database(tmp_path)
    assert CURES[code] in str(caught.value)


async def test_a_database_that_may_grow_no_further_asks_for_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's own error, as it says it on a full disk."""
    migrate = schema.migrate

    def small(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA max_page_count = 4")
        migrate(connection)

    monkeypatch.setattr(schema, "migrate", small)
    with pytest.raises(DataDirError, match=r"full.*Make room on its disk\."):
        await open_database(tmp_path)


def test_keys_are_not_re_encrypted_without_a_database(tmp_path: Path) -> None:
    with pytest.raises(DataDirError, match="holds no database"):
        asyncio.run(rotate_key(Settings(data_dir=tmp_path / "elsewhere")))
    assert not list(tmp_path.iterdir()), "looking for it makes nothing"
