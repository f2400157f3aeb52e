"""Names from first words: a few whole words of what is read, never more than a list or a thread's name can show."""

import pytest
import regex  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from bot.rendering.markup import parse
from bot.rendering.titles import cut_title, shorten_title, written_title

FAMILY = "👨‍👩‍👧‍👦"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("How long does tea take?", "How long does tea take?"),
        ("How long does green tea take?", "How long does green tea…"),
        ("**Why** is `x` *not*\n\n# y", "Why is x not y"),
        ("[the page](https://example.org/a) says so", "the page says so"),
        ("one, two, three, four, five, six", "one, two, three, four, five…"),
        ("a\u2028b\tc\r\nd", "a b c d"),
        ("x" * 61, "x" * 59 + "…"),
        ("x" * 60, "x" * 60),
        ("short " + "y" * 80, "short…"),
        (FAMILY * 20, FAMILY * 8 + "…"),
        ("e\u0301" * 40, "e\u0301" * 29 + "…"),
        ("2 * 3 * 4 = 24", "2 * 3 * 4…"),
        ("---", "---"),
        ("", ""),
        (" \n ", ""),
    ],
)
def test_a_title_is_made_of_first_words(text: str, title: str) -> None:
    assert shorten_title(text) == title


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ('"Two tides a day."', "Two tides a day"),
        ("**Two tides a day**", "Two tides a day"),
        ("# Two tides\n\nThis title says what it is about.", "Two tides"),
        ("**Tides:** why there are two", "Tides: why there are two"),
        ("«Война и мир» за пять минут", "«Война и мир» за пять…"),
        ("„Faust“ erklärt", "„Faust“ erklärt"),
        ("„Ebbe und Flut“", "Ebbe und Flut"),
        ('"Hamlet" and "Macbeth"', '"Hamlet" and "Macbeth"'),
        ("《潮汐》", "潮汐"),
        ("Learning C#", "Learning C#"),
        ("***", ""),
        ('"', '"'),
        ("", ""),
    ],
)
def test_a_models_title_loses_what_stands_around_it_and_nothing_else(written: str, title: str) -> None:
    assert written_title(written) == title


PIECES = st.lists(st.sampled_from([*"ab *_`#[]()<>\n\t\u2028.,", FAMILY, "e\u0301", "🇩🇪", "漢"]), max_size=120)


@given(PIECES.map("".join))
def test_a_title_is_one_short_line_of_whole_characters(text: str) -> None:
    title = shorten_title(text)
    assert len(title) <= 60
    assert title == " ".join(title.split())
    assert bool(title) == bool(text.split())
    if title.endswith("…"):
        shown = " ".join(word for block in parse(text) for word in block.text.split()) or " ".join(text.split())
        kept = title[:-1]
        assert shown.startswith(kept)
        borders = {found.end() for found in regex.finditer(r"\X", shown)}
        assert len(kept) in borders or not kept


@given(PIECES.map("".join), st.sampled_from([24, 60, 100, 128]))
def test_a_given_title_is_kept_or_cut_between_words(text: str, limit: int) -> None:
    whole, title = " ".join(text.split()), cut_title(text, limit)
    if len(whole) <= limit:
        assert title == whole
        return
    assert len(title) <= limit
    assert title.endswith("…")
    kept = title[:-1]
    assert whole.startswith(kept)
    assert len(kept) in {0, *(found.end() for found in regex.finditer(r"\X", whole))}
    assert " " not in kept or not whole[len(kept)].isalnum()
