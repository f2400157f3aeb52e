"""A backup of what PostgreSQL keeps goes back into either kind of database; one that fails changes nothing."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import psycopg
import pytest

from bot.domain.errors import DataDirError
from bot.operations import backup, restoring
from tests.support.world import House, Someone

only_telegram = pytest.mark.parametrize("side", ["telegram"], indirect=True)

NewDatabase = Callable[[], AbstractContextManager[str]]


@pytest.fixture
def database_url(postgres_url: str) -> str:
    return postgres_url


@only_telegram
async def test_a_backup_of_a_running_gateway_goes_on_in_either_database(
    house: House, alice: Someone, tmp_path: Path, postgres_server: NewDatabase
) -> None:
    house.model.replies.extend(["It is a note.", "You said 42.", "Again 42."])
    await house.start()
    alice.sends_file("note.txt", b"The number is 42, said the heron.", "what is this?")
    await alice.sees("It is a note.", hurried=True)
    made = await asyncio.to_thread(backup.back_up, house.directory, tmp_path, url=house.database_url)
    assert (made.files, made.gone, made.damaged, made.has_secret) == (1, 0, 0, True)
    await house.stop()
    with pytest.raises(DataDirError, match="not empty"):
        await asyncio.to_thread(restoring.restore, made.path, house.directory, url=house.database_url)
    assert (house.directory / "files").exists()
    with postgres_server() as empty:
        for url, answer in (("", "You said 42."), (empty, "Again 42.")):
            house.directory, house.database_url = tmp_path / f"elsewhere{bool(url)}", url
            back = await asyncio.to_thread(restoring.restore, made.path, house.directory, url=url)
            assert (back.report.files, back.aside) == (1, None)
            assert (house.directory / "parley.db").exists() != bool(url)
            await house.start()
            alice.says("which number was it?")
            await alice.sees(answer)
            assert "It is a note." in str(house.model.requests[-1].body)
            await alice.commands("documents")
            await alice.sees("note.txt")
            await house.stop()


def test_a_copy_of_an_earlier_schema_is_left_to_migrate_first(postgres_url: str, tmp_path: Path) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as raw:
        raw.execute("DELETE FROM migration WHERE number = (SELECT MAX(number) FROM migration)")
    with pytest.raises(DataDirError, match="parley migrate"):
        backup.back_up(tmp_path, tmp_path, url=postgres_url)
    assert list(tmp_path.glob("parley-*")) == []
