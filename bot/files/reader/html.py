"""Web pages, XHTML and SVG, as a browser would show them: parsed as browsers do, whatever is missing or misplaced.

A paragraph is a line; rows are lines with tabs between their cells; headings and lists have Markdown's marks. What
stands in for a picture is in brackets, as in other documents.
"""

import re
from typing import TYPE_CHECKING, Protocol

from bot.files.reader.powers import raised

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_HIDDEN = frozenset(("script", "style", "template", "head", "metadata", "iframe", "object", "datalist", "noframes"))
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_APART = frozenset((*_HEADINGS, "p", "table", "ul", "ol", "dl", "blockquote", "pre", "figure", "section", "article"))
"""What stands apart from what is before and behind it."""

_BLOCKS = _APART | frozenset(
    (
        *("address", "aside", "body", "caption", "dd", "details", "div", "dt", "fieldset", "figcaption", "footer"),
        *("form", "header", "hr", "legend", "li", "main", "menu", "nav", "optgroup", "option", "summary", "br"),
        *("tr", "text", "title", "desc", "svg"),
    )
)
"""The last are SVG's: of HTML, the title stands in the head, which is hidden."""

_BLANKS = re.compile(r"[ \t\r\n\f]+")
_IS_FILE = re.compile(r"\S+\.(?:avif|bmp|gif|jpe?g|png|svg|webp)", re.IGNORECASE)
"""Instead of words, the name of a picture's file."""
_EMPTY_ELEMENT = re.compile(r"<([A-Za-z][\w.-]*)((?:\s[^<>]*?)?)/>")
_TEMPLATE = re.compile(r"<(/?)template\b([^<>]*)>", re.IGNORECASE)
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())  # noqa: SIM905
_IS_XML = re.compile(r"\s*(?:<\?xml\b|<!doctype[^>]*xhtml|<html[^>]*\sxmlns=)", re.IGNORECASE)


def words_of_html(source: str) -> str:
    """What a browser would show of it."""
    return _words(parsed_html(source))


def page_of_html(source: str) -> str:
    """The same below its title, where it does not say that itself; of one that shows nothing but that it wants scripts
    run, what it says of itself.
    """
    parsed = parsed_html(source)
    words, title = _words(parsed), _title(parsed)
    shown = words
    for asking in parsed.css("body noscript"):
        shown = shown.replace(words_of_html(asking.inner_html or ""), "", 1)
    if not shown.strip():
        from bot.files.reader.metadata import words_of_itself

        words = "\n\n".join(filter(None, (words, words_of_itself(parsed))))
    return words if title in words else f"{title}\n\n{words}"


def parsed_html(source: str) -> "LexborHTMLParser":
    """Its elements, as browsers find them."""
    from selectolax.lexbor import LexborHTMLParser

    if _IS_XML.match(source):
        # XML's empty elements are open ones to HTML: behind a `<title/>` nothing would be read.
        source = _EMPTY_ELEMENT.sub(_closed, source)
    return LexborHTMLParser(_with_shadows(source.replace("\0", "")))


def _with_shadows(source: str) -> str:
    """Templates that browsers show in place (https://html.spec.whatwg.org/#attr-template-shadowrootmode), as such."""
    if "shadowrootmode" not in source:
        return source
    shown: list[bool] = []

    def change(found: re.Match[str]) -> str:
        if not found[1]:
            shown.append("shadowrootmode" in found[2])
            return "<div>" if shown[-1] else found[0]
        return "</div>" if shown and shown.pop() else found[0]

    return _TEMPLATE.sub(change, source)


def _words(parsed: "LexborHTMLParser") -> str:
    page = _Page()
    if parsed.root is not None:
        walk(parsed.root, page)
    return page.text()


def _title(parsed: "LexborHTMLParser") -> str:
    """What a browser would show above it."""
    found = parsed.css_first("head > title")
    return " ".join(found.text().split()) if found is not None else ""


def _closed(found: re.Match[str]) -> str:
    name, attributes = found.groups()
    return found[0] if name.lower() in _VOID else f"<{name}{attributes}></{name}>"


class Told(Protocol):
    """What is told of a page as it is walked through."""

    def say(self, words: str) -> None:
        """A run of words, as the source has it."""

    def begin(self, element: "LexborNode") -> None:
        """An element begins that a browser would show."""

    def end(self, tag: str) -> None:
        """The last that has begun ends."""


