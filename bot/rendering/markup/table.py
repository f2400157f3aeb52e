r"""GFM's tables, with two rules of our own, so that no letter of a row is dropped.

- A bar within a code span parts no cells: models write `` | `a|b` | a or b | `` and mean two.
- Cells beyond the last column of the head belong to the row's last cell; GFM drops them.
"""

import itertools
import re
from collections.abc import Callable, Iterator

from markdown_it.rules_block import StateBlock

_RULE_LINE = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?")
_PIECES = re.compile(r"\\.|`+|\|")
_RUNS = re.compile(r"`+")
_SIDES = {(False, False): "-", (True, False): "<", (True, True): "^", (False, True): ">"}
"""By whether a colon begins and ends a column's dashes."""
_ESCAPED_BAR = re.compile(r"\\\|")
# Short rows are filled with empty cells. More of them than this (and a hostile text may ask for the square of its
# length) end the table; its further lines are text.
_MOST_EMPTY_CELLS = 50_000


def table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """markdown-it's rule of that name: a head, a line of dashes, and every line that follows up to an empty one."""
    head = _head(state, start, end)
    if head is None:
        return False
    if silent:
        return True
    outer, state.parentType = state.parentType, "table"
    opening = state.push("table_open", "table", 1)
    _row(state, start, head)
    line, empty = start + 2, 0
    ends = state.md.block.ruler.getRules("blockquote")
    while line < end and _goes_on(state, line, end, ends):
        cells = cells_of(_line(state, line))
        empty += max(len(head) - len(cells), 0)
        if empty > _MOST_EMPTY_CELLS:
            break
        _row(state, line, _fitted(cells, len(head)))
        line += 1
    state.push("table_close", "table", -1)
    opening.map, opening.info = [start, line], aligns_of(_line(state, start + 1))
    state.parentType, state.line = outer, line
    return True


def cells_of(line: str) -> list[str]:
    """The cells of a row, without the bars at its ends."""
    line = line.strip()
    bars = [-1, *_bars(line), len(line)]
    cells = [line[before + 1 : bar].strip() for before, bar in itertools.pairwise(bars)]
    if bars[1] == 0:
        cells = cells[1:]
    if len(cells) > 1 and bars[-2] == len(line) - 1:
        cells.pop()
    return [_with_bars(cell) for cell in cells]


def aligns_of(dashes: str) -> str:
    """The letter for each column's alignment (`Block.aligns`), from the line of dashes."""
    return "".join(_SIDES[rule.strip()[0] == ":", rule.strip()[-1] == ":"] for rule in dashes.strip("|").split("|"))


def _head(state: StateBlock, start: int, end: int) -> list[str] | None:
    """The cells of the head, where a table begins here."""
    below = start + 1
    if below >= end or state.sCount[below] < state.blkIndent:
        return None
    if state.is_code_block(below) or state.is_code_block(start):
        return None
    dashes, first = _line(state, below), _line(state, start)
    # "- " begins a list.
    if "|" not in first or dashes.startswith("- ") or not _RULE_LINE.fullmatch(dashes):
        return None
    columns = dashes.strip("|").count("|") + 1
    cells = cells_of(first)
    return cells if len(cells) == columns else None


def _goes_on(state: StateBlock, line: int, end: int, ends: list[Callable[[StateBlock, int, int, bool], bool]]) -> bool:
    if state.sCount[line] < state.blkIndent or state.isEmpty(line) or state.is_code_block(line):
        return False
    return not any(rule(state, line, end, True) for rule in ends)


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].strip()


def _row(state: StateBlock, line: int, cells: list[str]) -> None:
    state.push("tr_open", "tr", 1)
    for cell in cells:
        token = state.push("inline", "", 0)
        token.content, token.map = cell, [line, line + 1]


def _fitted(cells: list[str], columns: int) -> list[str]:
    """As many cells as there are columns; surplus goes into the last one."""
    if len(cells) <= columns:
        return cells + [""] * (columns - len(cells))
    last = " | ".join(cell for cell in cells[columns - 1 :] if cell)
    return [*cells[: columns - 1], last]


def _bars(line: str) -> Iterator[int]:
    """The positions of the bars that separate cells."""
    closings = _closings(line) if "`" in line else {}
    inside = 0
    for piece in _PIECES.finditer(line):
        if piece.start() < inside:
            continue
        if piece[0] == "|":
            yield piece.start()
        elif piece[0][0] == "`":
            inside = closings.get(piece.start(), 0)


def _closings(line: str) -> dict[int, int]:
    """For each run of backticks that a run of its length follows: where that one ends."""
    ends: dict[int, int] = {}
    following: dict[int, int] = {}
    for run in reversed(list(_RUNS.finditer(line))):
        length = len(run[0])
        if length in following:
            ends[run.start()] = following[length]
        following[length] = run.end()
    return ends


def _with_bars(cell: str) -> str:
    r"""The cell with `\|` as the bar that it means; outside of code the backslash is an escape like any other."""
    if "\\|" not in cell or "`" not in cell:
        return cell
    closings = _closings(cell)
    parts: list[str] = []
    done = 0
    for piece in _PIECES.finditer(cell):
        end = closings.get(piece.start(), 0)
        if piece.start() >= done and end:
            parts += (cell[done : piece.start()], _ESCAPED_BAR.sub("|", cell[piece.start() : end]))
            done = end
    return "".join((*parts, cell[done:]))
