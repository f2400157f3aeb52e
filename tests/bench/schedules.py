"""Measure reminders: ten thousand that are due at once, what others notice of it, and a hundred thousand that wait.

    python -m tests.bench.schedules [--due 10000] [--kept 100000]

Status 1 where a required figure is missed.
"""

import argparse
import asyncio
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from bot.contracts.bots import Bots
from bot.domain.clock import SystemClock
from bot.domain.ids import UnixMs
from bot.domain.people import Identity, Role
from bot.domain.places import Place
from bot.domain.policy import Policy
from bot.domain.schedules import Cron, ScheduleState
from bot.domain.sessions import Modes
from bot.schedules.runner import ScheduleRunner
from bot.turns.turn_queue import TurnQueue
from storage import people, places, schedules
from storage.database import Database, open_database
from storage.outbox import OutboxPage
from storage.programs import Program
from storage.schedules import NewSchedule
from tests.bench.figures import limited_table

LATE_LIMIT_S = 2.0
OTHERS_LIMIT_MS = 20.0
IDLE_LIMIT = 0.2
IDLE_LIMIT_MB = 5.0
PER_SECOND = 30
"""What Telegram takes of one bot in a second: nobody can have theirs sooner than that lets them."""

OTHERS_EVERY_S = 0.02
EACH = 20
LOOKS = 2000
RULE = Cron("0 8 * * *")
POLICY = Policy(modes=Modes({}, "regular"))


async def fill(database: Database, count: int, at: UnixMs, now: UnixMs) -> None:
    """Keep so many daily reminders, twenty a person."""
    for first in range(0, count, EACH * 50):
        await database.write(_some(range(first, min(first + EACH * 50, count), EACH), at, now))


def _some(numbers: Iterable[int], at: UnixMs, now: UnixMs) -> Program[None]:
    for number in numbers:
        maker = Identity("telegram", str(number), "Somebody")
        person = yield from people.add(maker, Role.MEMBER, now)
        row, _ = yield from places.open_place(Place("telegram", "7", str(number)), "")
        for each in range(EACH):
            new = NewSchedule(row, None, maker, asks=False, text=f"no. {number + each}", rule=RULE, next_at=at)
            yield from schedules.add(person.id, new, ScheduleState.ON, now)


async def others(database: Database, taken_ms: list[float]) -> None:
    """What somebody else's message takes: a small transaction, again and again."""
    while True:
        began = time.perf_counter()
        await database.write(places.note_heard(Place("telegram", "7", "x"), "1"))
        taken_ms.append(1000 * (time.perf_counter() - began))
        await asyncio.sleep(OTHERS_EVERY_S)


def _nothing(_: object) -> None:
    return


async def due_at_once(directory: Path, count: int) -> tuple[float, float, float, int]:
    """Lateness beyond the platform's pace at p99, in s; CPU of each, in ms; what others wait longer at p99, in ms;
    how many came.
    """
    clock = SystemClock()
    late_s: list[float] = []
    due = UnixMs(0)

    def deliver(pages: Iterable[OutboxPage]) -> None:
        for _ in pages:
            since_s = (clock.now() - due) / 1000
            late_s.append(max(0.0, since_s - len(late_s) / PER_SECOND))

    async with await open_database(directory) as database:
        alone: list[float] = []
        beside: list[float] = []
        await fill(database, count, UnixMs(clock.now() + 10**9), clock.now())
        await _for_a_while(others(database, alone))
        due = UnixMs(clock.now())
        await database.write(_all_due(due))
        runner = ScheduleRunner(database, Bots(), TurnQueue(POLICY), POLICY, clock, deliver, _nothing)
        began = time.process_time()
        await _beside(runner.do_due(), others(database, beside))
        cpu_ms = 1000 * (time.process_time() - began) / count
    return _p99(late_s), cpu_ms, _p99(beside) - _p99(alone), len(late_s)


def _all_due(at: UnixMs) -> Program[None]:
    yield ("UPDATE schedule SET next_at = ?", (at,))


async def _for_a_while(work: object) -> None:
    await _beside(asyncio.sleep(4), work)


async def _beside(main: object, work: object) -> None:
    working = asyncio.ensure_future(work)  # type: ignore[call-overload]
    await main  # type: ignore[misc]
    working.cancel()


def _p99(values: list[float]) -> float:
    return sorted(values)[len(values) * 99 // 100]


async def waiting(directory: Path, count: int) -> tuple[float, float]:
    """The share of a core, in per cent, and the memory, in MB, that so many take while none is due."""
    clock = SystemClock()
    async with await open_database(directory) as database:
        await fill(database, count, UnixMs(clock.now() + 10**9), clock.now())
    async with await open_database(directory) as database:
        runner = ScheduleRunner(database, Bots(), TurnQueue(POLICY), POLICY, clock, _nothing, _nothing)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.process_time()
        for _ in range(LOOKS):
            await runner.do_due()
        each_s = (time.process_time() - began) / LOOKS
        grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    # It looks once a minute; where there are several processes, every two seconds.
    return 100 * each_s / 2, grown_mb


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.schedules", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--due", type=int, default=10_000)
    parser.add_argument("--kept", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        late_s, cpu_ms, others_ms, came = asyncio.run(due_at_once(Path(folder) / "due", options.due))
        share, grown_mb = asyncio.run(waiting(Path(folder) / "kept", options.kept))
    rows = (
        (f"{options.due} due at once: late beyond the platform's pace, p99, s", late_s, LATE_LIMIT_S),
        ("each, CPU ms", cpu_ms, None),
        ("somebody else's transaction meanwhile, p99, ms longer", others_ms, OTHERS_LIMIT_MS),
        ("how many came", float(came), None),
        (f"{options.kept} kept: CPU while idle, % of a core, looking every 2 s", share, IDLE_LIMIT),
        ("memory that takes, MB", grown_mb, IDLE_LIMIT_MB),
    )
    text, met = limited_table(rows)
    sys.stdout.write(f"schedules: {os.cpu_count()} cores\n\n{text}")
    return 0 if met and came == options.due else 1


if __name__ == "__main__":
    sys.exit(main())
