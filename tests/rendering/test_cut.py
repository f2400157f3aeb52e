"""How a block is cut, to the unit. Where nothing else is said, a piece is as large as its text."""

from collections.abc import Callable

import pytest

from bot.domain.blocks import Block, BlockKind, Span, SpanKind
from bot.rendering.layout.cut import Rest, rest_of, tail_of

LIMIT = 20
Measure = Callable[[Block], int]


def measure(block: Block) -> int:
    return len(block.text)


def and_more(count: int) -> Measure:
    return lambda block: len(block.text) + count


def weighing(letter: str) -> Measure:
    """Only this letter counts."""
    return lambda block: block.text.count(letter)


def text(words: str, kind: BlockKind = BlockKind.PARAGRAPH, *spans: Span) -> Block:
    return Block(kind, words, spans)


def table(*rows: str) -> Block:
    return Block(BlockKind.TABLE, "\n".join(rows), rows=tuple((row,) for row in rows))


def pieces(block: Block, room: int, measure: Measure = measure) -> list[Block]:
    """All of it, each piece on an empty page with so much room."""
    rest = rest_of(block, LIMIT, measure)
    taken = []
    while not rest.finished:
        found = rest.take(room, forced=True)
        assert found is not None and found[1] == measure(found[0])
        taken.append(found[0])
    return taken


def texts(block: Block, room: int, measure: Measure = measure) -> list[str]:
    return [piece.text for piece in pieces(block, room, measure)]


@pytest.mark.parametrize(
    ("block", "room", "cut"),
    [
        (text("aaaa bbbb cccc"), 10, ["aaaa bbbb", "cccc"]),
        (text("aaaa bbbb cccc"), 9, ["aaaa bbbb", "cccc"]),
        (text("aaaa bbbb cccc ddddd"), 20, ["aaaa bbbb cccc ddddd"]),
        (text("aaaa bbbb cccc", BlockKind.PARAGRAPH, Span(5, 14, SpanKind.LINK)), 10, ["aaaa", "bbbb cccc"]),
        (text("aaaa bbbb cccc", BlockKind.PARAGRAPH, Span(5, 14, SpanKind.BOLD)), 10, ["aaaa bbbb", "cccc"]),
        (text("aa bb\ncc dd", BlockKind.CODE), 9, ["aa bb", "cc dd"]),
        (text("aa bb\ncc dd"), 9, ["aa bb", "cc dd"]),
        (text("aaaa bbbbbb cc", BlockKind.CODE), 8, ["aaaa ", "bbbbbb ", "cc"]),
        (text("aaaa bbbbbb cc"), 8, ["aaaa", "bbbbbb", "cc"]),
        (Block(BlockKind.TABLE, "aaaa bbbb"), 5, ["aaaa", "bbbb"]),
    ],
)
def test_a_text_is_cut_where_it_hurts_least(block: Block, room: int, cut: list[str]) -> None:
    assert texts(block, room) == cut


def test_what_was_cut_goes_on_and_its_spans_with_it() -> None:
    first, second = pieces(text("aaaaabbbbb", BlockKind.PARAGRAPH, Span(0, 5, SpanKind.BOLD)), 5)
    assert (first.continued, second.continued) == (False, True)
    assert (first.spans, second.spans) == ((Span(0, 5, SpanKind.BOLD),), ())


def test_a_span_is_with_its_own_piece_once() -> None:
    first, second = pieces(text("aaaaabbbbb", BlockKind.PARAGRAPH, Span(5, 10, SpanKind.BOLD)), 5)
    assert (first.spans, second.spans) == ((), (Span(0, 5, SpanKind.BOLD),))
    tail = tail_of(text("aaaa bbbb", BlockKind.PARAGRAPH, Span(0, 5, SpanKind.BOLD)), 5, LIMIT, measure, forced=False)
    assert tail is not None and (tail.text, tail.spans) == ("bbbb", ())


def test_as_much_as_fits_is_taken_of_a_long_word() -> None:
    assert texts(text("a" * 12), 5, and_more(1)) == ["aaaa"] * 3


def test_where_nothing_fits_each_sign_is_a_piece() -> None:
    block = text("abc")
    assert texts(block, 5, lambda _: 100) == ["a", "b", "c"]
    assert rest_of(block, LIMIT, lambda _: 100).take(5, forced=False) is None


def test_a_word_that_takes_less_than_its_signs_stays_whole_up_to_the_limit() -> None:
    assert texts(text("b" * 20 + " a"), 5, weighing("a"))[0] == "b" * 20
    assert texts(text("b" * 21 + " a"), 5, weighing("a"))[0] != "b" * 21
    assert texts(text("bbbbbbbaaaaa " + "b" * 20), 5, weighing("a"))[0] == "bbbbbbbaaaaa"


