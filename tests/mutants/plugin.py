"""A pytest plugin that, in the place of running the tests, tries mutants with them."""

import gc
import time
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

from tests.mutants.exchange import Functions, functions_of
from tests.mutants.memory import Memory, Reaching
from tests.mutants.recording import recordings
from tests.mutants.saying import say
from tests.mutants.targets import CONTROL, CONTROL_TESTS, TARGETS
from tests.mutants.trial import run_jobs
from tests.mutants.trying import Source, Verdict

WANTED = 0.95
"""The share of mutants that tests must see, of those that change something."""

_CONTROL_SILENT_S = 1.0
"""A test of the control takes none; one of its mutants waits for ever."""


class Mutants:
    def __init__(self, root: Path, paths: list[str], survivors: bool, workers: int, memory: Memory) -> None:
        self._root = root
        self._paths = paths
        self._survivors = survivors
        self._workers = workers
        self._memory = memory
        self._judged = tomllib.loads((Path(__file__).parent / "judged.toml").read_text(encoding="utf-8"))
        self._seen = self._counted = 0

    def enough(self) -> bool:
        return self._seen >= WANTED * self._counted

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = [item for item in session.items if not _wants_server(item)]
        files: dict[str, list[pytest.Item]] = defaultdict(list)
        for item in items:
            files[item.nodeid.split("::")[0]].append(item)
        # The suite has put away what was there when it was collected.
        gc.unfreeze()
        functions = functions_of([str(self._root / path) for path in (CONTROL, *self._paths)])
        # What is there is there for good, and need not be copied into each process.
        gc.collect()
        gc.freeze()
        wanted = [(path, tests) for path in (CONTROL, *self._paths) for tests in self._tests_of(path, files)]
        run_jobs(session, recordings(self._root, files, wanted, self._memory), self._workers)
        by_name = {item.nodeid: item for item in items}
        self._judge_control(session, by_name, files, functions[str(self._root / CONTROL)])
        for path in self._paths:
            of_source = functions[str(self._root / path)]
            self._try(session, Source(self._root, path, self._reaching(path, files), by_name, of_source))
        say(f"In all {self._share(self._seen, self._counted)}.")
        return True

    def _tests_of(self, path: str, files: dict[str, list[pytest.Item]]) -> list[str]:
        of = (CONTROL_TESTS,) if path == CONTROL else TARGETS[path]
        return [file for file in files if any(file == tests or file.startswith(f"{tests}/") for tests in of)]

    def _reaching(self, path: str, files: dict[str, list[pytest.Item]]) -> list[Reaching]:
        text = (self._root / path).read_bytes()
        return [
            one
            for tests in self._tests_of(path, files)
            for one in self._memory.reaching(text, (self._root / tests).read_bytes())
        ]

    def _judge_control(
        self,
        session: pytest.Session,
        items: dict[str, pytest.Item],
        files: dict[str, list[pytest.Item]],
        functions: Functions,
    ) -> None:
        """Try the mutants whose end is known: a runner that is wrong about one of them tells nothing of the others.

        Raises:
            RuntimeError: One was judged otherwise than it should be.
        """
        reaching = self._reaching(CONTROL, files)
        source = Source(self._root, CONTROL, reaching, items, functions, _CONTROL_SILENT_S)
        # Nothing of it is remembered.
        run_jobs(session, source.jobs(False, Memory(self._memory.path)), self._workers)
        lines = (self._root / CONTROL).read_text(encoding="utf-8").splitlines()
        wrong = [
            f"{one.name}: {_end(one)}"
            for one in source.verdicts
            if not lines[one.line - 1].endswith(f"  # {_end(one)}")
        ]
        if wrong or not source.verdicts:
            raise RuntimeError(f"the control is judged wrongly: {wrong}")
        say(f"The {len(source.verdicts)} mutants of the control are judged as they should be.")

    def _try(self, session: pytest.Session, source: Source) -> None:
        began = time.monotonic()
        run_jobs(session, source.jobs(self._survivors, self._memory), self._workers)
        self._memory.write()
        judged = self._judged.get(source.path, {})
        left = [one for one in source.verdicts if not one.by]
        for one in sorted(left, key=lambda one: one.line):
            if one.name not in judged:
                tested = f"{one.tried} tests run it" if one.sure else "the test that failed fails unchanged too"
                say(f"{source.path}:{one.line}: {one.name} ({tested})")
        seen, all_ = len(source.verdicts) - len(left), len(source.verdicts)
        told = sum(one.name in judged for one in left)
        minutes = (time.monotonic() - began) / 60
        say(f"{source.path}: {all_} mutants, {told} judged, {self._share(seen, all_ - told)}, {minutes:.1f} minutes.")
        self._seen, self._counted = self._seen + seen, self._counted + all_ - told

    @staticmethod
    def _share(seen: int, counted: int) -> str:
        return f"{seen} of {counted} seen ({seen / counted if counted else 1:.1%})"


def _wants_server(item: pytest.Item) -> bool:
    """Whether a test asks for PostgreSQL: the server of a session would outlive the process that is ended."""
    asked = "postgres_server" in getattr(item, "fixturenames", ())
    return asked or "postgres" in getattr(getattr(item, "callspec", None), "params", {}).values()


def _end(verdict: Verdict) -> str:
    """What became of a mutant, as the control says it."""
    if verdict.endless:
        return "endless"
    return "seen" if verdict.by else "not seen"
