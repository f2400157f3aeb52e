"""The bytes of files on disk, each kept once under the SHA-256 of its content.

    DATA_DIR/files/3f/3fa9…     the bytes as they came
    DATA_DIR/files/3f/3fa9….jpg the same picture as models take it, made when it was first shown to one

A file is written beside its place, flushed, and moved there; only then may a row name it. So a crash leaves at most a
file without a row, which `orphans` finds; a row is deleted before its file, with the same outcome.
"""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

SETTLED_S = 3600.0
"""A file younger than this may be one whose row is just being written."""


class Blobs:
    """The files of one data directory; only its owner can read them."""

    def __init__(self, directory: Path) -> None:
        """`directory` is the data directory; `files` is made in it."""
        self._root = directory / "files"
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def path(self, sha256: str) -> Path:
        """Where the bytes are, if they are kept."""
        return self._root / sha256[:2] / sha256

    def shown_path(self, sha256: str) -> Path:
        """Where the picture as models take it is, once it is made."""
        return self.path(sha256).with_suffix(".jpg")

    async def add(self, data: bytes) -> str:
        """Keep bytes; returns their SHA-256. Raises OSError if the disk refuses."""
        return await asyncio.to_thread(self._add, data)

    def _add(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.path(sha256)
        if path.exists():
            os.utime(path)  # Young again: `orphans` leaves it alone until its row is there.
        else:
            write_whole(path, data)
        return sha256

    async def add_shown(self, sha256: str, data: bytes) -> None:
        """Keep a picture as models take it, beside its original."""
        await asyncio.to_thread(write_whole, self.shown_path(sha256), data)

    async def read(self, sha256: str) -> bytes | None:
        """The bytes; None if they are no longer kept."""
        return await asyncio.to_thread(_read, self.path(sha256))

    async def read_shown(self, sha256: str) -> bytes | None:
        """The picture as models take it; None if it has not been made yet."""
        return await asyncio.to_thread(_read, self.shown_path(sha256))

    async def remove(self, sha256: str) -> None:
        """Remove the bytes and what was made of them; what is gone is a success."""

        def unlink() -> None:
            self.path(sha256).unlink(missing_ok=True)
            self.shown_path(sha256).unlink(missing_ok=True)

        await asyncio.to_thread(unlink)

    async def orphans(self, now_s: float) -> list[str]:
        """The SHA-256 of every file that is an hour old or more; the caller knows which have a row.

        What a crash has left half written is removed on the way.
        """
        return await asyncio.to_thread(lambda: list(self._settled(now_s)))

    def _settled(self, now_s: float) -> Iterator[str]:
        for path in self._root.glob("*/*"):
            if now_s - path.stat().st_mtime < SETTLED_S:
                continue
            if path.name.startswith("."):
                path.unlink(missing_ok=True)
            elif path.suffix == "":
                yield path.name


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all. Raises OSError."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    number, name = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
