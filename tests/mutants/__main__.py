"""Runs the tests against each mutant of the rules that must hold, and names those that no test has seen.

    python -m tests.mutants [PATH …] [--survivors] [--workers N]

First every test is run once, to learn which runs which line; then, for each mutant, those that run its statement, in
a process forked from one that has everything loaded. One that no test sees is a survivor: a rule without a test, or a
change that changes nothing; `judged.toml` says why. Exits with 1 where less than 95 % of the others are seen.
"""

import argparse
import sys
from pathlib import Path

import pytest

from tests.mutants.memory import Memory
from tests.mutants.plugin import Mutants
from tests.mutants.targets import CONTROL_TESTS, TARGETS
from tests.mutants.trying import OPTIONS

ROOT = Path(__file__).parents[2]


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.mutants")
    options.add_argument("paths", nargs="*", default=list(TARGETS), help="only these sources")
    options.add_argument("--survivors", action="store_true", help="only those that no test has seen so far")
    options.add_argument("--workers", type=int, default=2, help="how many at once (2)")
    chosen = options.parse_args()
    memory = Memory.read(ROOT / "build" / "mutants.json")
    mutants = Mutants(ROOT, chosen.paths, chosen.survivors, chosen.workers, memory)
    tests = sorted({CONTROL_TESTS, *(tests for path in chosen.paths for tests in TARGETS[path])})
    arguments = ["-s", "-q", "-n", "0", *OPTIONS, *(str(ROOT / one) for one in tests)]
    ended = pytest.main(arguments, plugins=[mutants])
    return ended or (0 if mutants.enough() else 1)


if __name__ == "__main__":
    sys.exit(main())
