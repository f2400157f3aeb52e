"""What shows nothing is no answer, and what is an answer has a page."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import regex  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.events import Finished, Started, TextDelta
from bot.domain.provider_errors import EmptyAnswer, LimitSpent, RequestRefused
from bot.domain.turns import FinishReason
from bot.rendering.markup import parse
from bot.rendering.pages import shows
from bot.standins.model import Fault, Reply
from bot.turns.answer import Answer
from handlers.discord import render as discord
from handlers.telegram import render as telegram
from tests.llm.kitchen import Kitchen, open_kitchen
from tests.rendering.forms import FORMS
from tests.rendering.test_pages import CRUMBS

NOTHING = (
    "```\n```",
    "```python\n\n```",
    "~~~\n   \n~~~",
    "\u200b",
    "\u200e",
    "\ufeff",
    "\u202e\u202c",
    "\u2060\u2064",
    "\u00ad",
    "\u034f",
    "\u115f\u1160",
    "\u17b4",
    "\u180e",
    "\u2800",
    "\u3000",
    "\u3164",
    "\uffa0",
    "\ufe0f",
    "\ufffc",
    "\U000e0041",
    "\u0301\u0301",
    " \n \n",
    "<details></details>",
    "> ",
    "# ",
    "**\u200b**",
    "| |\n|-|\n| |",
)
VISIBLE = regex.compile(r"[^\s\p{Cf}\p{M}\p{Default_Ignorable_Code_Point}\u2800\ufffc]")
"""Taken from Unicode here, so that the test does not share a mistake with the layout."""
INVISIBLE = st.sampled_from([text for text in NOTHING if len(text) <= 2])
TEXTS = st.lists(st.sampled_from(CRUMBS) | INVISIBLE | st.text(max_size=2), max_size=12).map("".join)


@pytest.mark.parametrize("text", NOTHING, ids=ascii)
def test_nothing_is_shown(text: str) -> None:
    assert not shows(text)
    assert not Answer(pieces=[text]).has_something


@given(TEXTS)
def test_every_text_has_a_page_that_shows_something_or_is_no_answer(text: str) -> None:
    blocks = parse(text)
    for form in FORMS:
        pages = form.pages(blocks)
        assert bool(pages) is shows(text), form.name
        for page in pages:
            for words in (telegram.render(page)[0], discord.render(page)):
                assert VISIBLE.search(words), f"{form.name}: {words!r}"
                assert words != "\N{HORIZONTAL ELLIPSIS}" or "\N{HORIZONTAL ELLIPSIS}" in text


@pytest.fixture
async def kitchen(tmp_path: Path) -> AsyncIterator[Kitchen]:
    async with open_kitchen(tmp_path) as kitchen:
        yield kitchen


async def test_what_shows_nothing_is_asked_for_again_and_then_from_the_next_model(kitchen: Kitchen) -> None:
    kitchen.model.replies.extend([*NOTHING[:3], "Yes."])
    events = await kitchen.ask("one/a", "two/b")
    assert kitchen.asked() == ["a", "a", "a", "b"]
    begun = max(number for number, event in enumerate(events) if isinstance(event, Started))
    assert "".join(event.text for event in events[begun:] if isinstance(event, TextDelta)) == "Yes."
    assert isinstance(events[-1], Finished)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (FinishReason.COMPLETE, EmptyAnswer),
        (FinishReason.LENGTH, LimitSpent),
        (FinishReason.FILTERED, RequestRefused),
    ],
)
async def test_what_shows_nothing_says_why(kitchen: Kitchen, reason: FinishReason, expected: type[Exception]) -> None:
    kitchen.model.reply = Reply("```\n```", reason=reason)
    with pytest.raises(expected):
        await kitchen.ask("one/a")


async def test_what_breaks_off_before_anything_shows_is_followed_by_the_next_model(kitchen: Kitchen) -> None:
    kitchen.model.replies.append("\u200b one two")
    kitchen.model.fail(*(Fault("truncate", after_tokens=1) for _ in range(3)))
    kitchen.model.replies.extend(["\u200b one"] * 2)
    events = await kitchen.ask("one/a", "two/b")
    assert kitchen.asked() == ["a", "a", "a", "b"]
    assert events[-1].reason is FinishReason.COMPLETE  # type: ignore[union-attr]
