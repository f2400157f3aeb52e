"""The bytes of files on the disk.

DATA_DIR/files/3f/3fa9…     the bytes as they came
DATA_DIR/files/3f/3fa9….jpg the same picture as models take it, made when it was first shown to one
DATA_DIR/files/new/         what is being written: flushed there, then moved to its place
"""

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bot.domain.errors import FilesUnavailable
from storage.blobs import name_of
from storage.datadir import FILES

_WRITTEN_WITHIN_S = 3600.0
"""A file that is being written for longer was left by a crash."""


class DiskBlobs:
    """The files of one data directory; only its owner can read them. See `storage.blobs.Blobs`."""

    def __init__(self, data_dir: Path) -> None:
        """`files` is made in the data directory."""
        self._root = data_dir / FILES
        self._new = self._root / "new"
        self._new.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._root.chmod(0o700)

    def path(self, sha256: str, *, shown: bool = False) -> Path:
        """Where the bytes are, if they are kept."""
        return self._root / name_of(sha256, shown=shown)

    async def put(self, sha256: str, data: bytes, *, shown: bool = False) -> None:
        await asyncio.to_thread(self._write, self.path(sha256, shown=shown), data)

    async def read(self, sha256: str, *, shown: bool = False) -> bytes | None:
        return await asyncio.to_thread(_read, self.path(sha256, shown=shown))

    async def fetch(self, sha256: str, directory: Path, *, shown: bool = False) -> Path | None:
        path = self.path(sha256, shown=shown)
        return path if path.exists() else None

    async def remove(self, sha256: str) -> None:
        await asyncio.to_thread(self._remove, sha256)

    async def tidy(self) -> None:
        await asyncio.to_thread(self._tidy)

    async def look(self) -> None:
        with _told():
            await asyncio.to_thread(lambda: tempfile.TemporaryFile(dir=self._new).close())

    def _write(self, path: Path, data: bytes) -> None:
        with _told():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            number, name = tempfile.mkstemp(dir=self._new)
            try:
                with os.fdopen(number, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise

    def _remove(self, sha256: str) -> None:
        with _told():
            for shown in (False, True):
                self.path(sha256, shown=shown).unlink(missing_ok=True)

    def _tidy(self) -> None:
        # By the clock that gave these files their time.
        before = time.time() - _WRITTEN_WITHIN_S
        with _told():
            for path in self._new.iterdir():
                with contextlib.suppress(FileNotFoundError):
                    if path.stat().st_mtime < before:
                        path.unlink()


def _read(path: Path) -> bytes | None:
    with _told():
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FilesUnavailable(f"The disk of DATA_DIR refuses a file ({error.strerror or error}).") from error
