"""What is said above a scheduled question's answer, and which answers say that there is nothing to say."""

import pytest

from bot.turns.scheduled import says_nothing, shortened


@pytest.mark.parametrize(("length", "shown"), [(300, "x" * 300), (301, "x" * 300 + "…")])
def test_a_long_question_is_shown_by_its_beginning(length: int, shown: str) -> None:
    assert shortened("x" * length) == shown


@pytest.mark.parametrize(
    "text", ["NOTHING_TO_SAY", "`NOTHING_TO_SAY`", "**Nothing to say.**", "  NOTHING_TO_SAY.\n", "“nothing-to-say”"]
)
def test_nothing_is_said_in_whatever_signs_a_model_writes_that(text: str) -> None:
    assert says_nothing(text)


@pytest.mark.parametrize(
    "text", ["", "There is nothing to say about rain.", "NOTHING_TO_SAY, but it rains.", "I have nothing to say."]
)
def test_whatever_says_more_is_an_answer(text: str) -> None:
    assert not says_nothing(text)
