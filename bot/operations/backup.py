"""Backups: one archive with everything a gateway keeps, made while it runs, and put back while it does not.

    manifest.json          what is in it, with the SHA-256 of each part
    parley.db              the database at one moment
    secret.key             what people's own keys are sealed with, unless the operator keeps it in SECRET_KEY
    settings/.env          the files that the settings were read from, where there are any
    settings/parley.toml
    files/3f/3fa9…         the bytes of files

An archive is checked when it is made and again before anything is put back. Like the data directory it is for its
owner's eyes only; with a passphrase it is sealed as a whole.
"""

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from bot.domain.errors import DataDirError
from bot.operations.sealing import MAGIC, Opener, Sealer, is_sealed
from bot.vault import FILE as SECRET
from storage.backup import Copied, check_database, copy_database, mark_restored
from storage.database import DATABASE_FILE, holding

FORMAT = 1
_MANIFEST = "manifest.json"
_FILES = "files"
_SETTINGS = "settings"
_MEMBER = re.compile(
    rf"{re.escape(DATABASE_FILE)}|{re.escape(SECRET)}|{_SETTINGS}/(?:\.env|parley\.toml)"
    rf"|{_FILES}/([0-9a-f]{{2}})/\1[0-9a-f]{{62}}(\.jpg)?"
)
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Report:
    """What an archive holds."""

    path: Path
    files: int
    size_bytes: int
    has_secret: bool
    gone: int
    """Files that the database names and that were erased while the archive was made."""
    damaged: int
    """Files whose bytes are not what they were: the disk has lost them."""
    settings: tuple[str, ...]
    """The settings' files in it, by name."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What has been put back, and where what was there lies now."""

    report: Report
    aside: Path | None
    """What was in the data directory; None where nothing was."""
    settings: tuple[Path, ...]
    """Settings' files that are back in their places."""
    beside: tuple[Path, ...]
    """Settings' files that differ from those in their places, which stay: they lie beside them, under these names."""


def back_up(
    data_dir: Path,
    target: Path | None = None,
    *,
    passphrase: str | None = None,
    settings: Mapping[str, Path] | None = None,
) -> Report:
    """Write an archive; `target` is a file that does not exist, or a directory (the present one unless given).

    `settings` are the files of the settings by their names in an archive, as `settings_files` gives them.

    Raises:
        DataDirError: the data cannot be read, or the archive cannot be written.
    """
    path = _target(target)
    try:
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=path.parent) as directory:
            copy = Path(directory) / DATABASE_FILE
            copied = copy_database(data_dir / DATABASE_FILE, copy)
            draft = Path(directory) / "archive"
            parts = [*_settings_parts(settings or {}), *_parts(data_dir, copy, copied.blobs)]
            hashes = _write(draft, parts, copied.schema, passphrase)
            _check(draft, hashes, passphrase)
            draft.replace(path)
    except OSError as error:
        raise DataDirError(f"The backup {str(path)!r} cannot be written ({error.strerror or error}).") from error
    return _reported(path, copied, hashes)


def needs_passphrase(archive: Path) -> bool:
    """Whether an archive is sealed. Raises DataDirError where it cannot be read."""
    try:
        with archive.open("rb") as file:
            return is_sealed(file.read(len(MAGIC)))
    except OSError as error:
        raise DataDirError(f"{str(archive)!r} cannot be read ({error.strerror or error}).") from error


