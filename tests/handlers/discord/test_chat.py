"""What only Discord has: threads from mentions, nonces, catching up, interactions, a gateway that can break."""

import sqlite3
from contextlib import closing
from functools import partial

import pytest

from bot.domain.errors import SettingsError
from bot.rendering.pages import SENT_AGAIN
from bot.standins import faults
from bot.standins.discord.rates import RateLimited
from bot.standins.discord.server import DiscordStandIn
from bot.standins.model import Fault
from tests.scenario.test_conversations import spoken
from tests.scenario.test_trouble import balance
from tests.support.sides import DiscordSide
from tests.support.world import House, Someone
from tests.support.writes import cutting_off

pytestmark = pytest.mark.parametrize("side", ["discord"], indirect=True)


_COMMANDS = "SELECT COUNT(*) FROM seen WHERE event_key LIKE 'i%' AND event_key NOT LIKE '%/%'"
"""How many commands have been dealt with."""


def stand_in(house: House) -> DiscordStandIn:
    """The stand-in, by its own type."""
    assert isinstance(house.side, DiscordSide)
    return house.side.stand_in


async def test_a_mention_opens_a_thread_where_no_further_mention_is_needed(house: House, alice: Someone) -> None:
    house.model.replies.extend(["In a thread.", "Still here."])
    await house.start()
    (in_group,) = house.group(alice)
    in_group.says("why are there tides?")
    await in_group.sees("In a thread.")
    thread = stand_in(house).transcript(in_group.room.thread or 0)
    assert (thread.kind, thread.parent, thread.name) == ("public_thread", in_group.room.chat, "why are there tides?")
    in_group.says("and winds?", to_bot=False)
    await in_group.sees("Still here.")
    assert spoken(house) == ["Alice: why are there tides?", "In a thread.", "Alice: and winds?"]
    assert len(house.model.requests) == 2, "The system messages of a thread are nobody's question."


async def test_where_no_thread_can_be_opened_the_answer_is_a_reply(house: House, alice: Someone) -> None:
    house.model.reply = "In the channel."
    await house.start()
    (in_group,) = house.group(alice)
    stand_in(house).people.deny(in_group.room.chat, "CREATE_PUBLIC_THREADS")
    question = in_group.says("hi")
    in_group.room.thread = None
    await in_group.sees("In the channel.")
    assert stand_in(house).transcript(in_group.room.chat).last.reply_to == question


@pytest.mark.parametrize("kept", [True, False], ids=["told of", "read"])
async def test_what_was_missed_comes_once_and_in_order(house: House, alice: Someone, kept: bool) -> None:
    house.model.reply = lambda body: f"About {body['messages'][-1]['content']}"
    await house.start()
    (in_group,) = house.group(alice)
    alice.says("before")
    await alice.sees("About before")
    in_group.says("in a thread")
    await in_group.sees("in a thread")
    await house.stop()
    alice.says("one")
    alice.says("two")
    in_group.says("three", to_bot=False)
    if not kept:
        stand_in(house).gateway.forget_sessions()
    await house.start()
    await alice.sees("About two")
    await in_group.sees("About Alice: three")
    assert [message.text for message in alice.answers()] == ["About before", "About one", "About two"]
    await house.stop()
    await house.start()
    alice.says("last")
    await alice.sees("About last")
    assert len(house.model.requests) == 6


async def test_an_answer_never_pings(house: House, alice: Someone) -> None:
    await house.start()
    house.model.reply = f"@everyone and <@{alice.person}>"
    (in_group,) = house.group(alice)
    in_group.says("hi")
    await in_group.sees("and")
    shown = stand_in(house).transcript(in_group.room.thread or 0).last
    assert not shown.mentions_everyone
    assert shown.mentions == ()


@pytest.mark.parametrize(
    "fault", [faults.error(503), faults.reset(), faults.answer_lost()], ids=["503", "reset", "answer lost"]
)
async def test_a_send_with_an_unknown_outcome_is_repeated_and_shows_once(
    house: House, alice: Someone, fault: faults.Fault
) -> None:
    house.model.reply = "Important."
    house.side.faults.add(fault, method=house.side.send)
    await house.start()
    alice.says("hi")
    await house.until(partial(repeated, house))
    await alice.sees("Important.")
    assert [message.text for message in alice.answers()] == ["Important."]
    assert await balance(house) == 3900


