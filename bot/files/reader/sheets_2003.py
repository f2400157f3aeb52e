"""Excel's sheets as one file of XML (SpreadsheetML, 2003), which many programs still export.

<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">
  <Styles><Style ss:ID="s1"><NumberFormat ss:Format="0%"/>
  <Worksheet ss:Name="Prices"><Table><Row ss:Index="3"><Cell ss:Index="2" ss:StyleID="s1"><Data ss:Type="Number">0.5
"""

from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

from bot.files.reader.archive import attribute, local, parsed
from bot.files.reader.figures import shown
from bot.files.reader.pages import tidy
from bot.files.reader.trouble import Trouble

_NAMED = {
    "Fixed": "0.00",
    "Standard": "#,##0.00",
    "Currency": "#,##0.00",
    "Euro Currency": "[$€] #,##0.00",
    "Percent": "0.00%",
    "Scientific": "0.00E+00",
}
"""Formats that have a name; those of dates make no difference, since a moment is kept as such."""

_NO_DAY = ("1899-12-30T", "1899-12-31T", "1900-01-00T")
"""What stands before a time of no day."""

MOST_GAP = 64
"""Empty cells in a row that are told as such."""

MOST_CELLS = 2_000_000


def sheets_of(data: bytes) -> Iterator[str]:
    """The sheets in their order, each with its name and its comments. Raises `Trouble`."""
    root = parsed(data)
    forms = {attribute(node, "ID"): _form(node) for node in root.iter() if local(node) == "Style"}
    cells = 0
    for sheet in root:
        if local(sheet) == "Worksheet":
            lines, comments = [attribute(sheet, "Name") or ""], list[str]()
            for number, node in _numbered(row for table in sheet if local(table) == "Table" for row in table):
                lines.append(_row(node, number, forms, comments))
                cells += len(node)
                if cells > MOST_CELLS:
                    raise Trouble("memory")
            yield tidy("\n".join((*filter(None, lines), *comments)))


def _form(style: Element) -> str:
    name = next((attribute(node, "Format") or "" for node in style if local(node) == "NumberFormat"), "")
    return _NAMED.get(name, name) or "General"


def _numbered(nodes: Iterator[Element] | Element) -> Iterator[tuple[int, Element]]:
    """Rows or cells with their numbers, from 1: those that are empty are left out, or merged into one."""
    number = 0
    for node in nodes:
        if local(node) in ("Row", "Cell"):
            number = _number(node, "Index") or number + 1
            yield number, node
            number += _number(node, "MergeAcross")


def _number(node: Element, name: str) -> int:
    told = attribute(node, name) or ""
    return int(told) if told.isdigit() and len(told) < 9 else 0


def _row(row: Element, number: int, forms: Mapping[str | None, str], comments: list[str]) -> str:
    pieces: list[str] = []
    last = 1
    for column, cell in _numbered(row):
        parts = {local(node): node for node in cell}
        text = _line(_shown(parts["Data"], forms.get(attribute(cell, "StyleID"), "General")) if "Data" in parts else "")
        if not text and attribute(cell, "Formula"):
            text = attribute(cell, "Formula") or ""
        if "Comment" in parts:
            comments.append(f"[R{number}C{column}: {_line(''.join(parts['Comment'].itertext()))}]")
        if text:
            pieces += "\t" * min(MOST_GAP, max(0, column - last)), text
            last = column
    return "".join(pieces)


def _shown(data: Element, form: str) -> str:
    text, kind = "".join(data.itertext()), attribute(data, "Type")
    if kind == "Boolean":
        return "TRUE" if text == "1" else "FALSE"
    if kind == "DateTime":
        moment = text.removesuffix(".000")
        if moment.startswith(_NO_DAY):
            return moment[11:].removesuffix(":00")
        return moment.removesuffix("T00:00:00").replace("T", " ").removesuffix(":00")
    if kind != "Number":
        return text
    try:
        return shown(float(text), form, text)
    except (ValueError, OverflowError):
        return text


def _line(text: str) -> str:
    """A cell is of one line: its own line ends would end the row."""
    return " ".join(text.split())
