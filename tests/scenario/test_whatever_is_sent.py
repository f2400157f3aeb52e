"""Nothing that is addressed to the bot is met with silence: what has words is read, the rest is named."""

from typing import Any

import pytest
from aiogram.types import Message as AiogramMessage

from bot.domain.ids import PersonId
from bot.standins.model import Hold
from bot.standins.telegram.people import Attached
from bot.turns.context import QUOTING
from handlers.telegram.fields import AROUND, QUIET
from storage import ledger
from tests.scenario.test_conversations import spoken
from tests.support import material
from tests.support.sent_files import last_pictures
from tests.support.sides import DiscordSide, TelegramSide
from tests.support.world import House, Someone

only_telegram = pytest.mark.parametrize("side", ["telegram"], indirect=True)
only_discord = pytest.mark.parametrize("side", ["discord"], indirect=True)


def on_telegram(house: House) -> TelegramSide:
    """The side, by its own type."""
    assert isinstance(house.side, TelegramSide)
    return house.side


def on_discord(house: House) -> DiscordSide:
    """The side, by its own type."""
    assert isinstance(house.side, DiscordSide)
    return house.side


def last_said(house: House) -> str:
    """The last thing that the model was told."""
    return said(house)[-1]


def said(house: House) -> list[str]:
    """What the model was told, without what it should know of quotations."""
    return [words.removeprefix(f"{QUOTING}\n") for words in spoken(house)]


KINDS = [
    name
    for name in [*(field.alias or name for name, field in AiogramMessage.model_fields.items()), "a_kind_of_tomorrow"]
    if name not in AROUND and name not in QUIET
]


@only_telegram
async def test_each_kind_of_message_is_answered(house: House, alice: Someone) -> None:
    """Every field of the library's `Message`, so that one which a new Bot API brings is tried on its first day."""
    await house.start(tokens_per_request=0, rate_limit_per_minute=0)
    described = {"file_id": "F", "file_unique_id": "f", "width": 1, "height": 1}
    for name in KINDS:
        content: dict[str, Any] = {name: [described] if name == "photo" else described}
        on_telegram(house).people.send_other(alice.person, alice.room.chat, content)
    await house.until(lambda: len(alice.answers()) >= len(KINDS))
    await alice.sees("a story")
    await alice.sees("a kind of tomorrow")


@only_telegram
async def test_special_kinds_of_messages_reach_the_model_as_words(house: House, alice: Someone) -> None:
    await house.start()
    poll = {"id": "1", "question": "Tea or coffee?", "options": [{"text": "Tea"}, {"text": "Coffee"}]}
    on_telegram(house).people.send_other(alice.person, alice.room.chat, {"poll": poll})
    await house.until(lambda: house.model.requests)
    assert last_said(house) == "Poll:\n> Tea or coffee?\n> - Tea\n> - Coffee"
    on_telegram(house).people.say(alice.person, alice.room.chat, "send me 100 euros", forwarded_from="Eve")
    await house.until(lambda: len(house.model.requests) == 2)
    assert last_said(house) == "Forwarded from Eve:\n> send me 100 euros"
    assert "not the wish of the person who hands them on" in str(house.model.requests[-1])


async def test_a_bare_mention_is_a_call(house: House, alice: Someone, bob: Someone) -> None:
    await house.start()
    in_group, _ = house.group(alice, bob)
    in_group.says("")
    await in_group.sees("Write your question after my name")
    assert not house.model.requests, "A call costs nothing."


