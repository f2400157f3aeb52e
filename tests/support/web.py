"""A small web: pages, a robots.txt, and a search engine that finds them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from tests.support.gate import Gate

TIDES = "<html><title>Tides</title><body><p>The Moon pulls the sea, and twice a day it rises.</p></body></html>"


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
        match request.path:
            case "/robots.txt":
                return web.Response(status=self.robots, text="User-agent: *\nDisallow: /closed\n")
            case "/tides":
                return web.Response(text=TIDES, content_type="text/html")
            case "/closed":
                return web.Response(text="Open again.")
            case "/film":
                film = (
                    '<html><title>Film</title><body><p>A film.</p><video><track src="/film.vtt"></video></body></html>'
                )
                return web.Response(text=film, content_type="text/html")
            case "/film.vtt":
                said = "WEBVTT\n\n01:02.000 --> 01:04.000\nThe Moon pulls.\n"
                return web.Response(text=said, content_type="text/vtt")
            case "/long":
                return web.Response(body=b"a" * 3_000_000)
            case "/away":
                raise web.HTTPFound("http://10.0.0.1/secret")
            case "/round":
                raise web.HTTPFound("/round")
            case "/moved":
                raise web.HTTPFound("/tides")
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
