"""A small web: pages, a robots.txt, and a search engine that finds them."""

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from tests.support.gate import Gate

TIDES = "<html><title>Tides</title><body><p>The Moon pulls the sea, and twice a day it rises.</p></body></html>"

PAGES = {
    "/tides": (TIDES, "text/html"),
    "/closed": ("Open again.", "text/plain"),
    "/film": (
        '<html><title>Film</title><body><p>A film.</p><video><track src="/film.vtt"></video></body></html>',
        "text/html",
    ),
    "/film.vtt": ("WEBVTT\n\n01:02.000 --> 01:04.000\nThe Moon pulls.\n", "text/vtt"),
}
LEADS = {"/away": "http://10.0.0.1/secret", "/round": "/round", "/moved": "/tides"}


class SmallWeb:
    """What was asked of it, and where it is."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []
        self.robots = 200
        """The status of its robots.txt."""
        self.gate = Gate()
        """In front of all but that."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path_qs)
        if request.path != "/robots.txt":
            await self.gate.passed()
        if request.path in PAGES:
            text, kind = PAGES[request.path]
            return web.Response(text=text, content_type=kind)
        if request.path in LEADS:
            raise web.HTTPFound(LEADS[request.path])
        match request.path:
            case "/robots.txt":
                return web.Response(status=self.robots, text="User-agent: *\nDisallow: /closed\n")
            case "/cookie" if "seen=1" not in request.headers.get("Cookie", ""):
                raise web.HTTPFound("/cookie", headers={"Set-Cookie": "seen=1; Path=/"})
            case "/cookie":
                return web.Response(body=gzip.compress(TIDES.encode()), headers={"Content-Encoding": "gzip"})
            case "/long":
                return web.Response(body=b"a" * 3_000_000)
            case "/search":
                hit = {"title": "Tides", "url": f"{self.url}/tides", "content": "The Moon."}
                return web.json_response({"results": [hit, {"url": "javascript:alert(1)"}, "no hit"]})
            case _:
                raise web.HTTPNotFound


@asynccontextmanager
async def small_web() -> AsyncIterator[SmallWeb]:
    found = SmallWeb()
    app = web.Application()
    app.router.add_get("/{path:.*}", found.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield found
    finally:
        await runner.cleanup()
