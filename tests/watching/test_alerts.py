"""A trouble that comes and goes never floods, whatever its rhythm."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.domain.people import RoleRules
from bot.watching.alerts import Alerts, Words
from storage.outbox import OutboxPage
from storage.programs import Program
from tests.support.clock import FakeClock, settle
from tests.support.new_data import open_new

DAY_S = 24 * 3600
WRONG, RIGHT = Words("It fails."), Words("It works.")


@pytest.mark.parametrize("minutes", [3, 20, 45, 200])
async def test_what_comes_and_goes_all_day_is_told_a_few_times(tmp_path: Path, minutes: int) -> None:
    clock = FakeClock()
    async with await open_new(tmp_path) as database:
        alerts, told = Alerts(database, RoleRules(frozenset(), frozenset(), True), clock), 0

        def count(_: Sequence[OutboxPage]) -> None:
            nonlocal told
            told += 1

        task = asyncio.create_task(alerts.run(count))
        for minute in range(0, DAY_S // 60, 2):
            if (minute // minutes) % 2 == 0:
                alerts.report("vendor:one", WRONG)
            else:
                alerts.resolve("vendor:one", RIGHT)
            alerts.look()
            # Whatever the other task writes is written before this.
            await settle(2)
            await database.write(_nothing())
            await settle(2)
            await clock.advance(120)
        task.cancel()
    assert 1 <= told <= 10


async def test_what_needs_patience_is_told_only_when_it_was_seen_to_last(tmp_path: Path) -> None:
    clock = FakeClock()
    async with await open_new(tmp_path) as database:
        alerts, told = Alerts(database, RoleRules(frozenset(), frozenset(), True), clock), asyncio.Event()
        task = asyncio.create_task(alerts.run(lambda _: told.set()))
        alerts.report("vendor:one", WRONG, after_s=180)
        await clock.advance(600)
        alerts.look()
        await database.read(_nothing())
        await settle()
        assert not told.is_set(), "one failure and then silence is no trouble that lasts"
        alerts.resolve("vendor:one", RIGHT)
        alerts.report("vendor:one", WRONG, after_s=180)
        await clock.advance(100)
        alerts.report("vendor:one", WRONG, after_s=180)
        await clock.advance(81)
        assert not told.is_set()
        alerts.report("vendor:one", WRONG, after_s=180)
        await told.wait()
        task.cancel()


def _nothing() -> Program[None]:
    yield ("SELECT 1", ())
