"""No loss by form: whatever is refused, the answer comes in its next best form, or is not charged."""

import re
from dataclasses import replace

import discord
import pytest
from aiogram.types import ChatAdministratorRights, ChatPermissions

from bot.standins import faults
from bot.standins.discord.model import Permission
from bot.standins.discord.server import DiscordStandIn
from bot.standins.model import Hold
from bot.standins.telegram.server import TelegramStandIn
from storage import ledger
from storage.programs import Program
from tests.support.sides import DiscordSide, Room, TelegramSide
from tests.support.world import House, Someone

LINES = {str(number) for number in range(1_500)}
LONG = "".join(f"Line number {number} of a long answer.\n\n" for number in range(1_500))

only_discord = pytest.mark.parametrize("side", ["discord"], indirect=True)
only_telegram = pytest.mark.parametrize("side", ["telegram"], indirect=True)


def discord_of(house: House) -> DiscordStandIn:
    assert isinstance(house.side, DiscordSide)
    return house.side.stand_in


def telegram_of(house: House) -> TelegramStandIn:
    assert isinstance(house.side, TelegramSide)
    return house.side.stand_in


def words(someone: Someone, *rooms: Room) -> str:
    """Everything that the bot says to a person in these rooms."""
    house = someone.house
    return "\n".join(shown.text for room in rooms for shown in house.side.shown(room, someone.person))


async def balance_of(house: House, person: int) -> int:
    await house.stop()

    def look() -> Program[int]:
        rows = yield ("SELECT person FROM identity WHERE user_id = ?", (str(person),))
        return (yield from ledger.balance(rows[0][0]))

    return await house.read(look())


@only_discord
async def test_whatever_single_right_is_missing_on_discord_the_answer_arrives(house: House, alice: Someone) -> None:
    house.model.reply = lambda body: f"About {body['messages'][-1]['content']}."
    await house.start(rate_limit_per_minute=0, chat_rate_limit_per_minute=0, tokens_per_request=0)
    people, world = discord_of(house).people, discord_of(house).world
    guild = people.open_guild("Friends", [alice.person])
    asked: dict[str, Room] = {}
    for name, value in discord.Permissions.VALID_FLAGS.items():
        room = Room(people.open_channel(guild, name.replace("_", "-")))
        world.channels[room.chat].denied = Permission(value)
        seen = not value & discord.Permissions.view_channel.flag
        if seen:
            asked[name] = room
            house.side.say(alice.person, room, f"{name}", reply_to=None, mention=True)

    def missing() -> list[str]:
        return [
            name for name, room in asked.items() if f"{name}." not in words(alice, room, Room(room.chat), alice.room)
        ]

    await house.until(lambda: not missing())


@only_telegram
async def test_whatever_single_right_is_missing_on_telegram_the_answer_arrives(house: House, alice: Someone) -> None:
    house.model.reply = lambda body: f"About {body['messages'][-1]['content']}."
    await house.start(rate_limit_per_minute=0, chat_rate_limit_per_minute=0)
    alice.says("hello")
    await alice.sees("About hello.")
    people = telegram_of(house).people
    for status, kind in (("restricted", ChatPermissions), ("administrator", ChatAdministratorRights)):
        every = [name.removeprefix("can_") for name in kind.model_fields if name.startswith("can_")]
        for right in every:
            room = Room(people.open_group("Friends", [alice.person]))
            people.set_rights(alice.person, room.chat, status, [other for other in every if other != right])
            house.side.say(alice.person, room, right, reply_to=None, mention=True)
            await house.until(lambda room=room, right=right: f"{right}." in words(alice, room, alice.room))  # type: ignore[misc]


async def test_where_files_are_refused_a_giant_answer_comes_as_pages(house: House, alice: Someone) -> None:
    house.model.reply = LONG
    await house.start()
    (group,) = house.group(alice)
    if isinstance(house.side, DiscordSide):
        discord_of(house).people.deny(group.room.chat, "ATTACH_FILES")
    else:
        rights = ["send_messages", "send_photos"]
        telegram_of(house).people.set_rights(alice.person, group.room.chat, "restricted", rights)
    group.says("everything")
    # The last line stands in the preview before the pages come.
    for pages in (5, 10):  # Each with the patience of its own.
        await house.until(lambda pages=pages: len(house.side.shown(group.room, alice.person)) >= pages)  # type: ignore[misc]
    await house.until(lambda: set(re.findall(r"Line number (\d+) of", words(alice, group.room))) >= LINES)
    assert house.side.files(group.room) == []


@only_discord
async def test_without_the_right_to_read_the_history_every_answer_comes(house: House, alice: Someone) -> None:
    house.model.reply = lambda body: f"About {body['messages'][-1]['content']}"
    await house.start()
    (group,) = house.group(alice)
    discord_of(house).people.deny(group.room.chat, "READ_MESSAGE_HISTORY")
    for question in ("one", "two", "three"):
        group.says(question, to_bot=group.room.thread is None)
        await house.until(lambda question=question: f"Alice: {question}" in words(alice, group.room))  # type: ignore[misc]


