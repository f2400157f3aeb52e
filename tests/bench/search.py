"""What a search and the list of sessions cost somebody among many people.

python -m tests.bench.search [--messages 1000000] [--people 1000]
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bot.domain.ids import PersonId
from bot.domain.sessions import Reach
from storage import search, sessions
from storage.database import Database, open_database
from storage.programs import Program

PER_SESSION = 20
ROUNDS = 100
COMMON = ("the", "and", "what", "is", "a", "of", "to", "in", "it", "that", "for", "was", "on", "are", "with")
SIGNS = "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年"


def text(rng: random.Random, words: int = 60) -> str:
    """A message: common words, rarer ones, some Chinese."""
    said = [rng.choice(COMMON) if rng.random() < 0.5 else f"word{int(rng.paretovariate(0.4))}" for _ in range(words)]
    return " ".join((*said, "".join(rng.choices(SIGNS, k=8))))


def filled(first: int, count: int, people: int, rng: random.Random) -> Program[None]:
    """Messages `first` and the following, dealt out to everybody's sessions in turn."""
    for number in range(first, first + count):
        person, nth = number % people + 1, number // people
        session = (nth // PER_SESSION) * people + person
        if nth % PER_SESSION == 0:
            yield (
                "INSERT INTO session (id, owner, place, title, title_by, mode, created_at, updated_at)"
                " VALUES (?, ?, 1, ?, 'words', 'regular', ?, ?)",
                (session, person, text(rng, 4), number, number),
            )
        said = text(rng)
        yield (
            "INSERT INTO message (id, session, author, parts, created_at) VALUES (?, ?, 'user', ?, ?)",
            (number + 1, session, f'[{{"text":"{said}"}}]', number),
        )


def furnished(people: int) -> Program[None]:
    """Everybody, and where they are."""
    yield ("INSERT INTO place (id, platform, bot, chat, thread, kind) VALUES (1, 'p', 'b', 'c', '', 'private')", ())
    yield (
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
        " INSERT INTO person (id, role, name, created_at) SELECT i, 'member', 'x', 0 FROM n",
        (people,),
    )


async def timed(
    database: Database, program: Callable[[int], Program[list[object]]], people: int
) -> tuple[float, float]:
    """Milliseconds, median and 99 of 100, of what different people ask."""
    rng, times = random.Random(1), []
    for _ in range(ROUNDS):
        person = rng.randrange(people) + 1
        began = time.perf_counter()
        await database.read(program(person))
        times.append(1000 * (time.perf_counter() - began))
    times.sort()
    return times[len(times) // 2], times[len(times) * 99 // 100]


def looking_for(words: str) -> Callable[[int], Program[list[object]]]:
    """A search of somebody's."""
    return lambda person: search.find(Reach(owner=PersonId(person)), words, 7)  # type: ignore[return-value]


async def measure(count: int, people: int) -> None:
    """Fill a database and print the table."""
    rng = random.Random(7)
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        async with await open_database(Path(directory)) as database:
            await database.write(furnished(people))
            began, step = time.process_time(), 20_000
            for first in range(0, count, step):
                await database.write(filled(first, min(step, count - first), people, rng))
                while await database.write(search.index_pending()):
                    while await database.write(search.tidy()):
                        continue
            each_us = 1e6 * (time.process_time() - began) / count
            asked = {
                "search, a common word": looking_for("the"),
                "search, two common words": looking_for("what is"),
                "search, a beginning that many words have": looking_for("wor"),
                "search, a rare word": looking_for("word123456"),
                "search, Chinese": looking_for("我在"),
                "list of sessions": lambda person: sessions.page(Reach(owner=PersonId(person)), "", 0, 9),
                "list of sessions, by words of the title": lambda person: sessions.page(
                    Reach(owner=PersonId(person)), "word", 0, 9
                ),
            }
            size = sum(file.stat().st_size for file in Path(directory).iterdir()) / 1e6  # noqa: ASYNC240
            sys.stdout.write(
                f"{count:,} messages of {people:,} people, {size:,.0f} MB; a message took {each_us:.0f} µs\n\n"
            )
            sys.stdout.write("| what | p50, ms | p99, ms | required |\n| --- | ---: | ---: | --- |\n")
            for name, program in asked.items():
                median, slow = await timed(database, program, people)  # type: ignore[arg-type]
                sys.stdout.write(
                    f"| {name} | {median:.1f} | {slow:.1f} | ≤ 50, {'met' if slow <= 50 else 'MISSED'} |\n"
                )


def main() -> None:
    """Read the options and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.search", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, default=1_000)
    options = parser.parse_args()
    asyncio.run(measure(options.messages, options.people))


if __name__ == "__main__":
    main()
