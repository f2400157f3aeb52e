"""What the laboratory says of a chat is what stands there: its pure parts, without any peer."""

import pytest

from tests.bench.peers.__main__ import table
from tests.bench.peers.answers import BROKEN, lost_characters, marks_of, opening, question, sentences, shown

LONG = sentences(40)
USER, BOT = "user", "assistant"


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([LONG], "whole, in one message"),
        # A cut through a sentence, at a blank that is then gone, loses nothing.
        ([LONG[:1002].rstrip(), LONG[1002:].lstrip()], "whole, in 2 messages"),
        ([LONG[:1002], LONG[900:]], "1 of 40 sentences twice"),
        ([LONG[: len(sentences(30))]], "10 of 40 sentences missing"),
        ([LONG, LONG], "40 of 40 sentences twice"),
        (["Something went wrong."], "lost"),
    ],
)
def test_a_long_answer_is_counted_by_its_sentences(texts: list[str], said: str) -> None:
    assert str(shown(texts, 40)) == said


def test_characters_are_lost_where_they_stand_in_no_message() -> None:
    text = "\n\n".join(BROKEN)
    assert lost_characters(text, ["Answer.", text.replace("\n\n", "\n"), "The end."]) == ""
    assert lost_characters(text, [text.replace("List<String>", "List").replace("\\o/", "o/")]) == "<String>\\"


def test_a_request_is_to_answer_what_was_said_behind_the_last_answer() -> None:
    messages = [
        {"role": USER, "content": question(1)},
        {"role": BOT, "content": opening(["q1x"])},
        {"role": USER, "content": [{"type": "text", "text": question(2)}]},
        {"role": USER, "content": question(3)},
        {"role": BOT, "content": "", "tool_calls": [{"id": "1"}]},
        {"role": "tool", "content": "It is twelve."},
    ]
    assert marks_of({"messages": messages}) == ["q2x", "q3x"]


def test_what_was_not_measured_is_a_dash() -> None:
    columns = {"Parley": {"a": "1", "b": "2"}, "Other": {"b": "3"}}
    assert table("what", columns, ("a", "b")) == (
        "| what | Parley | Other |\n| --- | --- | --- |\n| a | 1 | — |\n| b | 2 | 3 |"
    )
