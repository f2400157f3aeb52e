"""A folder and one line are a platform: nothing in `bot/` names the board, and it answers there."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot import app
from bot.operations.examination import examine
from bot.operations.started import what_is_on, why_no_bot
from bot.platforms import PLATFORMS
from bot.settings.secrets import secrets_of
from bot.settings.settings import with_platforms
from bot.standins.model import ModelServer
from tests.support.clock import TurnedClock
from tests.third_platform import PLATFORM
from tests.third_platform.server import Board

Settings = with_platforms(
    (
        *PLATFORMS,
        PLATFORM,
    )
)


@pytest.fixture
async def board() -> AsyncIterator[Board]:
    board = Board()
    await board.start()
    yield board
    await board.stop()


async def test_a_question_on_a_third_platform_is_answered_there(board: Board, tmp_path: Path) -> None:
    model = ModelServer()
    await model.start()
    values: dict[str, Any] = {
        "board_bot_token": "parley",
        "board_api_url": board.url,
        "mistral_api_key": "key-of-the-scenario",
        "mistral_base_url": f"{model.url}/v1",
        "data_dir": tmp_path / "data",
        "access": "allowlist",
        "allowlist": "board:user:alice",
        "titles": False,
        "timezone": "",
    }
    settings = Settings(**values)
    ending = asyncio.Event()
    gateway = asyncio.create_task(app.run(settings, ending, TurnedClock(), random.Random(1)))
    try:
        await board.write("alice", "What stands on the board?")
        assert "What stands on the board?" in await board.shows("You said:")
        found = [finding.what async for finding in examine(settings)]
        assert "A gateway is running on this data." in found
    finally:
        ending.set()
        await gateway
        await model.close()


def test_its_settings_are_the_gateways() -> None:
    assert list(Settings.model_fields)[-1] != "board_bot_token"
    assert "BOARD_BOT_TOKEN" in why_no_bot(Settings())
    values: dict[str, Any] = {"board_bot_token": "parley,second", "telegram_bot_token": "1:a"}
    settings = Settings(**values)
    assert {"parley", "second", "1:a"} <= set(secrets_of(settings))
    assert dict(what_is_on(settings))["gateway_on"]["bots"] == "telegram,board,board"
