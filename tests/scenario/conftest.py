"""The fixtures of a scenario: the house with its surroundings, and two people."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.playground.model import ModelServer
from bot.playground.telegram.server import TelegramStandIn
from tests.clock import TurnedClock
from tests.scenario.world import House, Someone, newcomer


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A gateway's surroundings; the test starts it."""
    clock = TurnedClock()
    model = ModelServer()
    await model.start()
    async with TelegramStandIn(clock=clock) as telegram:
        house = House(tmp_path / "data", telegram, model, clock)
        try:
            yield house
        finally:
            await house.stop()
            await model.close()


@pytest.fixture
def alice(house: House) -> Someone:
    return newcomer(house, "Alice")


@pytest.fixture
def bob(house: House) -> Someone:
    return newcomer(house, "Bob")
