"""Feeds: RSS and Atom in all their versions, as they are met, also damaged; and JSON Feed (https://www.jsonfeed.org)."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from bot.files.reader.html import words_of_html

_BEGINNING = 4_096
"""Characters in which a feed says that it is one."""
_APART = re.compile(
    r"\ufeff|\s+|<\?[^<>]{0,1000}\?>|<!--(?:[^-]|-(?!->)){0,4000}-->|<!DOCTYPE\b[^<>\[]{0,1000}(?:\[[^\]]{0,2000}\]\s*)?>"
)
"""What may stand before the root of a document."""
_ROOT = re.compile(
    r"<(?:\w+:)?rss\b|<(?:\w+:)?feed\b[^<>]{1,2000}(?:www\.w3\.org/2005/Atom|purl\.org/atom/ns#)"
    r"|<rdf:RDF\b[^<>]{1,2000}(?:purl\.org/rss/|my\.netscape\.com/rdf/)",
    re.IGNORECASE,
)
_JSON = re.compile(r'\s*\{[^{}]{0,1000}"https?:\\?/\\?/(?:www\.)?jsonfeed\.org\\?/version')
_DECLARATION = re.compile(r"\s*<\?xml[^<>]{0,200}\?>")


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry, or the feed itself; "" where it says nothing of that."""

    title: str
    moment: str
    address: str
    """Where the whole of it stands."""
    words: str


_NOTHING = _Entry("", "", "", "")


def words_of_feed(text: str) -> str | None:
    """The entries of a feed as Markdown, in their order; None if this is none."""
    beginning = text[:_BEGINNING]
    if _JSON.match(beginning):
        return _of_json(text)
    at = 0
    while (before := _APART.match(beginning, at)) is not None:
        at = before.end()
    return _of_xml(text) if _ROOT.match(beginning, at) else None


def _written(feed: _Entry, entries: list[_Entry]) -> str:
    head = "\n\n".join(filter(None, (f"# {feed.title}" if feed.title else "", feed.address, feed.words)))
    return "\n\n".join(filter(None, (head, *map(_shown, entries))))


def _shown(entry: _Entry) -> str:
    about = " · ".join(filter(None, (entry.moment, entry.address)))
    lead = "\n".join(filter(None, (f"## {entry.title}" if entry.title else "", about)))
    return "\n\n".join(filter(None, (lead, entry.words)))


def _of_xml(text: str) -> str | None:
    import feedparser  # 50 ms, for what may be one alone.

    # It is decoded by now, whatever it says of itself.
    data = _DECLARATION.sub("", text, count=1).encode(errors="replace")
    headers = {"content-type": "application/xml; charset=utf-8"}
    found: Any = feedparser.parse(
        BytesIO(data), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    is_atom = found.version.startswith("atom")
    entries = [_entry(each, is_atom) for each in found.entries]
    feed = _entry(found.feed, is_atom)
    return _written(feed, entries) if entries or feed != _NOTHING else None


def _entry(told: Any, is_atom: bool) -> _Entry:
    """What the library has found of an entry, or of the feed."""

    def words(detail: Any) -> str:
        # It is HTML, unless it says that it is plain, which only Atom can.
        value: str = detail.get("value") or ""
        return value.strip() if is_atom and detail.get("type") == "text/plain" else words_of_html(value).strip()

    # What is nested is told flat: of what another vocabulary names alike, an entry's own comes first.
    links = [link.get("href") for link in told.get("links", ()) if link.get("rel") == "alternate"]
    # The same is told in short and whole.
    said = (told.get("summary_detail", {}), told.get("subtitle_detail", {}), *told.get("content", ()))
    return _Entry(
        title=" ".join(words(told.get("title_detail", {})).split()),
        moment=told.get("published") or told.get("updated") or "",
        address=next(filter(None, (*links, told.get("link"))), ""),
        words=max(map(words, said), key=len),
    )


def _of_json(text: str) -> str | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    items = found.get("items") if isinstance(found, dict) else None
    if not isinstance(items, list):
        return None
    feed = _Entry(_said(found, "title"), "", _said(found, "home_page_url"), _said(found, "description"))
    return _written(feed, list(_items(items)))


def _items(items: list[Any]) -> Iterator[_Entry]:
    for item in items:
        if isinstance(item, dict):
            words = _said(item, "content_text") or words_of_html(_said(item, "content_html")) or _said(item, "summary")
            address = _said(item, "url") or _said(item, "external_url")
            yield _Entry(_said(item, "title"), _said(item, "date_published"), address, words)


def _said(thing: dict[str, Any], name: str) -> str:
    value = thing.get(name)
    return value.strip() if isinstance(value, str) else ""
