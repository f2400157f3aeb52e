"""What comes to people who are not let in: an end to all they do, a word or a sign, and nothing made for them."""

from dataclasses import replace

import pytest

from bot.contracts.command import call_to_data
from bot.domain.people import Role
from handlers.commands import COMMANDS
from tests.support.sides import DiscordSide, Room
from tests.support.world import House, Someone

LISTED = "only the people its operator has listed"


async def test_whatever_a_stranger_presses_has_an_end_each_time(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Yes."
    in_group, bob_in_group = house.group(alice, bob)
    await house.start(access="allowlist", allowlist=f"{house.side.name}:user:{alice.person}")
    in_group.says("hi")
    shown = await in_group.sees("Yes.")
    bob_in_group.room.thread = in_group.room.thread
    pressed = [call_to_data(declared.name, args) for args in ((), ("1", "2")) for declared in COMMANDS]
    for number, data in enumerate(["no such command", "", "|", *pressed]):
        house.side.forge(bob.person, bob_in_group.room, shown, data)
        if number % 8 == 0:  # An end has to come in three seconds, also on a busy machine.
            await house.until(lambda: not house.side.waiting(bob.person))
    await house.until(lambda: not house.side.waiting(bob.person))
    await bob_in_group.is_told(LISTED)
    assert not [one.text for one in in_group.answers() if LISTED in one.text], "It is nobody else's business."
    assert len(house.model.requests) == 1


@pytest.mark.parametrize("side", ["discord"], indirect=True)
@pytest.mark.parametrize("shared", [True, False], ids=["server", "direct"])
async def test_whatever_command_a_stranger_gives_is_answered_each_time(
    house: House, alice: Someone, bob: Someone, shared: bool
) -> None:
    _, bob_in_group = house.group(alice, bob)
    stranger = bob_in_group if shared else bob
    await house.start(access="allowlist", allowlist=f"{house.side.name}:user:{alice.person}")
    await house.until(lambda: house.side.knows("help", stranger.room))
    closed = [declared for declared in COMMANDS if declared.role is not Role.STRANGER]
    given = [declared for declared in closed if house.side.knows(declared.name, stranger.room)]
    for number, declared in enumerate([*given, *given]):
        await stranger.commands(declared.name, *("1" for param in declared.params if param.required))
        if number % 8 == 0:
            await house.until(lambda: not house.side.waiting(bob.person))
    await house.until(lambda: not house.side.waiting(bob.person))
    told = house.side.told(bob.person, stranger.room) if shared else [one.text for one in bob.answers()]
    assert sum(LISTED in text for text in told) == 2 * len(given) > 40


@pytest.mark.parametrize("side", ["discord"], indirect=True)
async def test_no_thread_is_opened_only_to_refuse_in_it(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Yes."
    in_group, bob_in_group = house.group(alice, bob)
    asked_in_vain = replace(in_group, room=Room(in_group.room.chat))
    await house.start(
        access="allowlist", allowlist=f"{house.side.name}:user:{alice.person}", chat_rate_limit_per_minute=1
    )
    refused = bob_in_group.says("let me in")
    bob_in_group.room.thread = None
    await bob_in_group.sees(LISTED)
    assert replied_to(house, in_group.room.chat, LISTED) == refused
    in_group.says("one")
    await in_group.sees("Yes.")
    refused = asked_in_vain.says("two")
    asked_in_vain.room.thread = None
    await asked_in_vain.sees("more than 1 requests from this chat")
    assert replied_to(house, in_group.room.chat, "requests from this chat") == refused
    assert house.side.calls("thread.create") == 1


def replied_to(house: House, chat: int, text: str) -> int | None:
    """Which message the bot answered with this."""
    assert isinstance(house.side, DiscordSide)
    return next(one.reply_to for one in house.side.stand_in.transcript(chat).from_bots() if text in one.text)


async def test_nothing_a_stranger_says_is_met_with_silence(house: House, alice: Someone, bob: Someone) -> None:
    await house.start(access="allowlist", allowlist=f"{house.side.name}:user:{alice.person}")
    bob.says("one")
    await bob.sees(LISTED)
    (_, bob_in_group) = house.group(alice, bob)
    for stranger in (bob, bob_in_group):
        for _ in range(3):
            said = stranger.says("another")
            stranger.room.thread = None
            assert await stranger.gets_reaction(said) in ("🙊", "🔒")
    if house.side.name == "telegram":
        typed = house.side.say(bob.person, bob.room, "/tokens", reply_to=None, mention=False)
        await bob.gets_reaction(typed)
    assert len(bob.answers()) == 1
    assert not bob_in_group.answers()
    house.clock.advance(7 * 3600)
    bob.says("still not?")
    await bob.sees(LISTED, times=2)


async def test_where_no_sign_may_be_put_a_sentence_is_said_once_a_minute(
    house: House, alice: Someone, bob: Someone
) -> None:
    _, bob_in_group = house.group(alice, bob)
    house.side.forbid_reactions(bob_in_group.room)
    await house.start(access="allowlist", allowlist=f"{house.side.name}:user:{alice.person}")
    for times in (1, 2, 3):
        for _ in range(3):
            bob_in_group.says("let me in")
            bob_in_group.room.thread = None
        await bob_in_group.sees(LISTED, times=times)
        house.clock.advance(61)


async def test_what_goes_beyond_a_limit_gets_a_sign(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Yes."
    await house.start(rate_limit_per_minute=1)
    (in_group, _) = house.group(alice, bob)
    in_group.says("one")
    await in_group.sees("Yes.")
    in_group.says("two", to_bot=False) if in_group.room.thread else in_group.says("two")
    await in_group.sees("more than 1 requests in a minute")
    for place in (alice, in_group, alice):
        assert await place.gets_reaction(place.says("three")) in ("😴", "⏳")
    house.clock.advance(61)
    alice.says("later")
    await alice.sees("Yes.")
