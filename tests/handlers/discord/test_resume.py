"""A session with Discord outlives the process: the next one is told what happened in between, commands included."""

import sqlite3
import threading
from contextlib import closing
from typing import Any

import orjson
import pytest

from bot.standins import faults
from bot.standins.discord.server import DiscordStandIn
from storage import bookmarks
from tests.handlers.discord.test_chat import stand_in
from tests.scenario.test_trouble import balance
from tests.support.sides import Room
from tests.support.world import House, Someone

pytestmark = pytest.mark.parametrize("side", ["discord"], indirect=True)


def begun(discord: DiscordStandIn) -> tuple[int, int]:
    """How many sessions were begun, and how many taken up again."""
    return discord.gateway.identified, discord.gateway.resumed


def kept(house: House) -> int:
    """How many notes there are of what goes on."""
    with closing(sqlite3.connect(house.directory / "parley.db")) as database:
        found: int = database.execute("SELECT COUNT(*) FROM bookmark").fetchone()[0]
    return found


async def met(house: House, alice: Someone, **settings: Any) -> Someone:
    """Alice is known, in private and in a thread of hers; gives her in the thread. The gateway has ended since."""
    house.model.reply = lambda body: f"About {body['messages'][-1]['content']}"
    await house.start(**settings)
    (in_group,) = house.group(alice)
    alice.says("before")
    await alice.sees("About before")
    in_group.says("in a thread")
    await in_group.sees("in a thread")
    await house.stop()
    return in_group


async def test_the_next_process_is_told_what_happened_in_between(house: House, alice: Someone, bob: Someone) -> None:
    in_group = await met(house, alice)
    discord = stand_in(house)
    (bob_anew,) = house.group(bob)
    alice.says("one")
    alice.says("two")
    in_group.says("three", to_bot=False)
    bob_anew.says("four")
    await in_group.commands("rename", "A better title")
    await alice.commands("tokens")
    await house.start()
    assert begun(discord) == (1, 1)
    await alice.sees("About two")
    await in_group.sees("About Alice: three")
    await bob_anew.sees("About Bob: four")
    await alice.sees("You have")
    await house.until(lambda: discord.transcript(in_group.room.thread or 0).name == "A better title")
    assert [message.text for message in alice.answers() if "About" in message.text] == [
        "About before",
        "About one",
        "About two",
    ]
    assert not any(interaction.failed for interaction in discord.interactions.all())
    assert len(house.model.requests) == 6


async def test_a_session_in_which_nothing_was_said_is_taken_up_as_well(house: House, alice: Someone) -> None:
    await house.start()
    await house.until(lambda: kept(house))
    await house.stop()
    assert not any(thread.name.startswith("keep-alive") for thread in threading.enumerate())
    await alice.commands("tokens")
    await house.start()
    await alice.sees("You have")
    assert begun(stand_in(house)) == (1, 1)


async def test_a_press_while_it_was_away_counts_once(house: House, alice: Someone) -> None:
    await met(house, alice)
    await alice.presses("Regenerate")
    await house.start()
    await house.until(lambda: len(house.model.requests) == 3)
    await house.stop()
    await house.start()
    alice.says("and then")
    await alice.sees("About and then")
    assert begun(stand_in(house)) == (1, 2)
    assert len(house.model.requests) == 4
    assert await balance(house) == 3600


async def test_a_command_that_was_not_answered_in_time_still_runs(house: House, alice: Someone) -> None:
    in_group = await met(house, alice)
    await in_group.commands("rename", "Late, but done")
    house.clock.advance(30)
    await house.until(lambda: all(one.failed for one in stand_in(house).interactions.all()))
    await house.start()
    await house.until(lambda: stand_in(house).transcript(in_group.room.thread or 0).name == "Late, but done")


async def test_servers_roles_and_threads_are_known_as_before(house: House, alice: Someone) -> None:
    (in_group,) = house.group(alice)
    discord = stand_in(house)
    guild = discord.world.channel(in_group.room.chat).guild_id or 0
    role = discord.people.open_role(guild, "friends", [alice.person])
    house.model.reply = lambda body: f"About {body['messages'][-1]['content']}"
    await house.start(access="allowlist", allowlist=f"discord:role:{role}")
    in_group.says("before")
    await in_group.sees("About Alice: before")
    await house.stop()
    # Only a thread of the bot's own needs no mention; only who has the role is heard.
    in_group.says("in the same thread", to_bot=False)
    anew = discord.people.open_channel(guild, "opened meanwhile")
    in_anew = Someone(house, alice.person, Room(chat=anew), shared=True)
    in_anew.says("in a new channel")
    await house.start()
    await in_group.sees("About Alice: in the same thread")
    await in_anew.sees("About Alice: in a new channel")
    assert begun(discord) == (1, 1)


