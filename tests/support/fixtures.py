"""The fixtures: the house with its surroundings, on each platform, and two people."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.standins.model import ModelServer
from tests.support.breaks import nothing_else_breaks
from tests.support.clock import TurnedClock
from tests.support.ports import free_port
from tests.support.sides import SIDES, WAYS, Side
from tests.support.world import House, Someone

_DATABASE = os.environ.get("SCENARIOS_ON", "sqlite")
"""Of this run."""

every_way = pytest.mark.parametrize("side", WAYS, indirect=True)
"""Runs a scenario on each way of receiving from a platform, where others run on each platform."""

every_database = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
"""Runs a scenario on both databases."""


def of_sqlite_alone(why: str) -> pytest.MarkDecorator:
    """Marks a test of what PostgreSQL has no part in: a run on that skips it and says why."""
    return pytest.mark.skipif(_DATABASE == "postgres", reason=why)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture(params=SIDES)
async def side(request: pytest.FixtureRequest, clock: TurnedClock) -> AsyncIterator[Side]:
    """A platform, with its bot. A test of what one platform alone has names it: `@only("telegram")`."""
    side = WAYS[request.param](clock)
    await side.start()
    yield side
    await side.stop()


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """Where the gateway keeps its data: SQLite, but PostgreSQL in a run that wants all scenarios on it."""
    wanted = getattr(request, "param", _DATABASE)
    return request.getfixturevalue("postgres_url") if wanted == "postgres" else ""


@pytest.fixture
async def house(side: Side, clock: TurnedClock, tmp_path: Path, database_url: str) -> AsyncIterator[House]:
    """A gateway's surroundings; the test starts it."""
    model = ModelServer()
    await model.start()
    house = House(tmp_path / "data", side, model, clock, database_url)
    with nothing_else_breaks(house.may_break):
        try:
            yield house
        finally:
            await house.stop()
            await model.close()


@pytest.fixture
def alice(house: House) -> Someone:
    return house.newcomer("Alice")


@pytest.fixture
def bob(house: House) -> Someone:
    return house.newcomer("Bob")


@pytest.fixture
def port() -> int:
    """A port that nobody listens on."""
    return free_port()
