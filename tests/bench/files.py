"""Measure what files cost: a document of 100 pages, and ten large photos at once while others go on talking.

    python -m tests.bench.files [--rounds 3]

Status 1 where a required figure is missed. CPU time is that of the gateway and of the processes that read for it.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.bench.figures import limited_table
from tests.bench.loads import Crowd, Load
from tests.bench.stage import ANSWER_S, Stage, TelegramTheatre, environ, stage
from tests.bench.subject import GATEWAY, TICKS_PER_S, Running, running
from tests.support import material

MB = 1_000_000
PAGES = 100
PHOTOS = 10
MEGAPIXELS = 12
TALKERS = 20
PAUSE_S = 0.5

CPU_LIMIT_S = 2.0
MEMORY_LIMIT_MB = 200
SLOWER_LIMIT_MS = 50
KEPT_LIMIT_MB = 20


@dataclass(frozen=True, slots=True)
class Measured:
    """One round."""

    document_cpu_s: float
    document_s: float
    reader_mb: float
    calm_ms: float
    busy_ms: float
    kept_mb: float


class Readers:
    """Watches the processes that the gateway starts."""

    def __init__(self, parent: int) -> None:
        self._parent = parent
        self.peak = 0
        """The most memory that one of them has had, in bytes."""

    async def watch(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            self._look()
            await asyncio.sleep(0.01)

    def _look(self) -> None:
        for path in Path("/proc").glob("[0-9]*"):
            self.peak = max(self.peak, self._memory_of(path))

    def _memory_of(self, path: Path) -> int:
        try:
            if int((path / "stat").read_text().rpartition(")")[2].split()[1]) != self._parent:
                return 0
            status = dict(line.split(":", 1) for line in (path / "status").read_text().splitlines())
        except (OSError, ValueError, IndexError):
            return 0
        return int(status["VmHWM"].split()[0]) * 1024 if "VmHWM" in status else 0


def cpu_with_readers_s(pid: int) -> float:
    """CPU time of a process and of all that it has started and that has ended."""
    fields = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS_PER_S


def added_ms(load: Load) -> float:
    """What the gateway added to a turn, before and after the model, at the 99th percentile."""
    times = sorted(added.before_s + added.after_s for added in load.added)
    return 1000 * times[len(times) * 99 // 100]


async def round_of(seed: int) -> Measured:
    """Start a gateway and send it everything."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        async with stage("telegram", TALKERS + PHOTOS + 1) as ready:
            surroundings = environ(ready, str(Path(directory) / "data"))
            async with running(GATEWAY, surroundings, Path(directory)) as bot:
                async with asyncio.timeout(ANSWER_S):
                    await ready.arrived
                measured = await _measure(ready, bot, seed)
                await bot.stop()
    return measured


async def _measure(ready: Stage, bot: Running, seed: int) -> Measured:
    theatre = ready.theatre
    if not isinstance(theatre, TelegramTheatre):
        raise TypeError("The stage is Telegram's.")
    document_sender, *others = ready.people
    photographers, talkers = others[:PHOTOS], others[PHOTOS:]
    crowd = Crowd(ready, bot, seed)
    await crowd.talk(1)
    ready.people = talkers
    calm = await crowd.talk(10, PAUSE_S)
    before = bot.memory().now
    talking = asyncio.create_task(crowd.talk(10, PAUSE_S))
    photos = [material.noisy_photo(MEGAPIXELS, number) for number in range(PHOTOS)]
    async with asyncio.TaskGroup() as sending:
        for number, (person, photo) in enumerate(zip(photographers, photos, strict=True)):
            send = partial(theatre.send_photo, person, photo)
            sending.create_task(ready.turn(person, 10_000 + number, send))
    busy = await talking
    kept = bot.memory().now - before
    text = "\n".join(f"Line {n}: the tides of {n} come from the moon and the sun." for n in range(45))
    pdf = material.pdf([f"Page {n}\n{text}" for n in range(PAGES)])
    readers = Readers(bot.pid)
    watching = asyncio.create_task(readers.watch())
    cpu_s, began = cpu_with_readers_s(bot.pid), time.monotonic()
    await ready.turn(document_sender, 20_000, partial(theatre.send_document, document_sender, pdf))
    took_s = time.monotonic() - began
    await asyncio.sleep(0.3)
    watching.cancel()
    return Measured(
        document_cpu_s=cpu_with_readers_s(bot.pid) - cpu_s,
        document_s=took_s,
        reader_mb=readers.peak / MB,
        calm_ms=added_ms(calm),
        busy_ms=added_ms(busy),
        kept_mb=kept / MB,
    )


def table(rounds: Sequence[Measured]) -> tuple[str, bool]:
    """The table as Markdown, and whether everything required holds."""

    def median(name: str) -> float:
        return statistics.median(float(getattr(each, name)) for each in rounds)

    slower = median("busy_ms") - median("calm_ms")
    figures = (
        (f"{PAGES} pages to searchable text, CPU s", median("document_cpu_s"), CPU_LIMIT_S),
        ("the same until the answer, s", median("document_s"), None),
        ("memory of the reader at most, MB", median("reader_mb"), MEMORY_LIMIT_MB),
        ("added to others' turns, p99, ms", median("calm_ms"), None),
        (f"the same while {PHOTOS} photos are read, ms", median("busy_ms"), None),
        ("slower by, ms", slower, SLOWER_LIMIT_MS),
        ("memory that stays afterwards, MB", median("kept_mb"), KEPT_LIMIT_MB),
    )
    return limited_table(figures)


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.files", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = [asyncio.run(round_of(seed)) for seed in range(parser.parse_args().rounds)]
    text, met = table(rounds)
    sys.stdout.write(f"files: {len(rounds)} rounds, {os.cpu_count()} cores\n\n{text}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
