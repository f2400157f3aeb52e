"""Pages are fetched as their sites wish, no further than they may be; what an engine finds is read whatever it says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.contracts.web import WebFailed
from providers.refreshes import leads_to
from providers.web import MOST_HITS, ROBOTS_LAST_S, WebPages, brave, searxng, tavily
from tests.support.clock import FakeClock
from tests.support.web import TIDES, small_web


async def refusal(pages: WebPages, url: str) -> str:
    with pytest.raises(WebFailed) as caught:
        await pages.fetch(url)
    return str(caught.value)


async def test_a_page_is_fetched_where_it_may_be() -> None:
    async with small_web() as small:
        pages = WebPages(2_000_000, FakeClock(), only_public=False)
        fetched = await pages.fetch(f"{small.url}/moved")
        assert (fetched.url, fetched.data.decode()) == (f"{small.url}/tides", TIDES)
        # It leads back to itself until its cookie is brought along, and packs what nobody has asked it to.
        for _ in range(2):
            assert (await pages.fetch(f"{small.url}/cookie")).data.decode() == TIDES
        assert small.asked.count("/cookie") == 4, "No cookie outlasts its page."
        assert "robots.txt" in await refusal(pages, f"{small.url}/closed/page")
        assert "larger than 2 MB" in await refusal(pages, f"{small.url}/long")
        assert "404" in await refusal(pages, f"{small.url}/nowhere")
        assert "from one address to the next" in await refusal(pages, f"{small.url}/round")
        assert small.asked.count("/robots.txt") == 1
        assert "/closed/page" not in small.asked


async def test_a_page_that_leads_on_by_itself_is_followed_as_a_redirect_is(monkeypatch: pytest.MonkeyPatch) -> None:
    async with small_web() as small:
        pages = WebPages(2_000_000, FakeClock(), only_public=False)
        fetched = await pages.fetch(f"{small.url}/hand")
        assert (fetched.url, fetched.data.decode()) == (f"{small.url}/tides", TIDES)
        assert "from one address to the next" in await refusal(pages, f"{small.url}/ring")
        for stays in ("/news", "/clock"):
            assert (await pages.fetch(f"{small.url}{stays}")).url == f"{small.url}{stays}"
        assert "/nowhere" not in small.asked
        monkeypatch.setattr("providers.web.is_public", lambda host: host == "127.0.0.1")
        guarded = WebPages(2_000_000, FakeClock(), only_public=True)
        monkeypatch.setattr("providers.web.guarded_connector", aiohttp.TCPConnector)
        assert await refusal(guarded, f"{small.url}/inwards") == "That address is not public."


@pytest.mark.parametrize(
    ("header", "page", "onward"),
    [
        ("0; url=/b", b"", "https://a.example/b"),
        ("", b"<meta http-equiv=refresh content=0;url=https://b.example/c>", "https://b.example/c"),
        (
            "",
            b'<META CONTENT="0.5; URL=&quot;/b?c=1&amp;d=2&quot;" HTTP-EQUIV="REFRESH"/>',
            "https://a.example/b?c=1&d=2",
        ),
        ("", "<meta http-equiv=refresh content='0; url=/größe'>".encode(), "https://a.example/größe"),
        ("", b"<meta name=refresh content='0; url=/b'>", None),
        ("", b"<textarea><meta http-equiv=refresh content='0; url=/b'></textarea>", None),
        ("11; url=/b", b"<meta http-equiv=refresh content=0>", None),
        ("soon", b"<meta http-equiv=refresh", None),
        ("", b"<meta http-equiv=refresh content='0; url=http://[/'>", None),
    ],
)
def test_where_a_page_leads_on_to(header: str, page: bytes, onward: str | None) -> None:
    assert leads_to("https://a.example/a", header, page) == onward


@pytest.mark.parametrize(
    "url", ["ftp://example.com/", "http://name:word@example.com/", "file:///etc/passwd", "http://["]
)
async def test_what_is_no_address_of_a_page_is_not_asked(url: str) -> None:
    assert await refusal(WebPages(1_000, FakeClock(), only_public=False), url)


async def test_nothing_is_asked_of_an_address_that_is_not_public() -> None:
    async with small_web() as small:
        pages = WebPages(1_000_000, FakeClock(), only_public=True)
        port = small.url.rpartition(":")[2]
        for url in (f"{small.url}/tides", f"http://localhost:{port}/tides", f"http://[::ffff:127.0.0.1]:{port}/tides"):
            assert "not public" in await refusal(pages, url)
        assert small.asked == []


async def test_each_hop_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    async with small_web() as small:
        pages = WebPages(1_000_000, FakeClock(), only_public=True)
        # The first hop stands for a public one; the second is what it leads to.
        monkeypatch.setattr("providers.web.is_public", lambda host: host == "127.0.0.1")
        assert await refusal(pages, f"{small.url}/away") == "That address is not public."
        assert "/away" in small.asked


async def test_what_an_engine_finds_is_read_and_nothing_else() -> None:
    async with small_web() as small:
        (hit,) = await searxng(small.url).ask("tides")
        assert (hit.title, hit.url, hit.words) == ("Tides", f"{small.url}/tides", "The Moon.")
        with pytest.raises(WebFailed, match="404"):
            await searxng(f"{small.url}/other").ask("tides")


@asynccontextmanager
async def engine(path: str, key: tuple[str, str], answer: object) -> AsyncIterator[tuple[str, list[dict[str, object]]]]:
    """A vendor's engine: its address, and what was asked of it; it hears nobody without the key."""
    asked: list[dict[str, object]] = []

    async def search(request: web.Request) -> web.Response:
        if request.headers.get(key[0]) != key[1]:
            return web.Response(status=401)
        asked.append(await request.json() if request.method == "POST" else dict(request.query))
        return web.json_response(answer)

    app = web.Application()
    app.router.add_route("*", path, search)
    server = TestServer(app)
    await server.start_server()
    try:
        yield str(server.make_url("")).rstrip("/"), asked
    finally:
        await server.close()


