"""Runs the tests against each mutant of the rules that must hold, and names those that no test has seen.

    python -m tests.mutants [PATH …] [--most N] [--seed N]

Each mutant is tried in a copy of the checkout by the tests that its rules are held by. One that no test sees is a
survivor: a rule without a test, or a change that changes nothing; `judged.toml` says which. Exits with 1 where
less than 95 % are seen.
"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

from tests.mutants.mutations import Mutation, mutations_of

ROOT = Path(__file__).parents[2]
WANTED = 0.95
"""The share of mutants that tests must see."""

_WHOSE = (
    "tests/scenario/test_isolation.py",
    "tests/scenario/test_sessions.py",
    "tests/scenario/test_access.py",
    "tests/scenario/test_strangers.py",
    "tests/scenario/test_roles.py",
    "tests/scenario/test_whose.py",
    "tests/scenario/test_modes.py",
    "tests/scenario/test_newcomers.py",
    "tests/scenario/test_who_pays.py",
)
_LAYOUT = ("tests/rendering", "tests/handlers/telegram/test_render.py", "tests/handlers/discord/test_render.py")
TARGETS: dict[str, tuple[str, ...]] = {
    "bot/people/admission.py": _WHOSE,
    "bot/people/callers.py": _WHOSE,
    "storage/sessions.py": (*_WHOSE, "tests/storage", "tests/scenario/test_archive.py"),
    "storage/ledger.py": (
        "tests/storage/test_ledger.py",
        "tests/llm/test_money.py",
        "tests/scenario/test_spending.py",
    ),
    "storage/outbox.py": ("tests/scenario/test_faults.py", "tests/scenario/test_exact.py", "tests/crash/test_kill.py"),
    "bot/delivery/outbox.py": (
        "tests/scenario/test_exact.py",
        "tests/scenario/test_faults.py",
        "tests/scenario/test_refusals.py",
        "tests/scenario/test_forms.py",
    ),
    "providers/guard.py": ("tests/providers/test_guard.py", "tests/scenario/test_endpoints.py"),
    "bot/rendering/layout/__init__.py": (
        "tests/rendering",
        "tests/handlers/telegram/test_render.py",
        "tests/handlers/discord/test_render.py",
    ),
    "bot/rendering/layout/cut.py": (
        "tests/rendering",
        "tests/handlers/telegram/test_render.py",
        "tests/handlers/discord/test_render.py",
    ),
    "bot/rendering/keyboard.py": ("tests/rendering/test_keyboard.py",),
}
"""Sources in which every rule must be held, and the tests that hold them."""


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.mutants")
    options.add_argument("paths", nargs="*", default=list(TARGETS), help="only these sources")
    options.add_argument("--most", type=int, help="try at most so many of each source, drawn at random")
    options.add_argument("--seed", type=int, default=1, help="which ones are drawn")
    chosen = options.parse_args()
    judged = tomllib.loads((Path(__file__).parent / "judged.toml").read_text(encoding="utf-8"))
    seen = tried = 0
    with tempfile.TemporaryDirectory() as directory:
        copy = _copied(Path(directory) / "checkout")
        for path in chosen.paths:
            drawn = _drawn(path, chosen.most, chosen.seed)
            survivors = _survivors(copy, path, drawn)
            tried, seen = tried + len(drawn), seen + len(drawn) - len(survivors)
            for survivor in survivors:
                reason = judged.get(path, {}).get(f"{survivor.was.strip()} -> {survivor.now}", "not judged")
                sys.stdout.write(f"{path}:{survivor.line}: {survivor.was.strip()!r} -> {survivor.now!r}: {reason}\n")
                sys.stdout.flush()
    share = seen / tried if tried else 1.0
    sys.stdout.write(f"{seen} of {tried} mutants were seen by tests: {share:.1%}.\n")
    return 0 if share >= WANTED else 1


def _copied(to: Path) -> Path:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, to / name)
    return to


def _drawn(path: str, most: int | None, seed: int) -> list[Mutation]:
    found = mutations_of((ROOT / path).read_bytes())
    if most is None or len(found) <= most:
        return found
    return sorted(random.Random(seed).sample(found, most), key=lambda mutation: mutation.start)


def _survivors(copy: Path, path: str, drawn: list[Mutation]) -> list[Mutation]:
    file = copy / path
    source = file.read_bytes()
    began = time.monotonic()
    if not _passes(copy, path, None):
        sys.exit(f"{path}: its tests fail before anything is changed.")
    patience_s = 60 + 4 * (time.monotonic() - began)
    left = []
    for mutation in drawn:
        file.write_bytes(mutation.applied(source))
        if _passes(copy, path, patience_s):
            left.append(mutation)
    file.write_bytes(source)
    return left


def _passes(copy: Path, path: str, timeout_s: float | None) -> bool:
    """Whether the tests see nothing. A mutant that hangs is seen."""
    run = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", "-n", "0"]
    try:
        done = subprocess.run([*run, *TARGETS[path]], cwd=copy, capture_output=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
