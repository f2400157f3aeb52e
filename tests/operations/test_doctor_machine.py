"""What `parley doctor` says of the machine and of what cannot be reached, each with its cure."""

import asyncio
import shutil
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from bot.__main__ import main
from bot.app import run
from bot.contracts.findings import Finding, Verdict, note
from bot.domain.clock import SystemClock
from bot.domain.errors import FilesUnavailable, SettingsError
from bot.operations import doctor
from bot.operations.doctor import FEW_FREE_BYTES, examine_bucket, examine_data, examine_machine, examine_server
from bot.operations.examination import as_changed, examine
from bot.settings import Settings
from bot.settings.home import Origin
from bot.vault import FILE as SECRET
from bot.watching.watch import LARGEST_SKEW_S, LEAST_FREE_BYTES
from storage import changed
from storage.datadir import DATABASE_FILE
from tests.support.new_data import lay_new_data, open_new

if TYPE_CHECKING:
    from storage.blobs.bucket import BucketBlobs

NOWHERE = "http://127.0.0.1:9"
"""Nothing listens there."""


def said(found: list[Finding], words: str) -> Verdict | None:
    return next((finding.verdict for finding in found if words in doctor.printed(finding)), None)


@pytest.mark.parametrize(
    ("free", "verdict"),
    [
        (LEAST_FREE_BYTES - 1, Verdict.BAD),
        (LEAST_FREE_BYTES, Verdict.NOTE),
        (FEW_FREE_BYTES - 1, Verdict.NOTE),
        (FEW_FREE_BYTES, Verdict.GOOD),
    ],
)
def test_a_disk_has_to_have_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, verdict: Verdict) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert said(list(examine_data(tmp_path / "data")), "are free on the disk") is verdict


def test_data_that_are_not_there_yet_are_no_fault(tmp_path: Path) -> None:
    found = list(examine_data(tmp_path / "data"))
    assert said(found, "There is no database yet") is Verdict.GOOD
    assert len(found) == 2


@pytest.mark.parametrize("in_file", [True, False])
def test_whatever_others_can_read_is_named(tmp_path: Path, in_file: bool) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    lay_new_data(data)
    (data / "files").mkdir(mode=0o700, exist_ok=True)
    for name in (DATABASE_FILE, SECRET):
        (data / name).touch(mode=0o600)
    assert said(list(examine_data(data, in_file=in_file)), "Only the gateway's user can read") is Verdict.GOOD
    files, directories = [data / DATABASE_FILE, data / SECRET], [data, data / "files"]
    ways = [*((one, 0o600, 0o640) for one in files), *((one, 0o700, 0o701) for one in directories)]
    for path, private, mode in ways:
        path.chmod(mode)
        found = list(examine_data(data, in_file=in_file))
        assert said(found, f"can read {path}.") is Verdict.BAD
        assert said(found, f"chmod {private:o} {path}") is Verdict.BAD
        assert said(found, "Only the gateway's user can read") is None
        path.chmod(private)


def test_a_clock_is_right_within_some_seconds_and_unknown_if_nobody_tells(tmp_path: Path) -> None:
    for skew_s, verdict in ((LARGEST_SKEW_S, Verdict.GOOD), (-LARGEST_SKEW_S - 1, Verdict.BAD)):
        assert said(list(examine_machine(tmp_path, skew_s)), "he clock") is verdict
    found = list(examine_machine(tmp_path, None))
    assert said(found, "he clock") is None
    assert said(found, "Time zones follow the rules of") is Verdict.GOOD


async def test_a_database_on_a_server_is_reached_or_why_not(postgres_url: str) -> None:
    assert (await examine_server(postgres_url)).verdict is Verdict.GOOD
    found = await examine_server("postgresql://parley@127.0.0.1:9/parley")
    assert found.verdict is Verdict.BAD
    assert found.cure


async def test_a_bucket_takes_files_or_why_not() -> None:
    async def full() -> None:
        raise FilesUnavailable("The bucket is full. Make room.")

    async def takes() -> None: ...

    def bucket(look: object) -> "BucketBlobs":
        return cast("BucketBlobs", SimpleNamespace(look=look))

    assert (await examine_bucket(bucket(takes))).verdict is Verdict.GOOD
    found = await examine_bucket(bucket(full))
    assert (found.verdict, found.what, found.cure) == (Verdict.BAD, "The bucket is full.", "Make room.")


def settings(data: Path, **given: object) -> Settings:
    values = {"data_dir": data, "telegram_api_url": NOWHERE, "discord_api_url": NOWHERE, **given}
    return Settings.model_validate(values)


async def test_a_gateway_without_a_bot_is_told_which_setting_makes_one(tmp_path: Path) -> None:
    without = settings(tmp_path)
    doubtful = without.model_copy(update={"origin": Origin(doubts=("There is no setting TELEGRAM_TOKN.",))})
    found = [finding async for finding in examine(doubtful)]
    assert found[0] == note("There is no setting TELEGRAM_TOKN.", "Rename it there, if it is meant for Parley.")
    assert said(found, "No platform has a token.") is Verdict.BAD
    assert said(found, "Set TELEGRAM_BOT_TOKEN or DISCORD_BOT_TOKEN") is Verdict.BAD
    assert said(found, "The clock is right") is None, "Nobody told the time."


async def test_a_platform_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    found = [finding async for finding in examine(settings(tmp_path, telegram_bot_token=f"42:{'A' * 35}"))]
    assert said(found, "Telegram cannot be reached (") is Verdict.BAD
    assert said(found, "No platform has a token.") is None


async def test_changes_of_admins_that_do_not_fit_stop_the_start_and_are_undone_at_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    chain = '[modes.regular]\nchain = ["lab/gone"]'
    undoes = ["--data-dir", str(tmp_path / "data"), "changes", "--undo"]
    looks = undoes[:-1]
    async with await open_new(tmp_path / "data") as database:
        await database.write(changed.put(chain, ""))
        # Beside a gateway they are looked at alone.
        assert await asyncio.to_thread(main, looks) == 0
        assert await asyncio.to_thread(main, undoes) > 0
        told_beside = capsys.readouterr()
        assert (told_beside.out.strip(), "in use by another gateway" in told_beside.err) == (chain, True)
    gateways = settings(tmp_path / "data", telegram_bot_token=f"42:{'A' * 35}")
    with pytest.raises(SettingsError, match=r"there is no provider 'lab'.*`parley changes --undo`"):
        await run(gateways, asyncio.Event(), SystemClock(), Random(1))
    told = await as_changed(gateways)
    assert (told[0], said(told[1], "there is no provider 'lab'")) == (gateways, Verdict.BAD)
    for arguments in (looks, undoes, looks):
        assert await asyncio.to_thread(main, arguments) == 0
    shown = capsys.readouterr().out
    assert (shown.count(chain), shown.count("undone"), shown.count("Nothing is changed")) == (2, 1, 1)
    assert await as_changed(gateways) == (gateways, [])
