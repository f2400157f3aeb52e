"""One answer, in one piece or token by token, with what goes wrong with it."""

import asyncio
import re
from typing import assert_never

import orjson
from aiohttp import web

from bot.domain.clock import Clock
from bot.domain.turns import Usage
from bot.standins.dialects import Dialect
from bot.standins.model.values import Fault, Hold, Pace, Received, Reply

_WHOLE = frozenset({"empty", "slow", "thinking", "hanging"})
"""Faults under which an answer ends properly."""


class Answer:
    """One request on its way to its end, good or bad."""

    def __init__(
        self,
        request: web.Request,
        dialect: Dialect,
        received: Received,
        fault: Fault | None,
        reply: tuple[Reply, Usage],
        clock: Clock,
        hold: Hold | None,
    ) -> None:
        self._request = request
        self._dialect = dialect
        self._received = received
        self._fault = fault
        self._reply, self._usage = reply
        self._clock = clock
        self._hold = hold

    async def whole(self, pace: Pace) -> web.StreamResponse:
        """Answer in one piece. A fault inside the stream breaks the connection instead."""
        if self._fault is not None and self._fault.kind not in ("slow", "empty"):
            return await self._refuse(self._fault)
        empty = self._fault is not None and self._fault.kind == "empty"
        await self._held()
        await self._clock.sleep(pace.first_token_s)
        data = self._dialect.whole(
            self._received.model,
            "" if empty else self._reply.text,
            self._reply.reason,
            self._usage,
            () if empty else self._reply.calls,
        )
        self._received.state = "answered"
        return web.Response(body=orjson.dumps(data), content_type="application/json")

    async def stream(self, pace: Pace) -> web.StreamResponse:
        """Answer token by token."""
        if self._fault is not None and self._fault.kind in ("status", "reset"):
            return await self._refuse(self._fault)
        opening, frames, ending = self._frames()
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        stop_at = self._stop_at()
        await self._held()
        await self._clock.sleep(pace.first_token_s)
        due = self._clock.monotonic()
        await response.prepare(self._request)
        if opening:
            await response.write(opening)
        if self._fault is not None and self._fault.kind == "thinking":
            for _ in range(self._fault.after_tokens):
                await response.write(self._dialect.sign_of_life())
                await self._clock.sleep(self._fault.delay_s)
        for frame in frames[:stop_at]:
            # The moments are counted from the start, so that a late one does not delay the others.
            if pace.token_s and (wait := due - self._clock.monotonic()) > 0:
                await self._clock.sleep(wait)
            due += pace.token_s
            await response.write(frame)
            self._received.tokens_sent += 1
            await self._held()
        if self._fault is not None and self._fault.kind not in _WHOLE:
            return await self._spoil(self._fault, response)
        await response.write(ending)
        if self._fault is not None and self._fault.kind == "hanging":
            await asyncio.Event().wait()
        await response.write_eof()
        self._received.state = "answered"
        return response

    async def _held(self) -> None:
        if self._hold is not None and self._received.tokens_sent == self._hold.after_tokens:
            await self._hold.over.wait()

    def _frames(self) -> tuple[bytes, list[bytes], bytes]:
        """Everything is encoded before the first byte goes out: the pace must not hang on it."""
        model = self._received.model
        said = self._dialect.frames(model, tokens_of(self._reply.reasoning), tokens_of(self._reply.text))
        images = [self._dialect.image(model, data) for data in self._reply.images]
        ending = self._dialect.ending(model, self._reply.reason, self._usage, self._reply.calls)
        return self._dialect.opening(model), said + images, ending

    def _stop_at(self) -> int | None:
        if self._fault is None or self._fault.kind in ("slow", "thinking", "hanging"):
            return None
        return self._fault.after_tokens

    async def _refuse(self, fault: Fault) -> web.StreamResponse:
        self._received.state = "spoiled"
        if fault.kind != "status":
            _break(self._request)
            return web.Response()
        body = fault.body if fault.body is not None else self._dialect.error(fault.status, "The stand-in says no.")
        raw = body.encode() if isinstance(body, str) else body
        content = raw if isinstance(raw, bytes) else orjson.dumps(raw)
        kind = "text/html" if isinstance(fault.body, str) else "application/json"
        headers = {"Content-Type": kind, **fault.headers}
        return web.Response(status=fault.status, headers=headers, body=content)

    async def _spoil(self, fault: Fault, response: web.StreamResponse) -> web.StreamResponse:
        match fault.kind:
            case "cut":
                _break(self._request)
            case "truncate":
                await response.write_eof()
            case "stall":
                await asyncio.Event().wait()
            case "malformed":
                await response.write(b'data: {"choices": [{"delta": {"content": oops\n\n')
                await response.write_eof()
            case "error":
                await response.write(self._dialect.stream_error("The stand-in is overloaded."))
                await response.write_eof()
            case "status" | "reset" | "empty" | "slow" | "thinking" | "hanging":
                raise AssertionError(fault.kind)
            case _:
                assert_never(fault.kind)
        self._received.state = "spoiled"
        return response


def tokens_of(text: str) -> list[str]:
    """Words, each with the whitespace behind it; joined they are `text`."""
    return re.findall(r"^\s+|\S+\s*", text)


def _break(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
