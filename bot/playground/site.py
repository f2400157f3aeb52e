"""The page's server: its files, one stream of changes, and a way to act; for this machine's browser only."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from importlib import resources
from typing import Any

import orjson
from aiohttp import web

from bot.playground.inside import Inside
from bot.playground.panes import Pane, Part
from bot.standins.changes import Changes

HOST = "127.0.0.1"
PORT = 8642
LARGEST_BODY = 80 * 1024 * 1024
TOGETHER_S = 0.03
"""Changes that come within this time travel together."""
LOOK_AGAIN_S = 2.0
"""Drafts and "is typing" end by themselves: nobody rings for them."""
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self'; connect-src"
    " 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Site:
    """Serves the page at `url`, which is known after `start`."""

    def __init__(self, panes: Sequence[Pane], inside: Inside, changes: Changes) -> None:
        self.url = ""
        self._panes = panes
        self._inside = inside
        self._changes = changes
        self._hosts: frozenset[str] = frozenset()
        self._runner: web.AppRunner | None = None

    async def start(self, port: int | None = None) -> None:
        """Listen on the loopback: on `port`, else on the usual one or, where that is taken, a free one.

        Raises OSError if the wanted port is taken.
        """
        application = web.Application(middlewares=[self._guard], client_max_size=LARGEST_BODY)
        application.router.add_get("/events", self._events)
        for pane in self._panes:
            self._mount(application, pane.name, pane)
        self._mount(application, "inside", self._inside)
        application.router.add_get("/", _file)
        application.router.add_get("/{name}", _file)
        # A stream never ends by itself: stopping does not wait for it.
        self._runner = web.AppRunner(application, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, HOST, PORT if port is None else port).start()
        except OSError:
            if port is not None:
                raise
            await web.TCPSite(self._runner, HOST, 0).start()
        bound = self._runner.addresses[0][1]
        self._hosts = frozenset((f"{HOST}:{bound}", f"localhost:{bound}"))
        self.url = f"http://{HOST}:{bound}"

    async def stop(self) -> None:
        """Close every connection."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _mount(self, application: web.Application, name: str, room: Pane | Inside) -> None:
        below = web.Application(client_max_size=LARGEST_BODY)
        room.routes(below)
        application.add_subapp(f"/{name}", below)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Only the page itself: another host name that points here, or another site's page that posts, is refused."""
        if request.host not in self._hosts:
            raise web.HTTPForbidden(text="This page is served to this machine only.")
        origin = request.headers.get("Origin")
        if origin is not None and origin not in {f"http://{host}" for host in self._hosts}:
            raise web.HTTPForbidden(text="Another page must not act here.")
        if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            raise web.HTTPForbidden(text="Another page must not look here.")
        if request.method == "POST" and request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType(text="Send `Content-Type: application/json`.")
        answer = await handler(request)
        if not answer.prepared:
            answer.headers.setdefault("Content-Security-Policy", POLICY)
            answer.headers.setdefault("Cache-Control", "no-store")
            answer.headers["X-Content-Type-Options"] = "nosniff"
            answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: first everything, then what has changed, as `{"set": {NAME: PART}, "gone": [NAME]}`."""
        stream = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        await stream.prepare(request)
        told: dict[str, bytes] = {}
        first = True
        with contextlib.suppress(ConnectionError):
            while True:
                now = {name: _dumped(part) for name, part in self._parts()}
                if (event := _difference(told, now, fresh=first)) is not None:
                    await stream.write(event)
                told, first = now, False
                await self._changes.wait(LOOK_AGAIN_S)
                await asyncio.sleep(TOGETHER_S)
        return stream

    def _parts(self) -> Iterator[Part]:
        for pane in self._panes:
            for name, part in pane.parts():
                yield f"{pane.name}/{name}", part
        for name, part in self._inside.parts():
            yield f"inside/{name}", part


def _dumped(part: Any) -> bytes:
    return orjson.dumps(part, option=orjson.OPT_NON_STR_KEYS)


def _difference(told: dict[str, bytes], now: dict[str, bytes], *, fresh: bool) -> bytes | None:
    """The event that leads from one to the other; None if they are the same."""
    changed = [orjson.dumps(name) + b":" + part for name, part in now.items() if told.get(name) != part]
    gone = [name for name in told if name not in now]
    if not (changed or gone or fresh):
        return None
    start = b'{"fresh":true,"set":{' if fresh else b'{"set":{'
    return b"data: " + start + b",".join(changed) + b'},"gone":' + orjson.dumps(gone) + b"}\n\n"


async def _file(request: web.Request) -> web.Response:
    name = request.match_info.get("name") or "index.html"
    file = resources.files("bot.playground").joinpath("page", name)
    suffix = name[name.rfind(".") :]
    # One flat folder: a name with a slash in it never gets here.
    if suffix not in TYPES or not file.is_file():
        raise web.HTTPNotFound
    return web.Response(body=file.read_bytes(), content_type=TYPES[suffix], charset="utf-8")
