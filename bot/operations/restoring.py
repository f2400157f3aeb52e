"""Restoring a backup while the gateway is stopped: all of it is checked before anything is touched."""

import asyncio
import hashlib
import json
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from bot.domain.counts import counted
from bot.domain.errors import DataDirError, FilesUnavailable
from bot.operations.backup_archive import CHUNK, FILES, FORMAT, MANIFEST, MEMBER, SETTINGS, Report, archive_from, report
from bot.vault import FILE as SECRET
from storage.datadir import DATABASE_FILE, lock_data_dir
from storage.drivers.sqlite.backup import bring_up_to_date, check_database, mark_restored

if TYPE_CHECKING:
    from storage.blobs.bucket import BucketBlobs


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and where the previous data is now."""

    report: Report
    aside: Path | None
    """What was in the data directory; None if nothing was."""
    settings: tuple[Path, ...]
    """Settings files that were restored."""
    beside: tuple[Path, ...]
    """Settings files that differ from the existing ones, which stay: they are beside them, under these names."""


def restore(
    archive: Path,
    data_dir: Path,
    *,
    url: str = "",
    bucket: "BucketBlobs | None" = None,
    passphrase: str | None = None,
    settings: Mapping[str, Path] | None = None,
) -> Restored:
    """Restore an archive into the data directory of a stopped gateway, and its settings to their places.

    With a `url` the database is taken into the empty one of that PostgreSQL server, and the files in its last moment.
    With a `bucket` the files are put there before anything else changes; it must hold no others.
    `settings` says where: the places by the names in an archive. A file that exists already stays as it is.

    Raises:
        DataDirError: a gateway runs there, or the archive is damaged or sealed with another passphrase; nothing has
            been touched then.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with lock_data_dir(data_dir), tempfile.TemporaryDirectory(prefix=".restore-", dir=data_dir) as directory:
            found = Path(directory)
            hashes = _extract(archive, found, passphrase)
            copied = check_database(found / DATABASE_FILE)
            mark_restored(found / DATABASE_FILE)
            if bucket is not None:
                asyncio.run(_into_bucket(list((found / FILES).glob("*/*")), bucket))
                shutil.rmtree(found / FILES, ignore_errors=True)
            with _laid_beside(found / SETTINGS, settings or {}) as beside:
                aside = _into_server(found, data_dir, url) if url else _exchange(found, data_dir)
            back = tuple(place for place, new in beside.items() if _taken(new, place))
    except FilesUnavailable as error:
        raise DataDirError(str(error)) from error
    except OSError as error:
        raise DataDirError(f"The backup cannot be restored ({error.strerror or error}).") from error
    kept = tuple(new for new in beside.values() if new.exists())
    return Restored(report(archive, copied, hashes), aside, back, kept)


async def _into_bucket(files: Sequence[Path], bucket: "BucketBlobs") -> None:
    """Put files into a bucket. Raises DataDirError if it holds others, which no row would know of."""
    if others := len(await bucket.names() - {f"{path.parent.name}/{path.name}" for path in files}):
        raise DataDirError(
            f"BLOBS_URL holds {counted(others, 'file')} beside the backup's. Name another prefix there, or empty it."
        )
    for path in files:
        sha256, _, made = path.name.partition(".")
        await bucket.put(sha256, path.read_bytes(), shown=bool(made))


def _exchange(found: Path, data_dir: Path) -> Path | None:
    """Put what was found into the place of what is there; gives where that is then."""
    aside = _put_aside(data_dir)
    # The database comes last: without it a gateway starts from scratch instead of using half a backup.
    for path in sorted(found.iterdir(), key=lambda path: path.name == DATABASE_FILE):
        path.rename(data_dir / path.name)
    return aside


def _into_server(found: Path, data_dir: Path, url: str) -> Path | None:
    """The same, with the database on a server: nothing is exchanged unless it takes every row."""
    from storage.drivers.postgres.load import load

    aside: list[Path | None] = []
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=data_dir) as directory:
        database = Path(directory) / DATABASE_FILE
        (found / DATABASE_FILE).rename(database)
        bring_up_to_date(database)
        asyncio.run(load(database, url, lambda: aside.append(_exchange(found, data_dir))))
    return aside[0]


@contextmanager
def _laid_beside(found: Path, places: Mapping[str, Path]) -> Iterator[dict[Path, Path]]:
    """Write the settings files beside their places, under other names; they are removed again if the block fails.

    This comes before any change, so a directory that is not writable is noticed in time.
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
    """Move a file into its place, unless one is there."""
    try:
        # Unlike a rename, a link never replaces an existing file.
        os.link(new, place)
    except FileExistsError:
        return False
    except OSError:
        # A file system without hard links.
        if place.exists():
            return False
        new.rename(place)
        return True
    new.unlink()
    return True


def _extract(archive: Path, directory: Path, passphrase: str | None) -> dict[str, str]:
    """Unpack what belongs into a data directory; returns the SHA-256 of each part."""
    found: dict[str, str] = {}
    manifest: object = None
    try:
        with archive_from(archive, passphrase) as opened:
            for entry in opened:
                part = opened.extractfile(entry) if entry.isreg() else None
                if part is None:
                    raise DataDirError(f"{archive.name!r} holds {entry.name[:80]!r}, which no backup contains.")
                if entry.name == MANIFEST:
                    manifest = json.loads(part.read(64 << 20))
                elif MEMBER.fullmatch(entry.name):
                    found[entry.name] = _unpack(part, directory / entry.name)
                else:
                    raise DataDirError(f"{archive.name!r} holds {entry.name[:80]!r}, which no backup contains.")
    except (tarfile.TarError, zlib.error, EOFError, ValueError, OSError) as error:
        raise DataDirError(f"{str(archive)!r} is not a backup, or is damaged ({error}). Use another one.") from error
    parts = manifest.get("parts") if isinstance(manifest, dict) and manifest.get("format") == FORMAT else None
    if parts != found or DATABASE_FILE not in found:
        raise DataDirError(f"{str(archive)!r} is incomplete. Use another backup.")
    return found


def _unpack(part: IO[bytes], path: Path) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = hashlib.sha256()
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "wb") as target:
        while chunk := part.read(CHUNK):
            digest.update(chunk)
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    return digest.hexdigest()


def _put_aside(data_dir: Path) -> Path | None:
    """Move the data directory's contents into a subdirectory, so that nothing is overwritten."""
    names = (DATABASE_FILE, f"{DATABASE_FILE}-wal", f"{DATABASE_FILE}-shm", SECRET, FILES)
    there = [data_dir / name for name in names if (data_dir / name).exists()]
    if not there:
        return None
    aside = data_dir / f"before-restore-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    aside.mkdir(mode=0o700)
    for path in there:
        shutil.move(path, aside / path.name)
    return aside
