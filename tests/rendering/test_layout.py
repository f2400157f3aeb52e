"""Where pages end, to the unit: each block is as large as its text, a page holds twenty."""

import pytest

from bot.domain.blocks import Block, BlockKind
from bot.rendering.layout import ELLIPSIS, paginate, window

LIMIT = 20


def measure(block: Block) -> int:
    return len(block.text)


def words(length: int, letter: str = "a") -> str:
    """Words of four letters, with a space behind each, cut to this length; it never ends with a space."""
    text = f"{letter * 4} " * length
    return text[: length - 1] + letter


def paragraph(length: int, letter: str = "a") -> Block:
    return Block(BlockKind.PARAGRAPH, words(length, letter))


def pages(*blocks: Block, separator: int = 0) -> list[list[str]]:
    laid = paginate(blocks, limit=LIMIT, measure=measure, separator=separator)
    for page in laid:
        assert sum(map(measure, page)) + separator * (len(page) - 1) <= LIMIT
    return [[block.text for block in page] for page in laid]


def lengths(*blocks: Block, separator: int = 0) -> list[list[int]]:
    return [[len(text) for text in page] for page in pages(*blocks, separator=separator)]


@pytest.mark.parametrize(
    ("first", "second", "laid"),
    [
        # What fits stays, to the last unit, however full the page is.
        (10, 5, [[10, 5]]),
        (10, 10, [[10, 10]]),
        (16, 4, [[16, 4]]),
        # From half a page on, what would fit the next one goes there.
        (10, 15, [[10], [15]]),
        (10, 20, [[10], [20]]),
        (11, 12, [[11], [12]]),
        # Before that it is cut here.
        (7, 18, [[7, 9], [8]]),
        (9, 12, [[9, 9], [2]]),
        # What fits no page is cut here, while a quarter of the page is left.
        (15, 30, [[15, 4], [19], [5]]),
        (16, 30, [[16], [19], [10]]),
    ],
)
def test_a_page_ends_where_it_should(first: int, second: int, laid: list[list[int]]) -> None:
    assert lengths(paragraph(first), paragraph(second, "b")) == laid


@pytest.mark.parametrize(
    ("kind", "text", "laid"),
    [
        (BlockKind.CODE, "bbbb\nbbbbb", [[9], [10]]),
        (BlockKind.CODE, "bbbb\nbbbbbb", [[9, 4], [6]]),
        (BlockKind.PARAGRAPH, "bbbb\nbbbbb", [[9, 4], [5]]),
    ],
)
def test_what_should_stay_whole_goes_whole_if_it_is_no_more_than_half_a_page(
    kind: BlockKind, text: str, laid: list[list[int]]
) -> None:
    assert lengths(paragraph(9), Block(kind, text), separator=2) == laid


@pytest.mark.parametrize(
    ("announcing", "goes"),
    [
        (Block(BlockKind.HEADING, "hh"), True),
        (Block(BlockKind.SUMMARY, "hh"), True),
        (Block(BlockKind.ITEM, "", marker="1."), True),
        (Block(BlockKind.ITEM, "hh", marker="1."), False),
        (Block(BlockKind.PARAGRAPH, "hh"), False),
    ],
)
def test_what_announces_a_block_goes_with_it(announcing: Block, goes: bool) -> None:
    laid = pages(paragraph(11), announcing, paragraph(18, "b"))
    assert [announcing.text in page for page in laid] == ([False, True] if goes else [True, False])


def test_what_has_gone_along_takes_its_room_on_the_next_page() -> None:
    headings = [Block(BlockKind.HEADING, "hh"), Block(BlockKind.HEADING, "kk")]
    assert lengths(paragraph(8), *headings, paragraph(12, "b"), separator=2) == [[8], [2, 2, 12]]
    assert lengths(paragraph(8), *headings, paragraph(13, "b"), separator=2) == [[8], [2, 2, 9], [3]]


def seen(*blocks: Block) -> list[str]:
    shown = window(blocks, limit=LIMIT, measure=measure, separator=0)
    assert sum(map(measure, shown)) <= LIMIT
    return [block.text for block in shown]


def test_a_window_shows_all_that_fits_to_the_last_unit() -> None:
    assert seen(paragraph(20)) == [words(20)]
    assert seen(paragraph(8), paragraph(12, "b")) == [words(8), words(12, "b")]


@pytest.mark.parametrize(
    ("last", "before"),
    [
        # A quarter of the room is worth the end of what stands before.
        (14, ["aaa"]),
        (15, []),
        (18, []),
        (19, []),
    ],
)
def test_a_window_begins_with_the_end_of_what_does_not_fit(last: int, before: list[str]) -> None:
    first = Block(BlockKind.PARAGRAPH, "aaa " * 7 + "aaa")
    assert seen(first, paragraph(last, "b")) == [ELLIPSIS.text, *before, words(last, "b")]


def test_a_window_shows_the_end_of_the_one_that_is_too_long() -> None:
    assert seen(Block(BlockKind.PARAGRAPH, "aaaa " * 9 + "bbbb")) == [ELLIPSIS.text, "aaaa aaaa bbbb"]
