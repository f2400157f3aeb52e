"""Whether a locked dependency has a known weakness, by a list that is at hand: nothing is asked over the network.

    ADVISORIES=PyPI-all.zip python -m tests.setup.advisories requirements.lock …

The list is OSV's: a directory or an archive of one JSON file for each advisory, as
https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip has them. Status 1 where a dependency is affected;
without a list that is said, and nothing is audited.
"""

import os
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

_PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*])?==(?P<version>[^\s;\\]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Weakness:
    """One advisory that concerns a locked dependency."""

    advisory: str
    package: str
    version: str
    summary: str


def pinned(lock: str) -> set[tuple[str, str]]:
    """Every dependency of a lock file: its canonical name and version. Some have one for each Python."""
    return {(canonicalize_name(found["name"]), found["version"]) for found in _PINNED.finditer(lock)}


def weaknesses(advisories: Iterable[Mapping[str, Any]], packages: Iterable[tuple[str, str]]) -> Iterator[Weakness]:
    """The advisories that concern one of `packages` in its version."""
    versions: dict[str, list[str]] = {}
    for name, version in packages:
        versions.setdefault(name, []).append(version)
    for advisory in advisories:
        if "withdrawn" in advisory:
            continue
        for affected in advisory.get("affected", ()):
            package = affected.get("package", {})
            if package.get("ecosystem") != "PyPI":
                continue
            name = canonicalize_name(package["name"])
            for version in versions.get(name, ()):
                if _is_affected(affected, version):
                    yield Weakness(advisory["id"], name, version, advisory.get("summary", ""))


def _is_affected(affected: Mapping[str, Any], version: str) -> bool:
    ranges = [one["events"] for one in affected.get("ranges", ()) if one.get("type") == "ECOSYSTEM"]
    return version in affected.get("versions", ()) or any(_is_within(events, Version(version)) for events in ranges)


def _is_within(events: Sequence[Mapping[str, str]], version: Version) -> bool:
    """Whether a version lies in a range, whose events OSV gives in the order of their versions."""
    inside = False
    for event in events:
        for kind, text in event.items():
            if kind == "introduced":
                inside = inside or text == "0" or version >= _version(text)
            elif kind == "fixed":
                inside = inside and version < _version(text)
            elif kind == "last_affected":
                inside = inside and version <= _version(text)
    return inside


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")  # Old ones that no rule describes: nothing locked is that old.


def read(source: Path) -> Iterator[Mapping[str, Any]]:
    """Every advisory of a directory or an archive."""
    if source.is_dir():
        for path in sorted(source.rglob("*.json")):
            yield orjson.loads(path.read_bytes())
        return
    with zipfile.ZipFile(source) as archive:
        for name in archive.namelist():
            if name.endswith(".json"):
                yield orjson.loads(archive.read(name))


def main(locks: Sequence[str]) -> int:
    """Audit lock files; the status for the shell."""
    source = os.environ.get("ADVISORIES")
    if not source:
        print("Dependencies are pinned with hashes, and not audited: ADVISORIES names no list of weaknesses.")  # noqa: T201
        return 0
    packages: set[tuple[str, str]] = set()
    for lock in locks:
        packages |= pinned(Path(lock).read_text(encoding="utf-8"))
    found = list(weaknesses(read(Path(source)), packages))
    for one in found:
        print(f"{one.package} {one.version}: {one.advisory} {one.summary}")  # noqa: T201
    print(f"{len(packages)} dependencies audited, {len(found)} weaknesses known.")  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
