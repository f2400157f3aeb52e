"""Blocks in pieces: what is left of one, the next piece that fits, and the spans that go with it."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol

import regex  # type: ignore[import-untyped]

from bot.domain.blocks import Block, BlockKind, Span, SpanKind
from bot.rendering.layout.places import (
    Atoms,
    Borders,
    CodePoints,
    CodeWords,
    Graphemes,
    Level,
    Lines,
    Words,
    behind_spaces,
)

Measure = Callable[[Block], int]

# What no font draws, and what is drawn only upon something else.
_BLANK = regex.compile(r"[\s\p{Cf}\p{M}\p{Default_Ignorable_Code_Point}\u2800\ufffc]*+")
_GAP = regex.compile(r"[\s\p{Cf}]*+")
# If a code point takes more than this, it is not all measured again for every page.
_DENSE = 3.0
_SHOWN_WITHOUT_TEXT = (BlockKind.RULE, BlockKind.ITEM)


def is_blank(block: Block) -> bool:
    """Whether nothing of the block could be seen."""
    return block.kind not in _SHOWN_WITHOUT_TEXT and _BLANK.fullmatch(block.text) is not None


def is_gap(piece: Block) -> bool:
    """Whether a piece of a block holds only what separates words.

    Not the same as blank: of a heap of accents on one letter the later pages hold accents alone, and none may be lost.
    """
    return piece.kind not in _SHOWN_WITHOUT_TEXT and _GAP.fullmatch(piece.text) is not None


class Rest(Protocol):
    """What is left of a block that is being cut."""

    @property
    def finished(self) -> bool:
        """Whether all of it has been taken."""

    def take(self, room: int, *, forced: bool) -> tuple[Block, int] | None:
        """The next piece and its size, at most `room`; None if only an ugly cut would do.

        `forced`: the page is empty, so a better place will not come.
        """


def rest_of(block: Block, limit: int, measure: Measure) -> Rest:
    """The whole block, to be taken in pieces. `limit` is the most code points that one piece has."""
    if block.kind is BlockKind.TABLE and block.rows:
        return TableRest(block, limit, measure)
    return TextRest(block, limit, measure)


def tail_of(block: Block, room: int, limit: int, measure: Measure, *, forced: bool) -> Block | None:
    """The end of a block, at most `room` large; None if no good one fits, and none is `forced`."""
    if block.kind is BlockKind.TABLE and block.rows:
        table = TableRest(block, limit, measure)
        if (rows := table.tail(room)) or not forced:
            return rows
        block = replace(block, kind=BlockKind.PARAGRAPH, rows=(), aligns="")
    text, cutter = block.text, TextRest(block, limit, measure)
    begin = max(len(text) - max(room, 1), 0)
    while (start := cutter.begin_after(begin, forced=forced)) < len(text):
        piece = cutter.piece(start, len(text))
        size = measure(piece)
        if size <= room:
            return None if is_gap(piece) else piece
        begin = max(start + 1, len(text) - (len(text) - start) * max(room, 0) // size)
    return None


class TextRest:
    """Text with spans."""

    def __init__(self, block: Block, limit: int, measure: Measure) -> None:
        self._block = block
        self._limit = limit
        self._measure = measure
        self._start = 0
        self._spans = SpanCutter(block.spans)
        self._code = block.kind in (BlockKind.CODE, BlockKind.MATH)
        atoms = () if self._code else tuple(s for s in block.spans if s.kind in (SpanKind.LINK, SpanKind.MATH))
        self._atoms = Atoms(atoms)
        text = block.text
        self._levels: tuple[Level, ...] = (
            (CodeWords(text, limit), Graphemes(text), CodePoints(text))
            if self._code
            else (Borders(self._atoms), Words(text, Atoms(()), limit), Graphemes(text), CodePoints(text))
        )
        self._density = 0.0
        """Size of a code point, in the piece that was measured last."""
        self._nice: Level = Lines(text, limit) if self._code else Words(text, self._atoms, limit)

    @property
    def finished(self) -> bool:
        return self._start >= len(self._block.text)

    def take(self, room: int, *, forced: bool) -> tuple[Block, int] | None:
        total = len(self._block.text)
        left = total - self._start
        if left <= self._limit and (self._density <= _DENSE or left * self._density <= 2 * room):
            piece = self.piece(self._start, total)
            if (size := self._measure(piece)) <= room:
                self._start = total
                return piece, size
        for level in (self._nice, *self._levels) if forced else (self._nice,):
            if taken := self._fit(level, room):
                return taken
        # Not even one code point fits: the limit is smaller than the block's own form.
        piece = self.piece(self._start, self._start + 1)
        return self._taken(self._start + 1, piece, self._measure(piece)) if forced else None

    def _fit(self, level: Level, room: int) -> tuple[Block, int] | None:
        start = self._start
        end = min(start + room, len(self._block.text))
        if self._density > _DENSE:
            end = min(end, start + int(1.5 * room / self._density) + 1)
        while (cut := level.last(start, end)) is not None:
            piece = self.piece(start, cut)
            size = self._measure(piece)
            self._density = size / max(cut - start, 1)
            if size <= room:
                return self._taken(cut, piece, size)
            # What does not fit is that much too long, if the text is equally dense everywhere.
            end = min(cut - 1, start + (cut - start) * room // size)
        # A text that grows sparse may have sent the search below its first cut.
        cut = level.first(start)
        if cut is None or cut <= end or cut - start > self._limit:
            return None
        piece = self.piece(start, cut)
        return self._taken(cut, piece, size) if (size := self._measure(piece)) <= room else None

    def _taken(self, cut: int, piece: Block, size: int) -> tuple[Block, int]:
        self._start = self._behind(cut)
        self._spans.forget(self._start)
        return piece, size

    def _behind(self, cut: int) -> int:
        """Where the next piece begins: white space at a cut is left out, in code only a line break."""
        if self._code:
            return cut + (self._block.text[cut : cut + 1] == "\n")
        return behind_spaces(self._block.text, cut)

    def piece(self, start: int, end: int) -> Block:
        """`text[start:end]` as a separate block."""
        block = self._block
        return replace(
            block,
            text=block.text[start:end],
            spans=self._spans.between(start, end),
            continued=block.continued or start > 0,
        )

    def begin_after(self, position: int, *, forced: bool) -> int:
        """Where the end of the text may begin, at or behind `position`; where it ends if nowhere."""
        text = self._block.text
        if position == 0:
            return 0
        for level in (self._nice, *self._levels[:-2]) if forced else (self._nice,):
            cut = level.first(position - 1)
            if cut is not None and (start := self._behind(cut)) < len(text):
                return start
        if not forced:
            return len(text)
        start = Graphemes(text).at_or_after(position)
        return start if start < len(text) else position


class TableRest:
    """A table: cut between rows. A later piece carries the header row in `info`, cells joined by tabs."""

    def __init__(self, block: Block, limit: int, measure: Measure) -> None:
        self._block = block
        self._limit = limit
        self._measure = measure
        self._spans = SpanCutter(block.spans)
        self._row = 0
        self._long_row: TextRest | None = None
        starts = [0]
        for row in block.rows:
            starts.append(starts[-1] + sum(map(len, row)) + len(row))
        self._starts = starts
        """Where each row begins in the text, and one behind its end."""

    @property
    def finished(self) -> bool:
        return self._row >= len(self._block.rows) and self._long_row is None

    def take(self, room: int, *, forced: bool) -> tuple[Block, int] | None:
        if self._long_row:
            taken = self._long_row.take(room, forced=forced)
            if self._long_row.finished:
                self._long_row = None
            return taken
        count = bisect_right(self._starts, self._starts[self._row] + room) - 1 - self._row
        least = 1 if forced or self._row else 2
        while count >= least:
            piece = self._piece(count)
            size = self._measure(piece)
            if size <= room:
                self._advance(count)
                return piece, size
            count = min(count - 1, count * room // size)
        if not forced:
            return None
        piece = self._piece(1)
        if (size := self._measure(piece)) <= room:
            self._advance(1)
            return piece, size
        self._long_row = TextRest(
            replace(piece, kind=BlockKind.PARAGRAPH, rows=(), info="", aligns=""), self._limit, self._measure
        )
        self._advance(1)
        return self.take(room, forced=True)

    def tail(self, room: int) -> Block | None:
        """The last rows that fit."""
        total = len(self._block.rows)
        first = max(bisect_right(self._starts, self._starts[-1] - room), 1)
        while first < total:
            self._row = first
            piece = self._piece(total - first)
            if (size := self._measure(piece)) <= room:
                return piece
            first = max(first + 1, total - (total - first) * max(room, 0) // size)
        return None

    def _advance(self, count: int) -> None:
        self._row += count
        self._spans.forget(self._starts[self._row])

    def _piece(self, count: int) -> Block:
        block, first = self._block, self._row
        start, end = self._starts[first], self._starts[first + count] - 1
        later = first > 0 or block.continued
        return replace(
            block,
            text=block.text[start:end],
            spans=self._spans.between(start, end),
            rows=block.rows[first : first + count],
            info=block.info or ("\t".join(block.rows[0]) if later else ""),
            continued=later,
        )


class SpanCutter:
    """The spans of pieces that are taken from front to back."""

    def __init__(self, spans: tuple[Span, ...]) -> None:
        self._spans = sorted(spans, key=_start)
        self._open: list[Span] = []
        """Those that began before what is left and reach into it."""
        self._next = 0

    def between(self, start: int, end: int) -> tuple[Span, ...]:
        """What covers `text[start:end]`, counted from `start`."""
        return tuple(
            Span(max(span.start - start, 0), min(span.end, end) - start, span.kind, span.data)
            for span in self._ahead(end)
            if span.end > start and span.start < end
        )

    def forget(self, before: int) -> None:
        """Nothing before this position will be asked for again."""
        reached = [span for span in self._ahead(before) if span.end > before]
        while self._next < len(self._spans) and self._spans[self._next].start < before:
            self._next += 1
        self._open = reached

    def _ahead(self, end: int) -> Iterator[Span]:
        yield from self._open
        for index in range(self._next, len(self._spans)):
            if self._spans[index].start >= end:
                return
            yield self._spans[index]


def _start(span: Span) -> int:
    return span.start
