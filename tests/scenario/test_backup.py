"""A backup of a gateway at work, put back elsewhere, goes on where it was; a damaged one touches nothing."""

import asyncio
import io
import json
import shutil
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot import backup
from bot.__main__ import main
from bot.errors import DataDirError
from storage.database import Program, open_database
from tests.files import material
from tests.scenario.sides import Room
from tests.scenario.test_conversations import asked_of
from tests.scenario.world import House, Someone


async def test_a_backup_of_a_running_gateway_goes_on_elsewhere(
    house: House, alice: Someone, bob: Someone, tmp_path: Path
) -> None:
    house.model.replies.extend(["It is a note.", "Yes.", "You said 42."])
    await house.start()
    alice.sends_file("note.txt", b"The number is 42.", "what is this?")
    await alice.sees("It is a note.", hurried=True)
    made = await asyncio.to_thread(backup.back_up, house.directory, tmp_path)
    assert (made.files, made.gone, made.damaged, made.has_secret) == (1, 0, 0, True)
    assert made.path.stat().st_mode & 0o777 == 0o600
    bob.says("said after the backup")
    await bob.sees("Yes.")
    await house.stop()
    house.directory = tmp_path / "elsewhere"
    report, aside = backup.restore(made.path, house.directory)
    assert (report.files, aside) == (1, None)
    assert house.directory.stat().st_mode & 0o777 == 0o700
    kept = [path for path in house.directory.rglob("*") if path.is_file()]
    assert all(path.stat().st_mode & 0o077 == 0 for path in kept)
    await house.start()
    alice.says("which number was it?")
    await alice.sees("You said 42.")
    assert "It is a note." in str(house.model.requests[-1].body)
    assert "which number was it?" in asked_of(house)[-1]
    await alice.commands("documents")
    await alice.sees("note.txt")


@pytest.mark.parametrize("side", ["discord"], indirect=True)
async def test_what_was_answered_after_the_backup_is_not_answered_again(
    house: House, alice: Someone, tmp_path: Path
) -> None:
    house.model.reply = lambda body: f"About {body['messages'][-1]['content']}"
    await house.start()
    (in_group,) = house.group(alice)
    for someone in (alice, in_group):
        someone.says("before")
        await someone.sees("before")
    made = await asyncio.to_thread(backup.back_up, house.directory, tmp_path)
    in_channel = replace(in_group, room=Room(in_group.room.chat))
    alice.says("answered")
    await alice.sees("About answered")
    in_group.says("answered there", to_bot=False)
    await in_group.sees("answered there")
    in_channel.says("answered in a new thread")
    await in_channel.sees("answered in a new thread")
    await house.stop()
    alice.says("not yet")
    in_group.says("not there either", to_bot=False)
    house.directory = tmp_path / "elsewhere"
    backup.restore(made.path, house.directory)
    asked = len(house.model.requests)
    await house.start()
    await alice.sees("About not yet")
    await in_group.sees("not there either")
    assert len(house.model.requests) == asked + 2
    await house.stop()
    alice.says("as always")
    await house.start()
    await alice.sees("About as always")
    assert len(house.model.requests) == asked + 3


def turns_and_reservations() -> Program[tuple[int, int]]:
    """How many there are of each."""
    turns = yield ("SELECT COUNT(*) FROM turn", ())
    reserved = yield ("SELECT COUNT(*) FROM ledger WHERE kind = 'reserve'", ())
    return turns[0][0], reserved[0][0]


async def test_a_copy_made_among_writes_is_one_state(house: House, alice: Someone, tmp_path: Path) -> None:
    """In each copy every turn has its reservation, whatever was written while it was made."""
    await house.start()
    alice.says("hi")
    await house.until(alice.answers)
    copies = []
    for number in range(8):
        alice.says(f"question {number}")
        copies.append(await asyncio.to_thread(backup.back_up, house.directory, tmp_path / f"{number}.tar.gz"))
    await house.stop()
    counts = []
    for number, made in enumerate(copies):
        backup.restore(made.path, tmp_path / f"data-{number}")
        async with await open_database(tmp_path / f"data-{number}") as database:
            turns, reserved = await database.read(turns_and_reservations())
            assert turns == reserved
            counts.append(turns)
    assert counts == sorted(counts)


