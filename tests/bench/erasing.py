# ruff: noqa: S608  # Only numbers of ours are set into the SQL.
"""What others wait while a large session is erased.

python -m tests.bench.erasing [--messages 1000000] [--erased 100000]
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

from bot.domain.ids import UnixMs
from storage import erasing, search
from storage.database import Database, open_database
from storage.programs import Program
from tests.bench.figures import limited_table
from tests.bench.search import text

OTHERS = 1_000
"""People with sessions of the same size."""
PAUSE_S = 0.01
LIMIT_MS = 20.0
STEP = 20_000


def filled(count: int) -> Program[None]:
    """Other people's messages, quickly; their words are not in the index."""
    yield ("INSERT INTO place (id, platform, bot, chat, thread, kind) VALUES (1, 'p', 'b', 'c', '', 'private')", ())
    numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
    yield (f"{numbers} INSERT INTO person (id, role, name, created_at) SELECT i, 'member', 'x', 0 FROM n", (OTHERS,))
    yield (
        f"{numbers} INSERT INTO session (id, owner, place, title, title_by, mode, created_at, updated_at)"
        " SELECT i, i, 1, 'x', 'words', 'regular', 0, 0 FROM n",
        (OTHERS,),
    )
    yield (
        f"{numbers} INSERT INTO message (session, author, parts, indexed, created_at)"
        " SELECT i % ? + 1, 'user', '[{\"text\":\"' || hex(randomblob(100)) || '\"}]', 2, 0 FROM n",
        (count, OTHERS),
    )


def long_one(count: int, rng: random.Random) -> Program[None]:
    """More of one long branch in the first person's session, with turns and what was shown."""
    for _ in range(count):
        rows = yield (
            "INSERT INTO message (session, parent, author, parts, created_at)"
            " VALUES (1, (SELECT tip FROM session WHERE id = 1), 'user', ?, 0) RETURNING id",
            (f'[{{"text":"{text(rng)}"}}]',),
        )
        yield ("UPDATE session SET tip = ? WHERE id = 1", rows[0])
        yield ("INSERT INTO shown VALUES ('p', 'b', 'c', ?, 0, ?)", (str(rows[0][0]), rows[0][0]))
        yield (
            "INSERT INTO turn (session, place, payer, question, state, attach, reserved, run_after, created_at)"
            " VALUES (1, 1, 1, ?, 'delivered', 'attached', 0, 0, 0)",
            rows[0],
        )


def said(person: int) -> Program[None]:
    """What keeps a question: somebody else's."""
    rows = yield (
        "INSERT INTO message (session, author, parts, created_at) VALUES (?, 'user', '[]', 0) RETURNING id",
        (person,),
    )
    yield (
        "INSERT INTO turn (session, place, payer, question, state, attach, reserved, run_after, created_at)"
        " VALUES (?, 1, ?, ?, 'delivered', 'attached', 0, 0, 0)",
        (person, person, *rows[0]),
    )
    yield ("UPDATE session SET tip = ? WHERE id = ?", (*rows[0], person))


async def erase(database: Database) -> None:
    """As the housekeeping does it."""
    await erasing.in_steps(database, lambda: erasing.sessions_deleted(UnixMs(2)))
    while await database.write(search.merge()):
        continue
    await database.wipe_free()


async def waits(database: Database, until: asyncio.Task[None]) -> list[float]:
    """How long each write of others takes meanwhile, in milliseconds, shortest first."""
    rng, times = random.Random(1), []
    while not until.done():
        began = time.perf_counter()
        await database.write(said(rng.randrange(1, OTHERS) + 1))
        times.append(1000 * (time.perf_counter() - began))
        await asyncio.sleep(PAUSE_S)
    until.result()
    return sorted(times)


async def measure(count: int, erased: int) -> bool:
    """Fill a database, erase, print the table; whether the limit is kept."""
    rng = random.Random(7)
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        async with await open_database(Path(directory)) as database:
            await database.write(filled(count - erased))
            for first in range(0, erased, STEP):
                await database.write(long_one(min(STEP, erased - first), rng))
                while await database.write(search.index_pending()):
                    continue
            await database.write(iter_of("UPDATE session SET deleted_at = 1 WHERE id = 1"))
            await database.checkpoint()
            began = time.monotonic()
            times = await waits(database, asyncio.create_task(erase(database)))
            took_s = time.monotonic() - began
    rows = [
        ("erasing it, s", took_s, None),
        ("others wait, p50, ms", times[len(times) // 2], None),
        ("others wait, p99, ms", times[len(times) * 99 // 100], LIMIT_MS),
        ("others wait at most, ms", times[-1], None),
    ]
    told, met = limited_table(rows)
    sys.stdout.write(f"A session of {erased:,} messages among {count:,} is erased\n\n{told}\n")
    return met


def iter_of(statement: str) -> Program[None]:
    """One statement as a program."""
    yield (statement, ())


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.erasing", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--erased", type=int, default=100_000)
    options = parser.parse_args()
    return 0 if asyncio.run(measure(options.messages, options.erased)) else 1


if __name__ == "__main__":
    sys.exit(main())
