"""A third platform: a board, on which people write lines under their names, over HTTP.

It stands in a folder of its own, as `handlers/telegram` does, and nothing in `bot/` knows of it.
"""

import importlib

from pydantic import BaseModel

from bot.contracts.platform import Platform
from bot.contracts.platform_kind import PlatformKind, Surroundings, Way
from bot.contracts.setting_values import BotTokens, Root


class BoardSettings(BaseModel):
    board_bot_token: BotTokens = ()
    board_api_url: Root = "http://board.example"


def _way(settings: BoardSettings) -> Way:
    tokens = tuple(token.get_secret_value() for token in settings.board_bot_token)
    return Way(tokens, settings.board_api_url, None)


def _load() -> None:
    importlib.import_module("tests.third_platform.platform")


def _open(settings: BoardSettings, token: str, around: Surroundings) -> Platform:
    from tests.third_platform.platform import BoardPlatform

    return BoardPlatform(token, settings.board_api_url)


PLATFORM = PlatformKind(
    name="board",
    title="Board",
    listed=("user",),
    listed_id="[a-z]+",
    settings=BoardSettings,
    token_from="from whoever keeps the board",
    way=_way,
    load=_load,
    open=_open,
)
