"""Thinking that a model marks within its text is told apart, wherever the pieces are cut."""

import itertools
from dataclasses import replace

import pytest

from bot.domain.events import ReasoningDelta, TextDelta
from bot.standins.model import ModelServer
from providers.answer import Answer
from tests.providers.asking import WIRED, Open, Vendor, hear, prompt_of

TOLD = {
    "<think>Hm.</think>\nYes.": ("Hm.", "Yes."),
    "<thinking>Hm.</thinking>\nYes.": ("Hm.", "Yes."),
    "\n[THINK]Hm.[/THINK]Yes.": ("Hm.", "Yes."),
    "<thinking>a </think> b</thinking>Yes.": ("a </think> b", "Yes."),
    "<thought>Hm.</thought>Yes.": ("Hm.", "Yes."),
    "◁think▷Hm.◁/think▷Yes.": ("Hm.", "Yes."),
    "<seed:think>Hm.</seed:think>": ("Hm.", ""),
    "<|channel>thought\nHm.<channel|>Yes.": ("\nHm.", "Yes."),
    "<|START_THINKING|>Hm.<|END_THINKING|><|START_RESPONSE|>Yes.<|END_RESPONSE|>": ("Hm.", "Yes."),
    "<think>Hm.</think>\n<answer>\nYes.\n</answer>": ("Hm.", "Yes.\n"),
    "<think>Hm.</think><answe": ("Hm.", "<answe"),
    "<answer>Yes.</answer>": ("", "<answer>Yes.</answer>"),
    "`<thinking>` is a mark, [THINK] too.": ("", "`<thinking>` is a mark, [THINK] too."),
    "```\n[THINK]a[/THINK]\n```": ("", "```\n[THINK]a[/THINK]\n```"),
    "<thin ice": ("", "<thin ice"),
    "[THI": ("", "[THI"),
    "Hm.\n</think>\n\nYes.": ("", "Hm.\n\n\nYes."),
    "Hm.</think>\n\nYes.": ("", "Hm.\n\nYes."),
    "</think>\n\nYes.": ("", "Yes."),
    "The tag `</think>` ends it, </think> too.": ("", "The tag `</think>` ends it, </think> too."),
    "```\na\n</think>\nb\n```": ("", "```\na\n</think>\nb\n```"),
    "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Yes.": ("Hm.", "Yes."),
    "<|start|>assistant<|channel|>analysis<|message|>Hm.<|channel|>final<|message|>Yes.<|return|>": ("Hm.", "Yes."),
    "<|channel|>commentary to=functions.x <|constrain|>json<|message|>{}<|call|>": ("{}", ""),
    "<|channel|>final<|message|>Yes: `<|end|>` ends it.": ("", "Yes: `<|end|>` ends it."),
    "<|channel|> is a mark of gpt-oss.": ("", "<|channel|> is a mark of gpt-oss."),
    "Yes.<|im_end|>": ("", "Yes."),
    "Yes.<|im_end|>\n<|im_start|>assistant\n": ("", "Yes."),
    "Yes.<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n": ("", "Yes."),
    "Yes.</s></s>": ("", "Yes."),
    "Yes.<|im_en": ("", "Yes.<|im_en"),
    "Put <|im_end|> at the end.": ("", "Put <|im_end|> at the end."),
    "It is `<|im_end|>`": ("", "It is `<|im_end|>`"),
    "```\n<|im_end|>": ("", "```\n<|im_end|>"),
    "It costs <s>7</s>": ("", "It costs <s>7</s>"),
    "a < b, x[1] <": ("", "a < b, x[1] <"),
    **{f"Yes.{mark}": ("", "Yes.") for mark in ("<|end_of_text|>", "</s>", "<|endoftext|>", "<end_of_turn>\n")},
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


@pytest.mark.parametrize("vendor", WIRED, ids=lambda vendor: vendor.kind)
async def test_a_template_that_opens_the_thinking_is_learned_from_its_end(
    vendor: Vendor, server: ModelServer, open_: Open
) -> None:
    provider = open_(vendor)
    server.reply = "Let me see.\n</think>\n\nThe answer.<|im_end|>"
    first, second = await hear(provider), await hear(provider)
    assert (first.text, first.reasoning) == ("Let me see.\n\n\nThe answer.", "")
    assert (second.text, second.reasoning) == ("The answer.", "Let me see.\n")
    server.reply = "No thinking today."
    assert (await hear(provider)).text == "No thinking today."
    server.reply = "Let me see.\n</think>\n\nThe answer."
    known = await hear(provider, replace(prompt_of(), model="QwQ-32B"))
    assert (known.text, known.reasoning) == ("The answer.", "Let me see.\n")


@pytest.mark.parametrize("vendor", WIRED, ids=lambda vendor: vendor.kind)
async def test_every_adapter_tells_marks_apart(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    provider = open_(vendor)
    # Each with another model: what one answer teaches about its model is no matter here.
    for number, (said, told) in enumerate(list(TOLD.items())[::4]):
        server.reply = said
        heard = await hear(provider, replace(prompt_of(), model=f"some-model-{number}"))
        assert (heard.reasoning, heard.text) == told, said


@pytest.mark.parametrize("word", ["Hello", "# Title", "<b>x", "[1] x", "a < b", "- "])
def test_the_first_words_of_an_ordinary_answer_are_not_held(word: str) -> None:
    answer = Answer()
    answer.add_text(word)
    assert answer.take() == [TextDelta(word)]
