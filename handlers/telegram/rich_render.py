"""Blocks -> Telegram's rich messages: real tables, set formulas, parts that fold.

They go out as blocks, never as Markdown or HTML that the server would have to parse. Older clients show a placeholder
in their place, so they are for answers that need one (`bot.rendering.rich`).
"""

import unicodedata
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import orjson

from bot.domain.blocks import Block, BlockKind, Span, SpanKind
from bot.rendering.layout import tables

RICH_LIMIT = 32_768
"""Bytes of the blocks as JSON: the server's limit counts characters of some of that, so this is the safe reading."""

SEPARATOR = 2
"""What parts two blocks at most, in bytes: a comma and a little air."""

Data = dict[str, Any]

# A message takes 500 blocks, with list items, table rows and everything nested; each counts as this many bytes at
# least, so that a message that fits has no more.
_BYTES_PER_BLOCK = 68
_MOST_COLUMNS = 20
# The server takes 16 levels. A list is two of them (itself and its items' blocks).
_DEEPEST_QUOTE = 4
_DEEPEST_LIST = 5
# A quote longer than this is shown folded.
_LONG_QUOTE = 800

_NAMES = {
    SpanKind.BOLD: "bold",
    SpanKind.ITALIC: "italic",
    SpanKind.UNDERLINE: "underline",
    SpanKind.STRIKE: "strikethrough",
    SpanKind.SPOILER: "spoiler",
    SpanKind.CODE: "code",
}
_ALIGNS = {"^": "center", ">": "right"}
_BOXES = {"☐": False, "☑": True}


def render(blocks: Sequence[Block]) -> Data:
    """An `InputRichMessage` of these blocks."""
    message: Data = {"blocks": list(_level(blocks, 0, 0)) or [{"type": "paragraph", "text": "…"}]}
    if _reads_leftwards(blocks):
        message["is_rtl"] = True
    return message


def measure(block: Block) -> int:
    """What the block takes of `RICH_LIMIT` at most; more than its bytes where it counts as many blocks."""
    shown = list(_level((block,), 0, 0))
    # Nested blocks are measured alone and may stand together below one quote or list: so this is the most.
    return max(len(orjson.dumps(shown)), sum(map(_count, shown)) * _BYTES_PER_BLOCK)


def _count(block: Data) -> int:
    """The blocks in a block, as the server counts them."""
    inner = [*block.get("blocks", ())]
    for item in block.get("items", ()):
        inner += item["blocks"]
    return 1 + len(block.get("cells", ())) + len(block.get("items", ())) + sum(map(_count, inner))


def _reads_leftwards(blocks: Sequence[Block]) -> bool:
    for block in blocks:
        if block.kind is BlockKind.CODE:
            continue
        for char in block.text:
            if (direction := unicodedata.bidirectional(char)) in ("L", "R", "AL"):
                return direction != "L"
    return False


# The tree


def _level(blocks: Sequence[Block], quote: int, indent: int) -> Iterator[Data]:
    """Blocks that stand `quote` and `indent` deep already; deeper ones are put into quotes and lists."""
    at = 0
    while at < len(blocks):
        block = blocks[at]
        if min(block.quote, _DEEPEST_QUOTE) > quote:
            end = _run(blocks, at, partial(_is_deeper, quote))
            yield _quoted(blocks[at:end], quote, indent)
            at = end
        elif block.kind is BlockKind.SUMMARY:
            end = _run(blocks, at + 1, partial(_is_deeper, block.quote))
            yield _folded(block, blocks[at + 1 : end], quote, indent)
            at = end
        elif _is_item(block) and min(block.indent, _DEEPEST_LIST) > indent:
            end = _run(blocks, at, partial(_belongs, quote, indent))
            yield {"type": "list", "items": list(_items(blocks[at:end], quote, indent + 1))}
            at = end
        else:
            yield _leaf(block)
            at += 1


def _run(blocks: Sequence[Block], start: int, belongs: Callable[[Block], bool]) -> int:
    """Where a run of blocks ends."""
    end = start
    while end < len(blocks) and belongs(blocks[end]):
        end += 1
    return end


def _is_deeper(quote: int, block: Block) -> bool:
    return block.quote > quote


def _is_item(block: Block) -> bool:
    # What an item continues with on a later page has no marker there.
    return block.kind is BlockKind.ITEM and not block.continued


def _belongs(quote: int, indent: int, block: Block) -> bool:
    return block.indent > indent and min(block.quote, _DEEPEST_QUOTE) == quote and block.kind is not BlockKind.SUMMARY


def _quoted(blocks: Sequence[Block], quote: int, indent: int) -> Data:
    """A quote; a long one of nothing but words is folded."""
    only_words = all(block.kind is BlockKind.PARAGRAPH and block.quote == quote + 1 for block in blocks)
    if only_words and sum(len(block.text) for block in blocks) > _LONG_QUOTE:
        words: list[Any] = []
        for block in blocks:
            words += (["\n\n"] if words else []) + _words(block)
        return {"type": "expandable_blockquote", "text": words}
    return {"type": "blockquote", "blocks": list(_level(blocks, quote + 1, indent))}


