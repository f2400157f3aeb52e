"""What office programs draw: charts and diagrams, whose words lie in parts of their own."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from bot.files.reader.archive import Archive, attribute, local
from bot.files.reader.figures import shown
from bot.files.reader.pages import row
from bot.files.reader.powers import raised
from bot.files.reader.word_signs import IN_FORMULAS

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
    from_1904 = any(local(node) == "date1904" and node.get("val", "1") in ("1", "true") for node in root.iter())
    for node in root.iter():
        if local(node) == "ser":
            inside.update(node.iter())
            found = {local(child): child for child in node}
            names = _points(found.get("cat", found.get("xVal")), from_1904=from_1904)
            values = _points(found.get("val", found.get("yVal")), from_1904=from_1904)
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


def _points(node: Element | None, *, from_1904: bool = False) -> dict[str, str]:
    """The kept values below a node as a person sees them, by their number."""
    if node is None:
        return {}
    points = [child for child in node.iter() if local(child) == "pt"]
    if not points:
        return {str(n): child.text or "" for n, child in enumerate(node.iter()) if local(child) in ("v", "t")}
    code = next((child.text or "" for child in node.iter() if local(child) == "formatCode"), "")
    kept = ((point, " ".join(child.text or "" for child in point if local(child) == "v")) for point in points)
    return {
        point.get("idx", ""): _figure(value, point.get("formatCode", code), from_1904=from_1904)
        for point, value in kept
    }


def _figure(value: str, code: str, *, from_1904: bool) -> str:
    """A kept value in its format; as it is where it has none."""
    try:
        return shown(float(value), code, value, from_1904=from_1904) if code else value
    except ValueError:
        return value


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
        elif name in IN_FORMULAS:
            pieces.append(IN_FORMULAS[name])
        elif name == "br":
            pieces.append("\n")
        elif name == "tab" and node.get("pos") is None:
            pieces.append("\t")
    return "".join(pieces)
