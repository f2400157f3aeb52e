"""Tables as text, for platforms that have none: columns where they fit, else a line for each cell."""

import unicodedata

from bot.domain.blocks import Block, BlockKind, Span, SpanKind
from bot.rendering.markup.maths import with_formulas

_CELL_GAP = " │ "


def columns(block: Block, widest: int) -> str | None:
    """The table in columns of a fixed-width font, or None if lines would be longer than `widest` characters.

    None as well where a cell holds a link, which code cannot show.
    """
    if any(span.kind is SpanKind.LINK for span in block.spans):
        return None
    rows = [row.split("\t") for row in with_formulas(block).split("\n")]
    if block.continued and block.info:
        rows.insert(0, block.info.split("\t"))
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    if sum(widths) + len(_CELL_GAP) * (len(widths) - 1) > widest:
        return None
    sides = block.aligns or "-" * len(widths)
    lines = [_CELL_GAP.join(map(_padded, row, widths, sides)).rstrip() for row in rows]
    lines.insert(1, "─┼─".join("─" * max(one, 1) for one in widths))
    return "\n".join(lines)


def listed(block: Block) -> Block:
    """The table as running text: `header: value` for each cell, an empty line between rows."""
    headers = block.info.split("\t") if block.continued and block.info else list(block.rows[0])
    text = _Lines()
    start = 0
    below = block.rows[0 if block.continued else 1 :]
    empty = [header for header, *cells in zip(headers, *below, strict=True) if header and not any(cells)]
    if below and empty:
        # No cell below them would name these.
        text.put(", ".join(f"{header}: –" for header in empty))
    for number, row in enumerate(block.rows):
        if number == 0 and not block.continued and below:
            start += sum(map(len, row)) + len(row)
            continue
        text.line_break(2)
        for header, cell in zip(headers, row, strict=True):
            if cell:
                text.line_break(1)
                if header and cell != header:
                    # Plain, because a message may hold few spans and a table many cells.
                    text.put(f"{header}: ")
                text.copy(block, start, start + len(cell))
            start += len(cell) + 1
    return Block(
        BlockKind.PARAGRAPH,
        "".join(text.parts),
        tuple(text.spans),
        quote=block.quote,
        indent=block.indent,
        tight=block.tight,
    )


def width(text: str) -> int:
    """How many columns of a fixed-width font the text takes."""
    return len(text) if text.isascii() else sum(map(_char_width, text))


def _char_width(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _padded(cell: str, columns: int, side: str) -> str:
    air = columns - width(cell)
    before = {"^": air // 2, ">": air}.get(side, 0)
    return " " * before + cell + " " * (air - before)


class _Lines:
    """Text with spans, put together."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.spans: list[Span] = []
        self._length = 0
        self._breaks = 0

    def line_break(self, count: int) -> None:
        """Have at least this many line breaks before what comes next, unless nothing precedes it."""
        self._breaks = max(self._breaks, count) if self._length else 0

    def put(self, text: str) -> None:
        """Text without spans."""
        self._break()
        self._append(text)

    def copy(self, block: Block, start: int, end: int) -> None:
        """Part of a block's text with its spans."""
        self._break()
        shift = self._length - start
        self.spans += [
            Span(span.start + shift, span.end + shift, span.kind, span.data)
            for span in block.spans
            if start <= span.start and span.end <= end
        ]
        self._append(block.text[start:end])

    def _break(self) -> None:
        self._append("\n" * self._breaks)
        self._breaks = 0

    def _append(self, text: str) -> None:
        self.parts.append(text)
        self._length += len(text)
