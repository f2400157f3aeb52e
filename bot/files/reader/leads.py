"""Where a web page leads: the pages within it, and the links among its words, as a browser would resolve them.

A page of documentation may have a hundred links around its words and ten among them; those among them come first. Of
348 saved pages of seven kinds, all links took up to 8,200 characters, those among the words 5,000 in nine of ten. As
bounded here they add a sixth to what is read: 480 characters to every second page, 5,000 to one in twenty.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urljoin, urlsplit

from bot.files.reader.html import parsed_html, walk

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

MOST = 6_000
"""Characters of all links that are told, with their words."""
MOST_AROUND = 1_500
"""The same up to which what stands around a page's words is told besides."""
LONGEST = 500
"""Characters of an address: longer ones carry what only their own site understands."""
LONGEST_WORDS = 80
_AROUND = frozenset(("nav", "header", "footer", "aside"))
_AROUND_ROLES = frozenset(("navigation", "banner", "contentinfo", "complementary", "search"))
_ENDS = {ord(character): f"%{ord(character):02X}" for character in " \"'()*<>[]`"}
"""What ends an address where it stands among words, as it stands for itself within one."""
_LEFT_OUT = re.compile(r"[\t\r\n]")
"""Browsers ignore it in an address: https://url.spec.whatwg.org/#concept-basic-url-parser."""


@dataclass(frozen=True, slots=True)
class Leads:
    """Absolute addresses, in the page's order, each once."""

    frames: list[str]
    """Of its own site: others' are advertisements."""
    links: list[tuple[str, str]]
    """Words and address. Fragments are left out: whoever reads a page reads all of it."""
    more: int
    """Links that did not fit."""


def leads_of(source: str, address: str) -> Leads:
    """Where the page at an address leads."""
    parsed = parsed_html(source)
    base = parsed.css_first("base[href]")
    where = _joined(address, (base.attributes["href"] or "") if base is not None else "") or address
    here = urlsplit(address).netloc
    framed = (_joined(where, frame.attributes["src"] or "") for frame in parsed.css("frame[src], iframe[src]"))
    frames = dict.fromkeys(found for found in framed if found != address and urlsplit(found).netloc == here)
    links = _Links(where, {urldefrag(address).url})
    if parsed.root is not None:
        walk(parsed.root, links)
    told = _fitting(links)
    return Leads([*frames], told, len(links.among) + len(links.around) - len(told))


class _Links:
    """The links of a page as it is walked through: `among` its words and `around` them, by address."""

    def __init__(self, base: str, known: set[str]) -> None:
        self._base = base
        self._known = known
        """Addresses that need not be told: the page's own."""
        self._address = ""
        """Where the link leads that is open; "" if none is."""
        self._words: list[str] = []
        self._open: list[bool] = []
        """Of each element that is open, whether it is one around the words."""
        self._depth = 0
        """How many of those are."""
        self.among: dict[str, tuple[int, str]] = {}
        self.around: dict[str, tuple[int, str]] = {}
        """The number and the words of each."""

    def say(self, words: str) -> None:
        """Words, of the open link or of none."""
        if self._address:
            self._words.append(words)

    def begin(self, element: "LexborNode") -> None:
        """A link, what shows a picture in one, or what stands around."""
        tag, fields = str(element.tag), element.attributes
        around = tag in _AROUND or fields.get("role") in _AROUND_ROLES
        self._open.append(around)
        self._depth += around
        if tag in ("a", "area"):
            self._address = _joined(self._base, fields.get("href") or "") if "href" in fields else ""
            self._words = []
        if tag in ("img", "area"):
            self.say(f" {fields.get('alt') or ''} ")

    def end(self, tag: str) -> None:
        """The end of one of them."""
        self._depth -= self._open.pop()
        if tag not in ("a", "area"):
            return
        address, words = urldefrag(self._address).url, " ".join("".join(self._words).split())
        self._address = ""
        if address and words and address not in self._known and address not in self.among:
            number, words = self.around.pop(address, (len(self.among) + len(self.around), words))
            (self.around if self._depth else self.among)[address] = number, words[:LONGEST_WORDS].rstrip()


def _fitting(links: _Links) -> list[tuple[str, str]]:
    """What is told of them."""
    taken: list[tuple[int, str, str]] = []
    length = 0
    for found, most in ((links.among, MOST), (links.around, MOST_AROUND)):
        for address, (number, words) in found.items():
            if (length := length + len(words) + len(address)) > most:
                break
            taken.append((number, words, address))
    return [(words, address) for _, words, address in sorted(taken)]


def _joined(base: str, address: str) -> str:
    """Where an address on a page leads; "" if that is nowhere that can be read: a script, a mailbox, no address."""
    if len(address) > LONGEST:
        return ""
    try:
        found = urljoin(base, _LEFT_OUT.sub("", address).strip()).translate(_ENDS)
        readable = urlsplit(found).scheme in ("http", "https") and bool(urlsplit(found).hostname)
    except ValueError:
        return ""
    return found if readable and len(found) <= LONGEST else ""