def restore(
    archive: Path, data_dir: Path, *, passphrase: str | None = None, settings: Mapping[str, Path] | None = None
) -> Restored:
    """Put an archive into the data directory of a gateway that does not run, and its settings where they belong.

    `settings` says where: the places by the names in an archive. A file that is there already stays as it is.

    Raises:
        DataDirError: a gateway runs there, or the archive is damaged or sealed with another passphrase; nothing has
            been touched then.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with holding(data_dir), tempfile.TemporaryDirectory(prefix=".restore-", dir=data_dir) as directory:
            found = Path(directory)
            hashes = _extract(archive, found, passphrase)
            copied = check_database(found / DATABASE_FILE)
            mark_restored(found / DATABASE_FILE)
            with _laid_beside(found / _SETTINGS, settings or {}) as beside:
                aside = _put_aside(data_dir)
                # The database comes last: without it a gateway would begin anew instead of using half of a backup.
                for path in sorted(found.iterdir(), key=lambda path: path.name == DATABASE_FILE):
                    path.rename(data_dir / path.name)
            back = tuple(place for place, new in beside.items() if _taken(new, place))
    except OSError as error:
        raise DataDirError(f"The backup cannot be put back ({error.strerror or error}).") from error
    kept = tuple(new for new in beside.values() if new.exists())
    return Restored(_reported(archive, copied, hashes), aside, back, kept)


@contextmanager
def _laid_beside(found: Path, places: Mapping[str, Path]) -> Iterator[dict[Path, Path]]:
    """Put the settings' files next to their places, under names of their own; they go again where the block fails.

    Before anything is changed, so that a directory that cannot be written to is noticed in time.
    """
    stamp = f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    laid: dict[Path, Path] = {}
    try:
        for name, place in places.items():
            source = found / name
            if source.exists() and not (place.exists() and place.read_bytes() == source.read_bytes()):
                place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                laid[place] = place.with_name(f"{place.name}.from-backup-{stamp}")
                with source.open("rb") as data:
                    _unpack(data, laid[place])
        shutil.rmtree(found, ignore_errors=True)
        yield laid
    except BaseException:
        for path in laid.values():
            path.unlink(missing_ok=True)
        raise


def _taken(new: Path, place: Path) -> bool:
    """Give a file its place, unless another one has it."""
    try:
        # Unlike a rename a link never replaces what is there.
        os.link(new, place)
    except FileExistsError:
        return False
    except OSError:
        # A file system without links.
        if place.exists():
            return False
        new.rename(place)
        return True
    new.unlink()
    return True


def _target(target: Path | None) -> Path:
    if target is None or target.is_dir():
        name = f"parley-{datetime.now(UTC):%Y%m%d-%H%M%S}.tar.gz"
        return (target or Path.cwd()) / name
    if target.exists():
        raise DataDirError(f"{str(target)!r} exists already. Name another file, or a directory.")
    return target


def _write(draft: Path, parts: list[tuple[str, Path]], schema: int, passphrase: str | None) -> dict[str, str]:
    """Write the archive; gives the SHA-256 of each part."""
    hashes: dict[str, str] = {}
    draft.touch(mode=0o600)
    with draft.open("wb") as file:
        with _archive_to(file, passphrase) as archive:
            for name, path in parts:
                # A file may be erased between the look at the database and now.
                try:
                    source = path.open("rb")
                except FileNotFoundError:
                    continue
                with source:
                    hashes[name] = _hash(source)
                    source.seek(0)
                    archive.addfile(_entry(name, os.fstat(source.fileno()).st_size), source)
            manifest = {"format": FORMAT, "schema": schema, "made_at": datetime.now(UTC).isoformat(), "parts": hashes}
            data = json.dumps(manifest, indent=1).encode()
            archive.addfile(_entry(_MANIFEST, len(data)), io.BytesIO(data))
        file.flush()
        os.fsync(file.fileno())
    return hashes


@contextmanager
def _archive_to(file: IO[bytes], passphrase: str | None) -> Iterator[tarfile.TarFile]:
    with ExitStack() as stack:
        below = file if passphrase is None else stack.enter_context(Sealer(file, passphrase))
        packed = stack.enter_context(gzip.GzipFile("", "wb", compresslevel=6, fileobj=below))
        yield stack.enter_context(tarfile.open(fileobj=packed, mode="w|"))


@contextmanager
def _archive_from(path: Path, passphrase: str | None) -> Iterator[tarfile.TarFile]:
    """The archive, to be read in order; at the end it is read to its last byte."""
    with ExitStack() as stack:
        below: IO[bytes] = stack.enter_context(path.open("rb"))
        if is_sealed(below.read(len(MAGIC))):
            if passphrase is None:
                raise DataDirError(f"{str(path)!r} is sealed. Give its passphrase, with --passphrase-file for one.")
            below.seek(0)
            below = stack.enter_context(io.BufferedReader(Opener(below, passphrase)))
        else:
            below.seek(0)
        packed = stack.enter_context(gzip.GzipFile(fileobj=below, mode="rb"))
        yield stack.enter_context(tarfile.open(fileobj=packed, mode="r|"))
        while packed.read(_CHUNK):
            pass


def settings_files(home: Path, files: tuple[Path, ...]) -> dict[str, Path]:
    """Where a gateway's settings lie or would lie, by their names in an archive. `files` are those that are there."""
    dotenv = next((path for path in files if path.name != "parley.toml"), home / ".env")
    return {".env": dotenv, "parley.toml": home / "parley.toml"}


