"""Making a backup while the gateway runs: written, read back in full, and only then renamed into place."""

import asyncio
import io
import itertools
import json
import os
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.domain.errors import DataDirError, FilesUnavailable
from bot.operations.backup_archive import (
    FILES,
    FORMAT,
    MANIFEST,
    SETTINGS,
    Report,
    archive_from,
    archive_to,
    hash_of,
    report,
)
from bot.vault import FILE as SECRET
from storage.blobs import name_of
from storage.blobs.disk import DiskBlobs
from storage.datadir import DATABASE_FILE
from storage.drivers.sqlite.backup import Copied, copy_database

if TYPE_CHECKING:
    from storage.blobs.bucket import BucketBlobs


def back_up(
    data_dir: Path,
    target: Path | None = None,
    *,
    url: str = "",
    bucket: "BucketBlobs | None" = None,
    passphrase: str | None = None,
    settings: Mapping[str, Path] | None = None,
) -> Report:
    """Write an archive; `target` is a file that does not exist, or a directory (the present one unless given).

    With a `url` the database is that one on a PostgreSQL server; the archive is the same, and holds a copy for SQLite.
    With a `bucket` the bytes of files come from there.
    `settings` are the files of the settings by their names in an archive, as `settings_files` returns them.

    Raises:
        DataDirError: the data cannot be read, or the archive cannot be written.
    """
    path = _target(target)
    try:
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=path.parent) as directory:
            copy = Path(directory) / DATABASE_FILE
            copied = _copied(data_dir, url, copy)
            draft, room = Path(directory) / "archive", Path(directory) / "fetched"
            room.mkdir(mode=0o700)
            parts = (*_settings_parts(settings or {}), (DATABASE_FILE, copy), (SECRET, data_dir / SECRET))
            names = [(sha256, shown) for sha256 in copied.blobs for shown in (False, True)]
            files = _on_disk(DiskBlobs(data_dir), names) if bucket is None else _fetched(bucket, names, room)
            hashes = _write(draft, itertools.chain(parts, files), copied.schema, passphrase)
            _check(draft, hashes, passphrase)
            draft.replace(path)
    except FilesUnavailable as error:
        raise DataDirError(str(error)) from error
    except OSError as error:
        raise DataDirError(f"The backup {str(path)!r} cannot be written ({error.strerror or error}).") from error
    return report(path, copied, hashes)


def _copied(data_dir: Path, url: str, copy: Path) -> Copied:
    if not url:
        return copy_database(data_dir / DATABASE_FILE, copy)
    from storage.drivers.postgres.dump import dump

    copy.touch(mode=0o600)
    return asyncio.run(dump(url, copy))


def settings_files(home: Path, files: tuple[Path, ...]) -> dict[str, Path]:
    """The paths of a gateway's settings files, existing or not, by their names in an archive. `files` exist."""
    dotenv = next((path for path in files if path.name != "parley.toml"), home / ".env")
    return {".env": dotenv, "parley.toml": home / "parley.toml"}


def _target(target: Path | None) -> Path:
    if target is None or target.is_dir():
        name = f"parley-{datetime.now(UTC):%Y%m%d-%H%M%S}.tar.gz"
        return (target or Path.cwd()) / name
    if target.exists():
        raise DataDirError(f"{str(target)!r} exists already. Name another file, or a directory.")
    return target


def _settings_parts(settings: Mapping[str, Path]) -> Iterator[tuple[str, Path]]:
    for name, path in settings.items():
        yield f"{SETTINGS}/{name}", path


def _on_disk(disk: DiskBlobs, names: Iterable[tuple[str, bool]]) -> Iterator[tuple[str, Path]]:
    for sha256, shown in names:
        yield f"{FILES}/{name_of(sha256, shown=shown)}", disk.path(sha256, shown=shown)


def _fetched(bucket: "BucketBlobs", names: Iterable[tuple[str, bool]], room: Path) -> Iterator[tuple[str, Path]]:
    """Each is in `room` until the next is asked for."""
    with asyncio.Runner() as runner:
        for sha256, shown in names:
            if (path := runner.run(bucket.fetch(sha256, room, shown=shown))) is not None:
                yield f"{FILES}/{name_of(sha256, shown=shown)}", path
                path.unlink()


def _write(draft: Path, parts: Iterable[tuple[str, Path]], schema: int, passphrase: str | None) -> dict[str, str]:
    """Write the archive; returns the SHA-256 of each part."""
    hashes: dict[str, str] = {}
    draft.touch(mode=0o600)
    with draft.open("wb") as file:
        with archive_to(file, passphrase) as archive:
            for name, path in parts:
                # A file may have been erased since the database was read.
                try:
                    source = path.open("rb")
                except FileNotFoundError:
                    continue
                with source:
                    hashes[name] = hash_of(source)
                    source.seek(0)
                    archive.addfile(_entry(name, os.fstat(source.fileno()).st_size), source)
            manifest = {"format": FORMAT, "schema": schema, "made_at": datetime.now(UTC).isoformat(), "parts": hashes}
            data = json.dumps(manifest, indent=1).encode()
            archive.addfile(_entry(MANIFEST, len(data)), io.BytesIO(data))
        file.flush()
        os.fsync(file.fileno())
    return hashes


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    entry.mtime = int(datetime.now(UTC).timestamp())
    return entry


def _check(archive: Path, expected: Mapping[str, str], passphrase: str | None) -> None:
    """Read an archive to its end."""
    with archive_from(archive, passphrase) as opened:
        found = {entry.name: hash_of(part) for entry in opened if (part := opened.extractfile(entry)) is not None}
    del found[MANIFEST]
    if found != expected:
        raise DataDirError(
            "The backup on the disk is not what was written. Check the disk, and make the backup again elsewhere."
        )
