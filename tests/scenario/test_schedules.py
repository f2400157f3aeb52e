"""Reminders and schedules as people meet them: given once, on time or late with a word, put off, paused, asked."""

from tests.scenario.test_conversations import spoken
from tests.support.fixtures import every_database
from tests.support.world import House, Someone

MINUTE, HOUR, DAY = 60, 3600, 24 * 3600


def given(someone: Someone, words: str) -> int:
    """How often the bot has said this to somebody."""
    return sum(message.text.startswith(f"⏰ {words}") for message in someone.answers())


async def test_a_reminder_comes_once_is_put_off_and_done(house: House, alice: Someone) -> None:
    await house.start()
    await alice.commands("remind", "in 20 minutes call mum")
    await alice.sees("I will remind you on")
    house.clock.advance(19 * MINUTE)
    await alice.commands("schedules")
    await alice.sees("call mum")
    assert given(alice, "call mum") == 0
    house.clock.advance(MINUTE)
    await alice.sees("⏰ call mum")
    await alice.presses("1 hour")
    await alice.sees("I will remind you again on")
    house.clock.advance(HOUR + MINUTE)
    await house.until(lambda: given(alice, "call mum") == 2)
    await alice.presses("Done")
    await alice.sees("✓ call mum")
    await alice.commands("schedules")
    await alice.sees("You have no reminders and no schedules")


@every_database
async def test_what_was_due_while_nothing_ran_comes_once_and_says_so(house: House, alice: Someone) -> None:
    await house.start()
    await alice.commands("remind", "every day at 8:00 water the plants")
    await alice.sees("Should I remind you at these times?")
    await alice.presses("Yes, keep it")
    await alice.sees("It is on.")
    await house.stop()
    house.clock.advance(5 * DAY)
    await house.start()
    await alice.sees("I was not running then")
    await house.rests()
    assert given(alice, "water the plants") == 1
    house.clock.advance(DAY)
    await house.until(lambda: given(alice, "water the plants") == 2)
    await alice.commands("schedules")
    await alice.presses("1. water the plants")
    await alice.presses("Pause")
    await alice.sees("It is paused.")
    house.clock.advance(3 * DAY)
    await alice.commands("remind", "in 5 minutes tea")
    await alice.sees("tea")
    house.clock.advance(6 * MINUTE)
    await alice.sees("⏰ tea")
    assert given(alice, "water the plants") == 2, "what is paused is left out, and nothing of it is made up for"


@every_database
async def test_a_schedule_asks_its_question_in_the_session_where_it_was_made(house: House, alice: Someone) -> None:
    house.model.reply = "Nothing new."
    await house.start()
    alice.says("hi")
    await alice.sees("Nothing new.")
    await alice.commands("schedule", "every day at 8:00 What is new?")
    await alice.sees("Should I ask this at these times?")
    await alice.presses("Yes, keep it")
    await alice.sees("It is on.")
    house.clock.advance(DAY)
    await alice.sees("⏰ What is new?")
    await alice.sees("Nothing new.", times=2)
    told = spoken(house)
    assert told[-1].startswith("What is new?")
    assert any("hi" in words for words in told), "it goes on with that session"


async def test_what_cannot_be_asked_is_said_with_the_reason(house: House, alice: Someone) -> None:
    await house.start(tokens_start=0)
    await alice.commands("schedule", "in 10 minutes What is new?")
    await alice.sees("I will ask this on")
    house.clock.advance(10 * MINUTE)
    await alice.sees("I could not ask “What is new?” just now.")
    assert not house.model.requests


async def test_only_who_made_a_reminder_can_act_on_it(house: House, alice: Someone) -> None:
    bob = house.newcomer("Bob")
    ours, his = house.group(alice, bob)
    await house.start()
    await ours.commands("remind", "in 10 minutes bring the cake")
    await ours.sees("I will remind you on")
    house.clock.advance(10 * MINUTE)
    await ours.sees("⏰ bring the cake")
    await his.presses("Done")
    await his.is_told("Only the person who made it can do that.")
    await ours.presses("Done")
    await ours.sees("✓ bring the cake")


async def test_a_time_that_is_not_understood_is_asked_for_by_example(house: House, alice: Someone) -> None:
    await house.start()
    await alice.commands("remind", "someday call mum")
    await alice.sees("I do not know when")
    await alice.commands("remind", "every 2 minutes blink")
    await alice.sees("more often than every 5 minutes")
    await alice.commands("remind", "today at 0:00 sleep")
    await alice.sees("That moment is over")
    assert house.rows("SELECT COUNT(*) FROM schedule") == [(0,)]
    await house.stop()
    await house.start(schedules_per_person=1)
    await alice.commands("remind", "in 10 minutes cake")
    await alice.sees("cake")
    await alice.commands("remind", "in 10 minutes tea")
    await alice.sees("the maximum")


