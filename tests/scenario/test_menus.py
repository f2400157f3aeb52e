"""Menus of choices: what is typed after one is a choice where it names one, and else a message as any other."""

import pytest

from bot.contracts.command import Choice, call_to_data, named, searching
from bot.domain.ids import PersonId
from handlers.commands import COMMANDS
from storage import people
from tests.scenario.test_trouble import balance
from tests.support.world import House, Someone

ASKING = {
    # The menus that a command without its argument shows, and what is typed after each.
    "mode": ("Documents", "regul"),
    "model": ("default", "the mode's default"),
    "switch": ("tides and winds", "TIDES"),
    "session_temperature": ("0.5", "creat"),
    "session_effort": ("none", "high"),
    "set_language": ("deutsch", "Engl"),
    "set_zone": ("Europe/Berlin", "new york"),
    "set_previews": ("off", "edits"),
    "set_steering": ("now", "wait"),
    "set_read_aloud": ("always", "when i send"),
    "set_tools_shown": ("all", "not sh"),
    "set_rich": ("never", "always"),
    "set_show_model": ("on", "no"),
    "set_show_reasoning": ("off", "yes"),
    "set_mode": ("documents", "regular"),
    "set_model": ("default", "the mode's default"),
    "set_temperature": ("default", "0"),
    "set_effort": ("high", "extra"),
    "set_context": ("12", "20"),
    "set_context_tokens": ("8000", "32000"),
    "export": ("markdown", "json"),
    "folder": ("Travel", "trav"),
    "move": ("Travel", "no folder"),
}
BEFORE = {"move": ("1",)}
ELSEWHERE = {"model_add", "own_temperature", "own_length"}
"""Those of a person's own models, which are not there without an endpoint."""
AMONG_OTHERS = {"here_mode", "here_model", "here_language", "here_answers", "here_replies"}
"""Those of a group, which are not there in private: the tests of `/here` press them."""
OF_ADMINS = {"bot_add"}
"""Those of an admin: `tests/scenario/test_several_bots.py` presses them."""


def test_every_menu_is_tried() -> None:
    asking = {
        declared.name
        for declared in COMMANDS
        for number, param in enumerate(declared.params)
        if param.choices is not None and param.required and all(one.required for one in declared.params[:number])
    }
    assert asking - {"folder_page"} - ELSEWHERE - AMONG_OTHERS - OF_ADMINS <= set(ASKING)


async def test_a_choice_may_be_typed_after_any_menu(house: House, alice: Someone) -> None:
    house.model.replies.extend(["Yes.", "A city."])
    await house.start()
    alice.says("tides and winds")
    shown = await alice.sees("Yes.")
    house.side.forge(alice.person, alice.room, shown, call_to_data("folder", ("Travel",)))
    await alice.sees("Travel")
    for name, typed in ASKING.items():
        for text in typed:
            house.side.forge(alice.person, alice.room, shown, call_to_data(name, BEFORE.get(name, ())))
            alice.says(text)
    await alice.sees("is no longer in a folder")
    house.side.forge(alice.person, alice.room, shown, call_to_data("set_zone", ()))
    alice.says("And what is Berlin?")
    await alice.sees("A city.")
    asked = [request.body["messages"][-1]["content"] for request in house.model.requests]
    assert asked == ["tides and winds", "And what is Berlin?"], "Whatever else was typed is a choice."
    assert await balance(house) == 3800
    person = await house.read(people.get(PersonId(1)))
    assert (person.language, person.time_zone, person.default_mode) == ("en", "America/New_York", "regular")
    assert (person.context_messages, person.temperature) == (20, 0)


OFFERED = tuple(
    Choice(value, label)
    for value, label in (
        ("0", "20 · as the operator set it"),
        ("20", "20"),
        ("regular", "regular · mistral/mistral-medium-latest · images · 128k"),
        ("America/New_York", "America/New_York"),
        ("7", "Plans for New Year"),
        ("8", "Plans for summer"),
        ("9", "Plans for summer"),
    )
)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("20", "20"),
        ("REGULAR", "regular"),
        ("new york", "America/New_York"),
        ("  plans   for new ", "7"),
        ("plans for summer", "8"),
        ("New", None),
        ("plans", None),
        ("p", None),
        ("ork", None),
        ("plans for summer?", None),
        ("And what is America/New_York?", None),
    ],
)
def test_a_text_names_a_choice_only_where_it_can_be_no_other(typed: str, value: str | None) -> None:
    found = named(OFFERED, typed)
    assert (found.value if found else None) == value


@pytest.mark.parametrize(
    ("typed", "searches"),
    [
        ("GPT", True),
        ("gpt luna", True),
        ("6 luna", True),
        ("luna sol", False),
        ("grok fast", False),
        ("ok", False),
        ("a", False),
        ("", False),
        ("What about gpt?", False),
    ],
)
def test_words_search_choices_where_one_of_them_has_words_that_begin_so(typed: str, searches: bool) -> None:
    found = [
        Choice(name, f"{name} · images · 922k") for name in ("openai/gpt-6-luna", "openai/gpt-6-sol", "xai/grok-4")
    ]
    assert searching(found, typed) is searches


async def test_what_comes_right_behind_an_answer_comes_after_it(house: House, alice: Someone) -> None:
    house.model.reply = lambda body: f"About {body['messages'][-1]['content']}"
    await house.start()
    alice.says("tides")
    shown = await alice.sees("About tides")
    house.side.forge(alice.person, alice.room, shown, call_to_data("set_mode", ()))
    for text in ("regular", "winds", "documents", "and waves"):
        alice.says(text)
    await alice.sees("About and waves")
    spoken = [str(request.body["messages"][-1]["content"]) for request in house.model.requests]
    assert spoken == ["tides", "winds", "documents", "and waves"]
