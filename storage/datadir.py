"""The data directory: only its owner can read it, and only one process at a time uses it."""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from bot.domain.errors import DataDirError

DATABASE_FILE = "parley.db"
FILES = "files"
"""The directory of people's files, unless a bucket has them."""

MAKE_ROOM = "Make room on its disk."

_LOCK_FILE = "parley.lock"


def _closed_to_us(directory: Path) -> Iterator[Path]:
    """What is kept there that this process may not use: mostly what root has made, by a command run with `sudo`."""
    files = directory / FILES
    for path in (*(directory / f"{DATABASE_FILE}{end}" for end in ("", "-wal", "-shm")), files, *files.glob("*")):
        if path.exists():
            wanted = os.R_OK | os.W_OK | (os.X_OK if path.is_dir() else 0)
            if not os.access(path, wanted, effective_ids=os.access in os.supports_effective_ids):
                yield path


class DataDirLock:
    """Keeps every other process out of a data directory; the kernel releases it when this process ends, in any way.

    `shared`: only those that have to be alone.
    """

    def __init__(self, directory: Path, *, shared: bool = False) -> None:
        self._file = os.open(directory / _LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._file)
            raise DataDirError(
                f"DATA_DIR {str(directory)!r} is in use by another gateway. Stop that one, or set another DATA_DIR."
            ) from error

    def release(self) -> None:
        """Let another process in."""
        os.close(self._file)


@contextlib.contextmanager
def lock_data_dir(directory: Path) -> Iterator[None]:
    """Keep every gateway out of a data directory meanwhile. Raises DataDirError if one is using it."""
    lock = DataDirLock(directory)
    try:
        yield
    finally:
        lock.release()


def prepare_data_dir(directory: Path, *, with_database: bool = True, shared: bool = False) -> DataDirLock:
    """Make the directory and (`with_database`) its empty database if they are missing, and lock it, `shared` or alone.

    Raises:
        DataDirError: it cannot be used; the message says why and what to do.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (closed := next(_closed_to_us(directory), None)) is not None:
            raise DataDirError(
                f"This user may not read and write {str(closed)!r}. Let the user that runs Parley own the whole "
                f"directory: `chown -R {os.geteuid()} {directory}` and `chmod -R u+rwX {directory}`."
            )
        lock = DataDirLock(directory, shared=shared)
        try:
            if with_database:
                (directory / DATABASE_FILE).touch(mode=0o600)
        except OSError:
            lock.release()
            raise
    except OSError as error:
        raise DataDirError(
            f"DATA_DIR {str(directory)!r} cannot be written ({error.strerror}). "
            + (MAKE_ROOM if error.errno in (errno.ENOSPC, errno.EDQUOT) else "Make it writable.")
        ) from error
    return lock
