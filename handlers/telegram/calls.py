"""How calls go to the Bot API.

aiogram's own method classes check every parameter, encode a form, and build a whole `Message` from the answer. That
costs half of a send's CPU, and worse: an answer in a form newer than the library would not parse, and a message that
was sent would count as lost. So what we send goes out as JSON as it is, and of the answer only what is used is read.
"""

from collections.abc import Callable
from typing import Any

import orjson
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.methods import Response, TelegramMethod
from aiohttp import (
    BytesPayload,
    ClientSession,
    FormData,
    TCPConnector,
    TraceConfig,
    TraceRequestEndParams,
)
from pydantic import PrivateAttr

from bot.domain.blocks import OutFile
from bot.domain.clock import RemoteTime

HELD = Response[Any]
"""What aiogram reads each answer to a `Call` with. Pydantic forgets such a type as soon as nobody holds it, and after
each collection of garbage the next answer would wait 2 ms until it is built again."""


class Call(TelegramMethod[Any]):
    """`Call("sendMessage", chat_id="7", text="hi")`: Telegram's own names and structures; returns plain JSON."""

    __returning__ = Any
    _method: str = PrivateAttr()
    _params: dict[str, Any] = PrivateAttr()

    def __init__(self, method: str, /, **params: Any) -> None:
        super().__init__()
        self._method = method
        self._params = params

    @property
    def __api_method__(self) -> str:  # type: ignore[override]  # A property there too, but for type checkers.
        return self._method

    def body(self) -> BytesPayload | FormData:
        """The parameters as JSON; as a form where a file is among them."""
        if not any(isinstance(value, OutFile) for value in self._params.values()):
            return BytesPayload(orjson.dumps(self._params), content_type="application/json")
        form = FormData(quote_fields=False)
        for name, value in self._params.items():
            if isinstance(value, OutFile):
                form.add_field(name, value.data, filename=value.name, content_type=value.media_type)
            else:
                form.add_field(name, value if isinstance(value, str) else orjson.dumps(value).decode())
        return form


class Session(AiohttpSession):
    """The connections to one Bot API server."""

    def __init__(self, api_url: str, time: RemoteTime, connector: Callable[..., TCPConnector] | None = None) -> None:
        """`connector` makes what connects, where that is not aiohttp's own: it gets aiogram's options."""
        self._time = time
        super().__init__(api=TelegramAPIServer.from_base(api_url), json_loads=orjson.loads)
        if connector is not None:
            self._connector_type = connector  # type: ignore[assignment]  # Only called, as a class would be.

    def build_form_data(self, bot: Bot, method: TelegramMethod[Any]) -> Any:
        """The body of a request: aiogram hands it to aiohttp unseen."""
        return method.body() if isinstance(method, Call) else super().build_form_data(bot, method)

    async def create_session(self) -> ClientSession:
        """The connections, whose answers tell what time it is there."""
        session = await super().create_session()
        if not session.trace_configs:
            trace = TraceConfig()
            trace.on_request_end.append(self._hear_time)
            trace.freeze()
            session.trace_configs.append(trace)
        return session

    async def _hear_time(self, _session: ClientSession, _context: object, end: TraceRequestEndParams) -> None:
        self._time.note(end.response.headers.get("Date"))

    async def close(self) -> None:
        """aiogram sleeps 0.25 s here for connections to close; aiohttp waits for them by itself since 3.12."""
        if self._session is not None:
            await self._session.close()
