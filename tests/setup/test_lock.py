"""What `make` installs is the lock, whatever has been released since; by the pip that this Python brings."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.setup.package_index import LATER, PackageIndex, locked_releases, served

ROOT = Path(__file__).parent.parent.parent
LOCKS = sorted(path.name for path in ROOT.glob("requirements*.lock"))

pytestmark = pytest.mark.timeout(240)  # A virtual environment and a hundred packages.


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What `make install` reads of a checkout, without the code."""
    for name in ("Makefile", "pyproject.toml", "README.md", "LICENSE", *LOCKS):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("bot", "handlers", "storage", "providers"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    return tmp_path


@pytest.fixture
def later(checkout: Path) -> Iterator[dict[str, str]]:
    """The environment of a day on which everything has a newer release."""
    index = PackageIndex()
    for name in LOCKS:
        lock = checkout / name
        lock.write_text(index.add_locked(lock.read_text(encoding="utf-8")), encoding="utf-8")
    with served(index) as environ:
        yield environ


def make(checkout: Path, environ: dict[str, str], *targets: str) -> subprocess.CompletedProcess[str]:
    """Run make there with this Python."""
    command = ["make", f"PYTHON={sys.executable}", *targets]
    return subprocess.run(command, cwd=checkout, env=environ, capture_output=True, text=True, check=False)


def test_newer_releases_change_nothing(checkout: Path, later: dict[str, str]) -> None:
    done = make(checkout, later, ".venv/tests")
    assert done.returncode == 0, done.stdout + done.stderr
    listed = subprocess.run(
        [checkout / ".venv/bin/python", "-m", "pip", "list", "--format=json", "--disable-pip-version-check"],
        env=later,
        capture_output=True,
        check=True,
    )
    installed = {str(canonicalize_name(each["name"])): each["version"] for each in json.loads(listed.stdout)}
    locked = locked_releases((ROOT / "requirements-dev.lock").read_text(encoding="utf-8"))
    assert LATER not in installed.values()
    assert set(installed.items()) - locked == {(name, installed[name]) for name in ("parley", "pip")}
    assert {"aiogram", "discord-py", "litellm", "pytest", "apscheduler"} <= installed.keys()


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_releases_and_hashes_and_no_machine(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert "index" not in text
    entries = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(entries) == len(locked_releases(text))
    assert text.count(" \\\n") == text.count("--hash=sha256:")


def test_what_is_missing_is_told_and_what_is_left_out_on_purpose_is_not(checkout: Path) -> None:
    shown = make(checkout, dict(os.environ), "--dry-run", "--always-make", ".venv/tests").stdout
    check = next(line for line in shown.splitlines() if " check >" in line)
    (checkout / ".venv" / "bin").mkdir(parents=True)
    pip = checkout / ".venv" / "bin" / "python"
    for told, status in (("axe-playwright-python 0.1.8 requires playwright, which", 0), ("a 1 requires b, which", 1)):
        pip.write_text(f"#!/bin/sh\necho '{told} is not installed.'\nexit 1\n", encoding="utf-8")
        pip.chmod(0o755)
        assert subprocess.run(["sh", "-c", check], cwd=checkout, check=False).returncode == status
