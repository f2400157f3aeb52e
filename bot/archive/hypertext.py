"""HTML of an answer, as Markdown: what a product has shown, not what a page can do."""

import re
from html.parser import HTMLParser

from bot.archive.markdown import fence, link

_MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*", "code": "`", "s": "~~", "del": "~~"}
_PARAGRAPHS = ("p", "div", "blockquote", "table", "ul", "ol", "section", "article")
_HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}
_SILENT = ("script", "style", "template", "head", "title")
_SPACE = re.compile(r"\s+")
_EMPTY_LINES = re.compile(r"\n{3,}")
_ENDS = re.compile(r"[ \t]+\n")


def markdown_of(html: str) -> str:
    """The Markdown of a piece of HTML, however broken."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    """Writes down what it is told; tags that never end simply go on."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._out: list[str] = []
        self._code: list[str] | None = None
        """The text of the block of code that is open."""
        self._language = ""
        self._lists: list[int | None] = []
        """The open lists: how far a numbered one has counted."""
        self._addresses: list[tuple[str, int]] = []
        """The open links, and where their texts begin."""
        self._cells = 0
        self._silent = 0

    def text(self) -> str:
        """What was written."""
        self._end_code()
        lines = _ENDS.sub("\n", "".join(self._out))
        return _EMPTY_LINES.sub("\n\n", lines).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in _SILENT:
            self._silent += 1
        elif self._code is not None:
            self._language = self._language or (given.get("class") or "").partition("language-")[2].split(" ")[0]
        elif tag == "pre":
            self._code, self._language = [], ""
        elif tag in ("ul", "ol"):
            self._out.append("\n" if self._lists else "\n\n")
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "a":
            self._addresses.append((given.get("href") or "", len(self._out)))
        else:
            self._open(tag)

    def _open(self, tag: str) -> None:
        if tag == "li":
            self._out.append("\n" + "  " * (len(self._lists) - 1) + self._bullet())
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

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == "pre":
            self._end_code()
        elif self._code is not None:
            return
        elif tag in ("ul", "ol"):
            self._lists = self._lists[:-1]
            self._out.append("" if self._lists else "\n\n")
        elif tag == "a" and self._addresses:
            address, begins = self._addresses.pop()
            words = "".join(self._out[begins:])
            self._out[begins:] = [link(words, address) or words]
        elif tag in ("td", "th"):
            self._out.append(" |")
        elif tag == "tr":
            self._end_row()
        elif tag in _MARKS:
            self._out.append(_MARKS[tag])
        elif tag in _PARAGRAPHS or tag in _HEADINGS:
            self._out.append("" if self._lists or self._cells else "\n\n")

    def _end_row(self) -> None:
        """Below the first row of a table stands what makes it one."""
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

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        if self._code is not None:
            self._code.append(data)
        else:
            self._out.append(_SPACE.sub(" ", data))
