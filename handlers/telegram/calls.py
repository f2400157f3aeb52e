"""How calls go to the Bot API.

aiogram's own method classes check every parameter and build a whole `Message` from the answer. That costs half of a
send's CPU, and worse: an answer in a form newer than the library would not parse, and a message that was sent would
count as lost. So parameters go out as they are, and of the answer only what is used is read.
"""

from typing import Any

import orjson
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.methods import TelegramMethod
from pydantic import PrivateAttr


class Session(AiohttpSession):
    """The connections to one Bot API server."""

    def __init__(self, api_url: str) -> None:
        super().__init__(api=TelegramAPIServer.from_base(api_url), json_loads=orjson.loads)

    async def close(self) -> None:
        """aiogram sleeps 0.25 s here for connections to close; aiohttp waits for them by itself since 3.12."""
        if self._session is not None:
            await self._session.close()


class Call(TelegramMethod[Any]):
    """`Call("sendMessage", chat_id="7", text="hi")`: Telegram's own names, structures as JSON; gives plain JSON."""

    __returning__ = Any
    _method: str = PrivateAttr()

    def __init__(self, method: str, /, **params: str) -> None:
        super().__init__(**params)
        self._method = method

    @property
    def __api_method__(self) -> str:  # type: ignore[override]  # A property there too, but for type checkers.
        return self._method
