"""What holds for every text and its pages."""

from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache

import regex  # type: ignore[import-untyped]

from bot.domain.blocks import Block, BlockKind, Span, SpanKind
from bot.rendering.layout.cut import is_blank, is_gap
from tests.rendering.forms import Form

_GAP = regex.compile(r"[\s\p{Cf}\u2800\u3164]*")
_SPACE = regex.compile(r"[^\S\u00a0\u2007\u202f]")
_SPACE_BEFORE = regex.compile(f"(?r){_SPACE.pattern}")
_NO_SPACES_BETWEEN = regex.compile(r"[\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f\p{Han}\p{Hiragana}\p{Katakana}]")


def check_pages(blocks: Sequence[Block], form: Form) -> None:
    """Paginate and hold the promises of `bot.rendering.layout`."""
    pages = form.pages(blocks)
    for page in pages:
        assert page, "a page without blocks"
        assert any(not is_gap(block) for block in page), "a page of spaces"
        assert form.size(page) <= sum(map(form.measure, page)) + form.separator * (len(page) - 1)
        assert form.size(page) <= form.limit
    pieces = [block for page in pages for block in page]
    position = 0
    for block in blocks:
        if not is_blank(block):
            position += _check_block(block, pieces[position:], form)
    assert position == len(pieces), "pieces that belong to no block"


def _check_block(block: Block, pieces: Sequence[Block], form: Form) -> int:
    """How many of the pieces make up the block; they must be its text, in order, with nothing but space left out."""
    assert pieces, "a block is missing"
    starts = []
    end = 0
    for count, piece in enumerate(pieces):
        gap = _skipped(block.text, piece.text, end)
        assert _GAP.fullmatch(block.text, end, gap), f"lost: {block.text[end:gap][:50]!r}"
        if count:
            assert piece.continued
            _check_cut(block, end, gap, form)
        starts.append(gap)
        end = gap + len(piece.text)
        assert (piece.quote, piece.indent, piece.marker) == (block.quote, block.indent, block.marker)
        if _GAP.fullmatch(block.text, end):
            _check_spans(block, pieces[: count + 1], starts)
            return count + 1
    raise AssertionError(f"lost at the end: {block.text[end:][:50]!r}")


def _skipped(text: str, piece: str, end: int) -> int:
    """Where the piece begins, at or behind `end`."""
    found = text.find(piece, end)
    assert found >= 0, f"not in the text: {piece[:50]!r}"
    return found


def _check_spans(block: Block, pieces: Sequence[Block], starts: Sequence[int]) -> None:
    shown: set[tuple[int, SpanKind, str]] = set()
    kept: set[int] = set()
    for piece, start in zip(pieces, starts, strict=True):
        kept.update(range(start, start + len(piece.text)))
        for span in piece.spans:
            assert 0 <= span.start < span.end <= len(piece.text)
            shown.update((place, span.kind, span.data) for place in range(span.start + start, span.end + start))
    meant = {(place, s.kind, s.data) for s in block.spans for place in range(s.start, s.end) if place in kept}
    assert shown == meant


def _check_cut(block: Block, end: int, start: int, form: Form) -> None:
    def fits(first: int, last: int) -> bool:
        spans = tuple(
            Span(max(s.start - first, 0), min(s.end, last) - first, s.kind, s.data)
            for s in block.spans
            if s.start < last and s.end > first
        )
        piece = Block(
            BlockKind.PARAGRAPH if block.rows else block.kind,
            block.text[first:last],
            spans,
            block.level,
            block.quote,
            block.indent,
            block.marker,
            "" if block.rows else block.info,
        )
        return form.measure(piece) <= form.limit

    for cut in {end, start}:
        first, last = _grapheme(block.text, cut)
        assert not (first < cut < last and fits(first, last))
    if block.kind in (BlockKind.CODE, BlockKind.MATH):
        if block.text[end : end + 1] != "\n":
            assert not fits(*_around(block.text, end, "\n")), "a line of code that fits is cut"
        return
    for link in block.spans:
        if link.kind is SpanKind.LINK and link.start < end < link.end:
            assert not fits(link.start, link.end), "a link that fits is cut"
    if end == start and not any(map(_NO_SPACES_BETWEEN.match, block.text[end - 1 : end + 1])):
        first, last = _unit(block, end)
        if _NO_SPACES_BETWEEN.search(block.text, first, last) is None:
            assert not fits(first, last), f"a word that fits is cut: {block.text[first:last][:50]!r}"


def _grapheme(text: str, cut: int) -> tuple[int, int]:
    """The grapheme that ends at a place, or goes over it."""
    borders = _borders(text)
    last = bisect_left(borders, cut, 1)
    return borders[last - 1], borders[last]


@lru_cache(maxsize=4)
def _borders(text: str) -> list[int]:
    return [0, *(found.end() for found in regex.finditer(r"\X", text))]


def _unit(block: Block, place: int) -> tuple[int, int]:
    """The word around a place, with the links and formulas that touch it."""
    atoms = [span for span in block.spans if span.kind in (SpanKind.LINK, SpanKind.MATH)]
    first = last = place
    while True:
        before = first, last
        space_before, space_behind = _SPACE_BEFORE.search(block.text, 0, first), _SPACE.search(block.text, last)
        first = space_before.end() if space_before else 0
        last = space_behind.start() if space_behind else len(block.text)
        touching = [atom for atom in atoms if atom.start < last and atom.end > first]
        first = min((first, *(atom.start for atom in touching)))
        last = max((last, *(atom.end for atom in touching)))
        if before == (first, last):
            return before


def _around(text: str, place: int, border: str) -> tuple[int, int]:
    end = text.find(border, place)
    return text.rfind(border, 0, place) + 1, end if end >= 0 else len(text)
