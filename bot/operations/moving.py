"""`parley move`: a gateway's data go on in another kind of database, its files in a bucket."""

import asyncio
import hashlib
import os
from dataclasses import dataclass

from bot.domain.errors import DataDirError, FilesUnavailable, SettingsError
from bot.outside import Routes, open_bucket
from bot.settings import Settings
from storage import kept_bytes
from storage.blobs import name_of
from storage.blobs.disk import DiskBlobs
from storage.database import open_database
from storage.datadir import DATABASE_FILE, lock_data_dir
from storage.drivers.sqlite.inspection import find_trouble


async def move_to_postgres(settings: Settings) -> dict[str, int]:
    """Take everything over into the empty database of DATABASE_URL; says how many rows each table has.

    SQLite's file stays as it is, and so do the files beside it, which both need.

    Raises:
        SettingsError: no DATABASE_URL says where to.
        DataDirError: a gateway is running, there is nothing to take over, or it cannot be.
    """
    url = settings.database_address()
    if not url:
        raise SettingsError("DATABASE_URL is not set. Set it to an empty database on a PostgreSQL server.")
    source = settings.data_dir / DATABASE_FILE
    if not source.exists():
        raise DataDirError(f"DATA_DIR {str(settings.data_dir)!r} holds no database: there is nothing to take over.")
    # Brings an earlier schema up to date, and keeps a running gateway's data alone.
    async with await open_database(settings.data_dir):
        pass
    with lock_data_dir(settings.data_dir):
        if (trouble := find_trouble(source)) is not None:
            raise DataDirError(f"{trouble.what} {trouble.cure}")
        from storage.drivers.postgres.load import load

        return await load(source, url)


@dataclass(frozen=True, slots=True)
class Moved:
    """What was put into a bucket."""

    files: int
    size_bytes: int
    damaged: int
    """Files whose bytes have changed on the disk: they are there as they are."""
    missing: int
    """Files that the disk no longer has."""


async def move_to_bucket(settings: Settings) -> Moved:
    """Put every file that is kept in DATA_DIR into the bucket of BLOBS_URL, and read each back. It can be repeated.

    Nothing on the disk changes.

    Raises:
        SettingsError: no BLOBS_URL says where to.
        DataDirError: a gateway is running, or a file cannot be put.
    """
    bucket = open_bucket(settings, Routes.of(settings, os.environ))
    if bucket is None:
        raise SettingsError("BLOBS_URL is not set. Set it to a bucket, like s3://bucket/prefix.")
    disk = DiskBlobs(settings.data_dir)
    files, size, damaged, missing = 0, 0, 0, 0
    try:
        # Keeps a running gateway out.
        async with await open_database(settings.data_dir, url=settings.database_address()) as database:
            for sha256 in await database.read(kept_bytes.every()):
                for shown in (False, True):
                    data = await disk.read(sha256, shown=shown)
                    if data is None:
                        missing += not shown
                        continue
                    await bucket.put(sha256, data, shown=shown)
                    if await bucket.read(sha256, shown=shown) != data:
                        raise DataDirError(f"{name_of(sha256, shown=shown)} comes back otherwise from BLOBS_URL.")
                    files, size = files + 1, size + len(data)
                    damaged += not shown and await asyncio.to_thread(_hash, data) != sha256
    except FilesUnavailable as error:
        raise DataDirError(str(error)) from error
    return Moved(files, size, damaged, missing)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