async def test_every_kind_of_channel_can_be_known_again(house: House, alice: Someone) -> None:
    await met(house, alice)
    discord = stand_in(house)
    guild = next(iter(discord.world.guilds))
    await house.start()
    for kind in (0, 2, 4, 5, 13, 15, 16, 99):
        channel = {"id": str(900 + kind), "type": kind, "guild_id": str(guild), "name": f"kind {kind}", "position": 1}
        discord.gateway.dispatch_raw("CHANNEL_CREATE", channel | {"bitrate": 64_000, "user_limit": 0})
    alice.says("now it is kept")
    await alice.sees("About now it is kept")
    await house.stop()
    alice.says("still there?")
    await house.start()
    await alice.sees("About still there?")
    assert begun(discord) == (1, 2)


@pytest.mark.parametrize("end", ["forgotten", "closed", "of another token"])
async def test_where_the_session_is_over_what_was_missed_is_read(house: House, alice: Someone, end: str) -> None:
    in_group = await met(house, alice)
    discord = stand_in(house)
    alice.says("one")
    in_group.says("two", to_bot=False)
    match end:
        case "forgotten":
            discord.gateway.forget_sessions()
        case "closed":
            discord.gateway.refuse_resume(4009)
        case _:
            discord.gateway.refuse_resume(4004)
    await house.start()
    await alice.sees("About one")
    await in_group.sees("About Alice: two")
    assert begun(discord) == (2, 0)
    assert len(house.model.requests) == 4


async def test_a_session_is_not_kept_while_it_is_not_caught_up(house: House, alice: Someone) -> None:
    await met(house, alice)
    discord = stand_in(house)
    alice.says("nobody hears this yet")
    discord.gateway.forget_sessions()
    house.side.faults.add(faults.error(503), method="message.list", times=100)
    await house.start()
    bob = house.newcomer("Bob")
    bob.says("meanwhile")
    await bob.sees("About meanwhile")
    await house.stop()
    house.side.faults.clear()
    await house.start()
    await alice.sees("About nobody hears this yet")
    assert begun(discord) == (3, 0)


async def test_what_was_kept_of_a_server_the_bot_has_left_is_forgotten(house: House, alice: Someone) -> None:
    in_group = await met(house, alice)
    discord = stand_in(house)
    guild = discord.world.channel(in_group.room.chat).guild_id or 0
    await house.start()
    discord.people.remove_bot(guild)
    alice.says("gone")
    await alice.sees("About gone")
    await house.stop()
    kept = await house.read(bookmarks.all_of("discord", str(discord.world.bot.id)))
    assert set(kept) == {"session"}


async def test_where_the_sessions_own_address_is_gone_the_common_one_is_asked(house: House, alice: Someone) -> None:
    await met(house, alice)
    discord = stand_in(house)
    alice.says("one")
    bot = str(discord.world.bot.id)
    session = orjson.loads((await house.read(bookmarks.all_of("discord", bot)))["session"])
    elsewhere = orjson.dumps(session | {"url": "ws://127.0.0.1:9"}).decode()
    await house.write(bookmarks.put("discord", bot, {"session": elsewhere}))
    await house.start()
    await alice.sees("About one")
    assert begun(discord) == (1, 1)


@pytest.mark.parametrize("broken", ["session", "guild/1"])
async def test_what_another_version_kept_is_left_alone(house: House, alice: Someone, broken: str) -> None:
    await met(house, alice)
    discord = stand_in(house)
    alice.says("one")
    marks = {broken: '{"id": "1", "number": 5, "unavailable": false, "channels": [{"name": 7}]}'}
    await house.write(bookmarks.put("discord", str(discord.world.bot.id), marks))
    await house.start()
    await alice.sees("About one")
    assert begun(discord) == (2, 0)


async def test_an_event_of_an_unknown_server_begins_a_new_session(house: House, alice: Someone) -> None:
    in_group = await met(house, alice)
    discord = stand_in(house)
    guild = discord.world.channel(in_group.room.chat).guild_id or 0
    await house.write(bookmarks.put("discord", str(discord.world.bot.id), {f"guild/{guild}": None}))
    in_group.says("who is asking?", to_bot=False)
    await house.start()
    await in_group.sees("About Alice: who is asking?")
    assert begun(discord) == (2, 1)