@pytest.fixture
async def archive(house: House, alice: Someone, tmp_path: Path) -> Path:
    """A backup with a picture in it; the gateway is stopped."""
    await house.start()
    alice.sends(material.photo(), caption="look")
    await house.until(lambda: house.model.requests, hurried=True)
    await house.stop()
    return backup.back_up(house.directory, tmp_path / "whole.tar.gz").path


def rewritten(archive: Path, change: Callable[[str, bytes], bytes | None], extra: str = "") -> Path:
    """The same archive with other parts; its packing is sound."""
    target = archive.with_name("rewritten.tar.gz")
    with tarfile.open(archive) as source, tarfile.open(target, "w:gz") as made:
        for entry in source:
            part = source.extractfile(entry)
            data = change(entry.name, part.read() if part is not None else b"")
            if data is not None:
                entry.size = len(data)
                made.addfile(entry, io.BytesIO(data))
        if extra:
            entry = tarfile.TarInfo(extra)
            entry.size = 4
            made.addfile(entry, io.BytesIO(b"evil"))
    return target


def flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-2000]),
    "a bit": lambda path: path.write_bytes(flipped(path.read_bytes())),
    "no archive": lambda path: path.write_bytes(b"hello"),
    "empty": lambda path: path.write_bytes(b""),
    "no database": lambda path: shutil.move(
        rewritten(path, lambda name, data: None if name == "parley.db" else data), path
    ),
    "another database": lambda path: shutil.move(
        rewritten(path, lambda name, data: flipped(data) if name == "parley.db" else data), path
    ),
    "no manifest": lambda path: shutil.move(
        rewritten(path, lambda name, data: None if name == "manifest.json" else data), path
    ),
    "a manifest that is a list": lambda path: shutil.move(
        rewritten(path, lambda name, data: json.dumps([1]).encode() if name == "manifest.json" else data), path
    ),
    "a way out": lambda path: shutil.move(rewritten(path, lambda _, data: data, "../evil"), path),
    "a stranger": lambda path: shutil.move(rewritten(path, lambda _, data: data, "files/aa/evil"), path),
}


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
async def test_a_damaged_backup_touches_nothing(
    house: House, archive: Path, damage: Callable[[Path], object], tmp_path: Path
) -> None:
    damage(archive)
    before = sorted((path, path.read_bytes()) for path in house.directory.rglob("*") if path.is_file())
    with pytest.raises(DataDirError, match=r"backup|damaged"):
        backup.restore(archive, house.directory)
    assert sorted((path, path.read_bytes()) for path in house.directory.rglob("*") if path.is_file()) == before
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_what_was_there_is_put_aside_and_a_gateway_at_work_is_left_alone(
    house: House, alice: Someone, archive: Path
) -> None:
    _, aside = backup.restore(archive, house.directory)
    assert aside is not None
    assert {path.name for path in aside.iterdir()} >= {"parley.db", "files", "secret.key"}
    await house.start()
    alice.says("hi")
    await house.until(lambda: len(house.model.requests) > 1)
    with pytest.raises(DataDirError, match="in use by another gateway"):
        backup.restore(archive, house.directory)


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_the_command_line_says_what_it_did(
    house: House, archive: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(house.directory))
    assert main(["backup", "mine.tar.gz"]) == 0
    assert "1 files, checked" in capsys.readouterr().out
    assert main(["backup", "mine.tar.gz"]) == 2
    assert "exists already" in capsys.readouterr().err
    assert main(["restore", "mine.tar.gz"]) == 0
    assert "lies in" in capsys.readouterr().out
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "nothing"))
    assert main(["backup"]) == 2
    assert "There is no database" in capsys.readouterr().err