def _settings_parts(settings: Mapping[str, Path]) -> Iterator[tuple[str, Path]]:
    for name, path in settings.items():
        yield f"{_SETTINGS}/{name}", path


def _parts(data_dir: Path, database: Path, blobs: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    yield DATABASE_FILE, database
    yield SECRET, data_dir / SECRET
    for sha256 in blobs:
        for name in (sha256, f"{sha256}.jpg"):
            yield f"{_FILES}/{sha256[:2]}/{name}", data_dir / _FILES / sha256[:2] / name


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    entry.mtime = int(datetime.now(UTC).timestamp())
    return entry


def _hash(source: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _check(archive: Path, expected: Mapping[str, str], passphrase: str | None) -> None:
    """Read an archive to its end."""
    with _archive_from(archive, passphrase) as opened:
        found = {entry.name: _hash(part) for entry in opened if (part := opened.extractfile(entry)) is not None}
    del found[_MANIFEST]
    if found != expected:
        raise DataDirError("The backup is not what was written. Is the disk sound? Make it again, elsewhere.")


def _extract(archive: Path, directory: Path, passphrase: str | None) -> dict[str, str]:
    """Unpack what belongs into a data directory; gives the SHA-256 of each part."""
    found: dict[str, str] = {}
    manifest: object = None
    try:
        with _archive_from(archive, passphrase) as opened:
            for entry in opened:
                part = opened.extractfile(entry) if entry.isreg() else None
                if part is None:
                    raise DataDirError(f"{archive.name!r} holds {entry.name[:80]!r}, which no backup has.")
                if entry.name == _MANIFEST:
                    manifest = json.loads(part.read(64 << 20))
                elif _MEMBER.fullmatch(entry.name):
                    found[entry.name] = _unpack(part, directory / entry.name)
                else:
                    raise DataDirError(f"{archive.name!r} holds {entry.name[:80]!r}, which no backup has.")
    except (tarfile.TarError, zlib.error, EOFError, ValueError, OSError) as error:
        raise DataDirError(f"{str(archive)!r} is no backup, or damaged ({error}). Use another one.") from error
    parts = manifest.get("parts") if isinstance(manifest, dict) and manifest.get("format") == FORMAT else None
    if parts != found or DATABASE_FILE not in found:
        raise DataDirError(f"{str(archive)!r} is not whole. Use another backup.")
    return found


def _reported(path: Path, copied: Copied, hashes: Mapping[str, str]) -> Report:
    files = {name.rpartition("/")[2]: sha256 for name, sha256 in hashes.items() if name.startswith(_FILES)}
    kept = {name: sha256 for name, sha256 in files.items() if "." not in name}
    damaged = sum(name != sha256 for name, sha256 in kept.items())
    gone = len(copied.blobs) - len(kept)
    settings = tuple(name.partition("/")[2] for name in hashes if name.startswith(_SETTINGS))
    return Report(path, len(kept), path.stat().st_size, SECRET in hashes, gone, damaged, settings)


def _unpack(part: IO[bytes], path: Path) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = hashlib.sha256()
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "wb") as target:
        while chunk := part.read(_CHUNK):
            digest.update(chunk)
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    return digest.hexdigest()


def _put_aside(data_dir: Path) -> Path | None:
    """Move what is in the data directory into a directory of its own there, so that nothing is overwritten."""
    names = (DATABASE_FILE, f"{DATABASE_FILE}-wal", f"{DATABASE_FILE}-shm", SECRET, _FILES)
    there = [data_dir / name for name in names if (data_dir / name).exists()]
    if not there:
        return None
    aside = data_dir / f"before-restore-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    aside.mkdir(mode=0o700)
    for path in there:
        shutil.move(path, aside / path.name)
    return aside
