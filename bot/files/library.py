"""The life of a file, from the platform's announcement to what a model reads of it.

    fetch   get the bytes from the platform, tell what they are, keep them under their hash
    read    pages of text, of documents and scans; what is said, of recordings; a smaller copy, of pictures

The same bytes are read once, no matter who sends them. A file that cannot be read costs its message one sentence; the
rest is answered.
"""

import asyncio
import mimetypes
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path, PurePath
from typing import Literal

import structlog

from bot.contracts.bots import Bots
from bot.contracts.web import Fetched, Leads
from bot.domain.clock import Clock
from bot.domain.ids import MessageId
from bot.domain.incoming import MessageRef
from bot.domain.messages import FileKind, FilePart
from bot.domain.model_names import ModelName
from bot.domain.policy import FileRules
from bot.domain.turns import Turn
from bot.files.extractor import TextExtractor
from bot.files.fetcher import INNER_FROM, Fetcher, checked
from bot.files.kinds import encloses, holds_several
from bot.files.locks import Locks
from bot.files.outcomes import Outcomes
from bot.files.reader.trouble import Trouble
from bot.files.sandbox import Sandbox
from bot.files.scans import Progress
from bot.files.store import FileStore
from bot.files.troubles import PARTLY_FILES, problem
from bot.llm.chain import Chain
from bot.rendering.pages import escaped
from storage import attachments
from storage.attachments import Attachment, AttachmentState
from storage.blobs import Blobs
from storage.database import Database
from storage.documents import Document
from storage.outbox import OutboxPage

log = structlog.get_logger(__name__)

TEXTUAL = frozenset(FileKind) - {FileKind.IMAGE, FileKind.AUDIO, FileKind.VOICE, FileKind.ARCHIVE, FileKind.MAIL}
"""What is read of the web: nothing that somebody has to look at or listen to, or that holds other files."""

MOST_INNER = 20
"""Files that are taken out of an archive, a letter or a PDF."""

Pictures = Literal["look", "read", "both"]
"""What is done with pictures: they are made ready for models that see, read like scans, or both."""


