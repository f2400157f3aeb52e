"""Discord over several connections: each hears of its own servers, and the first one of direct messages."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.errors import SettingsError
from bot.standins.discord.limits import Limits
from tests.support.sides import DiscordSide
from tests.support.world import House, Someone

pytestmark = pytest.mark.parametrize("side", ["discord"], indirect=True)


def sharded(house: House, *, shards: int = 2, **limits: Any) -> DiscordSide:
    """Discord recommends so many shards, and lets them begin at once unless `limits` say otherwise."""
    side = house.side
    assert isinstance(side, DiscordSide)
    world = side.stand_in.world
    given: dict[str, Any] = {"shards": shards, "max_concurrency": 16, **limits}
    world.limits = replace(Limits(), **given)
    return side


def shard_of(someone: Someone) -> int:
    side = someone.house.side
    assert isinstance(side, DiscordSide)
    guild = side.stand_in.world.channel(someone.room.chat).guild_id
    return ((guild or 0) >> 22) % 2


def on_both(house: House, someone: Someone) -> list[Someone]:
    """The same person in a server of each shard."""
    found: dict[int, Someone] = {}
    while len(found) < 2:
        (here,) = house.group(someone)
        found.setdefault(shard_of(here), here)
    return [found[0], found[1]]


async def test_each_shard_hears_its_servers_and_one_that_is_cut_is_taken_up_alone(house: House, alice: Someone) -> None:
    side = sharded(house)
    gateway = side.stand_in.gateway
    house.model.reply = lambda body: f"About {body['messages'][-1]['content']}"
    zero, one = on_both(house, alice)
    await house.start()
    await house.until(lambda: gateway.shards_connected == {0, 1})
    for someone, words in ((alice, "direct"), (zero, "first"), (one, "second")):
        someone.says(words)
        await someone.sees(words)
    gateway.drop(1)
    await house.until(lambda: gateway.shards_connected == {0})
    one.says("while it is cut", to_bot=False)
    zero.says("meanwhile", to_bot=False)
    await zero.sees("meanwhile")
    await one.sees("while it is cut", hurried=True)
    assert (gateway.identified, gateway.resumed, gateway.hurried) == (2, 1, 0)
    # Both sessions outlive the process.
    await house.stop()
    one.says("one was away", to_bot=False)
    alice.says("was away too")
    await house.start()
    await one.sees("one was away")
    await alice.sees("was away too")
    assert (gateway.identified, gateway.resumed) == (2, 3)
    # A session of two shards is none of three; what was missed is read, once.
    await house.stop()
    one.says("anew", to_bot=False)
    alice.says("afresh")
    await house.start(discord_shards=3)
    await one.sees("anew", hurried=True)
    await alice.sees("afresh", hurried=True)
    assert len(house.model.requests) == 9


async def test_a_shard_that_begins_too_soon_for_discord_begins_later(house: House, alice: Someone) -> None:
    gateway = sharded(house, max_concurrency=1, identify_s=0.3).stand_in.gateway
    house.begin()
    await house.until(lambda: gateway.shards_connected == {0, 1}, hurried=True)
    house.model.reply = "Yes."
    for someone in on_both(house, alice):
        someone.says("hello")
        await someone.sees("Yes.")


async def test_one_connection_stays_one_where_discord_asks_for_no_more(house: House, alice: Someone) -> None:
    gateway = sharded(house, shards=1).stand_in.gateway
    await house.start()
    assert (gateway.identified, gateway.shards_connected) == (1, {0})


async def test_a_wrong_number_of_shards_is_told_in_a_sentence(house: House) -> None:
    gateway = sharded(house, shards_required=3).stand_in.gateway
    house.begin(discord_shards=2)
    with pytest.raises(SettingsError, match="too many servers for so few connections"):
        await house.until(lambda: False, hurried=True)
    sharded(house)
    await house.start(discord_shards="auto")
    gateway.close(4010)
    with pytest.raises(SettingsError, match="no such shard"):
        await house.until(lambda: False, hurried=True)
