"""Links to upload pages for one file that is too large for the chat, and where such files are kept.

A link is good once, for an hour, and for the command that asked for the file: once the file is here, that command runs
again, with the file, in its chat. Only a hash of the link is kept.
"""

import asyncio
import hashlib
import secrets
import time
from dataclasses import replace
from pathlib import Path

from bot.domain.clock import Clock
from bot.domain.ids import PersonId, UnixMs
from bot.domain.incoming import Invocation
from bot.domain.messages import FilePart
from storage import uploads, waiting
from storage.database import Database

PATH = "/import/"
LINK_S = 3600
"""How long a page is open."""

LEFT_S = 24 * 3600
"""A file uploaded longer ago than this is no longer needed: its command has run, or never will."""

_MARK = "upload:"
"""The prefix of uploaded files' names, which no platform uses."""


class UploadLinks:
    """Makes links, and keeps uploaded files until their command has run."""

    def __init__(self, root: str, data_dir: Path, database: Database, clock: Clock) -> None:
        """`root` is where people reach the gateway, e.g. "https://bot.example.org"."""
        self._root = root.rstrip("/")
        self._directory = data_dir / "uploads"
        self._database = database
        self._clock = clock

    async def make(self, invocation: Invocation, person: PersonId) -> str:
        """A link to a page for the file of this command."""
        token = secrets.token_urlsafe(24)
        said = waiting.to_json(replace(invocation, files=(), receipt="", pointed=()))
        until = UnixMs(self._clock.now() + LINK_S * 1000)
        await self._database.write(uploads.add(hash_of(token), person, said, until))
        return f"{self._root}{PATH}{token}"

    async def begin(self) -> Path:
        """A path for an upload. Files left here long ago are removed."""
        return await asyncio.to_thread(self._begin)

    def _begin(self) -> Path:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in self._directory.iterdir():
            if time.time() - left.stat().st_mtime > LEFT_S:
                left.unlink(missing_ok=True)
        return self._directory / secrets.token_hex(16)

    def path_of(self, file: FilePart) -> Path | None:
        """The path of an uploaded file; None for a file that a platform has."""
        if not file.remote_id.startswith(_MARK):
            return None
        return self._directory / Path(file.remote_id.removeprefix(_MARK)).name

    async def remove(self, file: FilePart) -> None:
        """Its command has run."""
        if (path := self.path_of(file)) is not None:
            await asyncio.to_thread(path.unlink, missing_ok=True)


def hash_of(token: str) -> str:
    """What is stored about a link."""
    return hashlib.sha256(token.encode()).hexdigest()


def handed_over(said: str, token: str, path: Path, name: str, size_bytes: int) -> Invocation:
    """The command with its file; delivered twice, it runs once. Raises ValueError if it is not a command."""
    found = waiting.from_json(said)
    if not isinstance(found, Invocation):
        raise ValueError("not a command")
    file = FilePart(f"{_MARK}{path.name}", name, "application/octet-stream", size_bytes)
    return replace(found, event_key=f"upload-{hash_of(token)[:32]}", files=(file,))
