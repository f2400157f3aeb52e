"""What a person chose to have remembered: listed and changed by them alone, told to models as notes, in private."""

import json

import pytest

from bot.domain.facts import LONGEST
from bot.turns.memory import HEAD
from tests.scenario.test_conversations import spoken

# What the fixtures of linking give: one gateway with both platforms around it.
from tests.scenario.test_linking import Both, both, code_of
from tests.support.sides import Shown
from tests.support.world import House, Someone

__all__ = ["both"]


def remembered(house: House) -> list[str]:
    """What the model was told at its last request, of what is remembered."""
    told = [words for words in spoken(house) if HEAD in words]
    assert len(told) <= 1
    lines = told[0].split(HEAD + "\n")[1].splitlines() if told else []
    return [line.removeprefix("- ") for line in lines if line.startswith("- ")]


async def test_what_is_remembered_is_told_as_notes_in_every_session_until_it_is_erased(
    house: House, alice: Someone
) -> None:
    house.model.reply = "Yes."
    await house.start(system_prompt="Be kind.")
    alice.says("hi")
    await alice.sees("Yes.")
    assert remembered(house) == []
    await alice.commands("memory", "I live in Bonn")
    await alice.sees("I will remember: I live in Bonn")
    await alice.commands("memory", "I  live in bonn.")
    await alice.sees("I already remember that")
    await alice.commands("memory", "I have two cats")
    await alice.sees("I will remember: I have two cats")
    await alice.commands("new")
    await alice.sees("A new session is open")
    for times, words in enumerate(("where do I live?", "and who with?"), 2):
        alice.says(words)
        await alice.sees("Yes.", times=times)
        assert remembered(house) == ["I live in Bonn", "I have two cats"]
    first, second = (request.body["messages"] for request in list(house.model.requests)[-2:])
    assert json.dumps(second[: len(first) - 1]) == json.dumps(first[:-1]), "as long as no fact changes"
    system = [message["content"] for message in second if message["role"] == "system"]
    assert not any("Bonn" in words for words in system), "the operator's words are another thing"
    await alice.commands("memory")
    await alice.presses("2. I live in Bonn")
    await alice.presses("Erase this")
    await alice.sees("in private chats only: 1")
    alice.says("and now?")
    await alice.sees("Yes.", times=4)
    assert remembered(house) == ["I have two cats"]


async def newest(house: House, someone: Someone, label: str) -> Shown:
    """The newest message, once it has a button of this name."""

    def look() -> Shown | None:
        return next((message for message in someone.answers()[-1:] if label in message.labels), None)

    found = await house.until(look)
    assert found is not None
    return found


async def test_an_edited_one_takes_the_place_of_the_one_before_and_a_stale_button_changes_nothing(
    house: House, alice: Someone
) -> None:
    await house.start()
    await alice.commands("memory", "I live in Bonn")
    await alice.sees("I will remember")
    await alice.commands("memory")
    stale = await alice.sees("in private chats only: 1")
    await alice.commands("memory")
    await alice.sees("in private chats only: 1", times=2)
    for button, shown in (("1. I live in Bonn", "Pin"), ("Pin", "1. I live in Bonn"), ("1. I live in Bonn", "Unpin")):
        listed = await newest(house, alice, button)
        await alice.presses(button, on=listed)
        await newest(house, alice, shown)
    await alice.presses("Edit")
    await alice.fills("What to remember instead", "I live in Cologne")
    await alice.sees("I will remember: I live in Cologne")
    await alice.presses("1. I live in Bonn", on=stale)
    await alice.sees("changed or erased in the meantime")
    await alice.commands("memory")
    await alice.sees("📌 I live in Cologne")


