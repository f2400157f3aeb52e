"""One WebSocket of the gateway: frames in order, compression, heartbeats, and the limits on what a client sends."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
from aiohttp import WSMsgType, web

from bot.domain.clock import Clock
from bot.standins.discord.limits import Limits
from bot.standins.discord.sessions import Compressor, Session

PATIENCE = 1.5
"""How many heartbeat intervals may pass without a beat."""


class Connection:
    """A client's connection. `send` and `close` keep their order and never block."""

    def __init__(self, request: web.Request, limits: Limits, clock: Clock) -> None:
        self._request = request
        self._limits = limits
        self._clock = clock
        self._socket = web.WebSocketResponse(compress=False, max_msg_size=1 << 20, timeout=1.0)
        # discord.py also takes plain text when it asked for a compression that this stand-in does not have (zstd).
        self._compressor = Compressor() if request.query.get("compress") == "zlib-stream" else None
        self._frames: asyncio.Queue[bytes | int] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._beaten = True
        self._window_ends_s = 0.0
        self._window_left = 0
        self._closed_with: int | None = None
        self.session: Session | None = None

    @property
    def close_code(self) -> int | None:
        """Our own code if we closed, else the client's."""
        return self._closed_with if self._closed_with is not None else self._socket.close_code

    async def open(self) -> web.WebSocketResponse:
        """Shake hands and start to write and to listen for the heart."""
        await self._socket.prepare(self._request)
        self._tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._listen_for_beats())]
        return self._socket

    async def received(self) -> AsyncIterator[tuple[int, Any]]:
        """The client's payloads as (op, d) until the connection ends."""
        try:
            async for message in self._socket:
                if message.type is not WSMsgType.TEXT:
                    self.close(4002)
                elif (payload := self._payload(message.data)) is not None:
                    yield payload
        finally:
            for task in self._tasks:
                task.cancel()

    def _payload(self, text: str) -> tuple[int, Any] | None:
        if not self._within_rate():
            self.close(4008)
            return None
        try:
            if len(text.encode()) > self._limits.gateway_payload_bytes:
                raise ValueError("too long")
            payload = orjson.loads(text)
            return int(payload["op"]), payload.get("d")
        except (ValueError, KeyError, TypeError):
            self.close(4002)
            return None

    def _within_rate(self) -> bool:
        now = self._clock.monotonic()
        if now >= self._window_ends_s:
            self._window_ends_s = now + self._limits.gateway_payloads.per_s
            self._window_left = self._limits.gateway_payloads.limit
        self._window_left -= 1
        return self._window_left >= 0

    def send(self, frame: bytes) -> None:
        """Put a frame behind those that wait."""
        self._frames.put_nowait(frame)

    def close(self, code: int) -> None:
        """Close with `code` once everything before is written."""
        if self._closed_with is None:
            self._closed_with = code
            self._frames.put_nowait(code)

    def abort(self) -> None:
        """Cut the wire."""
        if self._request.transport is not None:
            self._request.transport.abort()

    def beat(self) -> None:
        """The client's heart was heard."""
        self._beaten = True

    async def finish(self) -> None:
        """Close now, for the end of the stand-in."""
        for task in self._tasks:
            task.cancel()
        await self._socket.close(code=1001)

    async def _write(self) -> None:
        while True:
            frame = await self._frames.get()
            if isinstance(frame, int):
                await self._socket.close(code=frame)
                return
            try:
                if self._compressor is not None:
                    await self._socket.send_bytes(self._compressor.compress(frame))
                else:
                    await self._socket.send_str(frame.decode())
            except ConnectionError:
                return

    async def _listen_for_beats(self) -> None:
        while self._beaten:
            self._beaten = False
            await self._clock.sleep(self._limits.heartbeat_interval_s * PATIENCE)
        self.close(4009)
