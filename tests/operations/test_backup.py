"""A backup of a gateway at work, put back elsewhere, goes on where it was; a damaged one touches nothing."""

import asyncio
import io
import json
import os
import shutil
import tarfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.__main__ import main
from bot.domain.errors import DataDirError
from bot.operations import backup, restoring
from bot.operations.sealing import Opener, Sealer
from bot.settings.home import find_home
from storage.database import open_database
from storage.programs import Program
from tests.scenario.test_conversations import asked_of
from tests.support import material
from tests.support.clock import AstrayClock
from tests.support.sides import Room
from tests.support.world import House, Someone


async def test_a_backup_of_a_running_gateway_continues_elsewhere(
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
    back = restoring.restore(made.path, house.directory)
    assert (back.report.files, back.aside) == (1, None)
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


@pytest.mark.parametrize("off_s", [-86_400, 86_400])
@pytest.mark.parametrize("side", ["discord"], indirect=True)
async def test_what_was_answered_after_the_backup_is_not_answered_again(
    house: House, alice: Someone, tmp_path: Path, off_s: int
) -> None:
    """Whatever the clock of the machine says on which it is put back."""
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
    restoring.restore(made.path, house.directory)
    asked = len(house.model.requests)
    house.gateways_clock = AstrayClock(house.clock, off_s)
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
        restoring.restore(made.path, tmp_path / f"data-{number}")
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
    before = all_in(house.directory)
    with pytest.raises(DataDirError, match=r"backup|damaged"):
        restoring.restore(archive, house.directory, settings={".env": tmp_path / "new" / ".env"})
    assert not (tmp_path / "new").exists()
    assert all_in(house.directory) == before
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_what_was_there_is_put_aside_and_a_gateway_at_work_is_left_alone(
    house: House, alice: Someone, archive: Path
) -> None:
    aside = restoring.restore(archive, house.directory).aside
    assert aside is not None
    assert {path.name for path in aside.iterdir()} >= {"parley.db", "files", "secret.key"}
    await house.start()
    alice.says("hi")
    await house.until(lambda: len(house.model.requests) > 1)
    with pytest.raises(DataDirError, match="in use by another gateway"):
        restoring.restore(archive, house.directory)


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_the_command_line_says_what_it_did(
    house: House, archive: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(house.directory))
    assert main(["backup", "mine.tar.gz"]) == 0
    assert "1 file, checked" in capsys.readouterr().out
    assert main(["backup", "mine.tar.gz"]) == 2
    assert "exists already" in capsys.readouterr().err
    assert main(["restore", "mine.tar.gz"]) == 0
    assert "was moved to" in capsys.readouterr().out
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "nothing"))
    assert main(["backup"]) == 2
    assert "There is no database" in capsys.readouterr().err


SETTINGS = {
    ".env": b"TIMEZONE=Europe/Berlin\nMISTRAL_API_KEY=secret-of-mine\n",
    "parley.toml": b"default_mode = 'documents'\n",
}


