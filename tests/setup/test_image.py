"""The image can be built: its files reach the builder, and its own steps run, in a plain folder."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.setup.dockerfile import Step, context, is_sent, stages, steps
from tests.setup.package_index import PackageIndex, served

ROOT = Path(__file__).parent.parent.parent
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8")

pytestmark = pytest.mark.timeout(240)


def checkout_files() -> list[str]:
    """Every file of this checkout that is not made by using it."""
    told = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.splitlines()


def copied(step: Step) -> tuple[list[str], str]:
    """What a COPY takes, and where to."""
    *sources, target = [word for word in shlex.split(step.rest) if not word.startswith("--")]
    return sources, target


def test_everything_that_is_copied_reaches_the_builder() -> None:
    sent = context(ROOT, IGNORED, checkout_files())
    for step in steps(DOCKERFILE):
        if step.name == "COPY" and "--from" not in step.rest:
            for source in copied(step)[0]:
                assert any(name == source or name.startswith(f"{source}/") for name in sent), f"{source} is left out."


@pytest.mark.parametrize(
    "private",
    [".env", "parley.toml", "data/parley.db", "data/secret.key", ".git/config", "tests/conftest.py", ".venv/x"],
)
def test_what_is_private_never_does(private: str) -> None:
    assert not is_sent(private, IGNORED)


@pytest.mark.parametrize(
    ("path", "ignored", "sent"),
    [
        ("a/b.py", "*\n!a", True),
        ("a/__pycache__/b.pyc", "*\n!a\n**/__pycache__", False),
        ("b", "*\n!a", False),
        ("a/b", "a/*", False),
        ("a/b/c", "*/c", True),
        ("a", "# a", True),
    ],
)
def test_ignoring_is_played_as_it_is(path: str, ignored: str, *, sent: bool) -> None:
    assert is_sent(path, ignored) is sent


@pytest.fixture
def later() -> Iterator[tuple[PackageIndex, dict[str, str]]]:
    index = PackageIndex()
    with served(index) as environ:
        yield index, environ


def test_the_steps_of_the_first_stage_run(later: tuple[PackageIndex, dict[str, str]], tmp_path: Path) -> None:
    index, environ = later
    app, venv = tmp_path / "app", tmp_path / "venv"
    app.mkdir()
    sent = context(ROOT, IGNORED, checkout_files())
    for step in stages(DOCKERFILE)[0]:
        if step.name == "COPY":
            sources, _ = copied(step)
            for name in [name for name in sent if any(name == each or name.startswith(f"{each}/") for each in sources)]:
                target = app / name if not name.startswith("docker/") else app / Path(name).name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, target)
                if name.endswith(".lock"):
                    target.write_text(index.add_locked(target.read_text(encoding="utf-8")), encoding="utf-8")
        elif step.name == "RUN":
            command = re.sub(r"(?<![\w.])/venv\b", str(venv), step.rest).replace(
                "python -m venv", f"{sys.executable} -m venv"
            )
            subprocess.run(["sh", "-euc", command], cwd=app, env=environ | {"EXTRA": "-ocr"}, check=True)
    told = subprocess.run(
        [venv / "bin" / "parley", "--version"], env=environ, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert told.stdout.startswith("parley ")
