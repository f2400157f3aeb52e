"""A gateway ends when it is told to, whatever happens in the same moment."""

import asyncio

import pytest

from tests.scenario.test_forms import discord_of, only_discord
from tests.support.world import House


@only_discord
@pytest.mark.parametrize("steps", range(20))
async def test_it_ends_also_while_a_connection_breaks(house: House, steps: int) -> None:
    await house.start()
    discord_of(house).gateway.drop()
    for _ in range(steps):
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await house.stop()