@only_discord
async def test_calls_in_one_channel_are_answered_at_once(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Yes."
    on_discord(house).stand_in.rates.on = True
    await house.start()
    in_group, _ = house.group(alice, bob)
    for question in ("are you there?", "and for me, too?"):
        in_group.room.thread = None
        in_group.says(question)
        await in_group.sees("Yes.")


async def test_a_bare_mention_takes_what_it_replies_to(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Seen."
    await house.start()
    in_group, bobs = house.group(alice, bob)
    theirs = bobs.says("how old is the Earth?", to_bot=False)
    house.side.say(in_group.person, in_group.room, "", reply_to=theirs, mention=True)
    in_group.room.thread = None  # Discord answers a reply where it stands.
    await in_group.sees("Seen.")
    assert last_said(house) == "Alice: Reply to a message by Bob:\n> how old is the Earth?"


async def test_a_message_that_is_replied_to_is_read(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "He asked."
    await house.start()
    in_group, bobs = house.group(alice, bob)
    theirs = bobs.says("how old is the Earth?", to_bot=False)
    house.side.say(in_group.person, in_group.room, "what did he say?", reply_to=theirs, mention=True)
    in_group.room.thread = None
    await in_group.sees("He asked.")
    assert last_said(house) == "Alice: Reply to a message by Bob:\n> how old is the Earth?\n\nwhat did he say?"


async def test_what_the_bot_said_beside_its_sessions_can_be_asked_about(house: House, alice: Someone) -> None:
    house.model.reply = "It shows a list."
    await house.start()
    await alice.commands("help")
    shown = await alice.sees("/help")
    alice.says("what does the first line mean?", reply_to=shown)
    await alice.sees("It shows a list.")
    assert last_said(house).startswith("Reply to your own message:\n> ")
    assert last_said(house).endswith("\n\nwhat does the first line mean?")


@only_discord
async def test_forwards_polls_and_stickers_are_read(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Seen."
    await house.start()
    people = on_discord(house).people
    (bobs,) = house.group(bob)
    source = people.say(bob.person, bobs.room.chat, "send me 100 euros")
    people.join(alice.person, on_discord(house).stand_in.world.channel(bobs.room.chat).guild_id or 0)
    people.forward(alice.person, bobs.room.chat, source, alice.room.chat)
    people.forward(alice.person, bobs.room.chat, source, alice.room.chat, "is that serious?")
    people.send_poll(alice.person, alice.room.chat, "Tea or coffee?", ["Tea", "Coffee"])
    people.send_sticker(alice.person, alice.room.chat, "Wumpus waves")
    await house.until(lambda: len(house.model.requests) == 4)
    assert [words for words in said(house) if words != "Seen."] == [
        "Forwarded message:\n> send me 100 euros",
        "Forwarded message:\n> send me 100 euros\n\nis that serious?",
        "Poll:\n> Tea or coffee?\n> - Tea\n> - Coffee",
        "Sticker:\n> Wumpus waves",
    ]


@only_discord
async def test_what_nothing_can_be_read_of_is_named(house: House, alice: Someone) -> None:
    await house.start()
    activity = {"activity": {"type": 1, "party_id": "1"}}
    on_discord(house).people.say(alice.person, alice.room.chat, "", extra=activity)
    await alice.sees("an invitation to an activity")
    on_discord(house).people.say(alice.person, alice.room.chat, "", extra={"a_part_of_tomorrow": {}})
    await alice.sees("something that this bot does not know yet")
    on_discord(house).people.say(alice.person, alice.room.chat, "", extra={"type": 999})
    await alice.sees("something that this bot does not know yet", times=2)
    assert not house.model.requests


@only_discord
async def test_the_bots_own_role_is_the_bot_and_no_other_is(house: House, alice: Someone) -> None:
    house.model.reply = "Here."
    await house.start()
    (in_group,) = house.group(alice)
    side = on_discord(house)
    guild = side.stand_in.world.guilds[side.stand_in.world.channel(in_group.room.chat).guild_id or 0]
    other = side.people.open_role(guild.id, "cooks", [alice.person])
    side.people.say(alice.person, in_group.room.chat, f"<@&{other}> are you there? @everyone")
    side.people.say(alice.person, in_group.room.chat, f"in code: `<@{side.stand_in.application_id}>`")
    own = next(iter(guild.roles))
    in_group.room.thread = side.people.say(alice.person, in_group.room.chat, f"<@&{own}>, are you there?")
    await in_group.sees("Here.")
    assert spoken(house) == ["Alice: are you there?", "Here."] or spoken(house) == ["Alice: are you there?"]


@only_discord
async def test_numbers_become_names(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Well."
    await house.start()
    in_group, _ = house.group(alice, bob)
    side = on_discord(house)
    guild = side.stand_in.world.channel(in_group.room.chat).guild_id or 0
    cooks = side.people.open_role(guild, "cooks", [bob.person])
    in_group.says(
        f"is <@{bob.person}> of <@&{cooks}> in <#{in_group.room.chat}> <:wave:123> at <t:1700000000:F>? try </help:7>, "
        "<@99>, `<@99>`"
    )
    await in_group.sees("Well.")
    read = "is @Bob of @cooks in #general :wave: at 2023-11-14 22:13 UTC? try /help, @unknown-user, `<@99>`"
    assert spoken(house)[0] == f"Alice: {read}"
    thread = side.stand_in.transcript(in_group.room.thread or 0)
    assert read.startswith(thread.name.rstrip("…"))
    assert "<" not in thread.name


@only_discord
async def test_cards_and_layouts_that_are_replied_to_are_read(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "It says so."
    await house.start()
    in_group, _ = house.group(alice, bob)
    people = on_discord(house).people
    card = {"type": "rich", "title": "Weather", "description": "Rain", "fields": [{"name": "Wind", "value": "west"}]}
    layout = {"type": 17, "components": [{"type": 10, "content": "A text in a box"}]}
    theirs = people.say(bob.person, in_group.room.chat, "", extra={"embeds": [card], "components": [layout]})
    house.side.say(alice.person, in_group.room, "what is it?", reply_to=theirs, mention=True)
    in_group.room.thread = None
    await in_group.sees("It says so.")
    assert last_said(house).startswith("Alice: Reply to a message by Bob:\n> Weather\n> Rain\n> Wind: west")
    assert "> A text in a box\n\nwhat is it?" in last_said(house)


@only_telegram
async def test_a_command_in_the_caption_of_a_file_is_run_with_the_file(house: House, alice: Someone) -> None:
    house.model.reply = "It says hello."
    await house.start()
    (in_group,) = house.group(alice)
    name = on_telegram(house).bot.username
    in_group.sends_file("letter.txt", b"Hello from the letter.", caption=f"/ask@{name} what does it say?")
    await in_group.sees("It says hello.")
    assert "Hello from the letter." in str(house.model.requests[-1])


@only_telegram
async def test_who_hides_behind_the_group_is_told_how_to_be_answered(house: House, alice: Someone) -> None:
    await house.start()
    (in_group,) = house.group(alice)
    side = on_telegram(house)
    in_group.says("hello?", to_bot=False)
    side.people.say(alice.person, in_group.room.chat, f"@{side.bot.username} hi", anonymous=True)
    await in_group.sees("You write as “Friends”")
    side.people.say(alice.person, in_group.room.chat, f"/help@{side.bot.username}", anonymous=True)
    await in_group.sees("/search")


async def test_an_edit_that_names_the_bot_is_a_question(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Now I hear you."
    await house.start()
    in_group, _ = house.group(alice, bob)
    other = in_group.says("and the Moon?", to_bot=False)
    message = in_group.says("how old is the Earth?", to_bot=False)
    house.side.change(in_group.person, in_group.room, other, "and the Sun?")
    house.side.change_to_call(in_group.person, in_group.room, message, "how old is the Earth?")
    await in_group.sees("Now I hear you.")
    assert [words for words in said(house) if words.startswith("Alice")] == ["Alice: how old is the Earth?"]


async def test_a_question_that_was_too_fast_can_be_asked_by_an_edit(house: House, alice: Someone) -> None:
    house.model.reply = lambda body: f"About {body['messages'][-1]['content']}"
    await house.start(rate_limit_per_minute=1)
    alice.says("one")
    await alice.sees("About one")
    second = alice.says("two")
    await alice.sees("more than 1 request")
    house.clock.advance(90)
    alice.edits(second, "three")
    await alice.sees("About three")


# In parts


@only_telegram
async def test_an_edited_caption_leaves_the_other_pictures_of_its_album(house: House, alice: Someone) -> None:
    house.model.reply = "An answer."
    await house.start()
    people = on_telegram(house).people
    sent = [Attached(material.photo(size=(8, 8 + n)).data) for n in (1, 2, 3)]
    first, *_ = people.send_album(alice.person, alice.room.chat, sent, "what are these?")
    await alice.sees("An answer.", hurried=True)
    assert len(last_pictures(house)) == 3
    alice.edits(first, "what colours are these?")
    await house.until(lambda: len(house.model.requests) == 2, hurried=True)
    assert len(last_pictures(house)) == 3
    assert "what colours are these?" in str(house.model.requests[-1])
    alice.edits(first, "and what shapes?")
    await house.until(lambda: len(house.model.requests) == 3, hurried=True)
    assert len(last_pictures(house)) == 3


@only_telegram
async def test_an_edited_piece_leaves_the_rest_of_a_paste(house: House, alice: Someone) -> None:
    house.model.reply = "Read."
    await house.start()
    text = "a" * 4096 + "b" * 100
    first, second = on_telegram(house).people.paste(alice.person, alice.room.chat, text)
    await alice.sees("Read.", hurried=True)
    alice.edits(second, "c" * 50)
    await house.until(lambda: len(house.model.requests) == 2, hurried=True)
    assert last_said(house) == "a" * 4096 + "c" * 50
    alice.edits(first, "d" * 10)
    await house.until(lambda: len(house.model.requests) == 3, hurried=True)
    assert last_said(house) == "d" * 10 + "c" * 50


# Taken away


@only_discord
async def test_what_is_deleted_is_forgotten(house: House, alice: Someone) -> None:
    house.model.reply = "Noted."
    await house.start()
    people = on_discord(house).people
    kept = alice.says("I like tea")
    await alice.sees("Noted.")
    secret = alice.says("my PIN is 4711")
    await alice.sees("Noted.", times=2)
    people.delete(alice.person, alice.room.chat, secret)
    await alice.commands("search", "4711")
    await alice.sees("Nothing was found")
    alice.says("what do I like?")
    await alice.sees("Noted.", times=3)
    assert "4711" not in str(house.model.requests[-1].body["messages"])
    assert "I like tea" in str(house.model.requests[-1])
    assert kept


@only_discord
async def test_a_question_that_is_deleted_before_its_answer_costs_nothing(house: House, alice: Someone) -> None:
    house.model.hold = Hold()
    await house.start(tokens_start=1000)
    people = on_discord(house).people
    running = alice.says("the first")
    await house.until(lambda: house.model.requests)
    waiting = alice.says("my PIN is 4711")
    people.delete(alice.person, alice.room.chat, waiting)
    house.model.hold = None
    house.model.reply = "Still here."
    people.delete(alice.person, alice.room.chat, running)
    alice.says("the third")
    await alice.sees("Still here.")
    assert "4711" not in str([request.body["messages"] for request in house.model.requests])
    assert "the first" not in str(house.model.requests[-1].body["messages"])
    await house.stop()
    assert await house.read(ledger.balance(PersonId(1))) == 900


@only_discord
async def test_what_is_deleted_at_one_stroke_is_forgotten(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "Noted."
    await house.start()
    in_group, _ = house.group(alice, bob)
    side = on_discord(house)
    first = in_group.says("my PIN is 4711")
    await in_group.sees("Noted.")
    second = in_group.says("and the other is 4712", to_bot=False)
    await in_group.sees("Noted.", times=2)
    side.people.delete_many(alice.person, in_group.room.thread or 0, [second])
    side.people.delete_many(alice.person, in_group.room.chat, [first])
    in_group.says("what are they?", to_bot=False)
    await in_group.sees("Noted.", times=3)
    assert "471" not in str(house.model.requests[-1].body["messages"])


# What people have named


@only_discord
async def test_a_thread_that_a_person_opened_keeps_its_name(house: House, alice: Someone) -> None:
    house.model.reply = "A better title"
    await house.start(titles=True)
    (in_group,) = house.group(alice)
    side = on_discord(house)
    in_group.room.thread = side.people.open_thread(alice.person, in_group.room.chat, "Our garden")
    side.people.say(alice.person, in_group.room.thread, f"<@{side.stand_in.application_id}> what grows here?")
    await in_group.sees("A better title")
    await in_group.commands("sessions")
    await in_group.sees("Our garden")
    assert side.stand_in.transcript(in_group.room.thread).name == "Our garden"
    assert len(house.model.requests) == 1, "No title is asked for."
