"""What office programs draw: charts and diagrams, whose words lie in parts of their own."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from bot.files.reader.archive import Archive, attribute, local
from bot.files.reader.pages import row
from bot.files.reader.powers import raised

_DRAWN = frozenset(("chart", "chartEx", "diagramData"))


def drawn(archive: Archive, part: str, node: Element) -> str:
    """The words of the chart or diagram that an element of a part points to; "" where it points to none."""
    pointer = attribute(node, "dm") if local(node) == "relIds" else attribute(node, "id")
    relation = archive.relations(part).get(pointer or "")
    if relation is None or relation.kind not in _DRAWN:
        return ""
    root = archive.optional(relation.target)
    if root is None:
        return ""
    return "\n".join(_diagram(root) if relation.kind == "diagramData" else _chart(root)) + "\n"


def _diagram(root: Element) -> Iterator[str]:
    for node in root.iter():
        if local(node) == "p" and (text := drawn_words(node)).strip():
            yield text


def _chart(root: Element) -> Iterator[str]:
    """Titles, then the data as a table: a category a line, a series a column."""
    series: list[tuple[str, dict[str, str], dict[str, str]]] = []
    inside: set[Element] = set()
    for node in root.iter():
        if local(node) == "ser":
            inside.update(node.iter())
            found = {local(child): child for child in node}
            names = _points(found.get("cat", found.get("xVal")))
            values = _points(found.get("val", found.get("yVal")))
            series.append((" ".join(_points(found.get("tx")).values()), names, values))
    for node in root.iter():
        if local(node) == "p" and node not in inside and (text := drawn_words(node)).strip():
            yield text
    if any(name for name, _, _ in series):
        yield row(["", *(name for name, _, _ in series)]).rstrip("\n")
    categories = {number: name for _, names, _ in reversed(series) for number, name in names.items()}
    numbers = dict.fromkeys(number for _, names, values in series for number in (*names, *values))
    for number in numbers:
        cells = [categories.get(number, ""), *(values.get(number, "") for _, _, values in series)]
        yield row(cells).rstrip("\n")


def _points(node: Element | None) -> dict[str, str]:
    """The kept values below a node, by their number."""
    if node is None:
        return {}
    points = [child for child in node.iter() if local(child) == "pt"]
    if not points:
        return {str(n): child.text or "" for n, child in enumerate(node.iter()) if local(child) in ("v", "t")}
    return {
        point.get("idx", ""): " ".join(child.text or "" for child in point if local(child) == "v") for point in points
    }


def drawn_words(paragraph: Element) -> str:
    """The words of a paragraph of DrawingML."""
    pieces: list[str] = []
    is_raised = False
    for node in paragraph.iter():
        name = local(node)
        if name == "t":
            text = node.text or ""
            pieces.append(raised(text, pieces[-1]) if is_raised and pieces else text)
        elif name == "rPr":
            is_raised = node.get("baseline", "0").rstrip("%").isdecimal() and node.get("baseline", "0") != "0"
        elif name == "r":
            is_raised = False
        elif name == "br":
            pieces.append("\n")
        elif name == "tab" and node.get("pos") is None:
            pieces.append("\t")
    return "".join(pieces)
