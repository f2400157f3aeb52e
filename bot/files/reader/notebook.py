"""Jupyter's notebooks: the cells and what running them wrote, in their order."""

import json
from collections.abc import Iterator
from typing import Any

_FENCE = "```"


def words_of_notebook(text: str) -> str | None:
    """Prose as it is, code and its output fenced; None if this is no notebook."""
    if not text.lstrip().startswith("{") or '"nbformat"' not in text:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("nbformat"), int):
        return None
    # Version 3 had sheets of cells.
    sheets = [found, *_dicts(found.get("worksheets"))]
    return "\n\n".join(part for sheet in sheets for cell in _dicts(sheet.get("cells")) for part in _parts(cell))


def _parts(cell: dict[str, Any]) -> Iterator[str]:
    source = _joined(cell.get("source", cell.get("input")))
    if cell.get("cell_type") != "code":
        mark = "#" * level + " " if isinstance(level := cell.get("level"), int) else ""
        yield from filter(None, [mark + source if source else ""])
        return
    if source.strip():
        yield f"{_FENCE}\n{source}\n{_FENCE}"
    for output in _dicts(cell.get("outputs")):
        said = _said(output).strip("\n")
        if said:
            yield f"{_FENCE}\n{said}\n{_FENCE}"


def _said(output: dict[str, Any]) -> str:
    """The text of an output: what it printed, what it gave, how it failed."""
    if "traceback" in output:
        return "\n".join(map(str, output["traceback"])) or f"{output.get('ename')}: {output.get('evalue')}"
    if "text" in output:
        return _joined(output["text"])
    data = output.get("data")
    if not isinstance(data, dict):
        return ""
    for form in ("text/markdown", "text/plain", "text/html", "text/latex"):
        if form in data:
            return _joined(data[form])
    return ""


def _joined(lines: object) -> str:
    return "".join(map(str, lines)) if isinstance(lines, list) else str(lines or "")


def _dicts(found: object) -> list[dict[str, Any]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
