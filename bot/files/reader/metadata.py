"""What a page says of itself to programs, for one that shows nothing before its scripts have run.

Such pages hold their words for search engines and previews of links: as JSON-LD (https://schema.org/articleBody), and
in `<meta>` elements (https://ogp.me).
"""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

_TOLD = ("headline", "description", "articleBody", "text")
"""Of things in JSON-LD, in the order in which people would read it."""
_META = ("og:title", "og:description", "description", "twitter:description")
_DEEPEST = 8
_MOST = 200
"""Things in one page that are looked at."""


def words_of_itself(page: "LexborHTMLParser") -> str:
    """The words, each once; "" if there are none."""
    said = [*_from_json(page), *_from_meta(page)]
    lines = dict.fromkeys(filter(None, (words.strip() for words in said)))
    # A description is mostly the beginning of what stands there whole.
    return "\n\n".join(line for line in lines if not any(line != other and line in other for other in lines))


def _from_json(page: "LexborHTMLParser") -> Iterator[str]:
    for script in page.css('script[type="application/ld+json"]'):
        try:
            found = json.loads(script.text())
        except (ValueError, RecursionError):
            continue
        for thing in _things(found):
            yield from (str(thing[name]) for name in _TOLD if isinstance(thing.get(name), str))


def _things(found: object) -> list[dict[str, Any]]:
    """The objects in it, outer ones first, as deep as such pages nest them."""
    things: list[dict[str, Any]] = []
    level: list[object] = [found]
    for _ in range(_DEEPEST):
        things += [each for each in level if isinstance(each, dict)]
        inner: list[object] = []
        for each in level:
            inner += each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
        level = inner[:_MOST]
    return things[:_MOST]


def _from_meta(page: "LexborHTMLParser") -> Iterator[str]:
    told: dict[str, str] = {}
    for meta in page.css("meta[content]"):
        name = meta.attributes.get("property") or meta.attributes.get("name") or ""
        told.setdefault(name.lower(), meta.attributes.get("content") or "")
    yield from (told[name] for name in _META if name in told)
