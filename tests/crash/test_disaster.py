"""The machine turns against the gateway: a full disk, a database that somebody else holds, a torn log."""

import resource
import sqlite3
import time
from contextlib import closing

import pytest

from bot.domain.blocks import OutFile
from tests.crash.scene import ANSWER, Scene, whole
from tests.support.fixtures import of_sqlite_alone

own_file = of_sqlite_alone("the database is no file of the gateway's")
only_telegram = pytest.mark.parametrize("scene", ["telegram"], indirect=True)


def limit_files(scene: Scene, size: int) -> None:
    """Let the gateway's files grow no further than this: what the kernel then says is what a full disk says."""
    assert scene.process is not None
    assert scene.process.pid is not None
    _, hard = resource.prlimit(scene.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(scene.process.pid, resource.RLIMIT_FSIZE, (size, hard))


@own_file
async def test_a_full_disk_holds_everything_up_and_loses_nothing(scene: Scene) -> None:
    room = await scene.meet("private")
    await scene.start()
    limit_files(scene, 0)
    scene.say(room, "said while the disk is full")
    began = time.monotonic()
    await scene.until(lambda: time.monotonic() > began + 2)
    assert not scene.model.requests
    assert not scene.is_dead()
    limit_files(scene, resource.RLIM_INFINITY)
    shown = await scene.settled(room, 1)
    assert len(whole(shown)) == 1
    assert scene.query("SELECT SUM(amount) FROM ledger") == 3800


@own_file
async def test_a_disk_that_fills_up_while_the_model_speaks_keeps_the_answer(scene: Scene) -> None:
    room = await scene.meet("private")
    await scene.start()

    def fill_up(_: object) -> str:
        limit_files(scene, 0)
        return ANSWER

    scene.model.reply = fill_up
    scene.say(room, "hi")
    await scene.until(lambda: scene.model.requests and scene.model.requests[-1].ended.is_set())
    limit_files(scene, resource.RLIM_INFINITY)
    shown = await scene.settled(room, 1)
    assert len(whole(shown)) == 1
    assert len(scene.model.requests) == 1, "What the model has said is not asked for again."


@own_file
async def test_a_database_that_another_program_holds_is_waited_for(scene: Scene) -> None:
    room = await scene.meet("private")
    await scene.start()
    with closing(sqlite3.connect(scene.data / "parley.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        scene.say(room, "said while the database is locked")
        # Longer than the gateway waits for a lock.
        began = time.monotonic()
        await scene.until(lambda: time.monotonic() > began + 6)
        assert not scene.is_dead()
        assert not scene.model.requests
        other.execute("ROLLBACK")
    shown = await scene.settled(room, 1)
    assert len(whole(shown)) == 1


@own_file
async def test_a_data_directory_that_nothing_can_be_written_to_loses_nothing(scene: Scene) -> None:
    room = await scene.meet("private")
    scene.data.chmod(0o500)
    scene.say(room, "said while nothing can be written")
    await scene.start()
    assert scene.is_dead(), "There is no gateway without a place for what people say."
    scene.data.chmod(0o700)
    await scene.start()
    shown = await scene.settled(room, 1)
    assert len(whole(shown)) == 1


async def test_a_directory_that_is_closed_while_it_runs_holds_files_up_and_nothing_else(scene: Scene) -> None:
    room = await scene.meet("private")
    await scene.start()
    directories = [scene.data, *(path for path in scene.data.rglob("*") if path.is_dir())]
    for directory in directories:
        directory.chmod(0o500)
    document = OutFile("a.txt", "text/plain", b"The first page.")
    scene.side.send_files(scene.alice, room, [document], "what does it say?", reply_to=None)
    await scene.until(lambda: any("the disk cannot be written to" in message.text for message in scene.answers(room)))
    for directory in directories:
        directory.chmod(0o700)
    scene.side.send_files(scene.alice, room, [document], "and now?", reply_to=None)
    await scene.until(lambda: len(whole(scene.answers(room))) == 2)
    await scene.nothing_left()
    assert "The first page." in str(scene.model.requests[-1].body)


@own_file
@only_telegram
@pytest.mark.parametrize("damage", ["cut", "garbage", "zeros"])
async def test_a_torn_write_at_the_end_of_the_log_is_left_out(scene: Scene, damage: str) -> None:
    room = await scene.meet("private")
    await scene.start()
    scene.say(room, "hi")
    await scene.until(lambda: whole(scene.answers(room)))
    await scene.nothing_left()
    scene.kill()
    log = scene.data / "parley.db-wal"
    data = log.read_bytes()
    assert len(data) > 8192
    log.write_bytes(
        {"cut": data[:-2500], "garbage": data + b"\x7f" * 5000, "zeros": data[:-4096] + bytes(4096)}[damage]
    )
    await scene.start()
    scene.say(room, "and now?")
    await scene.until(lambda: len(whole(scene.answers(room))) >= 2)
    await scene.nothing_left()
    await scene.ends()
    assert scene.query("SELECT COUNT(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'") == 0