@pytest.fixture
async def home(house: House, alice: Someone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The present directory, with the settings' files in it and data that are worth a backup."""
    await house.start()
    alice.says("hi")
    await house.until(lambda: house.model.requests)
    await house.stop()
    home = tmp_path / "home"
    home.mkdir()
    shutil.copytree(house.directory, home / "data")
    for name, content in SETTINGS.items():
        (home / name).write_bytes(content)
    (tmp_path / "passphrase").write_text("correct horse\n", encoding="utf-8")
    monkeypatch.chdir(home)
    return home


def all_in(directory: Path) -> list[tuple[Path, bytes]]:
    return sorted((path, path.read_bytes()) for path in directory.rglob("*") if path.is_file())


def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory, with an empty home: another machine."""
    there = tmp_path / "machine"
    there.mkdir()
    monkeypatch.chdir(there)
    # Installed, and not run from a checkout.
    monkeypatch.setattr("bot.settings.load.find_home", partial(find_home, program=there))
    monkeypatch.setenv("HOME", str(there))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    return there


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
@pytest.mark.parametrize("seal", [[], ["--passphrase-file", "../passphrase"]], ids=["plain", "sealed"])
async def test_a_backup_carries_the_settings_to_another_machine(
    home: Path, seal: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert main(["backup", "../moved", *seal]) == 0
    said = capsys.readouterr().out
    assert ("It is encrypted" in said) == bool(seal)
    assert ("the tokens and keys in .env and parley.toml" in said) == (not seal)
    moved = tmp_path / "moved"
    assert moved.stat().st_mode & 0o777 == 0o600
    assert (b"parley.toml" in moved.read_bytes()) is False
    there = elsewhere(tmp_path, monkeypatch)
    assert main(["restore", str(moved), *seal]) == 0
    said = capsys.readouterr().out
    config, data = there / ".config" / "parley", there / ".local" / "share" / "parley"
    assert (data / "parley.db").exists()
    for name, content in SETTINGS.items():
        assert (config / name).read_bytes() == content
        assert (config / name).stat().st_mode & 0o777 == 0o600
        assert f"{config / name} is restored." in said
    assert sorted(path.name for path in config.iterdir()) == sorted(SETTINGS)


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_settings_that_are_there_stay_and_the_backups_lie_beside(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backup", "../mine"]) == 0
    newer = b"TIMEZONE=Europe/Paris\n"
    (home / ".env").write_bytes(newer)
    assert main(["restore", "../mine"]) == 0
    (beside,) = (path for path, _ in all_in(home) if ".from-backup-" in path.name)
    assert ((home / ".env").read_bytes(), beside.read_bytes()) == (newer, SETTINGS[".env"])
    assert beside.stat().st_mode & 0o777 == 0o600
    assert f".env is different here, and was kept. The backup's version is {beside}" in capsys.readouterr().out


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_settings_that_name_another_data_directory_are_told_of(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (home / ".env").write_text(f"DATA_DIR={home / 'data'}\n", encoding="utf-8")
    assert main(["backup", "../mine"]) == 0
    there = elsewhere(tmp_path, monkeypatch)
    assert main(["restore", str(tmp_path / "mine")]) == 0
    assert f"change that line to {there / '.local' / 'share' / 'parley'}" in capsys.readouterr().out


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_what_the_environment_sets_is_said_to_be_missing(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-to-be-said")
    monkeypatch.setenv("BACKUP_PASSPHRASE", "correct horse")
    assert main(["backup", "../mine"]) == 0
    said = capsys.readouterr().out
    assert "the environment sets them and no file does: BACKUP_PASSPHRASE, OPENAI_API_KEY" in said
    assert "sk-not-to-be-said" not in said
    assert main(["restore", "../mine"]) == 0
    assert main(["backup", "../bare", "--without-settings"]) == 0
    elsewhere(tmp_path, monkeypatch)
    assert main(["restore", str(tmp_path / "bare")]) == 0
    assert not list((tmp_path / "machine").rglob("parley.toml"))


def wrong_ways(sealed: Path) -> dict[str, tuple[bytes, str | None, str]]:
    """What is not what was sealed, with what is given and what is said."""
    whole, head, block = sealed.read_bytes(), 32, (1 << 20) + 16
    right = "correct horse"
    blocks = [whole[at : at + block] for at in range(head, len(whole), block)]
    assert len(blocks) > 2
    return {
        "another passphrase": (whole, "battery staple", "passphrase is wrong"),
        "none": (whole, None, "is encrypted"),
        "cut at a block": (whole[: -len(blocks[-1])], right, "damaged"),
        "cut in a block": (whole[:-1], right, "damaged"),
        "nothing behind the head": (whole[:head], right, "damaged"),
        "a head that is cut": (whole[:20], right, "damaged"),
        "more behind it": (whole + b"x", right, "damaged"),
        "in another order": (whole[:head] + b"".join([blocks[1], blocks[0], *blocks[2:]]), right, "damaged"),
        "a block twice": (whole[:head] + b"".join([blocks[0], *blocks]), right, "damaged"),
        "another salt": (flipped(whole[:head]) + whole[head:], right, "damaged"),
        **{
            f"a bit at {at}": (whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :], right, "damaged")
            for at in (20, head, head + block - 1, len(whole) - 1)
        },
    }


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_only_the_right_passphrase_and_the_whole_archive_open_it(home: Path, tmp_path: Path) -> None:
    places = {".env": tmp_path / "new" / ".env"}
    noise = home / "data" / "secret.key"
    noise.write_bytes(os.urandom(5 << 19))
    made = backup.back_up(home / "data", tmp_path / "sealed", passphrase="correct horse", settings={})
    assert noise.read_bytes()[:64] not in made.path.read_bytes()
    before = all_in(home)
    ways = wrong_ways(made.path)
    for name in ("another passphrase", "none", "cut at a block", "in another order", "nothing behind the head"):
        content, passphrase, said = ways[name]
        damaged = tmp_path / "damaged"
        damaged.write_bytes(content)
        with pytest.raises(DataDirError, match=said):
            restoring.restore(damaged, home / "data", passphrase=passphrase, settings=places)
        assert all_in(home) == before, name
    assert not (tmp_path / "new").exists()
    assert restoring.restore(made.path, tmp_path / "data", passphrase="correct horse").report.has_secret


def test_the_seal_alone_gives_out_nothing_that_was_not_sealed(tmp_path: Path) -> None:
    path = tmp_path / "sealed"
    with path.open("wb") as below, Sealer(below, "correct horse") as sealer:
        sealer.write(bytes(5 << 19))
    for name, (content, passphrase, _) in wrong_ways(path).items():
        if passphrase is None:
            continue
        with pytest.raises(DataDirError):
            assert Opener(io.BytesIO(content), passphrase).readall() is None, name


@given(st.lists(st.integers(0, 3 << 20), max_size=4), st.integers(1, 3 << 20))
@settings(max_examples=8, deadline=None)
def test_what_is_sealed_in_any_pieces_is_read_in_any_pieces(sizes: list[int], most: int) -> None:
    pieces = [bytes([number]) * size for number, size in enumerate(sizes)]
    below = io.BytesIO()
    with Sealer(below, "correct horse") as sealer:
        for piece in pieces:
            sealer.write(piece)
    below.seek(0)
    opener = Opener(below, "correct horse")
    assert b"".join(iter(lambda: opener.read(most) or b"", b"")) == b"".join(pieces)
