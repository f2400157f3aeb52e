"""A trouble that comes and goes never floods, whatever its rhythm."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.domain.ids import UnixMs
from bot.domain.people import Identity, Role
from bot.domain.places import Place, PlaceKind
from bot.domain.policy import Policy
from bot.domain.sessions import Modes
from bot.watching.alerts import APART_S, Alerts, Words
from bot.watching.processes import ProcessWatch
from storage import people, places, private_chats
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
        alerts, told = Alerts(database, Policy(modes=Modes({}, "regular")), clock), 0

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
        alerts, told = Alerts(database, Policy(modes=Modes({}, "regular")), clock), asyncio.Event()
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


async def test_a_hundred_failures_in_a_minute_are_told_in_two_messages(tmp_path: Path) -> None:
    clock, told = FakeClock(), list[str]()
    async with await open_new(tmp_path) as database:
        await database.write(_admin())
        alerts = Alerts(database, Policy(modes=Modes({}, "regular")), clock)
        task = asyncio.create_task(alerts.run(lambda pages: told.extend(page.page.text for page in pages)))
        for number in range(100):
            alerts.report(f"vendor:{number}", Words("The vendor {number} fails.", {"number": number}))
            await settle(2)
            await database.write(_nothing())
            await clock.advance(0.5)
        await clock.advance(APART_S)
        while len(told) < 2:
            await database.read(_nothing())
        task.cancel()
    assert told[0] == "The vendor 0 fails."
    listed = told[1].splitlines()
    assert len(told) == 2 and len(told[1]) < 1_800
    assert listed[0] == "The vendor 1 fails."
    assert listed[-1] == f"And {100 - len(listed)} more: run parley doctor."


async def test_of_a_dead_process_admins_hear_and_when_as_many_are_there_again(tmp_path: Path) -> None:
    clock, told = FakeClock(), list[str]()
    async with await open_new(tmp_path) as database:
        await database.write(_admin())
        alerts = Alerts(database, Policy(modes=Modes({}, "regular")), clock)
        task = asyncio.create_task(alerts.run(lambda pages: told.extend(page.page.text for page in pages)))
        processes = ProcessWatch(alerts)
        for left in (2, 1):
            processes.died(f"host/{left}", left)
        while len(told) < 1:
            await database.read(_nothing())
        for count in (1, 2, 3):
            processes.look(count)
            await clock.advance(APART_S)
        while len(told) < 2:
            await database.read(_nothing())
        task.cancel()
    assert "host/2 no longer responds" in told[0] and "still running: 1" in told[0]
    assert told[1].startswith("All processes are running again: 2.")


def _admin() -> Program[None]:
    identity = Identity("telegram", "1", "Ada")
    yield from people.add(identity, Role.ADMIN, UnixMs(0))
    row, _ = yield from places.open_place(Place("telegram", "7", "1", kind=PlaceKind.PRIVATE), "")
    yield from private_chats.note(identity, row)


def _nothing() -> Program[None]:
    yield ("SELECT 1", ())
