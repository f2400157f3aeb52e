"""Feeds: RSS, Atom and JSON Feed, as their entries, each with its title, its moment, its address and its words.

The forms are https://www.rssboard.org/rss-specification, https://www.rfc-editor.org/rfc/rfc4287,
https://web.resource.org/rss/1.0/spec and https://www.jsonfeed.org/version/1.1/. What a feed says is mostly HTML, in RSS
without a word about it.
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

from bot.files.reader.archive import attribute, local, parsed
from bot.files.reader.html import words_of_html
from bot.files.reader.trouble import Trouble

_BEGINNING = 4_096
"""Characters in which a feed says that it is one."""
_XML = re.compile(
    r"<rss\b|<(?:\w+:)?feed\b[^<>]{1,2000}www\.w3\.org/2005/Atom|<rdf:RDF\b[^<>]{1,2000}purl\.org/rss/", re.IGNORECASE
)
_JSON = re.compile(r'\s*\{[^{}]{0,1000}"https?:\\?/\\?/(?:www\.)?jsonfeed\.org\\?/version')
_DECLARATION = re.compile(r"\s*<\?xml[^<>]{0,200}\?>")
_MOMENTS = ("pubdate", "published", "updated", "date")
_WORDS = ("encoded", "content", "description", "summary")
"""What an entry says, whole before it is told in short."""


def words_of_feed(text: str) -> str | None:
    """The entries of a feed as Markdown, in their order; None if this is none, or is damaged."""
    beginning = text[:_BEGINNING]
    if _JSON.match(beginning):
        return _of_json(text)
    if not beginning.lstrip("\ufeff \t\r\n").startswith("<") or not _XML.search(beginning):
        return None
    try:
        # It is decoded by now, whatever it says of itself.
        root = parsed(_DECLARATION.sub("", text, count=1).encode(errors="replace"))
    except Trouble:
        return None
    feed = next((node for node in root if local(node) == "channel"), root)
    entries = [node for node in root.iter() if local(node) in ("item", "entry")]
    return _written(_entry(feed, ""), [_entry(node, _address(feed, "")) for node in entries])


def _written(feed: tuple[str, str, str, str], entries: list[tuple[str, str, str, str]]) -> str:
    title, _, address, words = feed
    head = "\n\n".join(filter(None, (f"# {title}" if title else "", address, words)))
    return "\n\n".join(filter(None, (head, *map(_shown, entries))))


def _shown(entry: tuple[str, str, str, str]) -> str:
    title, moment, address, words = entry
    about = " · ".join(filter(None, (moment, address)))
    lead = "\n".join(filter(None, (f"## {title}" if title else "", about)))
    return "\n\n".join(filter(None, (lead, words)))


def _entry(node: Element, base: str) -> tuple[str, str, str, str]:
    """Title, moment, address and words of an entry, or of the feed itself."""
    fields: dict[str, Element] = {}
    for field in node:
        fields.setdefault(local(field).lower(), field)
    moment = next((_plain(fields[name]) for name in _MOMENTS if name in fields), "")
    words = next(filter(None, (_words(fields[name]) for name in _WORDS if name in fields)), "")
    title = " ".join(_words(fields["title"]).split()) if "title" in fields else ""
    return title, moment, _address(node, base), words


def _address(node: Element, base: str) -> str:
    """Where the whole of it stands; "" if it says nothing of that. RSS writes it out, Atom has it in an attribute."""
    base = attribute(node, "base") or base
    for link in node:
        if local(link) != "link" or link.get("rel", "alternate") != "alternate":
            continue
        if address := (link.get("href") or _plain(link)):
            return _joined(base, address)
    return _joined(base, next((_plain(each) for each in node if local(each) == "guid" and _is_address(each)), ""))


def _is_address(guid: Element) -> bool:
    return guid.get("isPermaLink", "true") == "true" and _plain(guid).startswith(("http://", "https://"))


def _joined(base: str, address: str) -> str:
    try:
        return urljoin(base, address) if address else ""
    except ValueError:
        return address


def _plain(node: Element) -> str:
    return "".join(node.itertext()).strip()


def _words(node: Element) -> str:
    """What a browser would show of it: it is HTML, as text or as elements, unless it says that it is plain."""
    kind = node.get("type", "")
    plain = _plain(node)
    return plain if kind in ("text", "text/plain") or len(node) else words_of_html(plain)


def _of_json(text: str) -> str | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    items = found.get("items") if isinstance(found, dict) else None
    if not isinstance(items, list):
        return None
    feed = (_said(found, "title"), "", _said(found, "home_page_url"), _said(found, "description"))
    return _written(feed, list(_items(items)))


def _items(items: list[Any]) -> Iterator[tuple[str, str, str, str]]:
    for item in items:
        if isinstance(item, dict):
            words = _said(item, "content_text") or words_of_html(_said(item, "content_html")) or _said(item, "summary")
            address = _said(item, "url") or _said(item, "external_url")
            yield _said(item, "title"), _said(item, "date_published"), address, words


def _said(thing: dict[str, Any], name: str) -> str:
    value = thing.get(name)
    return value.strip() if isinstance(value, str) else ""
