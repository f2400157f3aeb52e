"""Reading a Dockerfile and a `.dockerignore` as the builder does: as much of both as ours use."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction."""

    name: str
    rest: str


def steps(text: str) -> Iterator[Step]:
    """The instructions, each on one line."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            yield Step(name.upper(), re.sub(r"\s+", " ", rest).strip())


def stages(text: str) -> list[list[Step]]:
    """The instructions of each stage."""
    found: list[list[Step]] = []
    for step in steps(text):
        if step.name == "FROM":
            found.append([])
        found[-1].append(step)
    return found


def is_sent(path: str, ignored: str) -> bool:
    """Whether a file reaches the builder: the last line that fits it, or a directory above it, decides."""
    sent = True
    above = [str(each) for each in (PurePosixPath(path), *PurePosixPath(path).parents)][:-1]
    for line in filter(None, map(str.strip, ignored.splitlines())):
        if not line.startswith("#"):
            pattern = line.removeprefix("!").strip("/")
            if any(_fits(each, pattern) for each in above):
                sent = line.startswith("!")
    return sent


def context(root: Path, ignored: str, names: Sequence[str]) -> list[str]:
    """Which of the checkout's files reach the builder."""
    return [name for name in names if (root / name).is_file() and is_sent(name, ignored)]


def _fits(path: str, pattern: str) -> bool:
    # `*` stays within one directory, `**/` is any number of them.
    parts, wanted = path.split("/"), pattern.split("/")
    if wanted[0] == "**":
        return any(_fits("/".join(parts[at:]), "/".join(wanted[1:])) for at in range(len(parts)))
    return len(parts) == len(wanted) and all(fnmatchcase(*pair) for pair in zip(parts, wanted, strict=True))
