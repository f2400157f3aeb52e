"""`DISCORD_REPLIES=channel`, and threads that are gone, closed or taken while an answer grows: all goes on."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.standins import faults
from bot.standins.discord.server import DiscordStandIn
from bot.standins.model import Hold
from tests.support.sides import DiscordSide, Room, Shown
from tests.support.world import House, Someone

pytestmark = pytest.mark.parametrize("side", ["discord"], indirect=True)

LONG = "word " * 40 + "end."


def discord_of(house: House) -> DiscordStandIn:
    assert isinstance(house.side, DiscordSide)
    return house.side.stand_in


def asked(house: House) -> list[str]:
    return [message["content"] for message in house.model.requests[-1].body["messages"]]


async def in_the_channel(house: House, alice: Someone, **settings: Any) -> Someone:
    assert isinstance(house.side, DiscordSide)
    house.side.opens_threads = False
    await house.start(discord_replies="channel", **settings)
    (group,) = house.group(alice)
    return group


async def test_in_the_channel_a_conversation_has_all_that_a_thread_has(house: House, alice: Someone) -> None:
    house.model.replies.extend(["First.", "Second.", "Third.", "Fourth."])
    group = await in_the_channel(house, alice)
    question = group.says("one")
    first = await group.sees("First.")
    assert "thread.create" not in [call.name for call in discord_of(house).calls]
    group.says("two", reply_to=first, to_bot=False)
    await group.sees("Second.")
    assert asked(house)[-3:] == ["Alice: one", "First.", "Alice: two"]
    assert isinstance(house.side, DiscordSide)
    house.side.people.edit(group.person, group.room.chat, question, f"<@{discord_of(house).application_id}> one more")
    third = await group.sees("Third.")
    assert asked(house)[-1] == "Alice: one more"
    await group.presses("Regenerate", on=third)
    fourth = await group.sees("Fourth.")
    discord_of(house).people.delete(group.person, group.room.chat, question)
    group.says("three", reply_to=fourth)
    await house.until(lambda: len(house.model.requests) == 5)
    assert not [words for words in asked(house) if "one" in words]


async def test_in_the_channel_an_answer_is_stopped_and_continued(house: House, alice: Someone) -> None:
    house.model.replies.extend([LONG, "and the rest."])
    house.model.hold = Hold(20)
    group = await in_the_channel(house, alice)
    group.says("one")
    await group.sees_growing("word")
    await group.commands("stop")
    await group.sees("Stopped.")
    house.model.hold = None
    await group.commands("continue")
    await group.sees("and the rest.")


async def test_in_the_channel_an_answer_that_was_broken_off_is_finished(house: House, alice: Someone) -> None:
    house.model.replies.extend([LONG, LONG])
    house.model.hold = Hold(20)
    group = await in_the_channel(house, alice, shutdown_grace_s=0)
    group.says("one")
    await group.sees_growing("word")
    await house.stop()
    house.model.hold = None
    await house.start()
    await group.sees("end.")
    assert [shown for shown in group.answers() if "Stop" in shown.labels] == []
    assert len(group.answers()) == 1


async def test_in_the_channel_a_giant_answer_comes_with_its_file(house: House, alice: Someone) -> None:
    house.model.reply = "\n\n".join(f"Line {number}: " + "much " * 60 for number in range(150))
    group = await in_the_channel(house, alice)
    group.says("everything")
    _, data = await group.gets_file()
    assert b"Line 149" in data


ENDS: dict[str, tuple[Callable[[DiscordStandIn, Someone], None], str]] = {
    "archived": (lambda d, who: d.people.archive_thread(who.person, who.room.thread or 0), "Stopped."),
    "locked": (lambda d, who: d.people.archive_thread(who.person, who.room.thread or 0, locked=True), "Stopped."),
    "thread deleted": (lambda d, who: d.people.delete_thread(who.person, who.room.thread or 0), "about 2."),
    "channel deleted": (lambda d, who: d.people.delete_channel(who.room.chat), "about 3."),
}
"""What becomes of a thread in mid-answer, and what is seen then: whoever closes it stops what grows there."""


async def test_whatever_becomes_of_a_thread_its_growing_answer_arrives(house: House, alice: Someone) -> None:
    house.model.reply = lambda body: f"{'word ' * 20}about {body['messages'][-1]['content'][-1]}."
    await house.start()
    for number, (change, seen) in enumerate(ENDS.values()):
        (group,) = house.group(alice)
        house.model.hold = hold = Hold(10)
        group.says(f"number {number}")
        await group.sees_growing("word")
        change(discord_of(house), group)
        if seen != "Stopped.":
            hold.over.set()
        rooms = [Room(group.room.chat), Room(group.room.thread or 0), alice.room]

        def shown(rooms: list[Room] = rooms) -> list[Shown]:
            known = [room for room in rooms if room.chat in discord_of(house).world.channels]
            return [shown for room in known for shown in house.side.shown(room, alice.person)]

        await house.until(lambda seen=seen, shown=shown: [one for one in shown() if seen in one.text])  # type: ignore[misc]
        assert not [one for one in shown() if "Stop" in one.labels]


@pytest.mark.parametrize("taken", [True, False])
async def test_a_thread_that_somebody_else_opens_first_is_the_thread(house: House, alice: Someone, taken: bool) -> None:
    """160004, with the thread there, and (as for one that was deleted again) without."""
    house.model.reply = "Here."
    (group,) = house.group(alice)
    await house.start()
    house.side.faults.add(
        faults.refusal("A thread has already been created for this message", code=160004),
        method="thread.create",
        times=9,
    )
    number = group.says("one")
    if taken:
        discord_of(house).people.open_thread(alice.person, group.room.chat, "Mine", message=number)
    else:
        group.room.thread = None
    await group.sees("Here.")
