"""What is read aloud of an answer: its sentences, and nothing that only the eye can read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rendering.aloud import LONGEST_BEGINNING, LONGEST_PIECE, beginning, pieces, readable_aloud


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("**Yes**, it is. See [the page](https://example.org/x).", "Yes, it is. See the page."),
        ("Go to https://example.org/a_b?c=d now, or to www.example.org.", "Go to now, or to."),
        ("Write to ann@example.org today.", "Write to today."),
        ("Before.\n\n```python\nprint(1)\n```\n\nBehind.", "Before.\nBehind."),
        ("Use `make test` first.", "Use make test first."),
        ("| a | b |\n|---|---|\n| 1 | 2 |", ""),
        ("$$x^2$$\n\nThat is $x^2$, or four.", "That is, or four."),
        ("# Hills\n\n- High ones\n- Low ones 🏔️!", "Hills.\nHigh ones.\nLow ones!"),
        ("---\n\n***", ""),
        ("山很高。海很深。", "山很高。海很深。"),
    ],
)
def test_sentences_are_read_and_code_tables_formulas_and_addresses_are_not(written: str, read: str) -> None:
    assert readable_aloud(written) == read


def test_a_beginning_ends_with_a_sentence() -> None:
    text = " ".join(f"This is sentence {number}." for number in range(100))
    begun = beginning(text)
    assert text.startswith(begun)
    assert begun.endswith(".")
    assert LONGEST_BEGINNING - 30 < len(begun) <= LONGEST_BEGINNING


@given(st.text(alphabet="ab .!?\n。", max_size=300), st.integers(10, 60))
def test_pieces_hold_every_word_in_its_order_and_none_is_too_long(text: str, longest: int) -> None:
    found = pieces(text, longest)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(0 < len(piece) <= longest for piece in found)


def test_a_word_without_end_is_read_in_parts() -> None:
    assert "".join(pieces("x" * 10_000)) == "x" * 10_000
    assert max(map(len, pieces("x" * 10_000))) <= LONGEST_PIECE
