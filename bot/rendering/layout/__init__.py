"""Blocks -> pages under a limit. Pure: no platform, no clock, no I/O.

The platform says how large a block becomes (`measure`, in whatever unit its limit counts) and how much separates two
blocks at most (`separator`); a page is as large as their sum. A page ends, in this order of preference, between two
blocks (never behind a heading), between lines, sentences, words; inside a word only if the word is longer than a page,
inside a grapheme never (unless that is). At a cut only white space is left out.

No block is measured whole that has more code points than the limit, so the work grows with the text, not with
its square.
"""

from collections.abc import Callable, Sequence

from bot.domain.blocks import Block, BlockKind
from bot.rendering.layout.cut import Rest, is_blank, is_gap, rest_of, tail_of

Measure = Callable[[Block], int]

_KEPT_WHOLE = (BlockKind.CODE, BlockKind.TABLE, BlockKind.MATH)

ELLIPSIS = Block(BlockKind.PARAGRAPH, "…")
"""Stands for what a window leaves out."""


def paginate(blocks: Sequence[Block], *, limit: int, measure: Measure, separator: int) -> list[tuple[Block, ...]]:
    """The blocks on as few pages as good cuts allow. Blocks without anything to see are left out; no page is blank."""
    pages = _Pages(limit, measure, separator)
    for block in blocks:
        if not is_blank(block):
            pages.add(block)
    return pages.finish()


def window(blocks: Sequence[Block], *, limit: int, measure: Measure, separator: int) -> tuple[Block, ...]:
    """The last page-full, for the preview of a growing answer; begins with "…" if there is more before it."""
    shown = [block for block in blocks if not is_blank(block)]
    whole, _ = _last_blocks(shown, limit, limit, measure, separator)
    if len(whole) == len(shown):
        return tuple(whole)
    room = limit - measure(ELLIPSIS) - separator
    last, used = _last_blocks(shown, room, limit, measure, separator)
    space = room - used - (separator if last else 0)
    if not last or space * 4 >= limit:
        tail = tail_of(shown[-len(last) - 1], space, limit, measure, forced=not last)
        last = [tail, *last] if tail else last
    return (ELLIPSIS, *last)


def _last_blocks(
    blocks: Sequence[Block], room: int, limit: int, measure: Measure, separator: int
) -> tuple[list[Block], int]:
    """The blocks at the end that fit whole, and what they take."""
    used = 0
    count = 0
    for block in reversed(blocks):
        if len(block.text) > limit:
            break
        size = measure(block) + (separator if count else 0)
        if used + size > room:
            break
        used += size
        count += 1
    return list(blocks[len(blocks) - count :]), used


class _Pages:
    """The pages so far and the one being filled."""

    def __init__(self, limit: int, measure: Measure, separator: int) -> None:
        self._limit = limit
        self._measure = measure
        self._separator = separator
        self._done: list[tuple[Block, ...]] = []
        self._page: list[Block] = []
        self._sizes: list[int] = []
        self._used = 0

    def add(self, block: Block) -> None:
        """Put a block behind the others, whole or in pieces."""
        if len(block.text) <= self._limit:
            size = self._measure(block)
            if size > self._room() and size <= self._limit and self._goes_whole(block, size):
                self._turn()
            if size <= self._room():
                self._append(block, size)
                return
        self._add_pieces(rest_of(block, self._limit, self._measure))

    def finish(self) -> list[tuple[Block, ...]]:
        """All pages."""
        if self._page:
            self._done.append(tuple(self._page))
        return self._done

    def _room(self) -> int:
        return self._limit - self._used - (self._separator if self._page else 0)

    def _append(self, block: Block, size: int) -> None:
        self._used = self._limit - self._room() + size
        self._page.append(block)
        self._sizes.append(size)

    def _goes_whole(self, block: Block, size: int) -> bool:
        """Whether a block that would fit the next page moves there instead of being cut here."""
        return self._used * 2 >= self._limit or (block.kind in _KEPT_WHOLE and size * 2 <= self._limit)

    def _add_pieces(self, rest: Rest) -> None:
        if self._room() * 4 < self._limit:
            self._turn()
        while True:
            taken = rest.take(self._room(), forced=not self._page)
            if taken and not is_gap(taken[0]):
                self._append(*taken)
            if rest.finished:
                return
            self._turn()

    def _turn(self) -> None:
        """Begin a new page; what announces the next block goes with it."""
        stays = len(self._page)
        while stays and _announces(self._page[stays - 1]):
            stays -= 1
        stays = stays or len(self._page)
        if stays:
            self._done.append(tuple(self._page[:stays]))
        del self._page[:stays], self._sizes[:stays]
        self._used = sum(self._sizes) + self._separator * max(len(self._sizes) - 1, 0)


def _announces(block: Block) -> bool:
    """A heading, what a folded part is about, or a list marker whose code block follows."""
    return block.kind in (BlockKind.HEADING, BlockKind.SUMMARY) or (block.kind is BlockKind.ITEM and not block.text)
