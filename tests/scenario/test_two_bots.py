"""Two bots of one platform in one gateway: each has its own conversations, and its own place in what it was told."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import handlers.discord
from bot import app
from bot.settings import Settings
from bot.settings.settings import with_platforms
from bot.standins.discord.server import DiscordStandIn
from bot.standins.model import ModelServer
from bot.standins.telegram.server import TelegramStandIn
from storage.database import open_database
from storage.programs import Program
from tests.support.clock import TurnedClock
from tests.support.new_data import lay_new_data
from tests.support.patience import PATIENCE_S


@pytest.fixture
async def model() -> AsyncIterator[ModelServer]:
    model = ModelServer()
    await model.start()
    yield model
    await model.close()


@asynccontextmanager
async def gateway(
    made: Callable[..., Settings], model: ModelServer, directory: Path, **given: Any
) -> AsyncIterator[None]:
    values: dict[str, Any] = {
        "mistral_api_key": "key-of-the-scenario",
        "mistral_base_url": f"{model.url}/v1",
        "data_dir": directory,
        "access": "open",
        "pacing": False,
        "titles": False,
        "greeting": False,
        "timezone": "",
    } | given
    lay_new_data(directory)
    ending = asyncio.Event()
    run = asyncio.create_task(app.run(made(**values), ending, TurnedClock(), random.Random(1)))
    try:
        yield
    finally:
        ending.set()
        await run


def sessions() -> Program[list[tuple[str, str, int]]]:
    return (
        yield (
            "SELECT platform, bot, COUNT(DISTINCT turn.session) FROM turn JOIN place ON place.id = turn.place"
            " GROUP BY platform, bot ORDER BY bot",
            (),
        )
    )


async def test_two_bots_on_telegram_each_answer_what_was_said_to_them(model: ModelServer, tmp_path: Path) -> None:
    stand_in = TelegramStandIn()
    await stand_in.start()
    people = stand_in.people
    bots = [people.add_bot(), people.add_bot(username="second_bot")]
    alice = people.open_person("Alice")
    for bot in bots:
        people.open_private(alice, bot=bot.id)
    tokens = ", ".join(bot.token for bot in bots)
    given = {"telegram_bot_token": tokens, "telegram_api_url": stand_in.url}

    def answers(bot: int) -> list[str]:
        return [
            message.text for message in stand_in.transcript(alice, bot=bot).from_bots() if "You said" in message.text
        ]

    async def says(words: str) -> None:
        for bot in bots:
            people.say(alice, alice, f"{words} {bot.username}", bot=bot.id)

    def shows(bot: int, asked: str) -> bool:
        return any(asked in it for it in answers(bot))

    async def is_answered(words: str) -> None:
        for bot in bots:
            await stand_in.wait_for(partial(shows, bot.id, f"{words} {bot.username}"), PATIENCE_S)
            assert not any(shows(bot.id, f"{words} {other.username}") for other in bots if other is not bot)

    try:
        async with gateway(Settings, model, tmp_path, **given):
            await says("hello")
            await is_answered("hello")
        await says("while you were away")
        async with gateway(Settings, model, tmp_path, **given):
            await is_answered("while you were away")
        assert [len(answers(bot.id)) for bot in bots] == [2, 2]
        # One bot is switched off: what was said to it waits, and the other one works.
        await says("once more")
        async with gateway(Settings, model, tmp_path, **given | {"telegram_bot_token": bots[1].token}):
            await stand_in.wait_for(lambda: len(answers(bots[1].id)) == 3, PATIENCE_S)
        assert len(answers(bots[0].id)) == 2
    finally:
        await stand_in.stop()
    async with await open_database(tmp_path) as database:
        found = await database.read(sessions())
    assert found == [("telegram", str(bot.id), 1) for bot in bots]


async def test_two_bots_on_discord_speak_each_to_its_own_address(model: ModelServer, tmp_path: Path) -> None:
    clock = TurnedClock()
    stand_ins = []
    for token in ("first-token", "second-token"):
        clock.advance(60)  # No two applications have the same number.
        stand_ins.append(DiscordStandIn(token=token, clock=clock, rate_limited=False))
    for stand_in in stand_ins:
        await stand_in.start()
    urls = {stand_in.token: stand_in.api_url for stand_in in stand_ins}
    plain = handlers.discord.PLATFORM
    elsewhere = replace(
        plain,
        open=lambda settings, token, around: plain.open(
            settings.model_copy(update={"discord_api_url": urls[token]}), token, around
        ),
    )
    rooms = []
    for stand_in in stand_ins:
        alice = stand_in.people.open_person("Alice")
        rooms.append((stand_in, alice, stand_in.people.open_private(alice)))

    def answers(stand_in: DiscordStandIn, channel: int) -> list[str]:
        return [message.text for message in stand_in.transcript(channel).from_bots() if "You said" in message.text]

    def has_seen(stand_in: DiscordStandIn, channel: int, count: int) -> bool:
        return len(answers(stand_in, channel)) == count

    async def says_and_sees(words: str, count: int) -> None:
        for stand_in, alice, channel in rooms:
            stand_in.people.say(alice, channel, f"{words} {stand_in.token}")
        for stand_in, _, channel in rooms:
            await stand_in.wait_for(partial(has_seen, stand_in, channel, count), PATIENCE_S)
            assert f"{words} {stand_in.token}" in answers(stand_in, channel)[-1]

    try:
        given = {"discord_bot_token": ",".join(urls)}
        async with gateway(with_platforms((elsewhere,)), model, tmp_path, **given):
            for stand_in in stand_ins:
                await stand_in.wait_for(partial(getattr, stand_in.gateway, "connected"), PATIENCE_S)
            await says_and_sees("hello", 1)
        async with gateway(with_platforms((elsewhere,)), model, tmp_path, **given):
            await says_and_sees("and again", 2)
    finally:
        for stand_in in stand_ins:
            await stand_in.stop()


def test_a_token_is_named_once() -> None:
    values: dict[str, Any] = {"telegram_bot_token": "1:a, 1:a"}
    with pytest.raises(ValueError, match="the same token twice"):
        Settings(**values)
