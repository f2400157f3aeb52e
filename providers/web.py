"""The web: pages by their address, and search engines. Each hop to a page is looked at before it is taken."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import aiohttp
import orjson

from bot.contracts.web import PAGES, Fetched, Hit, SearchEngine, WebFailed
from bot.domain.addresses import NotPublic, is_literal, is_public
from bot.domain.clock import Clock
from providers.guard import guarded_connector
from providers.refreshes import leads_to
from providers.sent import in_utf_8, too_large, unpacked, why_no_page

AGENT = "Parley"
PATIENCE_S = 20.0
MOST_HOPS = 5
LONGEST_ROBOTS = 500_000
"""In bytes; RFC 9309 asks for as much."""
LONGEST_ANSWER = 2_000_000
"""Of a search engine, in bytes."""
MOST_HITS = 8
ROBOTS_LAST_S = 24 * 60 * 60.0
"""How long a robots.txt is remembered; RFC 9309 asks for no longer."""
_MOST_REMEMBERED = 500
_TEXTS = ("text/", "application/xhtml+xml")


class WebPages:
    """Fetches pages. `largest_bytes` of each; from public addresses alone if `only_public`."""

    def __init__(self, largest_bytes: int, clock: Clock, *, only_public: bool) -> None:
        self._largest_bytes = largest_bytes
        self._clock = clock
        self._only_public = only_public
        self._robots: dict[str, tuple[RobotFileParser, float]] = {}
        """Of each site, and until when it is remembered, on the monotonic clock."""

    async def fetch(self, url: str) -> Fetched:
        """What stands at an address, wherever it leads. Raises `WebFailed`."""
        connector = guarded_connector() if self._only_public else aiohttp.TCPConnector()
        try:
            # Many a site leads back to the same address until its cookie is brought along: they last for this page.
            jar = aiohttp.CookieJar(unsafe=True)
            async with asyncio.timeout(PATIENCE_S), _session(connector, cookies=jar) as session:
                return await self._follow(session, url)
        except TimeoutError:
            raise WebFailed("Nothing came from there in time.") from None
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, NotPublic):
                raise WebFailed("That address is not public.") from error
            raise WebFailed("Nothing answers there.") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise WebFailed(f"It cannot be reached ({type(error).__name__}).") from error

    async def _follow(self, session: aiohttp.ClientSession, url: str) -> Fetched:
        for _ in range(MOST_HOPS):
            self._check(url)
            if not await self._is_allowed(session, url):
                raise WebFailed("Its site asks programs not to read it (robots.txt).")
            async with session.get(url, allow_redirects=False) as response:
                if (location := response.headers.get("Location")) and 300 <= response.status < 400:
                    url = urljoin(url, location)
                    continue
                if why := why_no_page(response.status, response.headers):
                    raise WebFailed(why)
                data = await _body(response, self._largest_bytes)
                page = data if response.content_type in PAGES else b""
                if onward := leads_to(url, response.headers.get("Refresh", ""), page):
                    url = onward
                    continue
                if response.charset and response.content_type.startswith(_TEXTS):
                    data = await asyncio.to_thread(in_utf_8, data, response.charset)
                return Fetched(url, response.content_type, data)
        raise WebFailed("It leads from one address to the next.")

    def _check(self, url: str) -> None:
        """Raises WebFailed where an address must not be asked; names are looked at when they are looked up."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
            raise WebFailed("That is not the address of a page.")
        if self._only_public and is_literal(parts.hostname) and not is_public(parts.hostname):
            raise WebFailed("That address is not public.")

    async def _is_allowed(self, session: aiohttp.ClientSession, url: str) -> bool:
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        robots, until = self._robots.get(site, (None, 0.0))
        if robots is None or until <= self._clock.monotonic():
            robots = await _robots_of(session, site)
            self._robots.pop(site, None)
            if len(self._robots) >= _MOST_REMEMBERED:
                self._robots.pop(next(iter(self._robots)))
            # What a broken server says today it does not mean tomorrow: it is asked again.
            lasts_s = ROBOTS_LAST_S if not robots.disallow_all else 0.0  # type: ignore[attr-defined]
            self._robots[site] = robots, self._clock.monotonic() + lasts_s
        return robots.can_fetch(AGENT, url)


