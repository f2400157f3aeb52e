"""What it costs to find the context of a question in sessions of every length: it must not grow with them.

    python -m tests.bench.context [--longest 1000000]

Where the window begins, its messages, the summary of what is before it, and the prompt that these come to. Status 1
where a long session costs more than one of a thousand messages.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bot.contracts.provider import ModelProfile
from bot.domain.ids import MessageId, PersonId, SessionId, UnixMs
from bot.domain.model_names import ModelName
from bot.domain.people import Person, Role
from bot.domain.policy import Policy
from bot.domain.sessions import Mode, Modes, Session, TitleBy
from bot.llm.fitting import budget_of, fit
from bot.turns import context, summary_prompt
from bot.turns.outlook import outlook
from storage.database import Database, open_database
from storage.programs import Program

LENGTHS = (10, 1_000, 100_000, 1_000_000)
GROWS = 1.5
"""What the longest may cost, of one of a thousand messages: the B-trees of the database are a level deeper."""
SUMMED_UP = 9
"""Messages of a long session that stand behind its summary, as where a window has moved."""
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
    if length > SUMMED_UP + 1:
        yield (
            "INSERT INTO summary (session, message, payer, text, wanted, asked, created_at)"
            " VALUES (?, ?, 1, ?, FALSE, FALSE, 0)",
            (number, first + length - 1 - SUMMED_UP, WORDS),
        )
    return MessageId(first + length - 1)


async def cost_us(database: Database, number: int, tip: MessageId) -> tuple[float, int]:
    """Median microseconds of CPU from the tip to the fitted prompt, and how many messages it has."""
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

    policy = Policy(modes=Modes({MODE.name: MODE}, MODE.name))

    async def once() -> int:
        found = await database.read(outlook(session, PERSON, policy))
        summary = summary_prompt.framed(found.summary.text) if found.summary is not None else ""
        prompt = context.prompt_messages(found.path, MODE, session, PERSON, NOW, summary=summary)
        return len(fit(prompt, budget_of(ModelProfile())))

    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        count = await once()
        times.append(1e6 * (time.process_time() - began))
    return statistics.median(times), count


async def measure(longest: int) -> dict[int, tuple[float, int]]:
    """The cost of each length."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        async with await open_database(Path(directory)) as database:
            first = 1
            for number, length in enumerate((n for n in LENGTHS if n <= longest), 1):
                tip = await database.write(filled(number, first, length))
                first += length
                found[length] = await cost_us(database, number, tip)
    return found


def main() -> int:
    """Read the options and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.context", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--longest", type=int, default=LENGTHS[-1])
    found = asyncio.run(measure(parser.parse_args().longest))
    sys.stdout.write("| messages in the session | CPU to find and fit, µs | messages sent |\n| ---: | ---: | ---: |\n")
    for length, (took, count) in found.items():
        sys.stdout.write(f"| {length:,} | {took:.0f} | {count} |\n")
    long = {length: took for length, (took, _) in found.items() if length >= LENGTHS[1]}
    ratio = max(long.values(), default=0.0) / next(iter(long.values()), 1.0)
    sys.stdout.write(f"\nlongest beside {LENGTHS[1]:,}: {ratio:.2f} x (required: ≤ {GROWS} x)\n")
    return 0 if ratio <= GROWS else 1


if __name__ == "__main__":
    sys.exit(main())
