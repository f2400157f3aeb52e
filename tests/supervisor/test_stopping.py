"""A gateway ends when it is told to, whatever happens in the same moment."""

import asyncio
from typing import Any

import pytest

from bot import alongside, app
from tests.scenario.test_forms import discord_of, only_discord
from tests.support.patience import PATIENCE_S
from tests.support.world import House


@only_discord
@pytest.mark.parametrize("steps", range(20))
async def test_it_ends_also_while_a_connection_breaks(house: House, steps: int) -> None:
    await house.start()
    discord_of(house).gateway.drop()
    for _ in range(steps):
        await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE_S):
        await house.stop()


async def test_what_runs_beside_has_ended_when_the_gateway_has(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has, before anything is closed that it works with."""
    held: set[str] = set()
    left: list[set[str]] = []
    stop = app._stop

    async def keeps(what: object, *_: object) -> None:
        name = f"{what}"
        held.add(name)
        try:
            await asyncio.Event().wait()
        finally:
            for _step in range(50):
                await asyncio.sleep(0)
            held.remove(name)

    async def stops(*what: Any) -> None:
        left.append(held.copy())
        await stop(*what)

    monkeypatch.setattr(alongside, "keep_house", keeps)
    monkeypatch.setattr(app, "_stop", stops)
    await house.start()
    await house.until(lambda: len(held) == 2)
    await house.stop()
    assert left == [set()]