async def _robots_of(session: aiohttp.ClientSession, site: str) -> RobotFileParser:
    """What a site asks of programs; as RFC 9309 has it, nothing where it has no such page, all where that is broken."""
    robots = RobotFileParser()
    async with session.get(f"{site}/robots.txt", allow_redirects=False) as response:
        if response.status >= 500:
            robots.disallow_all = True  # type: ignore[attr-defined]
        elif response.status != 200:
            robots.allow_all = True  # type: ignore[attr-defined]
        else:
            words = await _body(response, LONGEST_ROBOTS)
            robots.parse(words.decode(errors="replace").splitlines())
    return robots


async def _body(response: aiohttp.ClientResponse, most: int) -> bytes:
    data = bytearray()
    while more := await response.content.readany():
        data += more
        if len(data) > most:
            raise too_large(most)
    # Some send what nobody asked for.
    return await asyncio.to_thread(unpacked, bytes(data), response.headers.get("Content-Encoding", ""), most)


def _session(
    connector: aiohttp.BaseConnector,
    headers: Mapping[str, str] | None = None,
    cookies: aiohttp.abc.AbstractCookieJar | None = None,
) -> aiohttp.ClientSession:
    usual = {"User-Agent": AGENT, "Accept-Encoding": "identity"}
    return aiohttp.ClientSession(
        connector=connector,
        headers=usual | dict(headers or {}),
        cookie_jar=aiohttp.DummyCookieJar() if cookies is None else cookies,
        auto_decompress=False,
    )


# search engines


def brave(key: str, root: str = "https://api.search.brave.com") -> SearchEngine:
    """Brave's; 5 dollars for a thousand searches (api-dashboard.search.brave.com, November 2026)."""

    async def ask(words: str) -> Sequence[Hit]:
        asked = {"q": words, "count": str(MOST_HITS)}
        answer = await _asked("GET", f"{root}/res/v1/web/search", {"X-Subscription-Token": key}, params=asked)
        return _hits(answer.get("web"), "description")

    return SearchEngine("Brave", 5_000, ask)


def tavily(key: str, root: str = "https://api.tavily.com") -> SearchEngine:
    """Tavily's; 8 dollars for a thousand basic searches (docs.tavily.com, November 2026)."""

    async def ask(words: str) -> Sequence[Hit]:
        asked = {"query": words, "max_results": MOST_HITS}
        answer = await _asked("POST", f"{root}/search", {"Authorization": f"Bearer {key}"}, json=asked)
        return _hits(answer, "content")

    return SearchEngine("Tavily", 8_000, ask)


def searxng(root: str) -> SearchEngine:
    """The operator's own, at this address; its settings have to allow `json` among `formats`."""

    async def ask(words: str) -> Sequence[Hit]:
        answer = await _asked("GET", f"{root.rstrip('/')}/search", {}, params={"q": words, "format": "json"})
        return _hits(answer, "content")

    return SearchEngine("SearXNG", 0, ask)


async def _asked(method: str, url: str, headers: Mapping[str, str], **asked: Any) -> Mapping[str, Any]:
    """An engine's answer. Raises WebFailed."""
    try:
        async with (
            asyncio.timeout(PATIENCE_S),
            _session(aiohttp.TCPConnector(), headers) as session,
            session.request(method, url, allow_redirects=False, **asked) as response,
        ):
            if response.status != 200:
                raise WebFailed(f"The search engine answered {response.status}.")
            answer = orjson.loads(await _body(response, LONGEST_ANSWER))
    except TimeoutError:
        raise WebFailed("The search engine did not answer in time.") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise WebFailed(f"The search engine cannot be reached ({type(error).__name__}).") from error
    return answer if isinstance(answer, dict) else {}


def _hits(found: object, words: str) -> Sequence[Hit]:
    """The hits of an answer, whatever else it holds."""
    results = found.get("results") if isinstance(found, dict) else None
    read = [hit for hit in results if isinstance(hit, dict)] if isinstance(results, list) else []
    hits = [Hit(*(str(hit.get(field) or "") for field in ("title", "url", words))) for hit in read]
    return [hit for hit in hits if hit.url.startswith(("http://", "https://"))][:MOST_HITS]
