"""`parley doctor`: what it finds at each platform, model and disk, and that it changes nothing."""

import contextlib
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from bot.contracts.findings import Finding, Verdict
from bot.operations.doctor import examine_clock, examine_data, printed
from bot.operations.examination import examine
from bot.settings import Settings
from bot.standins.model import Fault
from bot.vault import FILE as SECRET
from storage import bots
from storage.database import open_database
from storage.drivers.sqlite.schema import migrations
from tests.support import tool_server
from tests.support.sides import DiscordSide, TelegramSide
from tests.support.world import House, Someone

only_telegram = pytest.mark.parametrize("side", ["telegram"], indirect=True)
only_discord = pytest.mark.parametrize("side", ["discord"], indirect=True)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program is waited for no longer than it takes on this machine."""
    monkeypatch.setattr("handlers.telegram.doctor.LISTENS_S", 1)


async def findings(house: House, **settings: Any) -> list[Finding]:
    """Everything that the doctor says of this house."""
    values: dict[str, Any] = {
        **house.side.settings(),
        "mistral_api_key": "key-of-the-scenario",
        "mistral_base_url": f"{house.model.url}/v1",
        "data_dir": house.directory,
    } | settings
    house.directory.mkdir(mode=0o700, exist_ok=True)
    return [finding async for finding in examine(Settings(**values))]


def bad(found: list[Finding]) -> list[str]:
    """What is wrong."""
    assert all(finding.cure for finding in found if finding.verdict is not Verdict.GOOD)
    return [printed(finding) for finding in found if finding.verdict is Verdict.BAD]


def all_of(found: list[Finding]) -> str:
    return "\n".join(map(printed, found))


async def test_a_sound_gateway_is_told_so(house: House, alice: Someone) -> None:
    await house.start()
    alice.says("hi")
    await house.until(alice.answers)
    await house.stop()
    found = await findings(house)
    assert bad(found) == []
    assert "mistral/mistral-medium-latest answers" in all_of(found)
    assert "The clock is right." in all_of(found)
    assert "this program can use it" in all_of(found)


async def test_a_gateway_at_work_is_left_alone(house: House, alice: Someone) -> None:
    house.model.reply = "Still here."
    await house.start()
    alice.says("hi")
    await alice.sees("Still here.")
    found = await findings(house)
    assert "A gateway is running on this data." in all_of(found)
    assert bad(found) == []
    alice.says("and now?")
    await alice.sees("Still here.", times=2)


@only_telegram
async def test_a_wrong_token_is_named_with_its_cure(house: House) -> None:
    found = await findings(house, telegram_bot_token="42:WRONG")
    assert any("TELEGRAM_BOT_TOKEN" in line and "BotFather" in line for line in bad(found))


@only_discord
async def test_a_wrong_token_is_named_with_its_cure_on_discord(house: House) -> None:
    found = await findings(house, discord_bot_token="WRONG")
    assert any("DISCORD_BOT_TOKEN" in line for line in bad(found))


def telegram(house: House) -> TelegramSide:
    assert isinstance(house.side, TelegramSide)
    return house.side


def discord(house: House) -> DiscordSide:
    assert isinstance(house.side, DiscordSide)
    return house.side


@only_telegram
async def test_another_poller_a_webhook_and_the_bots_switches_are_seen(house: House) -> None:
    side = telegram(house)
    async with polling_elsewhere(house):
        assert any("Another program is receiving" in line for line in bad(await findings(house)))
    side.bot.can_read_all_group_messages = False
    async with aiohttp.ClientSession() as session:
        address = {"url": "http://127.0.0.1:9/hook"}
        await session.post(f"{side.stand_in.url}/bot{side.bot.token}/setWebhook", json=address)
    assert any("go to 127.0.0.1" in line for line in bad(await findings(house)))
    async with aiohttp.ClientSession() as session:
        await session.post(f"{side.stand_in.url}/bot{side.bot.token}/deleteWebhook")
    found = await findings(house, telegram_managed_bots=True)
    assert bad(found) == []
    assert "Privacy mode is on" in all_of(found)
    assert "Private chats have no topics." in all_of(found)
    assert "Bot Management Mode is off" in all_of(found)


@only_telegram
async def test_bots_that_were_added_in_a_chat_are_examined_too(house: House, alice: Someone) -> None:
    second = telegram(house).people.add_bot(username="second_bot")
    await house.start(admins=f"telegram:user:{alice.person}")
    await alice.commands("bot_add", "telegram", second.token)
    await alice.sees("@second_bot is starting.")
    found = await findings(house)
    assert "The token belongs to @second_bot." in all_of(found)
    assert bad(found) == []
    await house.stop()
    telegram(house).people.renew_token(second.id)
    (line,) = bad(await findings(house))
    assert line.startswith("✗ @second_bot: Telegram does not accept the bot token.")
    assert "into `/admin bots`" in line
    # What it is to run by makes no sense any longer; the secret is another one; there is none.
    alone: dict[str, Any] = {"telegram_bot_token": ()}
    await house.write(bots.rule("telegram", str(second.id), 'modes = ["pirate"]'))
    assert any(
        line.startswith("✗ @second_bot does not run: ") and "'pirate', which is not a mode" in line
        for line in bad(await findings(house, **alone))
    )
    await house.write(bots.rule("telegram", str(second.id), ""))
    sealed = "✗ @second_bot: its token can no longer be decrypted."
    assert sealed in str(bad(await findings(house, **alone, secret_key="another one " * 4)))
    (house.directory / SECRET).unlink()
    assert sealed in str(bad(await findings(house, **alone)))


@contextlib.asynccontextmanager
async def polling_elsewhere(house: House) -> AsyncIterator[None]:
    """Another gateway with the same token, on data of its own."""
    mine = house.directory
    house.directory = mine.with_name("another")
    await house.start()
    await house.until(house.side.arrivals)
    house.directory = mine
    try:
        yield
    finally:
        await house.stop()


@only_discord
async def test_missing_intents_and_permissions_are_named(house: House, alice: Someone) -> None:
    side = discord(house)
    assert "It is in no server" in all_of(await findings(house))
    (group,) = house.group(alice)
    guild = next(iter(side.stand_in.world.guilds.values()))
    hidden = side.people.open_channel(guild.id, "hidden")
    side.people.deny(hidden, "VIEW_CHANNEL")
    side.people.deny(group.room.chat, "SEND_MESSAGES", "CREATE_PUBLIC_THREADS")
    side.stand_in.world.portal.message_content = False
    found = await findings(house)
    lines = "\n".join(bad(found))
    assert "message content intent" in lines
    assert "In #general of Friends it lacks: Send Messages," in lines
    assert "Create Public Threads" in lines
    assert "#hidden" not in lines
    assert "Hidden from it" in all_of(found)


@only_telegram
@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "Make a new key"), (402, "Top up"), (404, "Choose one that"), (429, "raise the account's limit")],
)
async def test_a_model_that_does_not_answer_is_named_with_its_cure(house: House, status: int, words: str) -> None:
    for _ in range(4):
        house.model.fail(Fault("status", status=status))
    found = await findings(house)
    assert any(words in line and "mistral" in line for line in bad(found))
    assert any("has no model that answers" in line for line in bad(found))


@only_telegram
async def test_missing_abilities_are_noted(house: House) -> None:
    endpoint = {"home": {"kind": "openai_compatible", "base_url": f"{house.model.url}/v1"}}
    modes = {"regular": {"chain": ["home/unheard-of"]}}
    found = await findings(house, mistral_api_key=None, endpoint_tables=endpoint, mode_tables=modes)
    notes = [printed(finding) for finding in found if finding.verdict is Verdict.NOTE]
    assert any("Models whose price is unknown: home/unheard-of" in line for line in notes)
    assert any("can see pictures" in line for line in notes)
    assert any("voice messages" in line for line in notes)


@only_telegram
async def test_what_a_pattern_of_models_means_is_said(house: House) -> None:
    openai = {"openai_api_key": "k", "openai_base_url": f"{house.model.url}/v1"}
    found = all_of(await findings(house, **openai, openai_models="gpt-*", mistral_models="pixtral-*"))
    assert "OPENAI_MODELS offers 2 of 2 models that openai lists: gpt-6-luna, gpt-6-sol." in found
    assert "MISTRAL_MODELS (pixtral-*) means none of 2 models that mistral lists." in found
    house.model.listed = b"<html>"
    assert "mistral does not say which models it has" in all_of(await findings(house, mistral_models="*"))


@only_telegram
async def test_each_server_of_tools_is_connected(house: House) -> None:
    servers = {
        "clock": {"command": [sys.executable, "-S", tool_server.__file__]},
        "gone": {"command": [sys.executable, "-S", tool_server.__file__, "--as", "dead"]},
        "mute": {"command": [sys.executable, "-S", tool_server.__file__], "never": ["*"]},
    }
    found = await findings(house, server_tables=servers)
    count, asks = len(tool_server.TOOLS), len(tool_server.WRITES)
    says = f"The server 'clock' answers, with {count} tools. Run at once: {count - asks}; ask first: {asks}."
    assert says in all_of(found)
    mute = [finding for finding in found if "'mute' answers, but none of its tools is offered." in finding.what]
    assert [finding.verdict for finding in mute] == [Verdict.NOTE]
    assert any("I have no licence" in line and "`command` of [servers.gone]" in line for line in bad(found))


async def test_under_a_limit_a_model_without_a_price_is_wrong(house: House) -> None:
    (found,) = bad(await findings(house, usd_per_day=1, mistral_model="house-blend"))
    assert "because the price is unknown: mistral/house-blend" in found
    assert "PRICES" in found


@only_telegram
async def test_the_state_of_the_data_is_seen(house: House, alice: Someone, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.start()
    alice.says("hi")
    await house.until(alice.answers)
    await house.stop()
    database = house.directory / "parley.db"

    def wrong(change: Callable[[], object], words: str) -> None:
        change()
        assert any(words in line for line in bad(list(examine_data(house.directory))))

    wrong(lambda: house.directory.chmod(0o755), "chmod 700")
    house.directory.chmod(0o700)
    wrong(lambda: database.chmod(0o644), "chmod 600")
    database.chmod(0o600)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**12, 10**12, 10**8))
    wrong(lambda: None, "0.1 GB are free")
    monkeypatch.undo()
    async with await open_database(house.directory) as opened:
        newer = migrations()[-1].number + 1
        await opened.write(iter_pragma(newer))
    wrong(lambda: None, f"schema {newer}")
    wrong(lambda: database.write_bytes(database.read_bytes()[:5000]), "parley restore")


def iter_pragma(version: int):  # type: ignore[no-untyped-def]
    yield (f"PRAGMA user_version = {version}", ())


def test_a_clock_that_is_off_is_seen() -> None:
    assert examine_clock(-2).verdict is Verdict.GOOD
    assert "90 s ahead" in examine_clock(90).what
    assert "3600 s behind" in examine_clock(-3600).what
