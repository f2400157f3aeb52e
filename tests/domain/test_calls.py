"""Calls and their results, whatever a message holds of them."""

import json

from hypothesis import given
from hypothesis import strategies as st

from bot.archive.parley import conversations, session_of, to_json
from bot.archive.rounds import archived, parts_of
from bot.archive.values import Archive, ArchivedMessage, ArchivedSession
from bot.domain.calls import CallPart, Outcome, ResultPart, Round, rounds_of
from bot.domain.messages import Author, Part, TextPart, text_of
from storage.parts import parts_from_json, parts_to_json

ids = st.sampled_from(("a", "b", "call_1", "functions.x:0"))
words = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
calls = st.builds(CallPart, ids, st.sampled_from(("search", "delete it")), words, words, words)
results = st.builds(ResultPart, ids, words, st.sampled_from(Outcome))
some_parts: st.SearchStrategy[list[Part]] = st.lists(st.one_of(st.builds(TextPart, words), calls, results), max_size=8)


@given(some_parts)
def test_each_call_has_its_result_and_each_result_its_call(parts: list[Part]) -> None:
    rounds, rest = rounds_of(parts)
    assert [call for made in rounds for call in made.calls] == [part for part in parts if isinstance(part, CallPart)]
    for made in rounds:
        assert made.calls
        assert [result.call for result in made.results] == [call.id for call in made.calls]
    said = [part for made in rounds for part in made.said]
    assert [*said, *rest] == [part for part in parts if isinstance(part, TextPart)]
    again = [part for made in rounds for part in made.parts]
    assert rounds_of([*again, *rest]) == (rounds, rest)


def test_an_interrupted_call_is_unknown_and_never_done() -> None:
    rounds, _ = rounds_of([CallPart("a", "send", "{}"), CallPart("b", "send", "{}"), ResultPart("b", "Sent.")])
    assert [result.outcome for result in rounds[0].results] == [Outcome.UNKNOWN, Outcome.DONE]


@given(some_parts)
def test_parts_are_kept_as_they_are(parts: list[Part]) -> None:
    assert parts_from_json(parts_to_json(tuple(parts))) == tuple(parts)


@given(some_parts)
def test_calls_come_back_from_an_export(parts: list[Part]) -> None:
    message = ArchivedMessage("1", None, Author.ASSISTANT, text_of(tuple(parts)), rounds=archived(parts))
    data = to_json(Archive((ArchivedSession("Title", (message,), "1"),)))
    found = session_of(conversations(json.loads(data))[0])
    brought = tuple(parts_of(found.messages[0]))
    assert text_of(brought) == text_of(tuple(parts))
    assert [_shown(made) for made in rounds_of(brought)[0]] == [_shown(made) for made in rounds_of(parts)[0]]


def _shown(made: Round[Part]) -> object:
    """A round without what only its vendor may have back."""
    called = [(call.id, call.tool, call.arguments) for call in made.calls]
    return called, [(result.text, result.outcome) for result in made.results]
