"""Tables: nothing that stands in a cell is dropped, on either platform."""

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.blocks import BlockKind
from bot.rendering.layout import paginate
from bot.rendering.markup import parse
from handlers.discord.render import render as discord
from handlers.telegram import rich_render
from handlers.telegram.render import render as telegram


def rows(markdown: str) -> tuple[tuple[str, ...], ...]:
    (table,) = (block for block in parse(markdown) if block.kind is BlockKind.TABLE)
    return table.rows


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ("| `a|b` | a or b |", ("a|b", "a or b")),
        ("| ``a`|b`` | c", ("a`|b", "c")),
        ("| `a\\|b` | c\\|d |", ("a|b", "c|d")),
        ("| a | b | c | d |", ("a", "b | c | d")),
        ("| a | b || `c|d` |", ("a", "b | c|d")),
        ("a", ("a", "")),
        ("| a", ("a", "")),
        ("|", ("", "")),
        ("| | b |", ("", "b")),
        ("| \\`a | b\\` |", ("`a", "b`")),
        ("| `a | b |", ("`a", "b")),
        ("| a \\\\| b |", ("a \\", "b")),
        ("| **a|b** | c |", ("**a", "b** | c")),
        ("a | b", ("a", "b")),
    ],
)
def test_a_row_is_read_whole(row: str, cells: tuple[str, ...]) -> None:
    assert rows(f"| x | y |\n| --- | --- |\n{row}")[1] == cells


@pytest.mark.parametrize(
    ("head", "cells"),
    [
        ("| `a|b` | c |\n|:-:|--:|", ("a|b", "c")),
        ("a | b\n--- | ---", ("a", "b")),
        ("| a |\n|---|", ("a",)),
        ("|a|\n|:-:|", ("a",)),
        ("a|\n:-:", ("a",)),
        ("| a | b |\n|:--|--:|", ("a", "b")),
        ("> | a | b |\n> |-|-|\n> | c | d |", ("a", "b")),
        ("- | a | b |\n  |-|-|\n  | c | d | e |", ("a", "b")),
    ],
)
def test_a_head_is_read_whole(head: str, cells: tuple[str, ...]) -> None:
    assert rows(head)[0] == cells


@pytest.mark.parametrize("no_table", ["| a | b |\n|---|", "a | b\n- | -", "| a |\n|---|---|", "| a\\|b |\n|-|-|"])
def test_what_is_no_table_stays_as_it_was_written(no_table: str) -> None:
    assert all(block.kind is not BlockKind.TABLE for block in parse(no_table))
    assert letters(telegram(parse(no_table))[0]) == letters(no_table)


WORD = st.text("abcdefgh", min_size=1, max_size=4)
CELL = st.one_of(
    WORD,
    st.just(""),
    WORD.map(lambda word: f"`{word}|{word}`"),
    WORD.map(lambda word: f"`` {word}`|{word} ``"),
    WORD.map(lambda word: f"**{word}**"),
    WORD.map(lambda word: f"{word}\\|{word}"),
    WORD.map(lambda word: f"`{word}"),
    WORD.map(lambda word: f"[{word}](https://e.com/{word})"),
    WORD.map(lambda word: f"||{word}||"),
    st.tuples(WORD, WORD).map(" ".join),
)
ROW = st.tuples(st.lists(CELL, min_size=1, max_size=7), st.booleans(), st.booleans()).map(
    lambda row: ("| " if row[1] else "") + " | ".join(row[0]) + (" |" if row[2] else "")
)
RULE = st.sampled_from(["-", "---", ":-", "-:", ":-:", " --- "])


def letters(text: str) -> str:
    """The letters that are read: without addresses."""
    return re.sub(r"[^a-h]", "", re.sub(r"<?\bhttps://e\.com/\w+>?", "", text))


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, list[str]]:
    columns = draw(st.integers(1, 5))
    head = "| " + " | ".join(draw(st.lists(WORD, min_size=columns, max_size=columns))) + " |"
    rule = "|" + "|".join(draw(st.lists(RULE, min_size=columns, max_size=columns))) + "|"
    body = draw(st.lists(ROW.filter(str.strip), max_size=5))
    return columns, [head, rule, *body]