def test_what_is_dense_is_taken_as_far_as_it_fits() -> None:
    def five_each(block: Block) -> int:
        return 5 * len(block.text)

    assert texts(text("aa bb cc dd ee"), 25, five_each) == ["aa bb", "cc dd", "ee"]


@pytest.mark.parametrize(
    ("block", "room", "forced", "end"),
    [
        (text("aaaa bbbb"), 5, False, "bbbb"),
        (text("aaaa bbbb"), 4, False, None),
        (text("aaaa bbbb"), 3, True, "bbb"),
        (text("aaaa bbbb"), 9, False, "aaaa bbbb"),
        # A link is cut only where the page would be empty, and then between its words.
        (text("aaaa bbbb", BlockKind.PARAGRAPH, Span(0, 9, SpanKind.LINK)), 5, True, "bbbb"),
        (text("aaaa bbbb", BlockKind.PARAGRAPH, Span(0, 9, SpanKind.LINK)), 5, False, None),
        # One sign of five code points: some of it rather than nothing.
        (text("👨‍👩‍👧"), 3, True, "👨‍👩‍👧"[-3:]),
        (Block(BlockKind.TABLE, "aaaa bbbb"), 5, False, "bbbb"),
    ],
)
def test_the_end_of_a_text(block: Block, room: int, forced: bool, end: str | None) -> None:
    tail = tail_of(block, room, LIMIT, measure, forced=forced)
    assert (tail.text if tail else None) == end


def test_the_end_of_a_long_word_is_as_much_as_fits() -> None:
    tail = tail_of(text("a" * 12), 5, LIMIT, and_more(1), forced=True)
    assert tail is not None and tail.text == "aaaa"
    tail = tail_of(text("aaaa bbbb"), 5, LIMIT, and_more(1), forced=False)
    assert tail is not None and tail.text == "bbbb"


ROWS = table(*(letter * 5 for letter in "abcdef"))
"""Of five signs and a line's end each."""


def rows_of(found: tuple[Block, int] | None) -> int | None:
    if found is None:
        return None
    assert found[0].kind is BlockKind.TABLE
    return len(found[0].rows)


@pytest.mark.parametrize(
    ("room", "measure", "counts"),
    [
        (18, measure, [3, 3]),
        (18, and_more(1), [3, 3]),
        (18, and_more(4), [2, 2, 2]),
        (12, measure, [2, 2, 2]),
        (6, measure, [1] * 6),
        (5, measure, [1] * 6),
    ],
)
def test_a_table_is_cut_between_rows(room: int, measure: Measure, counts: list[int]) -> None:
    assert [len(piece.rows) for piece in pieces(ROWS, room, measure)] == counts


def test_a_tables_later_pieces_name_its_columns() -> None:
    found = pieces(ROWS, 18)
    assert [(piece.info, piece.continued) for piece in found] == [("", False), ("aaaaa", True)]


def taken(rest: Rest, *rooms: int) -> list[int | None]:
    return [rows_of(rest.take(room, forced=False)) for room in rooms]


def test_a_table_does_not_begin_with_its_header_alone() -> None:
    assert taken(rest_of(ROWS, LIMIT, measure), 11, 12, 6, 5) == [None, 2, 1, None]


def test_a_row_that_is_too_long_is_cut_as_text() -> None:
    found = pieces(table("h", "x" * 25, "y"), 10)
    assert [piece.text for piece in found] == ["h", "x" * 10, "x" * 10, "x" * 5, "y"]
    assert [bool(piece.rows) for piece in found] == [True, False, False, False, True]


@pytest.mark.parametrize(
    ("room", "measure", "rows"),
    [
        (18, measure, 2),
        (12, measure, 1),
        (7, and_more(2), 1),
        (18, and_more(8), 1),
        (100, measure, 5),
        (2, measure, None),
    ],
)
def test_the_end_of_a_table_is_its_last_rows(room: int, measure: Measure, rows: int | None) -> None:
    for forced in (False, True) if rows else (False,):
        tail = tail_of(ROWS, room, LIMIT, measure, forced=forced)
        assert (len(tail.rows) if tail else None) == rows


def test_where_no_row_fits_the_end_is_text() -> None:
    tail = tail_of(ROWS, 3, LIMIT, measure, forced=True)
    assert tail is not None and (tail.kind, tail.text) == (BlockKind.PARAGRAPH, "fff")
