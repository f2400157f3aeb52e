"""Tables that are text (CSV, TSV and their relatives), told by their shape."""

import csv
import io

_MARKS = "\t;,|"
_LEAST_ROWS = 2
_MOST_CELL = 2_000_000
"""Characters of one cell; csv's own limit of 131,072 is less than what a cell may hold."""

_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"))


def as_rows(text: str) -> str | None:
    """One line per row, cells separated by tabs, as sheets are read; None if this is no table.

    Only what had to be taken apart is rewritten: without quotation marks the text is as clear as its rows.
    """
    if '"' not in text:
        return None
    csv.field_size_limit(_MOST_CELL)
    for mark in _MARKS:
        rows = _rows(text, mark)
        if rows:
            return "\n".join("\t".join(" ".join(cell.split()) for cell in row) for row in rows)
    return None


def _rows(text: str, mark: str) -> list[list[str]]:
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True) if row]
    except csv.Error:
        return []
    widths = {len(row) for row in rows}
    is_table = len(rows) >= _LEAST_ROWS and len(widths) == 1 and widths != {1}
    return rows if is_table and not any(_is_prose(cell) for row in rows for cell in row) else []


def _is_prose(cell: str) -> bool:
    """Behind a comma people leave a blank, and a program's brackets go on behind it."""
    return cell[:1] == " " or any(cell.count(opening) != cell.count(closing) for opening, closing in _BRACKETS)