@settings(deadline=None, max_examples=300)
@given(table=tables(), around=st.sampled_from(["", "> ", "  ", "- "]))
def test_every_letter_of_every_cell_is_shown_in_order(table: tuple[int, list[str]], around: str) -> None:
    columns, lines = table
    markdown = "\n".join(around + line for line in lines)
    if around == "- ":
        markdown = "- " + "\n  ".join(lines)
    blocks = parse(markdown)
    for block in blocks:
        if block.kind is BlockKind.TABLE:
            assert {len(row) for row in block.rows} == {columns}
    in_order = letters("".join(lines))
    assert letters("".join(block.text for block in blocks)) == in_order
    # Lists repeat the head before each cell; columns show each word once.
    for shown in (telegram(blocks)[0], discord(blocks), str(rich_render.render(blocks))):
        assert is_within(in_order if len(lines) > 2 else letters(lines[0]), shown, head=letters(lines[0]))


def is_within(wanted: str, shown: str, head: str) -> bool:
    """Whether these letters stand there in this order; a head may stand before each cell instead of above."""
    found = letters(shown)
    return subsequence(wanted, found) or (subsequence(wanted.removeprefix(head), found) and set(head) <= set(found))


def test_a_column_without_a_cell_is_named_where_cells_are_listed() -> None:
    text = telegram(parse("| a | Notes |\n|---|---|\n| [x](https://e.com) | |\n| y | |"))[0]
    assert text == "Notes: –\n\na: x\n\na: y"


def subsequence(wanted: str, found: str) -> bool:
    rest = iter(found)
    return all(letter in rest for letter in wanted)


def test_the_work_grows_with_the_length_of_a_row() -> None:
    row = "| " + "".join("`" * n + "|" for n in itertools.islice(itertools.cycle(range(1, 40)), 5_000))
    assert parse("| a | b |\n|-|-|\n" + row)
    wide = "|" + "a|" * 2_000 + "\n|" + "-|" * 2_000 + "\n"
    assert parse(wide + "|a\n" * 2_000)


ALIGNED = "| left | mid | right | as is |\n|:--|:-:|--:|---|\n| a | b | 1 | c |\n| long one | longer | 1,000 | d |"


def test_columns_stand_where_their_dashes_say() -> None:
    lines = discord(parse(ALIGNED)).split("\n")[1:-1]
    assert lines[2:] == ["a        │   b    │     1 │ c", "long one │ longer │ 1,000 │ d"]
    assert telegram(parse(ALIGNED))[0].split("\n") == lines
    table = rich_render.render(parse(ALIGNED))["blocks"][0]
    assert [[cell["align"] for cell in row] for row in table["cells"]] == [["left", "center", "right", "left"]] * 3


SIDES = {"<": ":-", "^": ":-:", ">": "-:", "-": "-"}


@given(st.lists(st.tuples(st.sampled_from("<^>-"), st.integers(1, 5), st.text("ab", max_size=5)), min_size=1))
def test_the_side_of_every_column_is_kept_also_where_the_table_is_cut(columns: list[tuple[str, int, str]]) -> None:
    dashes = " | ".join(SIDES[side].replace("-", "-" * count) for side, count, _ in columns)
    row = "|" + "|".join(cell for _, _, cell in columns) + "|"
    text = "|" + "|".join("h" for _ in columns) + f"|\n| {dashes} |" + f"\n{row}" * 30
    pages = paginate(parse(text), limit=20_000 // 30, measure=rich_render.measure, separator=2)
    sides = [{"^": "center", ">": "right"}.get(side, "left") for side, _, _ in columns]
    for table in (block for page in pages for block in page if block.kind is BlockKind.TABLE and len(sides) <= 20):
        made = rich_render.render([table])["blocks"][0]["cells"]
        assert all([cell["align"] for cell in row] == sides for row in made)
