"""Which test runs which lines of the sources: every test is run once, before anything is changed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.mutants.memory import Memory, Reaching
from tests.mutants.reach import reached
from tests.mutants.running import Outcome, outcomes
from tests.mutants.saying import say
from tests.mutants.trial import ENDLESS, Job, Send

_LONGEST_S = 1200.0
_SILENT_S = 180.0
"""One test may take 60 seconds, and more to clear up."""

_Found = tuple[Outcome, dict[str, list[int]]]


def recordings(
    root: Path, items: dict[str, list[pytest.Item]], wanted: Iterable[tuple[str, str]], memory: Memory
) -> Iterator[Job]:
    """One job per file of tests that is not remembered for a source it is wanted for; `wanted` holds such pairs."""
    sources = defaultdict(set)
    for source, tests in wanted:
        if not memory.knows((root / source).read_bytes(), (root / tests).read_bytes()):
            sources[tests].add(source)
    for tests, of in sources.items():
        yield _recording(root, tests, items.get(tests, []), frozenset(of), memory)


def _recording(root: Path, tests: str, items: list[pytest.Item], sources: frozenset[str], memory: Memory) -> Job:
    found: list[_Found] = []

    def heard(what: Any) -> bool:
        if what is not ENDLESS:
            found.append(what)
        return False

    def ended(_sure: bool) -> None:
        for source in sources:
            of = [Reaching(one.test, one.cpu_s, frozenset(lines[source])) for one, lines in found if one.passed]
            memory.keep((root / source).read_bytes(), (root / tests).read_bytes(), [one for one in of if one.lines])
        for one, _ in found:
            if not one.passed:
                say(f"{one.test} is left out, it fails unchanged: {one.said}")
        if len(found) < len(items):
            say(f"{tests}: {len(items) - len(found)} are left out, they have not ended.")
        memory.write()

    work = partial(_record, items, {str(root / source): source for source in sources})
    return Job(work, heard, ended, cpu_s=_LONGEST_S, silent_s=_SILENT_S)


def _record(items: list[pytest.Item], sources: dict[str, str], session: pytest.Session, send: Send) -> None:
    running = outcomes(session, items)
    while True:
        with reached(frozenset(sources)) as lines:
            one = next(running, None)
        if one is None:
            return
        send((one, {sources[file]: sorted(at) for file, at in lines.items()}))