async def test_vendors_engines_are_asked_as_their_pages_say() -> None:
    hit = {"title": "Tides", "url": "https://example.com/tides"}
    async with engine(
        "/res/v1/web/search", ("X-Subscription-Token", "k"), {"web": {"results": [hit | {"description": "Moon."}]}}
    ) as (root, asked):
        (found,) = await brave("k", root).ask("why tides")
        assert (found.title, found.url, found.words) == ("Tides", "https://example.com/tides", "Moon.")
        assert asked == [{"q": "why tides", "count": str(MOST_HITS)}]
        with pytest.raises(WebFailed, match="401"):
            await brave("other", root).ask("why tides")
    async with engine(
        "/search", ("Authorization", "Bearer k"), {"results": [hit | {"content": "Moon.", "score": 0.9}]}
    ) as (root, asked):
        (found,) = await tavily("k", root).ask("why tides")
        assert (found.title, found.url, found.words) == ("Tides", "https://example.com/tides", "Moon.")
        assert asked == [{"query": "why tides", "max_results": MOST_HITS}]


async def test_what_a_site_asks_is_remembered_for_a_day_and_its_failure_not_at_all() -> None:
    async with small_web() as small:
        clock = FakeClock()
        pages = WebPages(2_000_000, clock, only_public=False)
        small.robots = 503
        assert "robots.txt" in await refusal(pages, f"{small.url}/tides")
        small.robots = 200
        await pages.fetch(f"{small.url}/tides")
        await pages.fetch(f"{small.url}/tides")
        assert small.asked.count("/robots.txt") == 2
        await clock.advance(ROBOTS_LAST_S)
        small.robots = 404
        await pages.fetch(f"{small.url}/closed")
        assert small.asked.count("/robots.txt") == 3
