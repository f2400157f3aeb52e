"""Cards that ask: however often one stands there, it acts once; what asks in vain says so and loses its buttons."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.contracts.command import call_to_data
from bot.standins import faults
from bot.standins.model import Reply
from handlers.commands import COMMANDS
from tests.scenario.test_approvals import obeys
from tests.support.acting import SEND, Post
from tests.support.sides import Shown
from tests.support.world import House, Someone
from tests.support.writes import FINISH, cutting_off

only_telegram = pytest.mark.parametrize("side", ["telegram"], indirect=True)
"""Discord shows a message once, however often it is sent: see `Capabilities.deduplicates_sends_s`."""
OVER = "This question is no longer open."
_STRANGE = frozenset({"bot_remove", "bot_removed"})
"""They refuse the bot that is spoken with, before they look for any other."""


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Post:
    office = Post()
    office.open(monkeypatch)
    return office


async def twins(house: House, alice: Someone, button: str) -> list[Shown]:
    """The two messages of a card whose first sending has an unknown outcome."""

    def look() -> list[Shown]:
        found = [shown for shown in alice.answers() if button in shown.labels]
        return found if len(found) == 2 else []

    return await house.until(look, hurried=True)


def now(alice: Someone, shown: Shown) -> Shown:
    """A message as it stands by now."""
    return next(each for each in alice.answers() if each.id == shown.id)


async def loses_buttons(alice: Someone, shown: Shown, text: str) -> None:
    await alice.house.until(lambda: not now(alice, shown).labels)
    assert text in now(alice, shown).text


@only_telegram
async def test_a_card_that_came_twice_acts_once_whichever_is_pressed(house: House, alice: Someone, post: Post) -> None:
    """One of the two may never have been known to us: it learns that it is over when it is pressed."""
    house.model.reply = obeys
    await house.start(tools="reading")
    cases = [(0, "Deny", ""), (1, "Allow once", "Deny, and say why")]
    sent = 0
    for count, (pressed, label, late) in enumerate(cases, 1):
        house.side.faults.add(faults.answer_lost(), method=house.side.send)
        alice.says("tell Eve")
        both = await twins(house, alice, "Allow once")
        await house.until(lambda: house.rows("SELECT COUNT(*) FROM outbox") == [(0,)])
        await alice.presses(label, on=both[pressed])
        await alice.sees("It is sent.", times=count)
        sent += label == "Allow once"
        other = both[1 - pressed]
        if pressed == 1:
            assert label in now(alice, other).labels, "Nobody knows its id."
            await alice.presses(late, on=other)
        await loses_buttons(alice, other, "That is too late" if pressed else OVER)
        await house.rests()
        assert len(post.sent) == sent


@only_telegram
async def test_what_is_pressed_before_a_card_comes_again_ends_it(house: House, alice: Someone, post: Post) -> None:
    house.model.reply = obeys
    await house.start(tools="reading")
    house.side.faults.add(faults.answer_lost(), method=house.side.send)
    alice.says("tell Eve")
    await alice.presses("Allow once")
    await alice.sees("It is sent.", hurried=True)
    await house.rests(hurried=True)
    assert post.sent == ["Eve"]
    assert [shown.text for shown in alice.answers() if "May I use" in shown.text] == []


async def test_the_card_before_is_closed_when_its_denial_was_written(house: House, alice: Someone, post: Post) -> None:
    def sends_two(body: Mapping[str, Any]) -> Reply:
        return Reply("Done.") if body["messages"][-1]["role"] == "tool" else Reply("", calls=(SEND, SEND))

    house.model.reply = sends_two
    await house.start(tools="reading")
    alice.says("tell her twice")
    first = await alice.sees("1 more to decide")
    await alice.presses("say why", on=first)
    await alice.fills("What shall I do instead?", "Once will do.")
    await loses_buttons(alice, first, "Not allowed: send")
    await alice.presses("Allow once")
    await alice.sees("Done.")
    await house.rests()
    assert post.sent == ["Eve"]
    assert not [shown for shown in alice.answers() if "May I use" in shown.text]
    # Where it was deleted meanwhile nothing comes only to say that it is over; what it still asks does.
    alice.says("tell her twice")
    first = await alice.sees("1 more to decide")
    await alice.presses("say why", on=first)
    house.side.take_away(alice.room, first.id)
    await alice.fills("What shall I do instead?", "Once will do.")
    await alice.presses("Allow once")
    await alice.sees("Done.", times=2)
    await house.rests()
    assert sum("Not allowed: send" in shown.text for shown in alice.answers()) == 1


@only_telegram
async def test_what_was_decided_before_a_crash_is_followed_by_what_is_asked_next(
    house: House, alice: Someone, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sends_three(body: Mapping[str, Any]) -> Reply:
        return Reply("Done.") if body["messages"][-1]["role"] == "tool" else Reply("", calls=(SEND,) * 3)

    house.model.reply = sends_three
    await house.start(tools="reading")
    cut_off = cutting_off(monkeypatch.setattr)
    alice.says("tell her three times")
    card = await alice.sees("2 more to decide")
    cut_off.append(FINISH)
    await alice.presses("Allow once")
    assert (await alice.sees("1 more to decide", hurried=True)).id == card.id
    await alice.presses("say why")
    asked = await alice.sees("What shall I do instead?")
    cut_off.append(FINISH)
    await alice.fills("What shall I do instead?", "Twice will do.")
    last = await house.until(lambda: next((one for one in alice.answers() if one.id > asked.id), None), hurried=True)
    assert last is not None
    assert "May I use send?" in last.text
    await loses_buttons(alice, card, "Not allowed: send")
    await alice.presses("Allow once", on=last)
    await alice.sees("Done.")
    await house.rests()
    assert post.sent == ["Eve"] * 2


@only_telegram
async def test_an_answer_below_a_written_denial_never_comes_twice_unmarked(
    house: House, alice: Someone, post: Post
) -> None:
    def loses_the_answer(body: Mapping[str, Any]) -> Reply:
        if body["messages"][-1]["role"] == "tool":
            house.side.faults.add(faults.answer_lost(), method=house.side.send)
        return obeys(body)

    house.model.reply = loses_the_answer
    await house.start(tools="reading")
    alice.says("tell Eve")
    await alice.presses("say why")
    await alice.fills("What shall I do instead?", "Tell Bob.")
    await alice.sees("It is sent.", times=2, hurried=True)
    await house.rests(hurried=True)
    _, asked, first, again = alice.answers()
    assert ("What shall I do" in asked.text, "Sent again" in first.text, "Sent again" in again.text) == (1, 0, 1)
    assert post.sent == []


@only_telegram
async def test_whatever_asks_about_what_is_gone_loses_its_buttons(house: House, alice: Someone) -> None:
    """Each command that decides about one thing, pressed in a message of its own, about things that never were."""
    await house.start(admins=[f"{house.side.name}:user:{alice.person}"])
    for command in COMMANDS:
        if not command.decides or command.name in _STRANGE:
            continue
        await alice.commands("settings")
        shown = await house.until(lambda: next((one for one in alice.answers() if one.labels), None))
        assert shown is not None
        names = ["0"] * sum(param.required for param in command.params)
        house.side.forge(alice.person, alice.room, shown, call_to_data(command.name, names))
        await loses_buttons(alice, shown, "")


@only_telegram
async def test_what_is_gone_for_one_may_be_there_for_others(house: House, alice: Someone, bob: Someone) -> None:
    """Each command that decides about one thing, pressed in a group by somebody who may not see any such thing."""
    await house.start()
    here, other = house.group(alice, bob)
    here.says("our trip")
    await house.rests()
    await here.commands("delete")
    shown = await house.until(lambda: next((one for one in here.answers() if "Delete" in one.labels), None))
    assert shown is not None
    for command in COMMANDS:
        if command.decides:
            names = ["0"] * sum(param.required for param in command.params)
            house.side.forge(bob.person, other.room, shown, call_to_data(command.name, names))
    await house.rests()
    assert now(here, shown) == shown
