"""Tries each mutant of a source: the tests that run its statement, the quickest first, until one fails."""

import ast
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from tests.mutants import fresh
from tests.mutants.exchange import Functions, exchange, holds
from tests.mutants.memory import Memory, Reaching
from tests.mutants.mutations import Mutation, named
from tests.mutants.places import Place, lines_naming, place_of
from tests.mutants.running import outcomes
from tests.mutants.trial import ENDLESS, Job, Send, StillFails, Work

IMPORTING_S = 30.0
"""CPU that importing everything once more may take."""
ENOUGH_S = 6.0
"""CPU of tests that is spent on one mutant; a rule that the quickest do not hold wants a test of its own."""

SILENT_S = 10.0
"""How long a test may be silent before it is compared with itself, unchanged."""

_NO_END = ("no end", "It did not end.")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether tests see a mutant, and how."""

    name: str
    line: int
    by: str
    """The test that failed; empty if none did."""
    said: str
    tried: int
    """How many tests there are to see it."""
    sure: bool = True
    """False: the test that failed has failed unchanged as well, so it counts as not seen."""

    @property
    def endless(self) -> bool:
        """Whether it was seen by never ending."""
        return self.by == _NO_END[0]


class Source:
    """One source, its mutants, and the tests that run it."""

    def __init__(
        self,
        root: Path,
        path: str,
        reaching: Sequence[Reaching],
        items: dict[str, pytest.Item],
        functions: Functions,
        silent_s: float = SILENT_S,
    ) -> None:
        self.path = path
        self._file = str(root / path)
        self._text = Path(self._file).read_bytes()
        self._tree = ast.parse(self._text)
        self._reaching = sorted((one for one in reaching if one.test in items), key=lambda one: one.cpu_s)
        self._items = items
        self._functions = functions
        self._silent_s = silent_s
        self.verdicts: list[Verdict] = []

    def jobs(self, survivors: bool, memory: Memory) -> Iterator[Job]:
        """One for each mutant, or each that no test has seen so far."""
        for name, mutation in named(self._text).items():
            if not survivors or f"{self.path}: {name}" not in memory.seen_by:
                yield self._job(name, mutation, memory)

    def _job(self, name: str, mutation: Mutation, memory: Memory) -> Job:
        place = place_of(self._tree, mutation.line)
        tests = self._tests(place)
        before = memory.seen_by.get(f"{self.path}: {name}")
        recent = [one.by for one in self.verdicts if one.by][-3:]
        tests.sort(key=lambda one: (one.test != before, one.test not in recent, not self._is_own(one.test)))
        spent = list(accumulate(one.cpu_s for one in tests))
        tests = tests[: 1 + sum(cpu_s < ENOUGH_S for cpu_s in spent)]
        failed: list[tuple[str, str]] = []
        passed = 0

        def heard(what: Any) -> bool:
            nonlocal passed
            if what is None:
                passed += 1
            else:
                failed.append(_NO_END if what is ENDLESS else what)
            return bool(failed)

        def ended(sure: bool) -> None:
            by, said = failed[0] if failed and sure else ("", "")
            self.verdicts.append(Verdict(name, mutation.line, by, said, len(tests), sure))
            if by:
                memory.seen_by[f"{self.path}: {name}"] = by

        text = mutation.applied(self._text)
        items = [self._items[one.test] for one in tests]
        cpu_s = 5 + 4 * sum(one.cpu_s for one in tests)
        if place.function is None or not any(holds(place.function, one) for one in self._functions):

            def at_stake() -> Work:
                named_so = [item for item in items if failed and item.nodeid == failed[0][0]]
                return partial(_unchanged, named_so or items)

            work = partial(_try_imported, self._file, text, [item.nodeid for item in items])
            return Job(work, heard, ended, IMPORTING_S + cpu_s, IMPORTING_S + cpu_s, at_stake)
        work = partial(self._try, place.function, text, items)
        return Job(
            work, heard, ended, cpu_s, self._silent_s, lambda: partial(_unchanged, items[passed : passed + 1] or items)
        )

    def _is_own(self, test: str) -> bool:
        """Whether it stands in the file of tests that is named like the source: what it holds is held there."""
        return Path(test.split("::")[0]).stem == f"test_{Path(self.path).stem}"

    def _tests(self, place: Place) -> list[Reaching]:
        lines = set(place.lines)
        if place.function is None:
            lines = lines_naming(self._tree, place.names)
        return [one for one in self._reaching if one.lines & lines]

    def _try(self, function: str, text: bytes, items: list[pytest.Item], session: pytest.Session, send: Send) -> None:
        exchange(self._functions, text, self._file, function)
        for outcome in outcomes(session, items):
            if not outcome.passed:
                send((outcome.test, outcome.said))
                return
            send(None)


def _unchanged(items: list[pytest.Item], session: pytest.Session, _send: Send) -> None:
    if not all(outcome.passed for outcome in outcomes(session, items)):
        raise StillFails


def _try_imported(file: str, text: bytes, tests: list[str], _session: pytest.Session, send: Send) -> None:
    """What runs on import is tried in an interpreter of its own."""
    if not tests:
        return
    with tempfile.NamedTemporaryFile() as other:
        other.write(text)
        other.flush()
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", *OPTIONS, "-p", fresh.__name__, *tests],
            env={**os.environ, fresh.FILE: file, fresh.TEXT: other.name},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode < 0 and done.returncode != -signal.SIGXCPU:
        # Ended from outside: that says nothing about the mutant.
        raise subprocess.CalledProcessError(done.returncode, done.args)
    if done.returncode:
        failed = next((line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))), "import")
        send((failed.removeprefix("FAILED ").split(" - ")[0], failed[-200:]))


OPTIONS = ("-p", "no:randomly", "-p", "no:cacheprovider")
"""Tests in their order, and nothing written beside them."""
