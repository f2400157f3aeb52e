"""Measure what reading a file costs, beside the reader of another checkout on the same files.

    python -m tests.bench.reader --before CHECKOUT [--rounds 3] [--files 16]

The files are those of `make accuracy`. The other checkout's reader is started for each file, as it was by its gateway;
ours is kept warm, and its start and end are shared among the files of a round. CPU time is that of all processes,
the caller included. Status 1 where a figure that is required is missed.
"""

import argparse
import asyncio
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from bot.files.kinds import kind_of
from bot.files.reader.trouble import Trouble
from bot.files.sandbox import Limits, Sandbox
from tests.files.accuracy.__main__ import samples_of
from tests.files.accuracy.reading import read
from tests.files.accuracy.subject import Subject
from tests.files.accuracy.subjects import docx, epub, odf, pptx, sheets

OFFICE: tuple[Subject, ...] = (docx.SUBJECT, pptx.SUBJECT, odf.TEXTS, sheets.XLSX, sheets.ODS, epub.SUBJECT)
"""Those that were read before."""

CPU_AT_MOST = 0.2
"""Required: of what it was."""


class Cost(NamedTuple):
    """For each file, in milliseconds."""

    cpu: float
    wall: float


def cost_of(work: Callable[[Sequence[Path]], None], files: Sequence[Path]) -> Cost:
    """What reading all of them costs."""
    cpu, began = _cpu_s(), time.monotonic()
    work(files)
    wall = time.monotonic() - began
    return Cost(1000 * (_cpu_s() - cpu) / len(files), 1000 * wall / len(files))


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def cold(checkout: Path, files: Sequence[Path]) -> None:
    """Read files with a Python of its own for each."""
    for path in files:
        read(path, checkout)


def warm(files: Sequence[Path]) -> None:
    """Read files one after the other, as the gateway does."""
    asyncio.run(_warm(files))


async def _warm(files: Sequence[Path]) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        sandbox = Sandbox(Limits(), 1, Path(directory) / "reading")
        for path in files:
            kind = kind_of(path.read_bytes())
            job = sandbox.run("read", kind.value if kind else "", str(path), directory, "1", "500")
            try:
                async with aclosing(job) as told:
                    async for _ in told:
                        pass
            except Trouble:
                continue
        # Its processes' CPU time is told once it is gone.
        del sandbox


def readable(subject: Subject, most: int) -> list[Path]:
    """Samples of a kind that both readers are given: spread over all of them."""
    found = [sample.path for sample in samples_of(subject) if kind_of(sample.path.read_bytes()) in subject.kinds]
    return list(islice(found, 0, None, max(1, len(found) // most)))[:most]


def row(subject: Subject, files: Sequence[Path], before: Path, rounds: int) -> tuple[str, float]:
    """A line of the table, and our share of the CPU time; the rounds of both alternate."""
    theirs, ours, alone = [], [], []
    for _ in range(rounds):
        theirs.append(cost_of(partial(cold, before), files))
        ours.append(cost_of(warm, files))
        alone.append(cost_of(warm, files[:1]))
    cpu = [statistics.median(each.cpu for each in side) for side in (theirs, ours, alone)]
    wall = [statistics.median(each.wall for each in side) for side in (theirs, ours, alone)]
    share = cpu[1] / cpu[0]
    cells = (subject.name, len(files), *(f"{each:.0f}" for each in cpu[:2]), f"{share:.2f}", f"{cpu[2]:.0f}")
    return "| " + " | ".join(map(str, (*cells, *(f"{each:.0f}" for each in wall)))) + " |\n", share


def main() -> int:
    """Read the options, print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.reader", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--before", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, default=16)
    given = parser.parse_args()
    sys.stdout.write(
        f"reader: {given.rounds} rounds, {os.cpu_count()} cores; milliseconds a file\n\n"
        "| kind | files | CPU before | CPU | ratio | of a file alone | wall before | wall | of a file alone |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
    )
    met = True
    for subject in OFFICE:
        line, share = row(subject, readable(subject, given.files), given.before.absolute(), given.rounds)
        met &= share <= CPU_AT_MOST
        sys.stdout.write(line)
        sys.stdout.flush()
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
