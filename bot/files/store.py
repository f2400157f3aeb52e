"""The bytes of files: kept under their hash, and released when they are old, over a quota or unused."""

import asyncio
import hashlib

import structlog

from bot.domain.clock import Clock
from bot.domain.errors import FilesUnavailable
from bot.domain.ids import UnixMs
from bot.domain.messages import FileKind
from bot.domain.policy import FileRules
from bot.files.reader.trouble import Trouble
from storage import attachments, documents, kept_bytes
from storage.attachments import Attachment
from storage.blobs import Blobs
from storage.database import Database
from storage.programs import Program

log = structlog.get_logger(__name__)

_REMOVED_WITHIN_S = 30.0
"""How long the same bytes may be on their way out before the one who uploads them again gives up."""
_LOOKS_EVERY_S = 0.2


class FileStore:
    """Keeps the bytes of files, and releases them."""

    def __init__(self, database: Database, blobs: Blobs, rules: FileRules, clock: Clock) -> None:
        self._database = database
        self._blobs = blobs
        self._rules = rules
        self._clock = clock

    async def add(self, data: bytes) -> str:
        """Keep bytes that are about to be attached; returns their SHA-256. Raises StorageError."""
        sha256 = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
        gives_up_at_s = self._clock.monotonic() + _REMOVED_WITHIN_S
        while not await self._database.write(kept_bytes.announce(sha256, len(data), self._clock.now())):
            if self._clock.monotonic() > gives_up_at_s:
                raise FilesUnavailable("The same bytes are being removed.")
            await self._clock.sleep(_LOOKS_EVERY_S)
        await self._blobs.put(sha256, data)
        return sha256

    async def keep(self, attachment: Attachment, kind: FileKind, data: bytes) -> None:
        """Keep the bytes of a file. Raises Trouble if they are refused where they should be kept."""
        try:
            sha256 = await self.add(data)
        except FilesUnavailable as error:
            log.error("file_not_kept", error=error)
            raise Trouble("full") from error
        await self._database.write(attachments.keep(attachment.id, kind, sha256, len(data)))
        log.info("file_kept", attachment=attachment.id, kind=kind.value, size_bytes=len(data))

    async def clean(self) -> int:
        """Release bytes that are old, over somebody's quota, or nobody's; returns how much. Raises StorageError."""
        await self._blobs.tidy()
        gone = await self._database.write(_let_go(self._rules, self._clock.now()))
        for sha256 in gone:
            await self._blobs.remove(sha256)
            await self._database.write(kept_bytes.forget(sha256))
        unused = await self._database.read(documents.unused())
        for number in unused:
            await self._database.write(documents.erase(number))
        if unused:
            while await self._database.write(documents.merge()):
                continue
        if gone or unused:
            log.info("files_cleaned", files=len(gone), documents=len(unused))
        return len(gone) + len(unused)


def _let_go(rules: FileRules, now: UnixMs) -> Program[list[str]]:
    """Let bytes leave that nobody keeps any longer; returns all that leave."""
    for person in (yield from kept_bytes.people_over(rules.quota_bytes)):
        while (yield from kept_bytes.of_person(person)) > rules.quota_bytes:
            oldest = yield from kept_bytes.oldest_of_person(person)
            if oldest is None:
                break
            yield from kept_bytes.let_go(person, oldest)
    unwanted = yield from kept_bytes.of_nobody()
    if rules.days:
        unwanted += yield from kept_bytes.sent_before(UnixMs(now - rules.days * 24 * 3600 * 1000))
    yield from kept_bytes.leave(unwanted, now)
    return (yield from kept_bytes.leaving())
