"""A house with its surroundings, for every test here that asks for one."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.standins.model import ModelServer
from bot.warm import jobs
from tests.support.bots import Town
from tests.support.breaks import nothing_else_breaks
from tests.support.clock import TurnedClock
from tests.support.fixtures import alice, bob, clock, database_url, house, port, side
from tests.support.nursery import Nursery

__all__ = ["alice", "bob", "clock", "database_url", "house", "port", "side"]


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Where warm programs come from."""
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture(autouse=True)
def warm_at_once(nursery: Nursery, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a gateway keeps warm is there without its start, where it forks."""
    if jobs.WAY == "fork":
        monkeypatch.setattr(jobs, "subprocess", nursery)


@pytest.fixture
async def town(tmp_path: Path, database_url: str) -> AsyncIterator[Town]:
    """Two bots on each platform, and Alice, who talks to all of them."""
    model = ModelServer()
    await model.start()
    town = Town(tmp_path / "data", model, TurnedClock(), database_url)
    await town.open()
    with nothing_else_breaks(than=()):
        yield town
        await town.close()
    await model.close()
