"""What is wrong with a database file, and what helps."""

import contextlib
import os
import shutil
import sqlite3
import threading
from pathlib import Path
from urllib.parse import quote

from bot.domain.errors import DatabaseDamaged
from storage.datadir import MAKE_ROOM

RESTORE = "Restore it from a backup: stop the gateway, then `parley restore ARCHIVE`."

_STEPS_BETWEEN_LOOKS = 100_000
"""Of SQLite's own machine, until a check looks again whether it should end: milliseconds."""


def _primary_code(error: Exception) -> int:
    """The kind of an error: the low byte of its code. The bytes above it say where it happened."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def means_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether this error says that the file itself is damaged."""
    return _primary_code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def find_damage(path: Path, ending: threading.Event) -> DatabaseDamaged | None:
    """What SQLite's own check finds in the file; None, too, if `ending` is set before it is through."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as connection:
            connection.set_progress_handler(ending.is_set, _STEPS_BETWEEN_LOOKS)
            [(found,)] = connection.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.DatabaseError as error:
        return DatabaseDamaged(str(error)) if means_damage(error) else None
    return None if found == "ok" else DatabaseDamaged(found.splitlines()[-1])


def cure(error: Exception, path: Path) -> str:
    """What helps, by the cause: nothing is restored that is whole."""
    code = _primary_code(error)
    if code == sqlite3.SQLITE_FULL or not shutil.disk_usage(path.parent).free:
        return MAKE_ROOM
    if not _may_be_written(path):
        return "Let the user that runs Parley write to it."
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "Another program is using it: close that program."
    if code == sqlite3.SQLITE_IOERR:
        return "Check the disk, and whether it has room."
    return RESTORE


def _may_be_written(path: Path) -> bool:
    """By what this process may do: root in a container often has no more rights than a file grants."""
    return os.access(path, os.R_OK | os.W_OK, effective_ids=os.access in os.supports_effective_ids)
