"""Measure a usage picture over a hundred thousand answers: the CPU of all it takes, and how long the loop stands still.

    python -m tests.bench.usage [--answers 100000]

Status 1 where a required figure is missed.
"""

import argparse
import asyncio
import resource
import sys
import tempfile
import time
from pathlib import Path

from bot.charts.drawing import Drawing
from bot.domain.clock import SystemClock
from bot.domain.ids import UnixMs
from bot.domain.people import Identity, Role
from bot.people.usage import Period, report
from bot.texts import moments, say_in
from handlers.commands.usage import chart
from storage import people
from storage.database import Database, open_database
from storage.programs import Program
from tests.bench.figures import limited_table

CPU_LIMIT_MS = 400.0
STANDS_LIMIT_MS = 50.0
MODELS = 5
BACK_MS = 29 * moments.DAY_MS
TICK_S = 0.02


def _filled(count: int, now: UnixMs) -> Program[None]:
    """So many answers to one person, evenly over a month."""
    yield from people.add(Identity("telegram", "1", "Somebody"), Role.MEMBER, now)
    yield (
        """
        WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
        INSERT INTO usage (person, model, input_tokens, cached_tokens, output_tokens, microusd, at)
        SELECT 1, 'vendor/model-' || (i % ?), 1000 + i % 700, 300, 200 + i % 90, 40 + i % 11, ? - i * ? / ? FROM n
        """,
        (count, MODELS, now, BACK_MS, count),
    )


async def _longest_still(ends: asyncio.Event) -> float:
    """For how long, in seconds, the loop did nothing else at the longest."""
    longest, last = 0.0, time.perf_counter()
    while not ends.is_set():
        await asyncio.sleep(TICK_S)
        now = time.perf_counter()
        longest, last = max(longest, now - last - TICK_S), now
    return longest


def _cpu_s() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


async def _picture(database: Database, drawing: Drawing, now: UnixMs) -> int:
    zone = moments.zone_of("Europe/Berlin")
    made = await database.read(report(Period.MONTH, None, now, zone))
    await drawing.draw(chart(say_in("en"), made))
    return made.used.answers


async def measure(count: int) -> bool:
    """Fill a database, draw, and say what it took; whether every limit is kept."""
    now, drawing = SystemClock().now(), Drawing()
    with tempfile.TemporaryDirectory() as directory:
        async with await open_database(Path(directory)) as database:
            await database.write(_filled(count, now))
            await _picture(database, drawing, now)
            ends = asyncio.Event()
            still = asyncio.create_task(_longest_still(ends))
            cpu, began_at = _cpu_s(), time.perf_counter()
            answers = await _picture(database, drawing, now)
            took_s, cpu = time.perf_counter() - began_at, _cpu_s() - cpu
            ends.set()
            still_ms = 1000 * await still
    table, met = limited_table(
        (
            ("answers in the month that is drawn", answers, None),
            ("CPU of a picture, ms", 1000 * cpu, CPU_LIMIT_MS),
            ("until it is there, ms", 1000 * took_s, None),
            ("the loop stands still for at most, ms", still_ms, STANDS_LIMIT_MS),
        )
    )
    print(table)  # noqa: T201
    return met


def main() -> int:
    """Measure as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=100_000)
    return 0 if asyncio.run(measure(parser.parse_args().answers)) else 1


if __name__ == "__main__":
    sys.exit(main())
