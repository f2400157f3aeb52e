"""Thinking that a model marks within its text is told apart, wherever the pieces are cut."""

import itertools

import pytest

from bot.events import ReasoningDelta, TextDelta
from providers.answer import Answer

TOLD = {
    "<think>Hm.</think>\nYes.": ("Hm.", "Yes."),
    "<thinking>Hm.</thinking>\nYes.": ("Hm.", "Yes."),
    "\n[THINK]Hm.[/THINK]Yes.": ("Hm.", "Yes."),
    "<thinking>a </think> b</thinking>Yes.": ("a </think> b", "Yes."),
    "`<thinking>` is a mark, [THINK] too.": ("", "`<thinking>` is a mark, [THINK] too."),
    "```\n[THINK]a[/THINK]\n```": ("", "```\n[THINK]a[/THINK]\n```"),
    "<thin ice": ("", "<thin ice"),
    "[THI": ("", "[THI"),
}


@pytest.mark.parametrize(("said", "told"), TOLD.items(), ids=TOLD)
def test_marked_thinking_is_told_apart_wherever_it_is_cut(said: str, told: tuple[str, str]) -> None:
    for one, two in itertools.combinations_with_replacement(range(len(said) + 1), 2):
        answer = Answer()
        for piece in (said[:one], said[one:two], said[two:]):
            answer.add_text(piece)
        answer.end()
        deltas = answer.take()
        thought = "".join(delta.text for delta in deltas if isinstance(delta, ReasoningDelta))
        assert (thought, "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))) == told