async def test_remember_that_offers_a_button_and_only_who_wants_it_so_has_it_kept_at_once(
    house: House, alice: Someone
) -> None:
    house.model.reply = "Of course."
    await house.start()
    alice.says("Remember that I am allergic to nuts")
    answer = await alice.sees("Of course.")
    assert "Remember this" in answer.labels
    alice.says("what now?")
    await alice.sees("Of course.", times=2)
    assert remembered(house) == []
    assert "Remember this" not in alice.answers()[-1].labels
    await alice.presses("Remember this", on=answer)
    await alice.sees("I will remember: I am allergic to nuts")
    await alice.presses("Everything I remember")
    await alice.presses("Remember without asking")
    await alice.sees("From now on, I remember anything that begins")
    alice.says("Bitte merk dir, dass ich Tee mag")
    shown = await alice.sees("Remembered.")
    assert "Remember this" not in shown.labels
    alice.says("so?")
    await alice.sees("Of course.", times=4)
    assert remembered(house) == ["I am allergic to nuts", "ich Tee mag"]


async def test_a_message_is_remembered_by_the_command_on_it(house: House, alice: Someone) -> None:
    house.model.replies.extend(["The moon does it.", "x" * (LONGEST + 1)])
    await house.start()
    alice.says("why are there tides?")
    answer = await alice.sees("The moon does it.")
    await alice.commands_on("memory", answer)
    await alice.sees("I will remember: The moon does it.")
    alice.says("more")
    long = await alice.sees("xxxx")
    await alice.commands_on("memory", long)
    await alice.sees(f"That is {LONGEST + 1} characters long; the limit is {LONGEST}.")


async def test_among_others_nothing_of_it_is_shown_told_or_offered(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Yes."
    await house.start()
    await alice.commands("memory", "I live in Bonn")
    await alice.sees("I will remember")
    here, _ = house.group(alice, bob)
    here.says("remember that we meet on Friday")
    answer = await here.sees("Yes.")
    assert "Bonn" not in json.dumps(house.model.requests[-1].body)
    assert "Remember this" not in answer.labels
    if house.side.name == "telegram":  # Elsewhere it is not even declared there.
        await here.commands("memory")
        await here.sees("works in a private chat with me")


@pytest.mark.parametrize("pinned", [False, True])
async def test_what_does_not_fit_is_said_and_the_pinned_or_newest_is_what_models_read(
    house: House, alice: Someone, pinned: bool
) -> None:
    house.model.reply = "Yes."
    await house.start(memory_tokens=120)
    for number in range(3):
        await alice.commands("memory", f"fact number {number} " + "of many words " * 8)
        await alice.sees(f"I will remember: fact number {number}")
    await alice.sees("Models read 1 of 3: what is pinned, then the newest.")
    if pinned:
        await alice.commands("memory")
        await alice.presses("3. fact number 0 of many words of…")
        await alice.presses("Pin")
        await alice.sees("📌 fact number 0")
    alice.says("hi")
    await alice.sees("Yes.")
    assert [words[:13] for words in remembered(house)] == ["fact number 0" if pinned else "fact number 2"]


async def test_linked_accounts_remember_what_both_did_each_once_and_nobody_overwrites_the_other(both: Both) -> None:
    both.model.reply = "Yes."
    await both.start()
    here, there = both.newcomers("Alice")
    for someone, own in ((here, "I like tea"), (there, "I like rice")):
        for words in ("I live in Bonn", own):
            await someone.commands("memory", words)
            await someone.sees(f"I will remember: {words}")
    code = await code_of(here)
    await there.commands("link", code)
    await there.presses("Link the accounts")
    await there.sees("Your accounts are one now")
    for someone in (here, there):
        await someone.commands("memory")
        await someone.sees("in private chats only: 3")
        await someone.presses("I like tea")
        await someone.presses("Edit")
    await there.fills("What to remember instead", "I like green tea")
    await there.sees("I will remember: I like green tea")
    await here.fills("What to remember instead", "I like black tea")
    await here.sees("changed elsewhere in the meantime, so I remember this as well: I like black tea")
    here.says("what do I like?")
    await here.sees("Yes.")
    assert remembered(both.here) == ["I live in Bonn", "I like rice", "I like green tea", "I like black tea"]
