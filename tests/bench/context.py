"""What it costs to read the context of an answer from sessions of every length: it must not grow with them.

python -m tests.bench.context [--longest 1000000]
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bot.contracts.provider import ModelProfile
from bot.domain.ids import MessageId, PersonId, SessionId, UnixMs
from bot.domain.messages import Message
from bot.domain.model_names import ModelName
from bot.domain.people import Person, Role
from bot.domain.sessions import Mode, Session, TitleBy
from bot.llm.fitting import budget_of, fit
from bot.turns import context
from storage import messages
from storage.database import Database, open_database
from storage.programs import Program

LENGTHS = (10, 1_000, 100_000, 1_000_000)
READ = 20
"""Messages that a model reads, as the setting CONTEXT_MESSAGES has it."""
ROUNDS = 200
WORDS = "word " * 100
MODE = Mode("regular", "", (ModelName("x/y"),), "Be kind.")
PERSON = Person(PersonId(1), Role.MEMBER, "Alice")
NOW = UnixMs(1_795_176_000_000)


def filled(number: int, first: int, length: int) -> Program[MessageId]:
    """A session whose only branch has so many messages; gives its last."""
    yield ("INSERT OR IGNORE INTO person (id, role, name, created_at) VALUES (1, 'member', 'Alice', 0)", ())
    yield ("INSERT OR IGNORE INTO place (id, platform, bot, chat, thread, kind) VALUES (1, 'p', 'b', 'c', '', 'x')", ())
    yield (
        "INSERT INTO session (id, owner, place, title, title_by, mode, created_at, updated_at)"
        " VALUES (?, 1, 1, 'x', 'words', 'regular', 0, 0)",
        (number,),
    )
    yield (
        "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)"
        " INSERT INTO message (id, session, parent, author, parts, created_at)"
        " SELECT ? + i, ?, CASE WHEN i THEN ? + i - 1 END, CASE i % 2 WHEN 0 THEN 'user' ELSE 'assistant' END, ?, i"
        " FROM n ORDER BY i",
        (length, first, number, first, f'[{{"text":"{WORDS}"}}]'),
    )
    return MessageId(first + length - 1)


async def cost_us(database: Database, number: int, tip: MessageId) -> tuple[float, int]:
    """Median microseconds from the tip to the fitted prompt, and how many messages it has."""
    session = Session(
        SessionId(number),
        PERSON.id,
        "x",
        TitleBy.WORDS,
        "regular",
        None,
        None,
        None,
        None,
        None,
        tip,
        PERSON.id,
        NOW,
        NOW,
    )

    async def once() -> int:
        path: list[Message] = await database.read(messages.path(tip, READ))
        prompt = context.prompt_messages(path, MODE, session, PERSON, NOW)
        return len(fit(prompt, budget_of(ModelProfile())))

    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        count = await once()
        times.append(1e6 * (time.perf_counter() - began))
    return statistics.median(times), count


async def measure(longest: int) -> Iterator[str]:
    """The lines of the table."""
    lines = ["| messages in the session | read and fitted, µs | messages sent |", "| ---: | ---: | ---: |"]
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        async with await open_database(Path(directory)) as database:
            first = 1
            for number, length in enumerate((n for n in LENGTHS if n <= longest), 1):
                tip = await database.write(filled(number, first, length))
                first += length
                took, count = await cost_us(database, number, tip)
                lines.append(f"| {length:,} | {took:.0f} | {count} |")
    return iter(lines)


def main() -> None:
    """Read the options and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.context", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--longest", type=int, default=LENGTHS[-1])
    for line in asyncio.run(measure(parser.parse_args().longest)):
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
