"""Compound files ([MS-CFB]): the streams of what Office and Outlook wrote before their files were archives."""

import io
import struct
from pathlib import Path

from xlrd.compdoc import CompDoc, CompDocError

from bot.files.reader.trouble import Trouble

_DAMAGE = (CompDocError, struct.error, AssertionError, LookupError, ValueError, TypeError, OverflowError)
"""What xlrd says of damage, also where it does not mean to."""


class Compound:
    """The streams of a file, by their paths, such as "Current User" or "storage/stream"."""

    def __init__(self, path: Path) -> None:
        """Raises `Trouble`."""
        try:
            self._file = CompDoc(path.read_bytes(), logfile=io.StringIO())
        except _DAMAGE as error:
            raise Trouble("broken") from error

    def stream(self, name: str) -> bytes | None:
        """A stream's bytes; None where there is none of that name, or it is damaged."""
        try:
            found: bytes | None = self._file.get_named_stream(name)
        except _DAMAGE:
            return None
        return found
