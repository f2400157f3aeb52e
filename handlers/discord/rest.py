"""Calls of Discord's REST API through discord.py's client, and what the library's errors mean for the engine."""

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import discord
import orjson
from discord.http import HTTPClient, Route

from bot.domain.blocks import OutFile
from handlers.discord.errors import translated

TIMEOUT_S = 30.0
"""How long a call may take, discord.py's own waits and retries included; then its outcome is unknown."""

CHANNEL = "/channels/{channel_id}"
MESSAGES = CHANNEL + "/messages"
MESSAGE = MESSAGES + "/{message_id}"
REACTION = MESSAGE + "/reactions/{emoji}/@me"
THREADS = CHANNEL + "/threads"
THREAD_MEMBER = CHANNEL + "/thread-members/{user_id}"
TYPING = CHANNEL + "/typing"
MEMBER = "/guilds/{guild_id}/members/{user_id}"
OPEN_THREADS = "/guilds/{guild_id}/threads/active"


class Rest:
    """The API of one bot. `http` returns the client of the present login."""

    def __init__(self, http: Callable[[], HTTPClient]) -> None:
        self._http = http

    async def request(
        self, method: str, path: str, *, json: Any = None, file: OutFile | None = None, **ids: str
    ) -> Any:
        """One call of the API through discord.py's client, which keeps to the headers' buckets.

        `path` has marks for its `ids`: the client counts by the path as it stands here.
        """
        body: dict[str, Any] = {} if json is None else {"json": json}
        if file is not None:
            body = {"form": _form(json, file)}
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await self._http().request(Route(method, path, **ids), **body)
        except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise translated(error, f"{method} {path}") from error


_LONGEST_DESCRIPTION = 1024
"""Of an attachment, for those who cannot see it."""


def _form(json: Any, file: OutFile) -> list[dict[str, Any]]:
    """A message with a file, as discord.py wants the fields of a form. Where it had another file, that goes."""
    described = {"description": file.words[:_LONGEST_DESCRIPTION]} if file.words else {}
    json = {"attachments": [{"id": 0, **described}], **json}
    return [
        {"name": "payload_json", "value": orjson.dumps(json).decode()},
        {"name": "files[0]", "value": file.data, "filename": file.name, "content_type": file.media_type},
    ]
