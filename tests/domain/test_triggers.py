"""Words that call the bot are found whole, however they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.triggers import folded, is_called, listed


@pytest.mark.parametrize(
    ("trigger", "said"),
    [
        ("café", "ein CAFE, bitte"),
        ("cafe", "Café!"),
        ("Straße", "STRASSE 7"),
        ("ещё", "Еще раз"),
        ("help me", "please  HELP\nme now"),
        ("Istanbul", "İSTANBUL?"),
        ("fin", "la ﬁn"),
        ("你好", "他说你好吗"),
        ("สวัสดี", "พูดสวัสดีครับ"),
        ("ボット", "このボットは"),
        ("שלום", "שָׁלוֹם לך"),
        ("سلام", "سَلَامٌ عليكم"),
        ("कुल", "कुल मिलाकर"),
        ("봇", "봇 도와줘"),
        ("c++", "in C++!"),
        ("cat", "cats and a cat"),
    ],
)
def test_a_word_is_found(trigger: str, said: str) -> None:
    assert is_called((trigger,), said)


@pytest.mark.parametrize(
    ("trigger", "said"),
    [
        ("bot", "robot bots bot_1 bot2"),
        ("कुल", "कल"),  # Its vowel makes another word of it.
        ("か", "が"),
        ("help me", "help them"),
        ("한", "한국"),
        ("e", "né́e"),
    ],
)
def test_what_is_part_of_another_word_is_not(trigger: str, said: str) -> None:
    assert not is_called((trigger,), said)


def test_what_is_listed_is_listed_once_and_without_what_says_nothing() -> None:
    assert listed("Tea, tea;\nHELP   me ,, !?, …") == ("tea", "HELP me")


@given(st.text(alphabet=st.characters(categories=("L", "N")), min_size=1, max_size=12), st.text(max_size=40))
def test_every_word_that_can_be_listed_is_found_where_it_stands_alone(word: str, around: str) -> None:
    for trigger in listed(word):
        for written in (word, word.upper(), f"\u200e{word}"):
            assert folded(written) != folded(word) or is_called((trigger,), f"{around} {written} !{around}")


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)