@only_discord
@pytest.mark.parametrize("why", ["right", "full"])
async def test_the_channel_that_stands_in_for_a_thread_is_kept(house: House, alice: Someone, why: str) -> None:
    house.model.replies.extend(["First.", "Second.", "Third.", "Fourth."])
    await house.start()
    (group,) = house.group(alice)
    if why == "right":
        discord_of(house).people.deny(group.room.chat, "CREATE_PUBLIC_THREADS")
    else:
        house.side.faults.add(
            faults.refusal("Maximum number of active threads reached", code=160006, status=400),
            method="thread.create",
            times=100,
        )
    group.says("one")
    group.room.thread = None
    first = await group.sees("First.")
    await house.stop()
    await house.start()
    house.side.say(alice.person, group.room, "two", reply_to=first.id, mention=False)
    await group.sees("Second.")
    assert [m["content"] for m in house.model.requests[-1].body["messages"]][-3:] == [
        "Alice: one",
        "First.",
        "Alice: two",
    ]
    await group.presses("Regenerate", on=first)
    await group.sees("Third.")
    assert not [shown for shown in group.answers() if "not here" in shown.text]


@only_discord
async def test_a_forum_post_whose_first_message_names_the_bot_is_answered_in_it(house: House, alice: Someone) -> None:
    house.model.replies.extend(["In the post.", "Again."])
    await house.start()
    people = discord_of(house).people
    guild = people.open_guild("Friends", [alice.person])
    forum = people.open_channel(guild, "questions", kind="forum")
    bot = discord_of(house).application_id
    post = Room(forum, people.open_post(alice.person, forum, "Tea", f"<@{bot}> how long?"))
    await house.until(lambda: "In the post." in words(alice, post))
    people.say(alice.person, post.thread or 0, f"<@{bot}> and coffee?")
    await house.until(lambda: "Again." in words(alice, post))


@only_discord
async def test_a_thread_put_aside_in_mid_answer_shows_it_whole(house: House, alice: Someone) -> None:
    house.model.reply = "word " * 60 + "end."
    house.model.hold = hold = Hold(20)
    await house.start()
    (group,) = house.group(alice)
    group.says("hi")
    await group.sees_growing("word")
    thread = discord_of(house).world.channels[group.room.thread or 0]
    thread.thread_state.archived = True
    hold.over.set()
    await house.until(lambda: "end." in words(alice, group.room))
    await house.until(lambda: not [shown for shown in group.answers() if "Stop" in shown.labels])


@only_discord
async def test_a_command_in_a_server_without_the_bot_is_answered_by_its_own_token(house: House, alice: Someone) -> None:
    house.model.reply = "From the documents."
    await house.start()
    (group,) = house.group(alice)
    await house.until(lambda: house.side.knows("ask", group.room))
    discord_of(house).people.remove_bot(discord_of(house).world.channels[group.room.chat].guild_id or 0)
    await group.commands("ask", "what is in it?")
    await house.until(lambda: "From the documents." in words(alice, group.room))
    assert "Done." not in "".join(house.side.told(alice.person, group.room))


async def test_two_presses_on_regenerate_in_a_moment_are_one_wish(house: House, alice: Someone) -> None:
    house.model.replies.extend(["First.", "Second.", "Third."])
    await house.start()
    alice.says("hi")
    first = await alice.sees("First.")
    await alice.presses("Regenerate", on=first)
    await alice.presses("Regenerate", on=first)
    await alice.sees("Second.")
    assert await balance_of(house, alice.person) == 4000 - 200
    assert len(house.model.requests) == 2


@only_telegram
async def test_in_a_closed_topic_the_person_is_told_in_private(house: House, alice: Someone) -> None:
    house.model.replies.extend(["Hello.", "word " * 60 + "end."])
    await house.start()
    alice.says("hello")
    await alice.sees("Hello.")
    house.model.hold = Hold(20)
    people = telegram_of(house).people
    forum = people.open_group("Forum", [alice.person], forum=True)
    room = Room(forum, people.open_topic(alice.person, forum, "Tea"))
    house.side.say(alice.person, room, "hi", reply_to=None, mention=True)
    await house.until(lambda: len(house.model.requests) == 2)
    people.close_topic(alice.person, forum, room.thread or 0)
    await alice.sees("I cannot write where you asked")


@only_telegram
async def test_a_balance_is_shown_only_to_its_owner(house: House, alice: Someone) -> None:
    house.model.reply = "Hello."
    await house.start()
    alice.says("hi")
    await alice.sees("Hello.")
    assert isinstance(house.side, TelegramSide)
    # Bob has never pressed Start, so that the bot must not write to him.
    bob = replace(alice, person=house.side.people.open_person("Bob"))
    group, bobs = house.group(alice, bob)
    await group.commands("tokens")
    await alice.sees("You have 3,900 tokens.")
    await bobs.commands("tokens")
    await bobs.sees("That is for you alone")
    assert not [shown for shown in group.answers() if "You have" in shown.text]
