"""Word documents: text as it is laid out, with what stands around it (notes, comments, boxes, heads and feet of pages).

Words are in `t` and nowhere else, however deep; what is not known is entered, and only what is known not to be seen is
left out.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from xml.etree.ElementTree import Element

from bot.files.reader.archive import Archive, attribute, local, opened
from bot.files.reader.drawing import drawn
from bot.files.reader.numbering import Numbering, counted
from bot.files.reader.pages import Pages, row, tidy
from bot.files.reader.word_signs import IN_FORMULAS, chosen, field, symbol

MAIN = "word/document.xml"
_UNSEEN = frozenset(
    ("del", "moveFrom", "delText", "instrText", "delInstrText", "pPr", "rPr", "tblPr", "trPr", "tcPr", "sectPr")
)
_SIGNS = {
    "tab": "\t",
    "ptab": "\t",
    "cr": "\n",
    "noBreakHyphen": "\u2011",
    **IN_FORMULAS,
}
"""Elements that are a character, or stand behind one as the parts of formulas do."""


def read_docx(path: Path) -> Iterator[str]:
    """The pages of a Word document, as Word last laid them out."""
    archive = opened(path, MAIN)
    document = _Document(archive, archive.main_part(MAIN))
    return document.pages()


class _Document:
    def __init__(self, archive: Archive, part: str) -> None:
        self._archive = archive
        self._part = part
        self._out = Pages()
        self._numbering = Numbering(self._related("styles"), self._related("numbering"))
        self._notes = {kind: self._noted(f"{kind}s", kind) for kind in ("footnote", "endnote")}
        self._comments = self._noted("comments", "comment")
        self._noted_so_far: dict[str, int] = {}
        self._begun_at = 0
        self._raised = False
        self._breaks: Iterator[bool] = iter(())
        self._boxes: list[Element] = []
        """Boxes of text that hang on the paragraph that is being read; they are read behind it."""
        self._written: Mapping[str, Callable[[Element], None]] = {
            **dict.fromkeys(("drawing", "pict", "object"), self._drawing),
            **dict.fromkeys(("footnoteReference", "endnoteReference"), self._note),
            **dict.fromkeys(("chart", "chartEx", "relIds"), self._data),
            **dict.fromkeys(("p", "tbl"), self._block),
            "br": self._break,
            "r": self._run,
            "lastRenderedPageBreak": lambda _: self._out.mark(),
            "sym": lambda node: self._out.write(symbol(node)),
            "ffData": lambda node: self._out.write(field(node)),
            "commentReference": self._comment,
            "AlternateContent": self._alternatives,
            "docPr": self._description,
            "txbxContent": self._box,
            "textpath": lambda node: self._out.write(node.get("string", "")),
        }

    def pages(self) -> Iterator[str]:
        """What the document says."""
        root = self._archive.xml(self._part)
        kinds = [_kind_of_section(node) for node in root.iter() if local(node) == "sectPr" and len(node)]
        self._breaks = iter([kind not in ("continuous", "nextColumn") for kind in kinds[1:]])
        self._blocks(root)
        for comment in list(self._comments):
            self._remark(comment)
        return self._out.finished()

    def _related(self, kind: str) -> Element | None:
        name = next(self._archive.related(self._part, kind), None)
        return None if name is None else self._archive.optional(name)

    def _noted(self, kind: str, each: str) -> dict[str, Element]:
        root = self._related(kind)
        return {attribute(node, "id") or "": node for node in (root if root is not None else ()) if local(node) == each}

    # blocks

    def _blocks(self, node: Element) -> None:
        for child in node:
            self._block(child)

    def _block(self, node: Element) -> None:
        name = local(node)
        if name == "p":
            self._paragraph(node)
        elif name == "tbl":
            self._table(node)
        elif name == "sectPr":
            self._section(node)
        elif name == "AlternateContent":
            self._blocks(chosen(node))
        elif name == "altChunk":
            self._chunk(node)
        elif name == "t":
            self._out.write(node.text or "")
        elif name not in _UNSEEN:
            self._blocks(node)

    def _paragraph(self, node: Element) -> None:
        properties = next((child for child in node if local(child) == "pPr"), None)
        label = ""
        if properties is not None:
            if self._numbering.begins_page(properties):
                self._out.turn_unless_begun()
            label = self._numbering.label(properties)
        if label and any(local(child) == "t" and child.text for child in node.iter()):
            self._out.write(label)
        outer, self._boxes = self._boxes, []
        self._inline(node)
        self._out.write("\n")
        boxes, self._boxes = self._boxes, outer
        for box in boxes:
            self._blocks(box)
        section = (
            None if properties is None else next((child for child in properties if local(child) == "sectPr"), None)
        )
        if section is not None:
            self._section(section)

    def _table(self, node: Element) -> None:
        for line in _below(node, "tr"):
            cells: list[str] = []
            for cell in _below(line, "tc"):
                cells.append(self._out.captured(partial(self._blocks, cell)))
                cells.extend([""] * (_span(cell) - 1))
            self._out.write(row(cells))
            self._out.turn_if_late()

    def _section(self, node: Element) -> None:
        """A section ends here: what stands at the heads and feet of its pages is told on its first."""
        relations = self._archive.relations(self._part)
        for child in node:
            relation = relations.get(attribute(child, "id") or "")
            if local(child) in ("headerReference", "footerReference") and relation is not None:
                root = self._archive.optional(relation.target)
                text = "" if root is None else self._aside(root, relation.target)
                above = local(child) == "headerReference"
                self._out.margin(self._begun_at, text if above else "", "" if above else text)
        if next(self._breaks, False):
            self._out.turn_unless_begun()
        self._begun_at = self._out.number

    def _chunk(self, node: Element) -> None:
        relation = self._archive.relations(self._part).get(attribute(node, "id") or "")
        if (
            relation is not None
            and relation.target in self._archive
            and relation.target.lower().endswith(("html", "htm", "txt"))
        ):
            from bot.files.reader.encodings import decoded
            from bot.files.reader.html import words_of_html

            text = decoded(self._archive.read(relation.target), "en")
            self._out.write((text if relation.target.lower().endswith("txt") else words_of_html(text)) + "\n")

    def _aside(self, root: Element, part: str | None = None) -> str:
        """The text of what stands beside the running text."""
        own, self._part = self._part, part or self._part
        try:
            return tidy(self._out.captured(lambda: self._blocks(root)))
        finally:
            self._part = own

    # in a line

    def _inline(self, node: Element) -> None:
        for child in node:
            name = local(child)
            if name == "t":
                (self._out.power if self._raised else self._out.write)(child.text or "")
            elif name in _SIGNS:
                self._out.write(_SIGNS[name])
                self._inline(child)
            elif name in self._written:
                self._written[name](child)
            elif name not in _UNSEEN:
                self._inline(child)

    def _run(self, node: Element) -> None:
        outer, self._raised = self._raised, _is_raised(node)
        self._inline(node)
        self._raised = outer

    def _drawing(self, node: Element) -> None:
        self._out.fill()
        self._inline(node)

    def _description(self, node: Element) -> None:
        """What a picture shows, for those who do not see it."""
        if text := node.get("descr"):
            self._out.write(f"[{text}]")

    def _box(self, node: Element) -> None:
        self._boxes.append(node)

    def _alternatives(self, node: Element) -> None:
        self._inline(chosen(node))

    def _data(self, node: Element) -> None:
        self._out.write(drawn(self._archive, self._part, node))

    def _break(self, node: Element) -> None:
        if attribute(node, "type") == "page":
            self._out.turn()
        else:
            self._out.write("\n")

    def _note(self, node: Element) -> None:
        kind = local(node).removesuffix("Reference")
        note = self._notes[kind].pop(attribute(node, "id") or "", None)
        if note is not None:
            self._noted_so_far[kind] = self._noted_so_far.get(kind, 0) + 1
            number = counted(self._noted_so_far[kind], "decimal" if kind == "footnote" else "lowerRoman")
            self._out.write(f"[{number}]")
            self._out.foot(f"[{number}] {self._aside(note)}")

    def _comment(self, node: Element) -> None:
        self._remark(attribute(node, "id") or "")

    def _remark(self, number: str) -> None:
        comment = self._comments.pop(number, None)
        if comment is not None:
            author = attribute(comment, "author")
            self._out.foot(f"[{author or 'Comment'}: {self._aside(comment)}]")


def _is_raised(run: Element) -> bool:
    """Whether a run stands above its line; its properties come first."""
    properties = run[0] if len(run) and local(run[0]) == "rPr" else ()
    return any(local(each) == "vertAlign" and attribute(each, "val") == "superscript" for each in properties)


def _below(node: Element, name: str) -> Iterator[Element]:
    """The rows of a table or the cells of a row, whatever wraps them."""
    for child in node:
        found = local(child)
        if found == name:
            if not _is_deleted(child):
                yield child
        elif found not in ("tbl", "p") and found not in _UNSEEN:
            yield from _below(child, name)


def _is_deleted(line: Element) -> bool:
    return any(local(mark) == "del" for child in line if local(child) == "trPr" for mark in child)


def _span(cell: Element) -> int:
    for properties in cell:
        if local(properties) == "tcPr":
            for child in properties:
                if local(child) == "gridSpan":
                    number = attribute(child, "val") or ""
                    return min(63, int(number)) if number.isdigit() else 1
    return 1


def _kind_of_section(node: Element) -> str:
    return next((attribute(child, "val") or "" for child in node if local(child) == "type"), "nextPage")
