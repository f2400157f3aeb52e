"""Text, and HTML without its tags."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from bot.files.reader.encodings import decoded
from bot.files.reader.tables import as_rows

PART_LENGTH = 3_000
"""Characters of what counts as a page of a text that has none: about a printed one."""

_BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "fieldset", "figcaption"),
        *("figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol"),
        *("p", "pre", "section", "table", "tbody", "td", "th", "thead", "tr", "ul"),
    )
)
_HIDDEN = frozenset(("script", "style", "template", "noscript", "head"))


def parts(text: str) -> list[str]:
    """A text cut into what counts as its pages: at form feeds, and where it gets too long, at a line's end."""
    found: list[str] = []
    for page in text.replace("\r\n", "\n").split("\f"):
        start = 0
        while len(page) - start > PART_LENGTH * 4 // 3:
            end = page.rfind("\n", start + PART_LENGTH // 2, start + PART_LENGTH) + 1 or start + PART_LENGTH
            found.append(page[start:end])
            start = end
        found.append(page[start:])
    return found


def read_text(path: Path, language: str) -> Iterator[str]:
    """The pages of a text; of a table, a row a line."""
    text = decoded(path.read_bytes(), language)
    yield from parts(as_rows(text) or text)


def read_html(path: Path, language: str) -> Iterator[str]:
    """The pages of a web page."""
    yield from parts(words_of_html(decoded(path.read_bytes(), language)))


def words_of_html(source: str) -> str:
    """What a browser would show of it, a paragraph a line."""
    parser = _Words()
    parser.feed(source)
    parser.close()
    lines = (re.sub(r"[ \t\r\f\v]+", " ", line).strip() for line in "".join(parser.pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.pieces.append(data.replace("\n", " "))