class Library:
    """Fetches and reads files. `deliver` gets the sentences about those that cannot be read."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        store: FileStore,
        bots: Bots,
        chain: Chain,
        sandbox: Sandbox,
        rules: FileRules,
        clock: Clock,
        *,
        deliver: Callable[[list[OutboxPage]], None],
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._sandbox = sandbox
        self._rules = rules
        self._clock = clock
        self._locks = Locks()
        self._store = store
        self._outcomes = Outcomes(database, clock, deliver)
        self._fetcher = Fetcher(database, bots, self._store, self._outcomes, rules, clock, self._locks)
        self._extractor = TextExtractor(database, blobs, chain, sandbox, rules, clock)

    def fetch_soon(self, message: MessageId, origin: MessageRef) -> None:
        """Fetch the files of a message in the background: a platform's links to them may expire soon."""
        self._fetcher.fetch_soon(message, origin)

    async def close(self) -> None:
        """Fetch nothing more; what is not here yet is fetched when its turn begins."""
        await self._fetcher.close()

    async def read(
        self,
        message: MessageId,
        origin: MessageRef,
        progress: Progress,
        *,
        pictures: Pictures,
        seeing: Sequence[ModelName] = (),
    ) -> list[Attachment]:
        """Read every file of a message; returns those that were. `seeing` reads scans that nothing else does."""
        await self._fetcher.fetch(message, origin)
        await self._unpack_all(message, origin)
        images = 0
        for attachment in await self._database.read(attachments.of_message(message)):
            if attachment.state is not AttachmentState.KEPT:
                images += attachment.kind is FileKind.IMAGE
                continue
            try:
                if attachment.kind is FileKind.IMAGE:
                    images += 1
                    if images > self._rules.most_images:
                        raise Trouble("too_many", most=self._rules.most_images)
                await self._read_one(attachment, origin, progress, pictures, seeing)
            except Trouble as trouble:
                await self._outcomes.refuse(attachment, trouble, origin)
        found = await self._database.read(attachments.of_message(message))
        return [attachment for attachment in found if attachment.state is AttachmentState.READ]

    async def take_in(self, turn: Turn, file: FilePart, data: bytes) -> str | None:
        """Make a file that was fetched for a turn one of its question's, and read it: its hash.

        None: it cannot be read as text. Only the one who wanted it is told so. Raises StorageError.
        """
        try:
            kind = checked(data, file, self._rules)
        except Trouble:
            return None
        if kind not in TEXTUAL:
            return None
        noted = attachments.note_fetched(turn.question, turn.session, turn.payer, file, self._clock.now())
        attachment = await self._database.write(noted)
        try:
            await self._store.keep(attachment, kind, data)
            kept = await self._database.read(attachments.get(attachment.id))
            if kept is not None:
                await self._read_one(kept, MessageRef(turn.place, None, ""), lambda _: None, "look", ())
        except Trouble as trouble:
            await self._database.write(attachments.refuse(attachment.id, problem(file.name, trouble)))
            return None
        return kept.sha256 if kept is not None else None

    async def leads_of(self, page: Fetched) -> Leads:
        """Where a page that was fetched leads."""
        async with self._sandbox.directory() as directory:
            path = directory / "page"
            await asyncio.to_thread(path.write_bytes, page.data)
            try:
                async with aclosing(self._sandbox.run("leads", str(path), page.url)) as job:
                    async for told in job:
                        links = tuple((words, address) for words, address in told["links"])
                        return Leads(tuple(told["frames"]), links, told["more"])
            except Trouble as trouble:
                log.info("leads_not_read", problem=trouble.name)
        return Leads()

    async def _read_one(
        self,
        attachment: Attachment,
        origin: MessageRef,
        progress: Progress,
        pictures: Pictures,
        seeing: Sequence[ModelName],
    ) -> None:
        sha256, kind = attachment.sha256, attachment.kind
        if sha256 is None or kind is None:
            return  # Both are set once it is kept.
        if kind is FileKind.ARCHIVE:
            await self._outcomes.note_read(attachment, None, origin, 1)  # Everything to read is in its files.
            return
        document: Document | None
        frames = 1
        async with self._locks.of(("read", sha256)):
            if kind in (FileKind.AUDIO, FileKind.VOICE):
                document = await self._extractor.transcribe(attachment, sha256, origin.language, progress)
            elif kind is not FileKind.IMAGE:
                document = await self._extractor.read_pages(attachment, sha256, kind, origin.language, progress, seeing)
                await self._extractor.check_text(document, "blank")
            else:
                frames = await self._shrink(sha256)
                document = await self._read_picture(attachment, sha256, origin, progress, pictures)
        await self._outcomes.note_read(attachment, document, origin, frames)

    async def _unpack_all(self, message: MessageId, origin: MessageRef) -> None:
        """Unpack the message's archives, letters and PDFs: each inner file becomes a file of the message."""
        async with self._locks.of(("fetch", message)):
            for outer in await self._database.read(attachments.of_message(message)):
                is_open = outer.state is AttachmentState.KEPT and outer.number < INNER_FROM
                if not is_open or outer.kind is None or outer.sha256 is None:
                    continue
                if outer.kind is FileKind.PDF and not encloses(await self._blobs.read(outer.sha256) or b""):
                    continue
                if outer.kind in (FileKind.ARCHIVE, FileKind.MAIL, FileKind.PDF):
                    try:
                        await self._unpack(outer, outer.kind, outer.sha256, origin)
                    except Trouble as trouble:
                        await self._outcomes.refuse(outer, trouble, origin)

    async def _unpack(self, outer: Attachment, kind: FileKind, sha256: str, origin: MessageRef) -> None:
        limits = str(MOST_INNER), str(self._rules.largest_bytes)
        number = INNER_FROM * (outer.number + 1)
        async with self._sandbox.directory() as directory:
            path = await self._fetched(sha256, directory)
            job = self._sandbox.run("unpack", kind.value, str(path), str(directory), *limits)
            async with aclosing(job) as told:
                async for each in told:
                    if "count" in each:
                        await self._say_left_out(outer, int(each["count"]), origin)
                    else:
                        number += 1
                        await self._take_out(outer, number, each, origin)

    async def _take_out(self, outer: Attachment, number: int, told: Mapping[str, str], origin: MessageRef) -> None:
        path = told.get("path")
        data = await asyncio.to_thread(Path(path).read_bytes) if path is not None else b""
        # A file that is compressed by itself is called like what it was compressed to, without the ending.
        name = told["name"] or PurePath(outer.name).stem
        file = FilePart("", name, mimetypes.guess_type(name)[0] or "application/octet-stream", len(data))
        now = self._clock.now()
        inner = await self._database.write(attachments.note_inner(outer, number, file, now))
        if inner.state is not AttachmentState.WAITING:
            return  # Unpacked before a crash.
        try:
            if path is None:
                raise Trouble("too_large", limit=self._rules.largest_bytes // 1_000_000)
            inner_kind = checked(data, file, self._rules)
            if inner_kind is FileKind.ARCHIVE:
                raise Trouble("nested")
            await self._store.keep(inner, inner_kind, data)
        except Trouble as trouble:
            await self._outcomes.refuse(inner, trouble, origin)

    async def _say_left_out(self, outer: Attachment, count: int, origin: MessageRef) -> None:
        if count <= MOST_INNER:
            return
        values = {"name": escaped(outer.name), "read": MOST_INNER, "count": count}
        await self._outcomes.say(outer, origin, PARTLY_FILES, values)

    async def _shrink(self, sha256: str) -> int:
        """Have the picture that a model sees; returns how many pictures the file holds, of which that is the first."""
        frames = 1
        if await self._blobs.read(sha256, shown=True) is not None and not holds_several(
            await self._blobs.read(sha256) or b""
        ):
            return frames
        async with self._sandbox.directory() as directory:
            target = directory / "shown.jpg"
            path = await self._fetched(sha256, directory)
            async with aclosing(self._sandbox.run("shrink", str(path), str(target))) as told:
                async for each in told:
                    frames = each["frames"]
            await self._blobs.put(sha256, await asyncio.to_thread(target.read_bytes), shown=True)
        return frames

    async def _fetched(self, sha256: str, directory: Path) -> Path:
        """A file for the reader. Raises Trouble if the bytes are no longer kept."""
        path = await self._blobs.fetch(sha256, directory)
        if path is None:
            raise Trouble("gone")
        return path

    async def _read_picture(
        self, attachment: Attachment, sha256: str, origin: MessageRef, progress: Progress, pictures: Pictures
    ) -> Document | None:
        """The text of a picture; None if it is only looked at."""
        if pictures == "look":
            return None
        try:
            document = await self._extractor.read_pages(
                attachment, sha256, FileKind.IMAGE, origin.language, progress, ()
            )
        except Trouble as trouble:
            if pictures == "both":
                return None  # The model that looks at it sees what could not be read.
            if trouble.name == "missing":
                raise Trouble("blind") from trouble
            raise
        if pictures == "read":
            await self._extractor.check_text(document, "no_text")
        return document
