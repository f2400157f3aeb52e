"""What earlier runs have found out: which test runs which lines, and which test saw which mutant.

It only saves time. What depends on a source is kept under its digest; a test that once saw a mutant is asked first.
"""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Reaching:
    """A test that passes, and the lines of one source that it runs."""

    test: str
    cpu_s: float
    lines: frozenset[int]


@dataclass(slots=True)
class Memory:
    path: Path
    _reaching: dict[str, list[tuple[str, float, list[int]]]] = field(default_factory=dict)
    """By the digests of the source and of the tests' file."""
    seen_by: dict[str, str] = field(default_factory=dict)
    """The test that saw a mutant, by the mutant's source and name."""

    @classmethod
    def read(cls, path: Path) -> "Memory":
        memory = cls(path)
        if path.exists():
            memory._reaching, memory.seen_by = json.loads(path.read_text(encoding="utf-8"))
        return memory

    def write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps([self._reaching, self.seen_by])
        new = self.path.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        new.replace(self.path)

    def knows(self, source: bytes, tests: bytes) -> bool:
        return _key(source, tests) in self._reaching

    def keep(self, source: bytes, tests: bytes, found: list[Reaching]) -> None:
        self._reaching[_key(source, tests)] = [(one.test, one.cpu_s, sorted(one.lines)) for one in found]

    def reaching(self, source: bytes, tests: bytes) -> list[Reaching]:
        return [Reaching(test, cpu_s, frozenset(lines)) for test, cpu_s, lines in self._reaching[_key(source, tests)]]


def _key(source: bytes, tests: bytes) -> str:
    return f"{hashlib.sha256(source).hexdigest()[:16]} {hashlib.sha256(tests).hexdigest()[:16]}"
