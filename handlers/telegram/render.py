"""Blocks -> Telegram text with entities. No parse mode is ever used, so nothing can fail to parse.

Telegram counts UTF-16 units ("👍🏽" is 4) and trims the text it gets, so the text is trimmed here, where the entities
are still known. `code` and `pre` share their characters with no other entity but a quote around them, quotes do
not nest, and of one message's entities only the first hundred are shown.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from bot.domain.blocks import Block, BlockKind, Span, SpanKind
from bot.rendering.layout import tables
from bot.rendering.markup.maths import readable

TEXT_LIMIT = 4096
"""UTF-16 units."""

SEPARATOR = 2
"""UTF-16 units that part two blocks at most: an empty line."""

# Each entity counts as this many units at least, so that a page that fits has no more than a hundred.
_UNITS_PER_ENTITY = 41
# A quote longer than this is shown folded.
_LONG_QUOTE_UNITS = 800
# Wider tables would wrap on a phone.
_TABLE_COLUMNS = 48

_RULE = "———"
_NOTHING = "…"
_INDENT = "   "
_INNER_QUOTE = "│ "

# What the server takes for no text at all.
_INVISIBLE = re.compile(
    r"[\s\u00ad\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\u2800\u3164\ufeff\uffa0]*"
)

_SPLITTABLE = {
    SpanKind.BOLD: "bold",
    SpanKind.ITALIC: "italic",
    SpanKind.UNDERLINE: "underline",
    SpanKind.STRIKE: "strikethrough",
    SpanKind.SPOILER: "spoiler",
}


class Entity(NamedTuple):
    """Telegram's MessageEntity. (aiogram's own costs 10 µs to check and to write out again, and a page has dozens.)"""

    type: str
    offset: int
    length: int
    url: str | None = None
    language: str | None = None

    def to_data(self) -> dict[str, str | int]:
        """As Telegram wants it."""
        data: dict[str, str | int] = {"type": self.type, "offset": self.offset, "length": self.length}
        if self.url is not None:
            data["url"] = self.url
        if self.language is not None:
            data["language"] = self.language
        return data


class Mark(NamedTuple):
    """An entity whose place is not known yet: `start` and `end` in code points of its block's form."""

    start: int
    end: int
    type: str
    data: str = ""


class Edit(NamedTuple):
    """`text[start:end]` becomes `new`; `start == end` inserts."""

    start: int
    end: int
    new: str


def render(blocks: Sequence[Block]) -> tuple[str, list[Entity]]:
    """One message's text, never empty, and its entities in order."""
    parts: list[str] = []
    entities: list[tuple[int, int, str, str]] = []
    length = 0
    quote_start: int | None = None
    for block in blocks:
        text, marks = _formed(block)
        if not text:
            continue
        separator = "" if not parts else "\n" if block.tight else "\n\n"
        if quote_start is not None and not block.quote:
            entities.append((quote_start, length, "blockquote", ""))
            quote_start = None
        parts += (separator, text)
        length += len(separator)
        if block.quote and quote_start is None:
            quote_start = length
        if marks:
            entities += _in_units(text, marks, length)
        length += _units(text)
    if quote_start is not None:
        entities.append((quote_start, length, "blockquote", ""))
    return _trimmed("".join(parts), entities)


def measure(block: Block) -> int:
    """What the block takes of `TEXT_LIMIT`, in UTF-16 units; more than its text where it has many entities."""
    text, marks = _formed(block)
    return max(_units(text), (len(marks) + bool(block.quote)) * _UNITS_PER_ENTITY)


@lru_cache(maxsize=512)
def _formed(block: Block) -> tuple[str, tuple[Mark, ...]]:
    """A block's form. A growing answer shows the same blocks again and again."""
    text = _text(block)
    return text, tuple(_marks(block, text))


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "replace")) // 2


