"""Compound files ([MS-CFB]): the streams of what Office and Outlook wrote before their files were archives."""

import struct
from collections.abc import Sequence
from pathlib import Path

from olefile import OleFileIO

from bot.files.reader.trouble import Trouble

_DAMAGE = (OSError, struct.error, LookupError, ValueError, TypeError, OverflowError)
"""What olefile says of damage (`OleFileError`, which is an OSError), also where it does not mean to."""


class Compound:
    """The streams of a file, by their paths, such as "Current User" or "storage/stream"."""

    def __init__(self, path: Path) -> None:
        """Raises `Trouble`."""
        self._inside: dict[str, list[str]] = {}
        try:
            self._file = OleFileIO(path)
            for *storage, name in self._file.listdir(streams=True, storages=True):
                self._inside.setdefault("/".join((*storage, "")), []).append(name)
        except _DAMAGE as error:
            raise Trouble("broken") from error

    def names(self, storage: str) -> Sequence[str]:
        """What is in a storage: "" for all of the file's, or "storage/"; nothing where there is no such one."""
        return self._inside.get(storage, [])

    def stream(self, path: str) -> bytes | None:
        """A stream's bytes; None if there is none there, or it is damaged."""
        try:
            found: bytes = self._file.openstream(path).read()
        except _DAMAGE:
            return None
        return found
