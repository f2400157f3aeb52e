"""When the house is kept: by APScheduler's triggers and our clock, whatever happens to the clock."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import StorageError
from bot.domain.ids import UnixMs
from bot.supervisor.housekeeping import every, keep_house
from tests.support.clock import FakeClock, settle

MINUTE_S = 60


class Wall(FakeClock):
    """A fake clock that can also be set."""

    ahead_ms = 0

    def now(self) -> UnixMs:
        return UnixMs(super().now() + self.ahead_ms)


@asynccontextmanager
async def keeping(clock: Wall, chore: Callable[[], None]) -> AsyncIterator[None]:
    async def do() -> None:
        chore()

    task = asyncio.create_task(keep_house(do, clock, every(MINUTE_S)))
    await settle()
    yield
    assert not task.done()
    task.cancel()
    await asyncio.wait((task,))


async def test_a_chore_is_done_once_a_minute() -> None:
    clock, done = Wall(), []
    async with keeping(clock, lambda: done.append(clock.now())):
        await clock.advance(10 * MINUTE_S)
    assert [b - a for a, b in itertools.pairwise(done)] == [60_000] * (len(done) - 1)
    assert len(done) in (10, 11)


async def test_a_database_that_cannot_be_written_is_met_again() -> None:
    clock, tried = Wall(), []

    def fails() -> None:
        tried.append(1)
        raise StorageError("The disk is full.")

    async with keeping(clock, fails):
        await clock.advance(5 * MINUTE_S)
    assert len(tried) >= 5


@pytest.mark.parametrize("fault", [TypeError, RuntimeError])
async def test_a_mistake_of_ours_is_not_hidden(fault: type[Exception]) -> None:
    async def breaks() -> None:
        raise fault

    clock = Wall()
    task = asyncio.create_task(keep_house(breaks, clock, every(MINUTE_S)))
    await clock.advance(MINUTE_S)
    with pytest.raises(fault):
        await task


@given(st.lists(st.integers(-10_000_000, 10_000_000), max_size=8))
def test_no_jump_of_the_clock_stops_it_or_makes_it_run_wild(jumps_ms: list[int]) -> None:
    async def scenario() -> None:
        clock, done = Wall(), []
        async with keeping(clock, lambda: done.append(1)):
            for jump in jumps_ms:
                clock.ahead_ms += jump
                before = len(done)
                await clock.advance(3 * MINUTE_S)
                assert 2 <= len(done) - before <= 5

    asyncio.run(scenario())