def _trimmed(text: str, entities: list[tuple[int, int, str, str]]) -> tuple[str, list[Entity]]:
    """The text as the server will keep it."""
    if _INVISIBLE.fullmatch(text):
        return _NOTHING, []
    # The server takes no white space from the front of code: its first line may be indented.
    code_first = any(start == 0 and kind == "pre" for start, _, kind, _ in entities)
    # White space is one unit a character.
    shift = 0 if code_first else len(text) - len(text.lstrip())
    text = text[shift:].rstrip()
    end = _units(text)
    kept = []
    for start, stop, kind, data in entities:
        start, stop = max(start - shift, 0), min(stop - shift, end)
        # The server drops what covers white space alone.
        if start < stop and (kind != "code" or _cut(text, start, stop).strip()):
            kept.append((start, stop, kind, data))
    return text, [_entity(*entity) for entity in sorted(kept, key=_outer_first)]


def _cut(text: str, start: int, stop: int) -> str:
    """What stands between two places, counted in UTF-16 units."""
    return text.encode("utf-16-le", "replace")[2 * start : 2 * stop].decode("utf-16-le", "replace")


def _outer_first(entity: tuple[int, int, str, str]) -> tuple[int, int, bool]:
    # A quote holds what covers the same text.
    return entity[0], -entity[1], entity[2] != "blockquote"


def _entity(start: int, end: int, kind: str, data: str) -> Entity:
    match kind:
        case "text_link":
            return Entity(kind, start, end - start, url=data)
        case "pre" if data:
            return Entity(kind, start, end - start, language=data)
        case "blockquote" if end - start > _LONG_QUOTE_UNITS:
            kind = "expandable_blockquote"
    return Entity(kind, start, end - start)


def _in_units(text: str, marks: Sequence[Mark], offset: int) -> list[tuple[int, int, str, str]]:
    """Marks with their places in UTF-16 units, behind `offset` units of other text."""
    if _units(text) == len(text):
        return [(start + offset, end + offset, kind, data) for start, end, kind, data in marks]
    points = sorted({point for mark in marks for point in mark[:2]})
    places: dict[int, int] = {}
    before = 0
    for point in points:
        offset += _units(text[before:point])
        places[point] = offset
        before = point
    return [(places[start], places[end], kind, data) for start, end, kind, data in marks]


def _text(block: Block) -> str:
    match block.kind:
        case BlockKind.RULE:
            return _RULE
        case BlockKind.CODE:
            return block.text
        case BlockKind.MATH:
            return readable(block.text) or block.text
        case BlockKind.TABLE if block.rows:
            table = tables.columns(block, _TABLE_COLUMNS)
            return _running(tables.listed(block)) if table is None else table
        case _:
            return _running(block)


def _marks(block: Block, text: str) -> list[Mark]:
    """The entities of a block; `text` is its form."""
    match block.kind:
        case BlockKind.RULE:
            return []
        case BlockKind.CODE:
            return [Mark(0, len(text), "pre", block.info)]
        case BlockKind.MATH:
            return [] if readable(block.text) else [Mark(0, len(text), "pre", "latex")]
        case BlockKind.TABLE if block.rows:
            if tables.columns(block, _TABLE_COLUMNS) is None:
                return _running_marks(tables.listed(block))
            return [Mark(0, len(text), "pre")]
        case _:
            return _running_marks(block)


def _running(block: Block) -> str:
    """A paragraph's, heading's or item's text with what stands before its lines."""
    edits = _edits(block)
    if not edits:
        return block.text
    parts: list[str] = []
    before = 0
    for start, end, new in edits:
        parts += (block.text[before:start], new)
        before = end
    parts.append(block.text[before:])
    return "".join(parts)


def _edits(block: Block) -> list[Edit]:
    """What is inserted or replaced in running text, in order."""
    edits = [
        Edit(span.start, span.end, plain)
        for span in block.spans
        if span.kind is SpanKind.MATH and (plain := readable(block.text[span.start : span.end]))
    ]
    first, others = _prefixes(block)
    if first:
        edits.append(Edit(0, 0, first))
    if others and "\n" in block.text:
        edits += [Edit(found.end(), found.end(), others) for found in re.finditer("\n", block.text)]
    if len(edits) > 1:
        edits.sort()
    return edits


