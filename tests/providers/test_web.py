"""Pages are fetched as their sites wish, no further than they may be; what an engine finds is read whatever it says."""

import pytest

from bot.contracts.web import WebFailed
from providers.web import WebPages, searxng
from tests.support.web import TIDES, small_web


async def refusal(pages: WebPages, url: str) -> str:
    with pytest.raises(WebFailed) as caught:
        await pages.fetch(url)
    return str(caught.value)


async def test_a_page_is_fetched_where_it_may_be() -> None:
    async with small_web() as web:
        pages = WebPages(2_000_000, only_public=False)
        fetched = await pages.fetch(f"{web.url}/moved")
        assert (fetched.url, fetched.data.decode()) == (f"{web.url}/tides", TIDES)
        assert "robots.txt" in await refusal(pages, f"{web.url}/closed/page")
        assert "larger than 2 MB" in await refusal(pages, f"{web.url}/long")
        assert "404" in await refusal(pages, f"{web.url}/nowhere")
        assert "from one address to the next" in await refusal(pages, f"{web.url}/round")
        assert web.asked.count("/robots.txt") == 1
        assert "/closed/page" not in web.asked


@pytest.mark.parametrize(
    "url", ["ftp://example.com/", "http://name:word@example.com/", "file:///etc/passwd", "http://["]
)
async def test_what_is_no_address_of_a_page_is_not_asked(url: str) -> None:
    assert await refusal(WebPages(1_000, only_public=False), url)


async def test_nothing_is_asked_of_an_address_that_is_not_public() -> None:
    async with small_web() as web:
        pages = WebPages(1_000_000, only_public=True)
        port = web.url.rpartition(":")[2]
        for url in (f"{web.url}/tides", f"http://localhost:{port}/tides", f"http://[::ffff:127.0.0.1]:{port}/tides"):
            assert "not public" in await refusal(pages, url)
        assert web.asked == []


async def test_each_hop_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    async with small_web() as web:
        pages = WebPages(1_000_000, only_public=True)
        # The first hop stands for a public one; the second is what it leads to.
        monkeypatch.setattr("providers.web.is_public", lambda host: host == "127.0.0.1")
        assert await refusal(pages, f"{web.url}/away") == "That address is not public."
        assert "/away" in web.asked


async def test_what_an_engine_finds_is_read_and_nothing_else() -> None:
    async with small_web() as web:
        (hit,) = await searxng(web.url).ask("tides")
        assert (hit.title, hit.url, hit.words) == ("Tides", f"{web.url}/tides", "The Moon.")
        with pytest.raises(WebFailed, match="404"):
            await searxng(f"{web.url}/other").ask("tides")