def walk(root: "LexborNode", page: Told) -> None:
    """Tell of all that is shown, in its order; without recursion, since there is no end to how deep pages nest."""
    opened: list[LexborNode] = []
    node: LexborNode | None = root
    while node is not None:
        inside = None
        if node.is_text_node:
            page.say(node.text_content or "")
        elif node.is_element_node and node.tag not in _HIDDEN and "hidden" not in node.attributes:
            page.begin(node)
            opened.append(node)
            inside = node.first_child
            if inside is None:
                page.end(str(opened.pop().tag))
        following = inside or node.next
        while following is None and opened:
            last = opened.pop()
            page.end(str(last.tag))
            following = last.next
        node = following


class _Page:
    """Lines as they come out of elements and words."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._mark = ""
        """Stands before the next word: of a heading, of a list's item."""
        self._gap = self._pictured = False
        self._preformatted = self._raised = 0
        self._lists: list[int] = []
        """The last number of each list that is open; -1 of one without numbers."""
        self._cells: list[int] = []
        """How many cells each open row has; rows within a cell of an outer one are lines of their own."""

    def text(self) -> str:
        """All of it."""
        self._end_line()
        return "\n".join(self._lines)

    def say(self, words: str) -> None:
        """A run of words, as the source has it."""
        if self._raised and self._line:
            words = raised(words, self._line[-1])
        if self._pictured and words[:1].isalnum():
            words = f" {words}"
        self._pictured = False
        if not self._preformatted or self._in_row:
            self._line.append(_BLANKS.sub(" ", words))
            return
        first, *others = words.replace("\r\n", "\n").split("\n")
        self._line.append(first)
        for line in others:
            self._end_line()
            self._line.append(line)

    def begin(self, element: "LexborNode") -> None:
        """What an element does to what comes after its tag."""
        tag = str(element.tag)
        if tag in ("td", "th"):
            self._begin_cell()
        elif tag == "table":
            self._cells.append(-1)
        if tag in _BLOCKS:
            self._break(apart=tag in _APART and not self._lists)
        if tag == "tr":
            self._cells.append(0)
        elif tag in ("ul", "ol", "menu"):
            self._lists.append(0 if tag == "ol" else -1)
        elif tag == "li":
            self._mark = self._bullet()
        elif tag == "pre":
            self._preformatted += 1
        elif tag == "sup":
            self._raised += 1
        elif tag in ("img", "image") or (tag == "input" and element.attributes.get("type") == "image"):
            self._stand_in(element.attributes.get("alt") or "")
        self._mark = _HEADINGS.get(tag, self._mark)

    def end(self, tag: str) -> None:
        """The same for its end."""
        if tag in _BLOCKS and tag != "br":
            if tag == "tr" and self._cells:
                self._cells.pop()
            self._break(apart=tag in _APART and not self._lists)
        if tag == "table" and self._cells:
            self._cells.pop()
        elif tag in ("ul", "ol", "menu") and self._lists:
            self._lists.pop()
            self._gap = self._gap or not self._lists
        elif tag == "pre":
            self._preformatted -= 1
        elif tag == "sup":
            self._raised -= 1

    def _stand_in(self, words: str) -> None:
        """What is shown where a picture is not. A sign that was drawn, such as a smiley, is that sign again."""
        words = words.strip()
        if words and not _IS_FILE.fullmatch(words):
            self._pictured = any(map(str.isalnum, words))
            self._line.append(f"[{words}]" if self._pictured else words)

    @property
    def _in_row(self) -> bool:
        return bool(self._cells) and self._cells[-1] > 0

    def _begin_cell(self) -> None:
        if not self._cells:
            return
        if self._cells[-1] > 0:
            self._line.append("\t")
        self._cells[-1] += 1

    def _bullet(self) -> str:
        if not self._lists:
            return "- "
        if self._lists[-1] < 0:
            return "  " * (len(self._lists) - 1) + "- "
        self._lists[-1] += 1
        return "  " * (len(self._lists) - 1) + f"{self._lists[-1]}. "

    def _break(self, *, apart: bool) -> None:
        self._pictured = False
        if self._in_row:
            self._line.append(" ")
            return
        self._end_line()
        self._gap = self._gap or apart

    def _end_line(self) -> None:
        line = "".join(self._line)
        self._line = []
        if not self._preformatted:
            line = "\t".join(_BLANKS.sub(" ", cell).strip(" ") for cell in line.split("\t")).rstrip("\t")
        if not line.strip() and not (self._preformatted and self._lines):
            return
        if self._gap and self._lines:
            self._lines.append("")
        self._lines.append(self._mark + line)
        self._mark, self._gap = "", False
