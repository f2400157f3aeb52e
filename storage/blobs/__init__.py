"""The bytes of files, each kept once under the SHA-256 of its content: on the disk, or in a bucket.

A row in the database comes first and goes last (`storage.kept_bytes`), so nothing is kept that no row
knows of, whenever a process is killed.
"""

from pathlib import Path
from typing import Protocol


class Blobs(Protocol):
    """Where the bytes of files are. Every method may raise `FilesUnavailable`; nothing has changed then."""

    async def put(self, sha256: str, data: bytes, *, shown: bool = False) -> None:
        """Keep bytes, whole or not at all. `shown` is the same picture as models take it, beside its original."""

    async def read(self, sha256: str, *, shown: bool = False) -> bytes | None:
        """The bytes; None if they are not kept."""

    async def fetch(self, sha256: str, directory: Path, *, shown: bool = False) -> Path | None:
        """A file with the bytes, only to be read: where they are, or a copy in `directory`. None if they are not kept.

        They are never in memory at once.
        """

    async def remove(self, sha256: str) -> None:
        """Remove the bytes and what was made of them; what is gone is a success."""

    async def tidy(self) -> None:
        """Remove what an earlier run has left half written, unless it may still be at it."""

    async def look(self) -> None:
        """See that bytes can be put, read and removed."""


def name_of(sha256: str, *, shown: bool = False) -> str:
    """What bytes are called below where they are kept, also in a backup: `3f/3fa9…`."""
    return f"{sha256[:2]}/{sha256}{'.jpg' if shown else ''}"