def _folded(summary: Block, blocks: Sequence[Block], quote: int, indent: int) -> Data:
    inner = list(_level(blocks, quote + 1, indent))
    return {"type": "details", "summary": _rich_text(_words(summary)), "blocks": inner} if inner else _leaf(summary)


def _items(blocks: Sequence[Block], quote: int, indent: int) -> Iterator[Data]:
    """The items of one list, each with what hangs below it."""
    starts = [
        number for number, block in enumerate(blocks) if _is_item(block) and min(block.indent, _DEEPEST_LIST) == indent
    ]
    # A list may begin with a deeper item than the ones behind it.
    if not starts or starts[0] != 0:
        starts.insert(0, 0)
    for start, end in pairwise((*starts, len(blocks))):
        first, *below = blocks[start:end]
        inner = list(_level(below, quote, indent))
        head = [_leaf(first)] if first.text or not inner else []
        yield {"blocks": [*head, *inner], **_label(first.marker)}


def _label(marker: str) -> Data:
    """What stands before an item: a box, a number, or nothing, which means a dot."""
    label: Data = {}
    number = marker.split(".")[0].split(")")[0]
    if number.isascii() and number.isdigit():
        label |= {"value": int(number), "type": "1"}
    if marker[-1:] in _BOXES:
        label |= {"has_checkbox": True, "is_checked": _BOXES[marker[-1]]}
    return label


# One block


def _leaf(block: Block) -> Data:
    match block.kind:
        case BlockKind.HEADING:
            return {"type": "heading", "text": _rich_text(_words(block)), "size": block.level}
        case BlockKind.SUMMARY:
            return {"type": "paragraph", "text": {"type": "bold", "text": _rich_text(_words(block))}}
        case BlockKind.RULE:
            return {"type": "divider"}
        case BlockKind.MATH:
            return {"type": "mathematical_expression", "expression": block.text}
        case BlockKind.CODE:
            language = {"language": block.info} if block.info else {}
            return {"type": "pre", "text": block.text, **language}
        case BlockKind.TABLE if block.rows and max(map(len, block.rows)) <= _MOST_COLUMNS:
            return {"type": "table", "cells": list(_cells(block)), "is_bordered": True}
        case BlockKind.TABLE if block.rows:
            return {"type": "paragraph", "text": _rich_text(_words(tables.listed(block)))}
        case _:
            return {"type": "paragraph", "text": _rich_text(_words(block))}


def _cells(table: Block) -> Iterator[list[Data]]:
    sides = table.aligns or "-" * max(map(len, table.rows))
    if table.continued and table.info:
        yield [_cell([text], side, header=True) for text, side in zip(table.info.split("\t"), sides, strict=True)]
    start = 0
    for number, row in enumerate(table.rows):
        header = number == 0 and not table.continued
        cells = []
        for text, side in zip(row, sides, strict=False):
            cells.append(_cell(_inline(table, start, start + len(text)), side, header=header))
            start += len(text) + 1
        yield cells


def _cell(words: list[Any], side: str, *, header: bool) -> Data:
    cell: Data = {"align": _ALIGNS.get(side, "left"), "valign": "top", "text": _rich_text(words)}
    if header:
        cell["is_header"] = True
    return cell


def _words(block: Block) -> list[Any]:
    return _inline(block, 0, len(block.text))


def _rich_text(words: list[Any]) -> Any:
    """A `RichText`: a string where that is all."""
    return words[0] if len(words) == 1 else words or ""


def _inline(block: Block, start: int, end: int) -> list[Any]:
    """The pieces of `text[start:end]`, each in what covers it."""
    return _nested(block.text, start, end, _clipped(block.spans, start, end))


def _clipped(spans: Sequence[Span], start: int, end: int) -> list[Span]:
    """The spans of a piece of text, the outer ones first."""
    inside = [
        Span(max(span.start, start), min(span.end, end), span.kind, span.data)
        for span in spans
        if span.start < end and span.end > start
    ]
    return sorted(inside, key=lambda span: (span.start, -span.end))


def _end_of(span: Span) -> int:
    return span.end


def _nested(text: str, start: int, end: int, spans: Sequence[Span]) -> list[Any]:
    pieces: list[Any] = []
    at = start
    waiting = deque(spans)
    while waiting:
        span = waiting.popleft()
        if span.start > at:
            pieces.append(text[at : span.start])
        inner: list[Span] = []
        while waiting and waiting[0].start < span.end:
            inner.append(waiting.popleft())
        # What reaches over this span's end continues behind it as a separate span.
        beyond = [replace(other, start=span.end) for other in inner if other.end > span.end]
        waiting.extendleft(sorted(beyond, key=_end_of))
        pieces.append(_piece(text, span, _clipped(inner, span.start, span.end)))
        at = span.end
    if at < end:
        pieces.append(text[at:end])
    return pieces


def _piece(text: str, span: Span, inner: Sequence[Span]) -> Data:
    if span.kind is SpanKind.MATH:
        return {"type": "mathematical_expression", "expression": text[span.start : span.end]}
    words = _rich_text(_nested(text, span.start, span.end, inner))
    if span.kind is SpanKind.LINK:
        return {"type": "url", "text": words, "url": span.data}
    return {"type": _NAMES[span.kind], "text": words}
