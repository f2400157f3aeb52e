"""A small web: pages, a robots.txt, and a search engine that finds them."""

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from tests.support.gate import Gate

TIDES = (
    "<html><title>Tides</title><body><p>The Moon pulls the sea, and twice a day it rises.</p>"
    "<img alt='The bay at noon'></body></html>"
)

PAGES = {
    "/tides": (TIDES, "text/html"),
    "/closed": ("Open again.", "text/plain"),
    "/film": (
        '<html><title>Film</title><body><p>A film.</p><video><track src="/film.vtt"></video></body></html>',
        "text/html",
    ),
    "/film.vtt": ("WEBVTT\n\n01:02.000 --> 01:04.000\nThe Moon pulls.\n", "text/vtt"),
}
FEED = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:atom="http://www.w3.org/2005/Atom">
<channel><title>The Sea &amp;amp; the Moon</title><link>https://sea.example/</link>
<atom:link href="https://sea.example/feed" rel="self" type="application/rss+xml"/><description>What moves.</description>
<item><title>Spring tide</title><link>https://sea.example/spring?utm=1&amp;x=2</link>
<pubDate>Mon, 30 Nov 2026 06:00:00 +0000</pubDate><description>In short.</description>
<content:encoded><![CDATA[<p>The sea rose <b>high</b>.</p><script>no()</script>]]></content:encoded></item>
<item><guid>https://sea.example/neap</guid><description>&lt;p&gt;Lower &amp;amp; later.&lt;/p&gt;</description></item>
</channel></rss>"""

PAGES |= {
    # A page that was moved by hand, as makers of static sites move it.
    "/hand": (
        '<!doctype html><html lang="en"><title>Redirecting&hellip;</title><link rel="canonical" href="/old">'
        "<!-- <meta http-equiv=refresh content='0; url=/nowhere'> -->"
        "<script>document.write('<meta http-equiv=refresh content=\"0; url=/nowhere\">')</script>"
        '<noscript><meta http-equiv="refresh" content="0; url=/nowhere"></noscript>'
        '<meta content="0; url=\'/tides\'" http-equiv="Refresh"><h1>Redirecting&hellip;</h1></html>',
        "text/html",
    ),
    "/inwards": ('<meta http-equiv="refresh" content="0;url=http://10.0.0.1/secret">', "text/html"),
    "/ring": ('<meta http-equiv="refresh" content="1, URL=/ring2">', "text/html"),
    "/ring2": ('<meta http-equiv="refresh" content="1 /ring">', "text/html"),
    "/news": ('<meta http-equiv="refresh" content="300; url=/nowhere"><p>Shown anew.</p>', "text/html"),
    "/clock": (
        '<meta http-equiv="refresh" content="5"><meta http-equiv="refresh" content="0; url=#top">Now',
        "text/html",
    ),
    "/framed": (
        '<html><head><base href="/inner/"><title>Frames</title></head><frameset cols="20%,80%">'
        '<frame src="menu.html"><frame src="/tides"><frame src="https://ads.example/">'
        "<noframes>Your browser shows no frames.</noframes></frameset></html>",
        "text/html",
    ),
    "/inner/menu.html": (
        '<p>High water and <a href="../news">low water</a>. <a href="javascript:top()">Up</a></p>',
        "text/html",
    ),
    "/feed": (FEED, "application/rss+xml"),
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
