"""Which test runs which lines of the sources: every test is run once, before anything is changed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.mutants.memory import Memory, Reaching
from tests.mutants.reach import reached
from tests.mutants.running import outcomes
from tests.mutants.trial import Job, Send

_LONGEST_S = 1200.0
_Found = tuple[str, bool, float, dict[str, list[int]]]


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

    def ended(by_itself: bool) -> None:
        missing = len(items) - len(found)
        for source in sources:
            of = [Reaching(name, cpu_s, frozenset(lines[source])) for name, passed, cpu_s, lines in found if passed]
            memory.keep((root / source).read_bytes(), (root / tests).read_bytes(), [one for one in of if one.lines])
        failing = [name for name, passed, *_ in found if not passed]
        if failing or missing or not by_itself:
            print(f"{tests}: left out are {missing} that have not ended and {failing}", flush=True)  # noqa: T201
        memory.write()

    work = partial(_record, items, {str(root / source): source for source in sources})
    return Job(work, found.append, ended, cpu_s=_LONGEST_S, wall_s=2 * _LONGEST_S)


def _record(items: list[pytest.Item], sources: dict[str, str], _session: pytest.Session, send: Send) -> None:
    running = outcomes(_session, items)
    while True:
        with reached(frozenset(sources)) as lines:
            one = next(running, None)
        if one is None:
            return
        send((one.test, one.passed, one.cpu_s, {sources[file]: sorted(at) for file, at in lines.items()}))