def _prefixes(block: Block) -> tuple[str, str]:
    """What stands before the first line of running text, and before its others."""
    if not block.indent and block.quote < 2 and not block.marker:
        return "", ""
    quote = _INNER_QUOTE * (block.quote - 1)
    hanging = quote + _INDENT * block.indent
    if not block.marker or block.continued:
        return hanging, hanging
    return f"{quote}{_INDENT * (block.indent - 1)}{block.marker} ", hanging


def _running_marks(block: Block) -> list[Mark]:
    spans = block.spans
    marks = _moved(spans, _edits(block)) if spans else []
    if block.kind in (BlockKind.HEADING, BlockKind.SUMMARY):
        whole = len(_running(block))
        marks = [mark for mark in marks if mark.type != "bold"]
        marks.append(Mark(0, whole, "bold"))
        if block.level == 1:
            marks.append(Mark(0, whole, "underline"))
    return _without_overlaps(marks)


def _moved(spans: Sequence[Span], edits: Sequence[Edit]) -> list[Mark]:
    """The spans' entities at their places in the edited text."""
    shift = _Shift(edits)
    marks = []
    for span in spans:
        start, end = (shift.start(span.start), shift.end(span.end)) if edits else (span.start, span.end)
        if kind := _SPLITTABLE.get(span.kind):
            marks.append(Mark(start, end, kind))
        elif span.kind is SpanKind.LINK:
            marks.append(Mark(start, end, "text_link", span.data))
        elif span.kind is SpanKind.CODE or shift.keeps(span):
            marks.append(Mark(start, end, "code"))
    return marks


class _Shift:
    """Where positions of a text are after its edits."""

    def __init__(self, edits: Sequence[Edit]) -> None:
        self._edits = edits
        self._starts = [edit.start for edit in edits]
        self._deltas = [0, *accumulate(len(edit.new) - edit.end + edit.start for edit in edits)]

    def start(self, position: int) -> int:
        """For the beginning of a span: behind what is inserted here."""
        count = bisect_left(self._starts, position)
        while count < len(self._edits) and self._edits[count][:2] == (position, position):
            count += 1
        return position + self._deltas[count]

    def end(self, position: int) -> int:
        """For the end of a span: before what is inserted here."""
        return position + self._deltas[bisect_left(self._starts, position)]

    def keeps(self, span: Span) -> bool:
        """Whether a formula stays as it was written."""
        index = bisect_right(self._starts, span.start) - 1
        return index < 0 or self._edits[index].end != span.end


def _without_overlaps(marks: list[Mark]) -> list[Mark]:
    """Code under a link is no code; around other code, all entities but links are split."""
    codes = sorted(mark for mark in marks if mark.type == "code")
    if not codes:
        return marks
    links = sorted(mark for mark in marks if mark.type == "text_link")
    holes = [code for code in codes if not any(_crossing(code, links))] if links else codes
    kept = links + holes
    for mark in marks:
        if mark.type not in ("code", "text_link"):
            kept += _split(mark, holes)
    return kept


def _crossing(mark: Mark, others: Sequence[Mark]) -> Iterator[Mark]:
    """Those of `others` (in order, none over another) that share characters with a mark."""
    for index in range(bisect_left(others, mark.start, key=_end_of), len(others)):
        if others[index].start >= mark.end:
            return
        if others[index].end > mark.start:
            yield others[index]


def _end_of(mark: Mark) -> int:
    return mark.end


def _split(mark: Mark, holes: Sequence[Mark]) -> Iterator[Mark]:
    start = mark.start
    for hole in _crossing(mark, holes):
        if hole.start > start:
            yield mark._replace(start=start, end=hole.start)
        start = hole.end
    if start < mark.end:
        yield mark._replace(start=start)
