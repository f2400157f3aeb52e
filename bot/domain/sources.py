"""The pages that an answer draws on: which it had read, and which of those that a search found it cites.

What was found is told by results of `web_search`, where each address stands on a line of its own, below the title of
its page. An address that an answer writes and nobody has found or read is no source of it, whatever it looks like.
So are the links of a page that was read, behind their words, in passages of a name that begins with `LINKS_OF`.
Searches that are suggested are the last lines of such a result, below `SUGGESTED`, each with its address behind.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.domain.calls import CallPart, Outcome, rounds_of

SEARCH, READ = "web_search", "read_link"
"""The tools that bring pages."""
LINKS_OF = "Links of "
SUGGESTED = "Suggested searches:"
_ADDRESS = re.compile(r"https?://[^\s<>()\[\]\"'`*]+")
_GOES_ON = re.compile(r"[\w/%&=~+#?@-]|[.:,;!](?=\w)")
"""What, behind an address, makes it another one."""


@dataclass(frozen=True, slots=True)
class Source:
    """A page."""

    title: str
    url: str


def pages_behind(text: str, parts: Sequence[object], before: Iterable[Sequence[object]] = ()) -> list[Source]:
    """The sources of an answer that says `text` and has had `parts` done: those that it cites, in the order in which it
    does, then those that it has read besides. `before` are the parts of earlier messages of its session.
    """
    used_tools = [told for told in (*before, parts) if any(isinstance(part, CallPart) for part in told)]
    if not used_tools:
        return []
    read = [*_read(parts)]
    known: dict[str, Source] = {}
    for told in used_tools:
        known |= {source.url: source for source in (*_linked(told), *_read(told), *_found(told))}
    places = {url: place for url in known if (place := _place(url, text)) is not None}
    cited = [known[url] for url in sorted(places, key=lambda url: places[url])]
    return [*cited, *(source for source in dict.fromkeys(read) if source.url not in places)]


def suggested_in(parts: Sequence[object]) -> list[Source]:
    """The searches that are to be offered with an answer that has had `parts` done, in their order."""
    found: dict[str, Source] = {}
    for _, text in _results(parts, SEARCH):
        first, *lines = text.rpartition("\n\n")[2].split("\n")
        for words, _, url in (line.rpartition(": ") for line in lines if first == SUGGESTED):
            if words and _ADDRESS.fullmatch(url):
                found.setdefault(url, Source(words, url))
    return [*found.values()]


def _place(url: str, text: str) -> int | None:
    """Where an address stands in a text, whole."""
    bare = url.rstrip("/")
    at = text.find(bare)
    while at >= 0:
        rest = text[at + len(bare) :].removeprefix("/")
        if not _GOES_ON.match(rest):
            return at
        at = text.find(bare, at + 1)
    return None


def _results(parts: Sequence[object], tool: str) -> Iterator[tuple[CallPart, str]]:
    """The calls of a tool that did what they were to do, and what came of each."""
    for made in rounds_of(parts)[0]:
        for call, result in zip(made.calls, made.results, strict=True):
            if call.tool == tool and result.outcome is Outcome.DONE:
                yield call, result.text


def _found(parts: Sequence[object]) -> Iterator[Source]:
    for _, text in _results(parts, SEARCH):
        lines = text.split("\n")
        for number, line in enumerate(lines):
            if _ADDRESS.fullmatch(line):
                title = lines[number - 1].strip() if number else ""
                yield Source(title or _site(line), line)


def _linked(parts: Sequence[object]) -> Iterator[Source]:
    for _, text in _results(parts, READ):
        for passage in text.split('<document name="')[1:]:
            lines = passage.split("\n")[1:] if passage.startswith(LINKS_OF) else ()
            for words, _, url in (line.rpartition(": ") for line in lines):
                if words and _ADDRESS.fullmatch(url):
                    yield Source(words, url)


def _read(parts: Sequence[object]) -> Iterator[Source]:
    for call, _ in _results(parts, READ):
        if (address := _ADDRESS.search(call.arguments)) is not None:
            yield Source(_site(address[0]), address[0])


def _site(url: str) -> str:
    """A page without a title, by its address."""
    address = urlsplit(url)
    return f"{address.netloc}{address.path.rstrip('/')}"
