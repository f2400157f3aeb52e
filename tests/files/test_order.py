"""Scanned pages are read as a person reads them: a column after the other, a table row by row."""

from hypothesis import given
from hypothesis import strategies as st

from bot.files.reader.order import Line, in_order


def line(text: str, left: float, top: float, width: float = 300) -> Line:
    return Line(text, 0.99, left, top, width, 20)


def test_columns_come_one_after_the_other_below_their_heading() -> None:
    left = [line(f"left {number}", 50, 100 + 25 * number) for number in range(6)]
    right = [line(f"right {number}", 400, 102 + 25 * number) for number in range(6)]
    found = [*right, line("A heading over both", 50, 40, 640), *left, line("a foot over both", 50, 400, 640)]
    read = in_order(found).split()
    assert read == " ".join(each.text for each in (found[6], *left, *right, found[-1])).split()


def test_a_table_comes_row_by_row_with_its_cells_apart() -> None:
    cells = [line(f"{row}{column}", 50 + 300 * column, 100 + 25 * row, 60) for column in range(3) for row in range(5)]
    assert in_order(cells).split("\n") == [f"{row}0\t{row}1\t{row}2" for row in range(5)]


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900), st.integers(5, 700)), max_size=30))
def test_no_line_is_lost_or_read_twice(places: list[tuple[int, int, int]]) -> None:
    found = [line(f"w{number}", left, top, width) for number, (left, top, width) in enumerate(places)]
    assert sorted(in_order(found).split()) == sorted(each.text for each in found)
