"""HTML of an answer, as Markdown: what a product has shown, not what a page can do.

Tags are found by one pass of a bounded pattern. The standard library's parser takes time that grows with the square of
what is open and never ends ("<!--" a few ten thousand times: minutes), and this is a stranger's text.
"""

import re
from collections.abc import Iterator
from html import unescape

from bot.archive.markdown import fence, link

_MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*", "code": "`", "s": "~~", "del": "~~"}
_PARAGRAPHS = ("p", "div", "blockquote", "table", "ul", "ol", "section", "article")
_HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}
_SILENT = ("script", "style", "template", "head", "title")
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,15})([^<>]{0,2000})>")
_ATTRIBUTE = re.compile(r"""\b(class|href)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))""", re.IGNORECASE)
_DEEPEST = 12
"""The most levels of a list that are kept apart."""

_SPACE = re.compile(r"\s+")
_EMPTY_LINES = re.compile(r"\n{3,}")
_ENDS = re.compile(r"[ \t]+\n")


def markdown_of(html: str) -> str:
    """The Markdown of a piece of HTML, however broken."""
    reader = _Reader()
    at, text = 0, "".join(_without_comments(html))
    for found in _TAG.finditer(text):
        reader.data(unescape(text[at : found.start()]))
        at = found.end()
        if found[1]:
            reader.end(found[2].lower())
        else:
            reader.start(found[2].lower(), found[3])
    reader.data(unescape(text[at:]))
    return reader.text()


def _without_comments(html: str) -> Iterator[str]:
    first, *rest = html.split("<!--")
    yield first
    for piece in rest:
        yield piece.partition("-->")[2]


class _Reader:
    """Writes down what it is given; tags that are never closed simply continue."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._code: list[str] | None = None
        """The text of the open code block."""
        self._language = ""
        self._lists: list[int | None] = []
        """The open lists: the counter of each numbered one."""
        self._address: tuple[str, int] | None = None
        """The open link, and the position where its text begins."""
        self._cells = 0
        self._silent = 0

    def text(self) -> str:
        """The result."""
        self._end_code()
        lines = _ENDS.sub("\n", "".join(self._out))
        return _EMPTY_LINES.sub("\n\n", lines).strip()

    def start(self, tag: str, attributes: str) -> None:
        """Handle a start tag."""
        if tag in _SILENT:
            self._silent += 1
        elif self._code is not None:
            self._language = self._language or _given(attributes, "class").partition("language-")[2].split(" ")[0]
        elif tag == "pre":
            self._code, self._language = [], ""
        elif tag in ("ul", "ol"):
            self._out.append("\n" if self._lists else "\n\n")
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "a":
            self._end_link()  # Links cannot be nested.
            self._address = _given(attributes, "href"), len(self._out)
        else:
            self._open(tag)

    def _open(self, tag: str) -> None:
        if tag == "li":
            self._out.append("\n" + "  " * min(len(self._lists) - 1, _DEEPEST) + self._bullet())
        elif tag in _HEADINGS:
            self._out.append(f"\n\n{_HEADINGS[tag]} ")
        elif tag in _PARAGRAPHS:
            self._out.append("" if self._lists or self._cells else "\n\n")
        elif tag == "br":
            self._out.append("\n")
        elif tag == "hr":
            self._out.append("\n\n---\n\n")
        elif tag == "tr":
            self._cells = 0
            self._out.append("\n|")
        elif tag in ("td", "th"):
            self._cells += 1
            self._out.append(" ")
        elif tag in _MARKS:
            self._out.append(_MARKS[tag])

    def end(self, tag: str) -> None:
        """Handle an end tag."""
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == "pre":
            self._end_code()
        elif self._code is not None:
            return
        elif tag in ("ul", "ol"):
            self._lists = self._lists[:-1]
            self._out.append("" if self._lists else "\n\n")
        elif tag == "a":
            self._end_link()
        elif tag in ("td", "th"):
            self._out.append(" |")
        elif tag == "tr":
            self._end_row()
        elif tag in _MARKS:
            self._out.append(_MARKS[tag])
        elif tag in _PARAGRAPHS or tag in _HEADINGS:
            self._out.append("" if self._lists or self._cells else "\n\n")

    def _end_link(self) -> None:
        if self._address is not None:
            (address, begins), self._address = self._address, None
            words = "".join(self._out[begins:])
            self._out[begins:] = [link(words, address) or words]

    def _end_row(self) -> None:
        """Write the line below a table's first row that makes it a Markdown table."""
        cells, self._cells = self._cells, 0
        rows = "".join(self._out[-400:]).rpartition("\n\n")[2]
        if cells and rows.count("\n|") <= 1:
            self._out.append("\n|" + " --- |" * cells)

    def _bullet(self) -> str:
        if not self._lists or self._lists[-1] is None:
            return "- "
        self._lists[-1] += 1
        return f"{self._lists[-1]}. "

    def _end_code(self) -> None:
        if self._code is not None:
            self._out.append(f"\n\n{fence(''.join(self._code).strip(chr(10)), self._language)}\n\n")
            self._code = None

    def data(self, data: str) -> None:
        """Handle text."""
        if self._silent:
            return
        if self._code is not None:
            self._code.append(data)
        else:
            self._out.append(_SPACE.sub(" ", data))


def _given(attributes: str, name: str) -> str:
    """An attribute's value; "" where it is not given."""
    for found in _ATTRIBUTE.finditer(attributes):
        if found[1].lower() == name:
            return unescape(found[2] or found[3] or found[4] or "")
    return ""