def repeated(house: House) -> bool:
    """Whether a message has been sent again; the clock goes on meanwhile, but not as far as Discord remembers."""
    house.clock.advance(0.5)
    return house.side.calls(house.side.send) >= 2


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize(("later_s", "marked"), [(200, [True]), (400, [False, True])], ids=["maybe", "surely"])
async def test_what_is_repeated_when_discord_may_have_forgotten_it_says_so(
    house: House, alice: Someone, later_s: int, marked: list[bool], restarted: bool
) -> None:
    house.model.reply = "Important."
    for _ in range(2 if restarted else 1):  # A gateway that stops tries once more.
        house.side.faults.add(faults.answer_lost(), method=house.side.send)
    await house.start(shutdown_grace_s=0)
    alice.says("hi")
    await alice.sees("Important.")
    if restarted:
        await house.stop()
    house.clock.advance(later_s)
    if restarted:
        await house.start()
    await house.until(lambda: repeated(house) and any(SENT_AGAIN in shown.text for shown in alice.answers()))
    assert [SENT_AGAIN in message.text for message in alice.answers()] == marked
    assert await balance(house) == 3900


async def test_commands_are_declared_only_when_they_changed(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start()
    await alice.commands("help")
    await alice.sees("Write to me")
    declared = house.side.calls("command.replace")
    assert declared == 1
    await house.stop()
    await house.start()
    alice.says("hi")
    await alice.sees("Yes.")
    assert house.side.calls("command.replace") == declared


async def test_choices_are_offered_while_one_types(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start()
    alice.says("tides and winds")
    await alice.sees("Yes.")
    await house.until(lambda: house.side.knows("switch", alice.room))
    number = stand_in(house).people.complete(alice.person, alice.room.chat, "switch", "session", "win")
    choices = await house.until(lambda: stand_in(house).interaction(number).choices)
    assert [choice["name"] for choice in choices or ()] == ["tides and winds"]


async def test_what_is_private_is_shown_to_one_person(house: House, alice: Someone, bob: Someone) -> None:
    await house.start()
    in_group, bob_in_group = house.group(alice, bob)
    await in_group.commands("tokens")
    await in_group.sees("You have 4,000 tokens.")
    assert bob_in_group.answers() == []


async def test_a_command_is_answered_in_time_even_when_its_answer_is_empty(house: House, alice: Someone) -> None:
    house.model.replies.extend(["First.", "Second."])
    await house.start()
    alice.says("hi")
    await alice.sees("First.")
    await alice.commands("regenerate")
    await alice.sees("Second.")
    await alice.presses("Regenerate")
    await alice.sees("You said")
    assert not any(one.failed for one in stand_in(house).interactions.all())


@pytest.mark.parametrize("trouble", ["garbage", "drop", "invalid session", "reconnect"])
async def test_a_gateway_that_breaks_is_not_the_end(house: House, alice: Someone, trouble: str) -> None:
    house.model.reply = "Still here."
    await house.start()
    alice.says("hi")
    await alice.sees("Still here.")
    gateway = stand_in(house).gateway
    before = gateway.arrivals
    match trouble:
        case "garbage":
            gateway.send_raw("{not json")
        case "drop":
            gateway.drop()
        case "invalid session":
            gateway.invalidate(resumable=False)
        case _:
            gateway.reconnect()
    await house.until(lambda: gateway.arrivals > before, hurried=True)
    alice.says("and now?")
    await alice.sees("Still here.", times=2)


async def test_events_that_come_again_and_in_another_order_change_nothing(house: House, alice: Someone) -> None:
    house.model.reply = lambda body: f"About {body['messages'][-1]['content']}"
    await house.start()
    alice.says("one")
    await alice.sees("About one")
    await alice.presses("Regenerate")
    await house.until(lambda: len(house.model.requests) == 2)
    stand_in(house).gateway.repeat(20)
    alice.says("two")
    await alice.sees("About two")
    stand_in(house).gateway.repeat(20)
    alice.says("three")
    await alice.sees("About three")
    assert len(house.model.requests) == 4
    assert await balance(house) == 3600


async def test_a_thread_that_is_deleted_or_left_disturbs_no_one(house: House, alice: Someone) -> None:
    house.model.reply = "Still here."
    await house.start()
    (in_group,) = house.group(alice)
    in_group.says("hi")
    await in_group.sees("Still here.")
    thread, discord = in_group.room.thread or 0, stand_in(house)
    guild = str(discord.world.channel(in_group.room.chat).guild_id)
    left = {"id": str(thread), "guild_id": guild, "member_count": 1, "removed_member_ids": [str(alice.person)]}
    discord.gateway.dispatch_raw("THREAD_MEMBERS_UPDATE", left)
    joined = {"id": str(thread), "user_id": "5", "join_timestamp": "2026-01-01T00:00:00+00:00", "flags": 0}
    discord.gateway.dispatch_raw("THREAD_MEMBERS_UPDATE", left | {"added_members": [joined]})
    discord.people.delete_thread(alice.person, thread)
    alice.says("and now?")
    await alice.sees("Still here.")
    assert (discord.gateway.identified, discord.gateway.resumed) == (1, 0)


async def test_refused_intents_end_in_a_sentence_that_names_the_switch(house: House) -> None:
    stand_in(house).world.portal.message_content = False
    with pytest.raises(SettingsError, match="Message Content Intent"):
        await house.start()


async def test_the_allowlist_can_name_a_server(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Welcome."
    (in_group,) = house.group(alice)
    guild = stand_in(house).transcript(in_group.room.chat).guild
    await house.start(access="allowlist", allowlist=f"discord:guild:{guild}")
    bob.says("hi")
    await bob.sees("only the people its operator has listed")
    in_group.says("hi")
    await in_group.sees("Welcome.")


async def test_new_in_a_channel_opens_a_thread_with_the_person_in_it(house: House, alice: Someone) -> None:
    house.model.reply = "In the thread."
    await house.start()
    (in_group,) = house.group(alice)
    await in_group.commands("new", "Plans for summer")
    await in_group.sees("is open in its own thread")
    world = stand_in(house).world
    thread = next(channel for channel in world.channels.values() if channel.name == "Plans for summer")
    assert thread.thread is not None
    assert alice.person in thread.thread.members
    in_group.room.thread = thread.id
    in_group.says("hi", to_bot=False)
    await in_group.sees("In the thread.")


async def test_new_opens_one_thread_and_one_session_wherever_it_is_cut_off(
    house: House, alice: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.start()
    (in_group,) = house.group(alice)
    # The first words of a session never come, so that its thread looks like one that nobody knows.
    house.side.faults.add(faults.error(500), method=house.side.send, times=1000)
    await in_group.commands("new", "Summer")
    await in_group.sees("is open in its own thread")
    cutting_off(monkeypatch.setattr).append("once")
    await in_group.commands("new", "Summer")

    def dealt_with() -> bool:
        # It is tried again after a second, of which some passes with each look.
        house.clock.advance(0.1)
        return house.rows(_COMMANDS) == [(2,)]

    await house.until(dealt_with)
    threads = {one.id for one in stand_in(house).world.channels.values() if one.name == "Summer"}
    places = house.rows("SELECT thread FROM session JOIN place ON place.id = session.place")
    assert len(threads) == 2
    assert sorted(int(thread) for (thread,) in places) == sorted(threads)
    house.side.faults.clear()


async def test_a_thread_and_its_session_are_renamed_together(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start()
    (in_group,) = house.group(alice)
    in_group.says("hi")
    await in_group.sees("Yes.")
    thread = in_group.room.thread or 0
    await in_group.commands("rename", "Given by command")
    await house.until(lambda: stand_in(house).transcript(thread).name == "Given by command")
    stand_in(house).people.rename_thread(alice.person, thread, "Given on the platform")
    await in_group.commands("sessions")
    await in_group.sees("Given on the platform")


async def test_a_deleted_session_archives_its_thread_and_undo_wakes_it(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start()
    (in_group,) = house.group(alice)
    in_group.says("hi")
    await in_group.sees("Yes.")
    thread = stand_in(house).world.channel(in_group.room.thread or 0).thread
    assert thread is not None
    await in_group.commands("delete")
    await in_group.presses("Delete")
    await in_group.sees("is deleted")
    await house.until(lambda: thread.archived)


async def test_commands_are_in_a_messages_context_menu(house: House) -> None:
    await house.start()
    await house.until(lambda: stand_in(house).commands.all(None))
    entries = {one["name"] for one in stand_in(house).commands.all(None) if one["type"] == 3}
    assert entries == {
        *("Regenerate", "Fork from here", "Forget", "Remember this", "Remind me of this", "Ask about this"),
    }


async def test_a_form_that_is_opened_on_a_message_is_about_that(house: House, alice: Someone) -> None:
    house.model.reply = "Water the plants."
    await house.start()
    alice.says("what is left to do?")
    answer = await alice.sees("Water the plants.")
    people = stand_in(house).people
    people.menu(alice.person, alice.room.chat, "Remind me of this", message=answer.id)
    await alice.fills("When", "tomorrow at 9:00")
    await alice.sees("Water the plants.", times=2)
    assert house.rows("SELECT text FROM schedule") == [("Water the plants.",)]
    people.menu(alice.person, alice.room.chat, "Ask about this", message=answer.id)
    await alice.fills("Your question", "Which of them?")
    await alice.sees("Water the plants.", times=3)
    asked = house.model.requests[-1].body["messages"][-1]["content"]
    assert "your own message:\n> Water the plants.\n\nWhich of them?" in asked


async def test_a_message_too_old_to_be_edited_is_changed_by_the_press_itself(house: House, alice: Someone) -> None:
    house.model.replies.extend(["First.", "Second."])
    await house.start()
    alice.says("hi")
    await alice.sees("First.")
    await alice.presses("Regenerate")
    second = await alice.sees("Second.")
    house.clock.advance(2 * 3600)
    # Discord lets a bot edit its old messages only so often; what a press changes does not count.
    rates = stand_in(house).rates
    rates.on = True
    with pytest.raises(RateLimited):
        for _ in range(20):
            rates.take_hidden("message.edit_old", str(alice.room.chat))
    await alice.presses("‹", on=second)
    [changed] = await house.until(lambda: [m for m in alice.answers() if m.id == second.id and "First." in m.text])
    assert "1/2" in changed.labels


async def test_a_stranger_is_answered_by_the_same_means_and_alone(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Yes."
    in_group, bob_in_group = house.group(alice, bob)
    await house.start(access="allowlist", allowlist=f"discord:user:{alice.person}")
    in_group.says("hi")
    await in_group.sees("Yes.")
    bob_in_group.room.thread = in_group.room.thread
    await bob_in_group.commands("tokens")
    await bob_in_group.sees("only the people its operator has listed")
    await bob_in_group.presses("Regenerate")
    await house.until(lambda: all(one.answered is not None for one in stand_in(house).interactions.all()))
    assert not any("operator" in message.text for message in in_group.answers())
    assert len(house.model.requests) == 1


async def test_the_others_see_what_a_command_asks(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "First."
    await house.start()
    here, other = house.group(alice, bob)
    here.says("the *okapi* [1]")
    first = await here.sees("First.")
    for number, (give, shown) in enumerate(
        (
            (other.commands("ask", "why are there tides?"), "why are there tides?"),
            (other.commands_on("regenerate", first), "Alice: the *okapi* [1]"),
            (other.commands("continue"), "Continue"),
        )
    ):
        house.model.reply = f"Answer {number}."
        await give
        asked, answered = await here.sees(shown), await here.sees(f"Answer {number}.")
        texts = [message.text for message in here.answers()]
        assert texts[texts.index(answered.text) - 1] == asked.text
        original = stand_in(house).interactions.all()[-1].original
        assert original is not None
        assert original.id == asked.id
    assert not house.side.waiting(bob.person)


async def test_a_command_whose_turn_ends_before_it_begins_waits_no_more(house: House, alice: Someone) -> None:
    house.model.reply = "First."
    await house.start()
    question = alice.says("hi")
    first = await alice.sees("First.")
    house.model.faults.append(Fault("stall", after_tokens=1))
    alice.says("and now?")
    await alice.sees_growing("First")
    await alice.commands_on("regenerate", first)
    await house.until(lambda: house.side.waiting(alice.person))
    await alice.commands_on("forget", question)
    await house.until(lambda: not house.side.waiting(alice.person))


async def test_what_is_for_one_alone_stays_so_however_slow_the_database_is(
    house: House, alice: Someone, bob: Someone
) -> None:
    await house.start(shutdown_grace_s=0)
    here, other = house.group(alice, bob)
    await house.until(lambda: house.side.knows("regenerate", here.room))
    with closing(sqlite3.connect(house.directory / "parley.db", isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        await here.commands("regenerate")
        # It is deferred before the three seconds are over that Discord gives.
        await house.until(lambda: [one for one in stand_in(house).interactions.all() if one.original is not None])
        house.side.faults.add(faults.stall(done=False), method="webhook.delete")
        database.execute("ROLLBACK")
    # The next process knows no more for whom the answer was awaited.
    await house.until(lambda: house.side.calls("webhook.delete"))
    await house.stop()
    await house.start()
    await here.is_told("No session is open here yet")
    assert not house.side.waiting(alice.person)
    assert not other.answers()
