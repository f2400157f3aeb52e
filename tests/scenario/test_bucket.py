"""Files in a bucket: nothing of a file stays on the disk, and everything is done with it as there."""

import asyncio
from functools import partial
from typing import Any

import aiohttp
import pytest

from bot.domain.errors import DataDirError
from bot.operations import backup, restoring
from bot.operations.moving import Moved, move_to_bucket
from bot.outside import Routes, open_bucket
from bot.settings import Settings
from storage.blobs.bucket import BucketBlobs
from tests.support import material
from tests.support.ports import free_port
from tests.support.sides import TelegramSide
from tests.support.world import House, Someone

pytestmark = pytest.mark.parametrize("side", ["telegram"], indirect=True)


def opened(bucket: dict[str, Any]) -> BucketBlobs:
    settings = Settings(**bucket)
    found = open_bucket(settings, Routes.of(settings, {}))
    assert found is not None
    return found


def files_on_disk(house: House) -> list[str]:
    return [path.name for path in house.directory.glob("files/*/*")]


async def test_files_are_read_shown_linked_and_removed(house: House, alice: Someone, bucket: dict[str, str]) -> None:
    port, there = free_port(), opened(bucket)
    root = f"http://127.0.0.1:{port}"
    house.model.reply = "Read."
    await house.start(**bucket, public_url=root, http_port=port)
    pdf = material.pdf(["The tides"])
    alice.sends_file("tides.pdf", pdf)
    await alice.sees("Read.")
    alice.sends(material.photo(), caption="look")
    await alice.sees("Read.", times=2)
    assert "The tides" in str(house.model.requests[0].body)
    assert "data:image/jpeg" in str(house.model.requests[-1].body)
    assert sorted(name.endswith(".jpg") for name in await there.names()) == [False, False, True]
    assert files_on_disk(house) == []
    await alice.commands("documents")
    await alice.presses("tides.pdf", on=await alice.sees("tides.pdf"))
    await alice.presses("Get the file")
    shown = await alice.sees("A link to it")
    assert isinstance(house.side, TelegramSide)
    entities = house.side.stand_in.transcript(alice.room.chat).message(shown.id).entities
    [link] = [entity["url"] for entity in entities if entity.get("url", "").startswith(root)]
    async with aiohttp.ClientSession() as session, session.get(link) as answer:
        assert await answer.read() == pdf
    await alice.presses("Remove")
    await alice.presses("Remove", on=await alice.sees("cannot be undone"))
    await alice.sees("removed")
    await house.stop()
    # What is unused goes with the next start, or within a minute.
    await house.start()
    await house.until(lambda: house.rows("SELECT COUNT(*) FROM blob") == [(1,)], hurried=True)
    await house.stop()
    assert sorted(name.endswith(".jpg") for name in await there.names()) == [False, True]


async def test_files_move_into_a_bucket_and_by_a_backup_into_another(
    house: House, alice: Someone, bucket: dict[str, str]
) -> None:
    house.model.replies.extend(["A red field.", "Red.", "Still red."])
    await house.start()
    alice.sends(material.photo(), caption="what is this?")
    await alice.sees("A red field.")
    await house.stop()
    values: dict[str, Any] = {"data_dir": house.directory, "database_url": house.database_url or None, **bucket}
    settings = Settings(**values)
    moved = [await move_to_bucket(settings) for _ in range(2)]
    size = sum(path.stat().st_size for path in house.directory.glob("files/*/*"))
    assert moved == [Moved(files=2, size_bytes=size, damaged=0, missing=0)] * 2
    for path in house.directory.glob("files/*/*"):
        path.unlink()
    await house.start(**bucket)
    alice.says("and its colour?")
    await alice.sees("Red.")
    assert "data:image/jpeg" in str(house.model.requests[-1].body)
    await house.stop()
    backs_up = partial(backup.back_up, house.directory, house.directory.parent, url=house.database_url)
    made = await asyncio.to_thread(backs_up, bucket=opened(bucket))
    assert (made.files, made.gone) == (1, 0)
    if house.database_url:
        return  # Restoring there wants another database: see tests/operations.
    another = opened(bucket | {"blobs_url": f"{bucket['blobs_url']}/restored"})
    await another.put("3f" * 32, b"a stranger")
    with pytest.raises(DataDirError, match="holds 1 file beside the backup"):
        await asyncio.to_thread(restoring.restore, made.path, house.directory, bucket=another)
    await another.remove("3f" * 32)
    await asyncio.to_thread(restoring.restore, made.path, house.directory, bucket=another)
    assert files_on_disk(house) == []
    await house.start(blobs_url=f"{bucket['blobs_url']}/restored")
    alice.says("sure?")
    await alice.sees("Still red.")
    assert "data:image/jpeg" in str(house.model.requests[-1].body)


async def test_a_bucket_that_is_away_costs_a_sentence_and_ends_a_start(
    house: House, alice: Someone, bucket: dict[str, str]
) -> None:
    house.begin(**bucket | {"blobs_url": "s3://nobodys"})
    with pytest.raises(DataDirError, match="There is no bucket 'nobodys'"):
        await house.until(lambda: False)
