"""A built wheel holds everything, and starts outside any checkout."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("bot", "handlers", "storage", "providers")
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: a build leaves its traces where it is done."""
    source = tmp_path_factory.mktemp("source")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    made = tmp_path_factory.mktemp("wheel")
    subprocess.run([*PIP, "wheel", "--no-build-isolation", "--no-deps", "-w", made, source], check=True)
    (found,) = made.glob("parley-*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked into a directory of its own; what it needs is what is installed here."""
    directory = tmp_path_factory.mktemp("installed")
    subprocess.run([*PIP, "install", "--no-index", "--no-deps", "--target", directory, wheel], check=True)
    return directory


def parley(installed: Path, elsewhere: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the installed program in a directory that is no checkout."""
    environ = {"PATH": os.defpath, "HOME": str(elsewhere), "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}
    command = [sys.executable, str(installed / "bin" / "parley"), *arguments]
    return subprocess.run(command, cwd=elsewhere, env=environ, capture_output=True, text=True, check=False, timeout=120)


def test_every_file_of_the_packages_is_in_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    there = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert there <= packed
    assert {name for name in packed if ".dist-info/" not in name} <= there


def test_it_starts_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    told = parley(installed, tmp_path, "--version")
    assert (told.returncode, told.stdout.split()[0]) == (0, "parley"), told.stderr
    shown = parley(installed, tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "doctor" in shown.stdout


def test_what_it_reads_is_found_where_it_is_installed(installed: Path, tmp_path: Path) -> None:
    """The migrations, the texts, the page: of the wheel, not of a checkout."""
    script = """
import asyncio, pathlib, bot
from importlib.resources import files
from bot.texts import say_in
from storage.database import open_database
async def main():
    async with await open_database(pathlib.Path("kept")):
        print(bot.__file__, say_in("de")("Done."), len(files("bot.playground").joinpath("page/index.html").read_text()))
asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"PATH": os.defpath, "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    where, *words = done.stdout.split()
    assert where.startswith(str(installed))
    assert words[0] != "Done."
