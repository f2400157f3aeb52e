"""Excel's sheets: one line per row, cells separated by tabs.

Nothing is calculated: where no value is kept, the formula is told. Which cells there are is told by the cells: what a
sheet says of its own size (`dimension`) is often wrong.
"""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, iterparse

from bot.files.reader.archive import Archive, attribute, local
from bot.files.reader.drawing import drawn, drawn_words
from bot.files.reader.figures import BUILT_IN, shown
from bot.files.reader.pages import tidy
from bot.files.reader.trouble import Trouble

MOST_CELLS = 2_000_000
MOST_GAP = 64
"""Empty cells in a row that are told as such; a value in the last column of a sheet stands behind thousands."""


def read_xlsx(path: Path) -> Iterator[str]:
    """The sheets in their order, each with its name, its comments, and what is drawn on it. Raises `Trouble`."""
    with path.open("rb") as file:
        packed = file.read(2) == b"PK"
    if packed:
        return _Book(Archive(path)).sheets()
    from bot.files.reader.sheets_2003 import sheets_of  # Rare.

    return sheets_of(path.read_bytes())


class _Book:
    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._main = archive.main_part("xl/workbook.xml")
        self._root = archive.xml(self._main)
        self._strings = self._shared()
        self._forms = self._formats()
        facts = {local(node): node for node in self._root}
        self._from_1904 = "workbookPr" in facts and facts["workbookPr"].get("date1904") in ("1", "true")
        # Who writes a workbook without calculating it asks for that, and keeps 0 or nothing as every formula's value.
        self._uncalculated = "calcPr" in facts and facts["calcPr"].get("fullCalcOnLoad") in ("1", "true")
        self._cells = 0
        self._kept_formulas: dict[str, tuple[str, str]] = {}

    def sheets(self) -> Iterator[str]:
        relations = self._archive.relations(self._main)
        for node in self._root.iter():
            if local(node) != "sheet":
                continue
            relation = relations.get(attribute(node, "id") or "")
            lines = [node.get("name", "")]
            self._kept_formulas.clear()
            if relation is not None and relation.target in self._archive:
                if relation.kind in ("worksheet", "dialogsheet"):
                    lines.extend(self._rows(relation.target))
                lines.extend(self._beside(relation.target))
            yield tidy("\n".join(lines))

    def _shared(self) -> Sequence[str]:
        name = next(self._archive.related(self._main, "sharedStrings"), None)
        root = None if name is None else self._archive.optional(name)
        return [_rich(node) for node in root] if root is not None else []

    def _formats(self) -> Sequence[str]:
        """The format of each style of cells, by its number."""
        name = next(self._archive.related(self._main, "styles"), None)
        root = None if name is None else self._archive.optional(name)
        if root is None:
            return []
        parts = {local(node): node for node in root}
        own = {node.get("numFmtId", ""): node.get("formatCode", "") for node in parts.get("numFmts", ())}
        return [
            own.get(
                number := node.get("numFmtId", "0"), BUILT_IN.get(int(number) if number.isdigit() else 0, "General")
            )
            for node in parts.get("cellXfs", ())
        ]

    # cells

    def _rows(self, part: str) -> Iterator[str]:
        data = self._archive.read(part)
        if b"<!ENTITY" in data:
            raise Trouble("broken")
        try:
            for _, node in iterparse(io.BytesIO(data), ("end",)):  # noqa: S314 - expat bounds entities; none are let through
                if local(node) == "row":
                    line = self._row(node)
                    node.clear()
                    if line:
                        yield line
                elif local(node) == "oddHeader":
                    break
        except (ParseError, ValueError, LookupError) as error:
            raise Trouble("broken") from error

    def _row(self, node: Element) -> str:
        pieces: list[str] = []
        column = last = -1
        for cell in node:
            column = _column(cell.get("r", "")) if cell.get("r") else column + 1
            text = self._text(cell)
            if not text:
                continue
            gap = column - last if last >= 0 or column >= 0 else 0
            pieces.append("\t" * min(MOST_GAP, max(0, gap if last >= 0 else column)))
            pieces.append(text)
            last = column
            self._cells += 1 + min(MOST_GAP, max(0, gap))
        if self._cells > MOST_CELLS:
            raise Trouble("memory")
        return "".join(pieces)

    def _text(self, cell: Element) -> str:
        kind = cell.get("t", "n")
        value, formula, inline = "", None, None
        for child in cell:
            name = local(child)
            if name == "v":
                value = child.text or ""
            elif name == "f":
                formula = self._formula(child, cell.get("r", ""))
            elif name == "is":
                inline = child
        if formula and (not value or (self._uncalculated and value == "0")):
            return f"={formula}"
        if inline is not None:
            return _line(_rich(inline))
        return _line(self._shown(value, kind, cell.get("s", "")))

    def _formula(self, node: Element, place: str) -> str:
        """A formula; one that is shared is kept in its first cell alone, for which the others refer to it."""
        number = node.get("si", "")
        if node.text and number:
            self._kept_formulas[number] = (place, node.text)
        if node.text or number not in self._kept_formulas:
            return node.text or ""
        first, formula = self._kept_formulas[number]
        return f"{formula} (as in {first})"

    def _shown(self, value: str, kind: str, style: str) -> str:
        if kind == "s":
            return self._strings[int(value)] if value.isdigit() and int(value) < len(self._strings) else ""
        if kind == "b":
            return "TRUE" if value in ("1", "true") else "FALSE" if value else ""
        if kind == "d":
            return value.removesuffix("T00:00:00").removesuffix("T00:00:00Z")
        if kind != "n" or not value:
            return value
        code = self._forms[int(style)] if style.isdigit() and int(style) < len(self._forms) else "General"
        try:
            return shown(float(value), code, value, from_1904=self._from_1904)
        except (ValueError, OverflowError):
            return value

    # beside the cells

    def _beside(self, sheet: str) -> Iterator[str]:
        """Comments and what is drawn: boxes of text, charts, diagrams."""
        for relation in self._archive.relations(sheet).values():
            root = None
            if relation.kind in ("comments", "threadedComment", "drawing"):
                root = self._archive.optional(relation.target)
            if root is None:
                continue
            if relation.kind == "drawing":
                yield from self._drawing(relation.target, root)
            else:
                yield from _comments(root)

    def _drawing(self, part: str, root: Element) -> Iterator[str]:
        fallback = {node for way in root.iter() if local(way) == "Fallback" for node in way.iter()}
        for node in root.iter():
            if node in fallback:
                continue
            if local(node) == "txBody":
                yield "\n" + "\n".join(drawn_words(child) for child in node if local(child) == "p")
            elif local(node) in ("chart", "chartEx", "relIds"):
                yield "\n" + drawn(self._archive, part, node)


def _comments(root: Element) -> Iterator[str]:
    for node in root.iter():
        if local(node) in ("comment", "threadedComment"):
            said = (_rich(child) or child.text or "" for child in node if local(child) == "text")
            yield f"[{node.get('ref', '')}: {_line(''.join(said))}]"


def _rich(node: Element) -> str:
    """Text in runs, without how East Asian characters are pronounced."""
    pieces: list[str] = []
    for child in node:
        if local(child) == "t":
            pieces.append(child.text or "")
        elif local(child) == "r":
            pieces.extend(each.text or "" for each in child if local(each) == "t")
    text = "".join(pieces)
    return _unescaped(text) if "_x" in text else text


def _unescaped(text: str) -> str:
    import re

    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)


def _line(text: str) -> str:
    """A cell is of one line: its own line ends would end the row."""
    return " ".join(text.split()) if "\n" in text or "\t" in text or "\r" in text else text


def _column(reference: str) -> int:
    """The number of a column, from 0, by what "AB12" begins with."""
    number = 0
    for character in reference:
        if not character.isalpha():
            break
        number = number * 26 + (ord(character.upper()) - 64)
    return number - 1