async def test_what_goes_by_the_clock_follows_to_another_zone(house: House, alice: Someone) -> None:
    await house.start()
    await alice.commands("remind", "every day at 8:00 run")
    await alice.presses("Yes, keep it")
    await alice.sees("It is on.")
    ((before,),) = house.rows("SELECT next_at FROM schedule")
    await alice.commands("settings")
    await alice.presses("Time zone")
    await alice.sees("Which time zone")
    alice.says("Kolkata")
    await alice.sees("Asia/Kolkata")
    ((after,),) = house.rows("SELECT next_at FROM schedule")
    assert (before - after) % (DAY * 1000) == 5.5 * HOUR * 1000


async def test_an_answer_can_be_brought_to_mind_later(house: House, alice: Someone) -> None:
    house.model.reply = "Buy oats and milk."
    await house.start()
    alice.says("what do I need?")
    await alice.sees("Buy oats and milk.")
    await alice.presses("Remind me")
    await alice.fills("When, such as tomorrow at 9:00", "in 30 minutes")
    await alice.sees("I will remind you on")
    house.clock.advance(30 * MINUTE)
    await alice.sees("⏰ Buy oats and milk.")
    assert given(alice, "Buy oats and milk.") == 1
    await house.stop()
    await house.start(schedules_per_person=0)
    alice.says("and now?")
    answer = await alice.sees("Buy oats and milk.", times=4)
    assert not [label for label in answer.labels if "Remind" in label], "where nobody is reminded, nothing offers it"


async def test_what_somebody_had_going_in_a_group_ends_when_they_leave_it(house: House, alice: Someone) -> None:
    bob = house.newcomer("Bob")
    ours, his = house.group(alice, bob)
    await house.start()
    bob.says("hi")
    await house.rests()
    for each in (ours, his):
        await each.commands("remind", f"in 10 minutes cake for {each.room.chat}{each.person}")
    await his.sees("I will remind you on", times=2)
    house.side.leave(bob.person, his.room)
    house.clock.advance(10 * MINUTE)
    await bob.sees("You left the chat this was meant for")
    await ours.sees(f"⏰ cake for {ours.room.chat}{ours.person}")
    assert given(ours, "cake") == 1
    assert house.rows("SELECT COUNT(*) FROM schedule WHERE state = 'on'") == [(0,)]


async def test_where_there_is_nothing_to_say_nothing_is_said_and_it_is_counted(house: House, alice: Someone) -> None:
    house.model.reply = "All well."
    await house.start()
    alice.says("hi")
    await alice.sees("All well.")
    await alice.commands("schedule", "every hour Is it raining? Say nothing if not.")
    await alice.presses("Yes, keep it")
    await alice.sees("It is on.")
    house.model.reply = "*Nothing to say.*"
    before = alice.answers()
    house.clock.advance(HOUR)
    await house.until(lambda: house.rows("SELECT silences FROM schedule") == [(1,)])
    await house.rests()
    assert alice.answers() == before, "neither the question nor the answer"
    assert "NOTHING_TO_SAY" in spoken(house)[-1]
    await alice.commands("schedules")
    await alice.sees("nothing to report: 1×")
    await alice.presses("1. Is it raining? Say nothing if")
    await alice.sees("Times with nothing to report: 1, last on")
    await alice.commands("tokens")
    await alice.sees("nothing to report")
    assert house.rows("SELECT SUM(amount) FROM ledger WHERE turn IN (SELECT turn FROM scheduled)") == [(0,)]
    house.model.reply = "It rains."
    house.clock.advance(HOUR)
    await alice.sees("⏰ Is it raining?")
    rains = await alice.sees("It rains.")
    assert sum("Is it raining?" in words for words in spoken(house)) == 1, "what came to nothing is not read again"
    assert not [label for label in rains.labels if "2/2" in label], "nor is it another version of the question"


async def test_who_presses_for_an_answer_gets_one(house: House, alice: Someone) -> None:
    house.model.reply = "NOTHING_TO_SAY"
    await house.start()
    await alice.commands("schedule", "every day at 8:00 Is it raining?")
    await alice.presses("Yes, keep it")
    await alice.presses("Ask it now")
    await alice.sees("⏰ Is it raining?")
    await alice.sees("NOTHING_TO_SAY")
    assert "if that is not the case" not in spoken(house)[-1]


async def test_schedules_have_a_budget_and_one_word_a_day_about_it(house: House, alice: Someone) -> None:
    house.model.reply = "It rains."
    await house.start(schedule_tokens_per_day=100)
    await alice.commands("schedule", "every hour Is it raining?")
    await alice.presses("Yes, keep it")
    await alice.sees("It is on.")
    house.clock.advance(HOUR)
    await alice.sees("It rains.")
    house.clock.advance(HOUR)
    await alice.sees("Your schedules may use 100 tokens within 24 hours, and have used 100.")
    house.clock.advance(HOUR)
    await house.rests()
    assert sum("Your schedules may use" in shown.text for shown in alice.answers()) == 1
    assert len(house.model.requests) == 1
    house.clock.advance(22 * HOUR)
    await alice.sees("It rains.", times=2)
