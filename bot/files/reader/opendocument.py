"""OpenDocument: texts, sheets, slides and drawings, packed or as one XML file.

Every letter below a paragraph is its text, whatever element it is in; only what is known to stand elsewhere (notes,
comments, what was deleted) is taken out of the line, and never what follows it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from bot.files.reader.archive import Archive, attribute, local, parsed
from bot.files.reader.pages import Pages, row, tidy
from bot.files.reader.trouble import Trouble

_UNSEEN = frozenset(("tracked-changes", "forms", "event-listeners", "annotation-end", "binary-data"))
_LINES = frozenset(("p", "h"))
_TABLES = frozenset(("table",))
_SIGNS = {"tab": "\t", "line-break": "\n"}
_DECLARED = ("header", "footer", "date-time")
"""What is said once and seen on many slides."""

_DRAWINGS = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"

_BLANKS = re.compile(r"[ \t\r\n]+")
MOST_GAP = 64
"""Empty cells in a row that are told as such; a value in the last column of a sheet stands behind thousands."""

MOST_ALIKE = 1_000
"""Rows that are the same, one below the other."""


def read_odf(path: Path) -> Iterator[str]:
    """The pages of a text, the sheets, or the slides."""
    with path.open("rb") as file:
        packed = file.read(2) == b"PK"
    if packed:
        archive = Archive(path)
        if "META-INF/manifest.xml" in archive and b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise Trouble("encrypted")
        content = archive.xml("content.xml")
        styles = archive.optional("styles.xml")
    else:
        archive, content, styles = None, parsed(path.read_bytes()), None
    return _Reader(archive, content, styles).pages()


class _Reader:
    def __init__(self, archive: Archive | None, content: Element, styles: Element | None) -> None:
        self._archive = archive
        self._content = content
        self._styles = styles if styles is not None else content
        self._out = Pages()
        self._before: dict[str, str] = {}
        self._raised: set[str] = set()
        """Styles of what stands above its line."""
        self._depth = 0
        self._drawn: list[Element] = []
        """What hangs on a sheet's cells and lies over others; it is told below the sheet."""
        self._shows: dict[str, set[str]] = {kind: set() for kind in _DECLARED}
        """Styles of slides on which what is declared of each kind is seen."""
        self._declared: dict[tuple[str, str], str] = {}
        """What stands at the foot of slides, by its kind and name."""
        for node in content.iter():
            name = local(node)
            if name == "style":
                self._style(node, attribute(node, "name") or "")
            elif name.endswith("-decl"):
                self._declared[name.removesuffix("-decl"), attribute(node, "name") or ""] = node.text or ""

    def _style(self, node: Element, name: str) -> None:
        for child in node:
            if local(child) == "paragraph-properties" and (found := attribute(child, "break-before")):
                self._before[name] = found
            if (attribute(child, "text-position") or "").startswith("super"):
                self._raised.add(name)
            for kind, styles in self._shows.items():
                if attribute(child, f"display-{kind}") == "true":
                    styles.add(name)

    def pages(self) -> Iterator[str]:
        """What the document says."""
        body = next((node for node in self._content.iter() if local(node) == "body"), self._content)
        kind = next((local(node) for node in body), "")
        if kind == "spreadsheet":
            return self._each(body, "table", self._sheet)
        if kind in ("presentation", "drawing"):
            return self._each(body, "page", self._slide)
        self._blocks(body)
        self._margins()
        return self._out.finished()

    def _each(self, body: Element, name: str, write: Callable[[Element], None]) -> Iterator[str]:
        # Tables of a chart stand deeper.
        for node in (each for content in body for each in content):
            if local(node) == name:
                self._out = Pages()
                write(node)
                yield tidy("\n".join(self._out.finished()))

    def _slide(self, node: Element) -> None:
        self._blocks(node)
        for kind, styles in self._shows.items():
            if attribute(node, "style-name") in styles:
                self._out.foot(self._declared.get((kind, attribute(node, f"use-{kind}-name") or ""), ""))

    def _sheet(self, node: Element) -> None:
        self._out.write(f"{attribute(node, 'name') or ''}\n")
        self._table(node)
        self._blocks(self._drawn)
        self._drawn.clear()
        for child in node:
            if local(child) == "shapes":
                self._blocks(child)

    def _margins(self) -> None:
        """What stands at the heads and feet of pages is told on the first."""
        pages = [node for node in self._styles.iter() if local(node) == "master-page"]
        seen: set[str] = set()
        for node in pages:
            for child in node:
                text = self._aside(child) if local(child).startswith(("header", "footer")) else ""
                if text and text not in seen:
                    seen.add(text)
                    above = local(child).startswith("header")
                    self._out.margin(0, text if above else "", "" if above else text)

    def _aside(self, node: Element) -> str:
        return tidy(self._out.captured(lambda: self._blocks(node)))

    # blocks

    def _blocks(self, node: Iterable[Element]) -> None:
        for child in node:
            name = local(child)
            if name in _LINES:
                self._paragraph(child)
            elif name in _TABLES:
                self._table(child)
            elif name == "soft-page-break":
                self._out.mark()
            elif name == "annotation":
                self._annotation(child)
            elif name == "object":
                self._object(child)
            elif not _is_unseen(child, name):
                if child.text and not child.text.isspace():
                    self._out.write(f"{child.text}\n")
                self._blocks(child)

    def _paragraph(self, node: Element) -> None:
        if self._before.get(attribute(node, "style-name") or "") == "page":
            self._out.turn_unless_begun()
        if local(node) == "h" and "".join(node.itertext()).strip():
            level = attribute(node, "outline-level") or "1"
            self._out.write("#" * min(9, int(level) if level.isdigit() else 1) + " ")
        self._inline(node)
        self._out.write("\n")

    def _table(self, node: Element) -> None:
        for line, name in _lines(node):
            if name == "soft-page-break":
                self._out.mark()
                continue
            cells: list[str] = []
            gap = 0
            for cell in line:
                if local(cell) not in ("table-cell", "covered-table-cell"):
                    continue
                times = _times(cell, "number-columns-repeated")
                text = self._cell(cell) if local(cell) == "table-cell" else ""
                if not text.strip():
                    gap += times
                    continue
                cells.extend([""] * min(gap, MOST_GAP))
                gap = 0
                cells.extend([text] * min(times, MOST_GAP))
            times = min(_times(line, "number-rows-repeated"), MOST_ALIKE)
            self._out.write(row(cells) * times if cells else "")
            self._out.turn_if_late()

    def _cell(self, cell: Element) -> str:
        drawn = [child for child in cell if _DRAWINGS in str(child.tag)]
        self._drawn += drawn
        text = self._out.captured(lambda: self._blocks([child for child in cell if child not in drawn]))
        if text.strip():
            return text
        kept = (attribute(cell, f"{kind}value") for kind in ("string-", "date-", "time-", "boolean-", ""))
        formula = (attribute(cell, "formula") or "").partition("=")[2]
        return next(filter(None, kept), f"={formula}" if formula else "")

    # in a line

    def _inline(self, node: Element) -> None:
        """The text of an element, and behind each child what follows it."""
        if node.text:
            self._out.write(_BLANKS.sub(" ", node.text))
        for child in node:
            self._child(child, local(child))
            if child.tail:
                self._out.write(_BLANKS.sub(" ", child.tail))

    def _child(self, node: Element, name: str) -> None:
        if name == "s":
            self._out.write(" " * min(100, _times(node, "c")))
        elif name in _SIGNS:
            self._out.write(_SIGNS[name])
        elif name == "soft-page-break":
            self._out.mark()
        elif name == "note":
            self._note(node)
        elif name == "annotation":
            self._annotation(node)
        elif name == "object":
            self._object(node)
        elif name == "desc":
            self._out.write(f"[{node.text or ''}]")
        elif name == "span" and attribute(node, "style-name") in self._raised:
            self._out.power(self._out.captured(lambda: self._inline(node)))
        elif name in _LINES or name in _TABLES or name in ("list", "text-box", "section"):
            self._box(node, name)
        elif not _is_unseen(node, name):
            if name in ("frame", "custom-shape"):
                self._out.fill()
            self._inline(node)

    def _box(self, node: Element, name: str) -> None:
        """What has separate lines in the middle of a line: it begins one, and ends one."""
        self._out.write("\n")
        if name in _TABLES:
            self._table(node)
        elif name in _LINES:
            self._paragraph(node)
        else:
            self._blocks(node)

    def _note(self, node: Element) -> None:
        parts = {local(child): child for child in node}
        mark = "".join(parts["note-citation"].itertext()) if "note-citation" in parts else "*"
        self._out.write(f"[{mark}]")
        if "note-body" in parts:
            self._out.foot(f"[{mark}] {self._aside(parts['note-body'])}")

    def _annotation(self, node: Element) -> None:
        parts = {local(child): child for child in node}
        author = "".join(parts["creator"].itertext()) if "creator" in parts else ""
        lines = [self._aside_line(child) for child in node if local(child) in ("p", "list")]
        self._out.foot(f"[{author or 'Comment'}: {' '.join(filter(None, lines))}]")

    def _aside_line(self, node: Element) -> str:
        holder = Element("holder")
        holder.append(node)
        return " ".join(self._aside(holder).split())

    def _object(self, node: Element) -> None:
        """A chart, a formula or a document inside of this one: it lies beside it, or below this element."""
        self._out.fill()
        for child in node:
            self._enclosed(child)
        name = (attribute(node, "href") or "").removeprefix("./").rstrip("/")
        if self._archive is None or not name or self._depth > 3:
            return
        root = self._archive.optional(f"{name}/content.xml")
        if root is not None:
            self._depth += 1
            self._enclosed(root)
            self._depth -= 1

    def _enclosed(self, root: Element) -> None:
        """A document inside of this one, without what it says of itself; or a formula."""
        body = next((child for child in root.iter() if local(child) == "body"), None)
        if body is not None:
            self._out.write("\n")
            self._blocks(body)
        else:
            self._out.write(" ".join(text for text in root.itertext() if text.strip()))


def _is_unseen(node: Element, name: str) -> bool:
    """Whether it is not of the text: a drawing's title is none, a field that shows the document's is."""
    return name in _UNSEEN or (name == "title" and "svg" in str(node.tag))


def _lines(node: Element) -> Iterator[tuple[Element, str]]:
    """The rows of a table, also those in groups and headers."""
    for child in node:
        name = local(child)
        if name in ("table-row", "soft-page-break"):
            yield child, name
        elif name in ("table-rows", "table-header-rows", "table-row-group"):
            yield from _lines(child)


def _times(node: Element, name: str) -> int:
    number = attribute(node, name) or "1"
    return int(number) if number.isdigit() and len(number) < 9 else 1
