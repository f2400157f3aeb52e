"""Who is answered in a chat, and where, as its admins choose it: every message, or those that hold certain words."""

from dataclasses import replace
from typing import Any

from bot.contracts.command import call_to_data
from tests.scenario.test_forms import only_discord
from tests.support.sides import DiscordSide, Room, TelegramSide
from tests.support.world import House, Someone

WORDS = "Words or short phrases, separated by commas"


async def chooses(admin: Someone, part: str, choice: str) -> None:
    await admin.commands("here")
    await admin.presses(part)
    await admin.presses(choice)


async def words_call(admin: Someone, words: str, *, times: int = 1) -> None:
    await chooses(admin, "What I answer", "hold certain words")
    if admin.house.side.name == "discord":
        await admin.fills(WORDS, words)
    else:
        admin.says(words, reply_to=await admin.sees(WORDS, times=times))


async def begins(house: House, **settings: Any) -> None:
    """The gateway runs, and answers a question in a channel there, on both platforms."""
    if isinstance(house.side, DiscordSide):
        house.side.opens_threads = False
        settings["discord_replies"] = "channel"
    await house.start(**settings)


def asked(house: House) -> str:
    """All that models were asked."""
    return str([request.body for request in house.model.requests])


async def test_every_message_is_answered_where_that_is_chosen(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Yes."
    await begins(house)
    here, other = house.group(alice, bob)
    house.side.appoint(alice.person, here.room)
    other.says("nobody asked", to_bot=False)
    await chooses(here, "What I answer", "every message")
    await here.sees("What I answer: every message")
    other.says("good morning", to_bot=False)
    await other.sees("Yes.")
    assert "good morning" in asked(house)
    assert "nobody asked" not in asked(house)
    await here.presses("What I answer")
    await here.presses("messages that name me")
    await here.sees("What I answer: messages that name me")
    other.says("and now?", to_bot=False)
    await house.rests()
    here.says("still there?")
    await here.sees("Yes.", times=2)
    assert "and now?" not in asked(house)


async def test_a_word_calls_the_bot_however_it_is_written(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Coming."
    await begins(house)
    here, other = house.group(alice, bob)
    house.side.appoint(alice.person, here.room)
    await words_call(here, "Café, help me")
    await here.sees("name me or hold one of: “Café”, “help me”")
    other.says("a cafeteria", to_bot=False)
    other.says("to the CAFE!", to_bot=False)
    await other.sees("Coming.")
    assert "cafeteria" not in asked(house)
    if house.side.name == "discord":  # Elsewhere it is not shown among others: it tells what somebody has left.
        await here.commands("status")
        await here.is_told("What I answer: messages that name me or hold one of: “Café”")
    await words_call(here, ",".join(f"word{number}" for number in range(21)), times=2)
    await here.sees("That is too much: 20 words")


async def test_nobody_is_turned_away_who_has_not_spoken_to_the_bot(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Yes."
    await begins(house, access="allowlist", allowlist=f"{house.side.name}:user:{alice.person}")
    here, other = house.group(alice, bob)
    house.side.appoint(alice.person, here.room)
    await chooses(here, "What I answer", "every message")
    await here.sees("What I answer: every message")
    other.says("among ourselves", to_bot=False)
    here.says("and I?", to_bot=False)
    await here.sees("Yes.")
    assert not [shown for shown in here.answers() if "operator" in shown.text]
    other.says("bot?")
    await other.sees("answers only the people its operator has listed")


async def test_a_thread_can_be_quiet_in_a_chat_where_all_is_answered(
    house: House, alice: Someone, bob: Someone
) -> None:
    house.model.reply = "Yes."
    await house.start()
    one, other = house.threads_of_one_chat(alice, bob)
    house.side.appoint(alice.person, one.room)
    around = replace(one, room=Room(one.room.chat))
    await chooses(around, "What I answer", "every message")
    await around.sees("What I answer: every message")
    one.says("hi", to_bot=house.side.name == "discord")
    await one.sees("Yes.")
    await chooses(one, "What I answer", "messages that name me")
    await one.sees("What I answer: messages that name me")
    if house.side.name == "telegram":  # In threads that the bot has opened, all is said to it.
        one.says("among ourselves", to_bot=False)
    other.says("loud here", to_bot=False)
    await house.until(lambda: "loud here" in asked(house))
    assert "among ourselves" not in asked(house)


async def test_the_operator_can_forbid_that_all_is_answered(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Yes."
    await begins(house)
    here, other = house.group(alice, bob)
    house.side.appoint(alice.person, here.room)
    await chooses(here, "What I answer", "every message")
    await here.sees("What I answer: every message")
    await house.stop()
    await house.start(here_answer_all=False)
    other.says("among ourselves", to_bot=False)
    await here.commands("here")
    card = await here.sees("What I answer: messages that name me")
    house.side.forge(alice.person, here.room, card, call_to_data("here_answers", ("all",)))
    await here.is_told("Choose one of named, words, default.")
    assert not house.model.requests


@only_discord
async def test_a_channel_is_answered_in_itself_or_in_threads(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start()
    (here,) = house.group(alice)
    house.side.appoint(alice.person, here.room)
    await chooses(here, "Where I answer", "in the channel")
    await here.sees("Where I answer: in the channel, below the question")
    around = replace(here, room=Room(here.room.chat))
    here.says("hi")
    await around.sees("Yes.")
    await chooses(around, "Where I answer", "in a thread")
    await around.sees("Where I answer: in a thread for each question")
    around.says("hi")
    assert around.room.thread is not None
    await around.sees("Yes.")


async def test_it_is_said_where_the_bot_cannot_see_what_it_should_answer(house: House, alice: Someone) -> None:
    await begins(house)
    (here,) = house.group(alice)
    house.side.appoint(alice.person, here.room)
    if isinstance(house.side, TelegramSide):
        house.side.bot.can_read_all_group_messages = False
    await chooses(here, "What I answer", "every message")
    card = await here.sees("What I answer: every message")
    deaf = "Make me an admin of this chat, so that I see the others." in card.text
    assert deaf == isinstance(house.side, TelegramSide)


async def test_what_was_chosen_holds_after_a_restart(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Yes."
    await begins(house)
    here, other = house.group(alice, bob)
    house.side.appoint(alice.person, here.room)
    await chooses(here, "What I answer", "every message")
    await here.sees("What I answer: every message")
    await house.stop()
    await house.start()
    other.says("hi", to_bot=False)
    await other.sees("Yes.")
    await here.commands("here")
    await here.presses("Reset all of it")
    await here.sees("What I answer: messages that name me")
