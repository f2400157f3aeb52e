"""The order in which the lines of a scanned page are read: columns one after the other, tables row by row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

PROSE = 8.0
"""Widths in heights of a line: what is shorter is a cell of a table, not a line of a column."""

LEAST_LINES = 3
"""A column has as many; fewer beside each other are a row."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was found, in pixels."""

    text: str
    score: float
    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.left + self.width

    @property
    def middle(self) -> float:
        """Where it stands."""
        return self.top + self.height / 2


def in_order(lines: Sequence[Line]) -> str:
    """The text of a page: a row a line, its cells with tabs between them; more than a line apart is a paragraph."""
    return "\n\n".join(_rows(group) for group in _columns(lines))


def _columns(lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    """Groups that are read one after the other: what goes over the whole page parts what stands in columns."""
    gutter = _gutter(lines)
    if gutter is None:
        if lines:
            yield lines
        return
    across = sorted((line for line in lines if line.left < gutter < line.right), key=lambda line: line.middle)
    edges = [line.middle for line in across]
    beside = [line for line in lines if not line.left < gutter < line.right]
    above = float("-inf")
    for number, edge in enumerate([*edges, float("inf")]):
        band = [line for line in beside if above <= line.middle < edge]
        for side in ([line for line in band if line.right <= gutter], [line for line in band if line.left >= gutter]):
            yield from _columns(side)
        if number < len(across):
            yield [across[number]]
        above = edge


def _gutter(lines: Sequence[Line]) -> float | None:
    """Where two columns of prose part; None if the page has but one, or a table."""
    if len(lines) < 2 * LEAST_LINES:
        return None
    height = median(line.height for line in lines)
    for place in sorted({line.left - height / 2 for line in lines}):
        left = [line for line in lines if line.right <= place]
        right = [line for line in lines if line.left >= place]
        across = len(lines) - len(left) - len(right)
        if min(len(left), len(right)) < LEAST_LINES or across * 4 > len(lines):
            continue
        if all(median(line.width for line in side) > PROSE * height for side in (left, right)):
            return place
    return None


def _rows(lines: Sequence[Line]) -> str:
    """Pieces that stand at the same height are one line."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.middle):
        if rows and abs(line.middle - rows[-1][0].middle) < line.height / 2:
            rows[-1].append(line)
        else:
            rows.append([line])
    text = ""
    for number, row in enumerate(rows):
        if number:
            above = rows[number - 1][0]
            text += "\n\n" if row[0].top - (above.top + above.height) > above.height else "\n"
        text += _row(row)
    return text


def _row(row: Sequence[Line]) -> str:
    text, end = "", 0.0
    for piece in sorted(row, key=lambda line: line.left):
        apart = piece.left - end > piece.height * 1.5
        text += ("\t" if apart else " ") * bool(text) + piece.text
        end = piece.right
    return text
