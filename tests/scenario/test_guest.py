"""Where the bot is not a member: somebody calls it there, and it answers once, at their expense."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.contracts.provider import ToolOffer
from bot.standins.discord.people import Attached as Recorded
from bot.standins.model import Hold
from bot.standins.telegram.model import CallbackQuery, GuestQuery
from bot.standins.telegram.people import Attached
from bot.tools import toolbox
from bot.tools.tool import Asker, Tool
from tests.support.sides import DiscordSide, Room, Shown, TelegramSide
from tests.support.world import House, Someone


def called_by(house: House, *callers: Someone) -> list[Someone]:
    """The same people in a group that the bot is not in, where it can be called all the same."""
    side = house.side
    if not isinstance(side, TelegramSide):
        pytest.skip("Elsewhere people bring the bot along by a command.")
    side.bot.supports_guest_queries = True
    chat = side.people.open_group("Far away", [caller.person for caller in callers], bots=[])
    return [Someone(house, caller.person, Room(chat), shared=True) for caller in callers]


def queries(house: House) -> list[GuestQuery]:
    assert isinstance(house.side, TelegramSide)
    return list(house.side.bot.guest_queries.values())


async def grows(away: Someone) -> Shown:
    """The message of an answer that has no words yet."""
    return (await away.house.until(lambda: [shown for shown in away.answers() if shown.grows]))[-1]


async def test_a_guest_answers_once_and_goes_on_in_private(house: House, alice: Someone, bob: Someone) -> None:
    (away, other) = called_by(house, alice, bob)
    house.model.reply = "It is Thimphu."
    await house.start()
    alice.says("my secret is marzipan")
    await alice.sees("It is Thimphu.")
    away.says("What is the capital of Bhutan?")
    await away.sees("It is Thimphu.")
    await house.rests()
    away.says("And its currency?")
    await away.sees("It is Thimphu.", times=2)
    await house.rests()
    assert "Bhutan" not in str(house.model.requests[-1].body)
    other.says("nobody asked", to_bot=False)
    other.says("And its king?")
    await away.sees("It is Thimphu.", times=3)
    await house.rests()
    # Each question is one of its asker's own: neither what is private nor what others asked is read with it.
    asked = house.model.requests[-1].body["messages"]
    assert [told["content"] for told in asked if told["role"] == "user"] == ["And its king?"]
    assert "marzipan" not in str([request.body for request in list(house.model.requests)[1:]])
    payers = house.rows("SELECT payer, session.owner FROM turn JOIN session ON session.id = turn.session")
    assert [payer for payer, _ in payers] == [owner for _, owner in payers]
    assert len({payer for payer, _ in payers}) == 2
    assert house.side.calls("answerGuestQuery") == 3
    await alice.commands("sessions")

    def listed() -> str:
        return str([(shown.text, shown.labels) for shown in alice.answers()])

    await house.until(lambda: "What is the capital" in listed())
    assert "king" not in listed()


async def test_what_does_not_fit_goes_on_in_private(house: House, alice: Someone) -> None:
    (away,) = called_by(house, alice)
    long = "\n\n".join(f"Paragraph {number} is about nothing at all, at length." for number in range(150))
    house.model.reply = "Hello."
    await house.start()
    away.says("Tell me something long.")
    await away.sees("Hello.")
    house.model.reply = long
    away.says("Tell me something longer.")
    cut = await away.sees("The rest does not fit here")
    assert "Paragraph 0 " in cut.text
    assert "@parley_bot" in cut.text
    await house.rests()
    alice.says("Hi")
    await alice.sees("Paragraph 149")
    away.says("And once more.")
    await away.sees("The rest is in your private chat")
    await alice.sees("Paragraph 149", times=2)
    assert house.side.calls("answerGuestQuery") == 3


async def test_a_message_that_comes_both_ways_is_answered_once(house: House, alice: Someone) -> None:
    side = house.side
    if not isinstance(side, TelegramSide):
        pytest.skip("Nothing comes twice there.")
    side.bot.supports_guest_queries = True
    house.model.reply = "Once."
    await house.start()
    (here,) = house.group(alice)
    number = here.says("Both ways?")
    room = side.people.chat(here.room.chat)
    side.stand_in.world.ask_guest(side.bot, room, room.messages[number])
    here.says("Later.")
    await here.sees("Once.", times=2)
    await house.rests()
    assert house.rows("SELECT COUNT(*) FROM turn") == [(2,)]
    assert house.side.calls("answerGuestQuery") == 0


async def test_a_stranger_gets_one_sentence_where_they_ask(house: House, alice: Someone) -> None:
    (away,) = called_by(house, alice)
    await house.start(access="allowlist", allowlist="telegram:user:1")
    away.says("Hello?")
    await away.sees("answers only the people its operator has listed")
    assert not house.model.requests


async def test_an_answer_that_can_no_longer_be_edited_comes_in_private(house: House, alice: Someone) -> None:
    (away,) = called_by(house, alice)
    house.model.reply = "Here."
    await house.start()
    alice.says("Hi")
    await alice.sees("Here.")
    house.model.hold = hold = Hold()
    house.model.reply = "In the end."
    away.says("Slowly, please.")
    begun = await grows(away)
    house.side.take_away(away.room, begun.id)
    hold.over.set()
    await alice.sees("In the end.")
    assert house.side.calls("answerGuestQuery") == 2
    assert away.answers() == []


async def test_a_gateway_that_is_stopped_meanwhile_edits_the_same_message(house: House, alice: Someone) -> None:
    (away,) = called_by(house, alice)
    house.model.hold = hold = Hold()
    house.model.reply = "After all."
    await house.start(shutdown_grace_s=0)
    away.says("Are you there?")
    begun = await grows(away)
    await house.stop()
    hold.over.set()
    await house.start()
    assert (await away.sees("After all.")).id == begun.id
    await house.rests()
    assert len(away.answers()) == 1
    assert [query.answer for query in queries(house)] == [begun.id]


async def test_buttons_below_what_a_guest_says_are_its_askers(house: House, alice: Someone, bob: Someone) -> None:
    (away, other) = called_by(house, alice, bob)
    house.model.hold = hold = Hold()
    house.model.reply = "It is Thimphu."
    await house.start()
    away.says("What is the capital of Bhutan?")
    begun = await grows(away)
    await away.presses("Stop")
    await away.sees("Stopped.")
    hold.over.set()
    house.model.hold = None
    await away.presses("Try again")
    shown = await away.sees("It is Thimphu.")
    assert shown.id == begun.id
    house.model.reply = "Still Thimphu."
    await other.presses("Regenerate", on=shown)
    await house.until(lambda: "no longer here" in str([query.text for query in pressed(house)]))
    await away.presses("Regenerate")
    assert (await away.sees("Still Thimphu.")).id == begun.id
    await away.presses("‹")
    assert (await away.sees("It is Thimphu.")).id == begun.id
    await house.rests()
    assert len(away.answers()) == house.side.calls("answerGuestQuery") == 1
    assert {payer for (payer,) in house.rows("SELECT payer FROM turn")} == {1}
    # What cannot take the place of the answer comes in private, and nothing is asked there.
    side = house.side
    assert isinstance(side, TelegramSide)
    assert "Remind" not in str((await away.sees("It is Thimphu.")).labels)
    await alice.commands("tokens")
    data = f"always_plain@{away.room.chat}"
    side.people.press(alice.person, away.room.chat, shown.id, data=data, forged=True)
    await alice.sees("your answers come as plain text")
    assert (await away.sees("It is Thimphu.")).id == begun.id
    # Another chat in the data of a tampered app is one in which its owner has nothing.
    side.people.press(bob.person, away.room.chat, shown.id, data="again|1@-100777", forged=True)
    await house.until(lambda: str([query.text for query in pressed(house)]).count("no longer here") == 2)
    assert len(house.rows("SELECT 1 FROM turn")) == 3
    # What no button of ours holds is answered as well.
    query = side.people.press(bob.person, away.room.chat, shown.id, data="another's", forged=True)
    await house.until(lambda: side.bot.queries[query].text)


def pressed(house: House) -> list[CallbackQuery]:
    assert isinstance(house.side, TelegramSide)
    return list(house.side.bot.queries.values())


async def brings_along(house: House, *people: Someone) -> list[Someone]:
    """The same people in a server that the bot is not in, with the app on the account of the first."""
    side = house.side
    if not isinstance(side, DiscordSide):
        pytest.skip("Elsewhere people call it by its name.")
    side.people.add_app(people[0].person)
    guild = side.people.open_guild("Far away", [someone.person for someone in people], bot=False)
    room = Room(side.people.open_channel(guild, "general"))
    declared = side.stand_in.commands
    await house.until(lambda: any(command["name"] == "chat" for command in declared.all(None)))
    return [Someone(house, someone.person, room, shared=True) for someone in people]


def chat(away: Someone, question: str) -> None:
    assert isinstance(away.house.side, DiscordSide)
    away.house.side.people.command(away.person, away.room.chat, "chat", {"question": question})


async def test_an_app_of_ones_own_answers_where_the_bot_is_not(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "It is Thimphu."
    await house.start()
    away, other = await brings_along(house, alice, bob)
    alice.says("my secret is marzipan")
    await alice.sees("It is Thimphu.")
    chat(away, "What is the capital of Bhutan?")
    await away.sees("What is the capital of Bhutan?")
    shown = await away.sees("It is Thimphu.")
    await house.rests()
    assert "marzipan" not in str(house.model.requests[-1].body)
    assert house.side.calls("message.create") == 1
    assert house.rows("SELECT COUNT(*) FROM turn JOIN session ON session.id = turn.session AND owner = payer") == [(2,)]
    house.model.reply = "Still Thimphu."
    await away.presses("Regenerate", on=shown)
    await away.sees("Still Thimphu.")
    assert [one.text for one in other.answers()] == [one.text for one in away.answers()]


def points_at(away: Someone, message: int, entry: str = "Ask about this") -> None:
    assert isinstance(away.house.side, DiscordSide)
    away.house.side.people.menu(away.person, away.room.chat, entry, message=message)


async def test_an_app_of_ones_own_is_asked_about_whatever_it_is_pointed_at(
    house: House, alice: Someone, bob: Someone
) -> None:
    house.model.reply = "At six."
    house.model.spoken = "Low tide is at six."
    await house.start()
    away, other = await brings_along(house, alice, bob)
    assert isinstance(house.side, DiscordSide)
    recording = Recorded(b"OggS" + bytes(200), "voice-message.ogg", "audio/ogg", voice_s=2.0)
    said = house.side.people.say(other.person, other.room.chat, "", files=[recording])
    points_at(away, said)
    await away.fills("Your question", "When is low tide?")
    await away.sees("At six.")
    asked = str(house.model.requests[-1].body["messages"][-1])
    assert "Low tide is at six." in asked
    assert "When is low tide?" in asked
    # Words as well, as another's.
    words = house.side.people.say(other.person, other.room.chat, "The ferry leaves at five.")
    points_at(away, words)
    await away.fills("Your question", "Do I get home?")
    await away.sees("At six.", times=2)
    asked = str(house.model.requests[-1].body["messages"][-1])
    assert "Reply to a message by" in asked
    assert "The ferry leaves at five." in asked
    # Who fills a form when that is forgotten hears so, and has asked nothing.
    points_at(away, words)
    forms = house.side.stand_in.interactions
    await house.until(lambda: any(one.modal for one in forms.all()))
    house.clock.advance(15 * 60)
    await away.fills("Your question", "And now?")
    await away.is_told("I no longer know which message that is about.")
    assert len(house.rows("SELECT 1 FROM turn")) == 2


async def test_an_app_of_ones_own_answers_between_people(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "It is Thimphu."
    await house.start()
    (at_server,) = await brings_along(house, alice)
    assert isinstance(house.side, DiscordSide)
    room = Room(house.side.people.open_between([alice.person, bob.person]))
    away, other = (Someone(house, someone.person, room, shared=True) for someone in (alice, bob))
    chat(away, "What is the capital of Bhutan?")
    shown = await other.sees("It is Thimphu.")
    assert len(other.answers()) == len(away.answers())
    house.model.reply = "Still Thimphu."
    await away.presses("Regenerate", on=shown)
    await other.sees("Still Thimphu.")
    # A server can have it that such an app answers its user alone.
    next(iter(house.side.stand_in.world.guilds.values())).external_apps = False
    chat(at_server, "And of Nepal?")
    await at_server.is_told("Still Thimphu.")
    assert house.side.calls("message.create") == 0


async def test_what_is_for_home_is_refused_there_to_its_caller_alone(house: House, alice: Someone) -> None:
    await house.start()
    (away,) = await brings_along(house, alice)
    assert isinstance(house.side, DiscordSide)
    house.side.people.command(alice.person, away.room.chat, "sessions")
    await away.is_told("/sessions works in a private chat with me.")


async def test_what_comes_too_late_for_a_command_comes_in_private(house: House, alice: Someone) -> None:
    house.model.hold = hold = Hold()
    house.model.reply = "At long last."
    await house.start()
    (away,) = await brings_along(house, alice)
    chat(away, "Take your time.")
    await away.sees("Take your time.")
    await house.until(lambda: house.model.requests)
    house.clock.advance(16 * 60)
    hold.over.set()
    await alice.sees("At long last.")
    assert not [shown for shown in away.answers() if "At long last." in shown.text]


async def test_a_file_that_comes_with_a_guests_question_is_read_or_they_hear_why_not(
    house: House, alice: Someone
) -> None:
    (away,) = called_by(house, alice)
    house.model.reply = "Here."
    await house.start()
    await alice.commands("tokens")
    away.sends_file("tides.txt", b"It is high at noon.", "@parley_bot when?")
    await away.sees("Here.")
    assert "It is high at noon." in str(house.model.requests[-1].body)
    away.sends_file("tides.bin", bytes(9), "@parley_bot and now?")
    await alice.sees("tides.bin")
    await away.sees("Here.", times=2)
    house.model.spoken = "Low tide is at six."
    # A voice message names no one: a reply to it does, and is about it.
    assert isinstance(house.side, TelegramSide)
    recording = Attached(b"OggS" + bytes(200), "voice.ogg", "audio/ogg")
    away.says("", reply_to=house.side.people.send_voice(away.person, away.room.chat, recording))
    await away.sees("Here.", times=3)
    assert "Low tide is at six." in str(house.model.requests[-1].body)


async def test_nothing_that_is_asked_about_first_is_offered_to_a_guest(
    house: House, alice: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    (away,) = called_by(house, alice)

    async def act(_: Asker, arguments: Mapping[str, Any]) -> str:
        return str(arguments)

    def offered_as(name: str, *, reads: bool) -> Tool:
        offer = ToolOffer(name, "Is there.", {"type": "object", "properties": {}})
        return Tool(offer, reads=reads, suits=lambda _: True, call=act)

    tools = (offered_as("look", reads=True), offered_as("change", reads=False))
    monkeypatch.setattr(toolbox, "reading_tools", lambda _: tools)
    house.model.reply = "Hello."
    await house.start(tools="reading")
    alice.says("hi")
    await alice.sees("Hello.")
    assert {"look", "change"} <= offered(house)
    away.says("And here?")
    await away.sees("Hello.")
    assert "look" in offered(house)
    assert "change" not in offered(house)


def offered(house: House) -> set[str]:
    """The tools of the last request."""
    return {tool["function"]["name"] for tool in house.model.requests[-1].body["tools"]}
