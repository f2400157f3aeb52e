"""The bytes of files: kept under their hash, and released when they are old, over a quota or unused."""

import asyncio

import structlog

from bot.domain.clock import Clock
from bot.domain.ids import UnixMs
from bot.domain.messages import FileKind
from bot.domain.policy import FileRules
from bot.files.reader.trouble import Trouble
from storage import attachments, documents
from storage.attachments import Attachment
from storage.blobs import Blobs
from storage.database import Database
from storage.programs import Program

log = structlog.get_logger(__name__)


class Keeping:
    """Keeps the bytes of files, and releases them."""

    def __init__(self, database: Database, blobs: Blobs, rules: FileRules, clock: Clock) -> None:
        self._database = database
        self._blobs = blobs
        self._rules = rules
        self._clock = clock
        self._keeping = asyncio.Lock()
        """Held while a row is written for bytes, and while bytes without a row are removed."""

    async def keep(self, attachment: Attachment, kind: FileKind, data: bytes) -> None:
        """Keep the bytes of a file. Raises Trouble if the disk is full."""
        async with self._keeping:
            try:
                sha256 = await self._blobs.add(data)
            except OSError as error:
                log.error("file_not_kept", error=error)
                raise Trouble("full") from error
            now = self._clock.now()
            await self._database.write(attachments.keep(attachment.id, kind, sha256, len(data), now))
        log.info("file_kept", attachment=attachment.id, kind=kind.value, size_bytes=len(data))

    async def clean(self) -> int:
        """Release bytes that are old, over somebody's quota, or nobody's; then of what a crash has left.

        Returns how much went.
        """
        async with self._keeping:
            now = self._clock.now()
            gone = await self._database.write(_let_go(self._rules, now))
            for sha256 in gone:
                await self._blobs.remove(sha256)
            orphans = await self._blobs.orphans(now / 1000)
            for sha256 in orphans:
                if not await self._database.read(attachments.are_kept(sha256)):
                    await self._blobs.remove(sha256)
                    gone.append(sha256)
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
    """Forget bytes that nobody keeps any longer; returns them, so that their files can be removed."""
    gone: list[str] = []
    for person in (yield from attachments.people_over(rules.quota_bytes)):
        while (yield from attachments.bytes_of(person)) > rules.quota_bytes:
            oldest = yield from attachments.oldest_bytes_of(person)
            if oldest is None:
                break
            yield from attachments.let_go_of_bytes(person, oldest)
    gone.extend((yield from attachments.bytes_nobody_has()))
    if rules.days:
        gone.extend((yield from attachments.bytes_before(UnixMs(now - rules.days * 24 * 3600 * 1000))))
    for sha256 in gone:
        yield from attachments.drop_bytes(sha256)
    return gone
