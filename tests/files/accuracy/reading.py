"""Runs the reader on one sample in a Python of its own, and tells what it cost; `tests.bench.reader` keeps it warm."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.files.kinds import kind_of
from bot.files.sandbox import Limits, environment

ROOT = Path(__file__).parent.parent.parent.parent

_START = """
import sys
from bot.files.reader.__main__ import main
status = main(sys.argv[1:])
with open("/proc/self/status") as told:
    sys.stderr.write("".join(line for line in told if line.startswith("VmHWM")))
sys.exit(status)
"""
"""Its most memory it tells itself: what Linux tells of an ended process counts in what started it."""

_MOST_MEMORY = re.compile(rb"VmHWM:\s+(\d+) kB")


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of a sample. `problem` is why nothing did: there is a sentence for each in `bot.files.troubles`."""

    pages: Sequence[str]
    problem: str
    cpu_s: float
    memory_mb: float


def environment_of(checkout: Path) -> dict[str, str]:
    """What the reader of a checkout runs in."""
    ours = environment()
    return {**ours, "PYTHONPATH": os.pathsep.join((str(checkout), ours["PYTHONPATH"]))}


def command() -> list[str]:
    """The beginning of what runs the reader; the job follows."""
    limits = Limits()
    return [sys.executable, "-S", "-c", _START, "--memory", str(limits.memory_mb), "--cpu", str(limits.cpu_s)]


def read(path: Path, checkout: Path = ROOT) -> Reading:
    """Read a sample with the reader of a checkout of Parley; pictures of pages count as empty."""
    kind = kind_of(path.read_bytes())
    if kind is None:
        return Reading((), "unsupported", 0.0, 0.0)
    with (
        tempfile.TemporaryDirectory() as directory,
        tempfile.TemporaryFile() as told,
        tempfile.TemporaryFile() as beside,
    ):
        process = subprocess.Popen(
            [*command(), "read", kind.value, str(path), directory, "1", "500"],
            env=environment_of(checkout),
            cwd=checkout,
            stdout=told,
            stderr=beside,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        told.seek(0)
        lines = [json.loads(line) for line in told]
        beside.seek(0)
        most = _MOST_MEMORY.search(beside.read())
    pages = {line["page"]: str(line.get("text", "")) for line in lines if "page" in line}
    problem = next((str(line["problem"]) for line in lines if "problem" in line), "" if lines else "broken")
    told_pages = [pages.get(number, "") for number in range(1, max(pages, default=0) + 1)]
    return Reading(told_pages, problem, used.ru_utime + used.ru_stime, int(most[1]) / 1024 if most else 0.0)
