"""Measure load: a day's turns and what stays in memory, many people at their own pace, one person with many sessions.

    python -m tests.bench.load [--turns 20000] [--people 2000] [--minutes 10] [--sessions 10000]

Status 1 where memory goes on growing, an answer is not whole, or somebody waits too long.
"""

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bot.domain.ids import PersonId
from bot.domain.sessions import Reach
from storage import sessions
from storage.database import open_database
from storage.programs import Program
from tests.bench.figures import limited_table
from tests.bench.loads import Crowd
from tests.bench.pace import Measured, Scene, surroundings
from tests.bench.stage import environ, stage
from tests.bench.subject import GATEWAY, running

PEOPLE_OF_A_DAY = 50
GROWTH_LIMIT_MB = 8.0
"""Of the second half of the day: caches fill up in the first."""
FIRST_WORDS_LIMIT_S = 1.5
LIST_LIMIT_MS = 20.0


async def memory_of_a_day(turns: int) -> tuple[float, float, float]:
    """Resident megabytes at the start, at the middle and at the end of so many turns."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        async with stage("telegram", PEOPLE_OF_A_DAY) as ready:
            around = environ(ready, str(Path(directory) / "data"))
            async with running(GATEWAY, around, Path(directory)) as bot:
                await ready.arrived
                crowd = Crowd(ready, bot, seed=1)
                await crowd.talk(20)
                figures = [bot.memory().now / 1e6]
                for _ in range(2):
                    await crowd.talk(max(1, turns // PEOPLE_OF_A_DAY // 2))
                    figures.append(bot.memory().now / 1e6)
                await bot.stop()
    first, middle, last = figures
    return first, middle, last


async def people_at_their_pace(people: int, minutes: float) -> Measured:
    """Everybody asks once within this time, under Telegram's limits; answers take three seconds."""
    scene = Scene()
    async with surroundings("telegram", scene, token_s=0.025) as here:
        everybody = [here.private() for _ in range(people)]
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            async with running(GATEWAY, here.settings(Path(directory)) | {"WORKERS": "200"}, Path(directory)) as bot:
                await here.ready()
                rng = random.Random(1)

                async def ask(person: int, chat: int) -> None:
                    await asyncio.sleep(rng.uniform(0, minutes * 60))
                    number, text = scene.open()
                    here.say(person, chat, text)
                    async with asyncio.timeout(60):
                        await scene.turns[number].done.wait()

                async with asyncio.TaskGroup() as all_of_them:
                    for person, chat in everybody:
                        all_of_them.create_task(ask(person, chat))
                await bot.stop()
        return scene.measured(here)


def many_sessions(count: int) -> Program[None]:
    """One person with so many sessions."""
    yield ("INSERT INTO person (id, role, name, created_at) VALUES (1, 'member', 'x', 1)", ())
    yield ("INSERT INTO place (id, platform, bot, chat, thread, kind) VALUES (1, 'x', '1', '1', '', 'private')", ())
    for number in _shuffled(count):
        yield (
            "INSERT INTO session (owner, place, title, title_by, mode, created_at, updated_at)"
            " VALUES (1, 1, ?, 'words', 'regular', ?, ?)",
            (f"Session number {number}", number, number),
        )


def _shuffled(count: int) -> Iterator[int]:
    numbers = list(range(count))
    random.Random(1).shuffle(numbers)
    return iter(numbers)


async def listing_ms(count: int) -> tuple[float, float]:
    """The longest of a hundred looks at the first page of sessions, and at one deep in, in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        async with await open_database(Path(directory)) as database:
            await database.write(many_sessions(count))
            worst = []
            for offset in (0, count // 2):
                times = []
                for _ in range(100):
                    began = time.perf_counter()
                    await database.read(sessions.page(Reach(owner=PersonId(1)), "", offset, 9))
                    times.append(1000 * (time.perf_counter() - began))
                worst.append(sorted(times)[-2])
    return worst[0], worst[1]


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.load", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--turns", type=int, default=20_000)
    parser.add_argument("--people", type=int, default=2_000)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--sessions", type=int, default=10_000)
    options = parser.parse_args()
    first, middle, last = asyncio.run(memory_of_a_day(options.turns))
    top, deep = asyncio.run(listing_ms(options.sessions))
    crowd = asyncio.run(people_at_their_pace(options.people, options.minutes))
    words = sorted(crowd.first_words)
    rows = (
        (f"memory after 1,000 of {options.turns} turns, MB", first, None),
        ("memory in the middle, MB", middle, None),
        ("growth from the middle to the end, MB", last - middle, GROWTH_LIMIT_MB),
        (f"first page of {options.sessions} sessions, longest but one of 100, ms", top, LIST_LIMIT_MS),
        ("a page in the middle of them, ms", deep, LIST_LIMIT_MS),
        (
            f"{options.people} people in {options.minutes:g} min: answers that were not whole",
            crowd.turns - crowd.whole,
            0,
        ),
        ("429s caused", crowd.refused, 0),
        ("first words behind the model's, p99, s", words[len(words) * 99 // 100], FIRST_WORDS_LIMIT_S),
    )
    text, met = limited_table(rows)
    sys.stdout.write(f"load: {os.cpu_count()} cores\n\n{text}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
