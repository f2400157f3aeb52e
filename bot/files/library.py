"""The life of a file, from the platform's announcement to what a model reads of it.

    fetch   get the bytes from the platform, tell what they are, keep them under their hash
    read    pages of text, of documents and scans; what is said, of recordings; a smaller copy, of pictures

Each step is kept when it is done, so that a crash repeats at most one page. The same bytes are read once, whoever sends
them. A file that cannot be read costs its message one sentence; the rest is answered.
"""

import asyncio
import mimetypes
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Literal

import structlog

from bot.contracts.bots import Bots
from bot.domain.clock import Clock
from bot.domain.errors import NotSent, OutcomeUnknown, PlatformError, ProviderError, StorageError
from bot.domain.ids import MessageId, UnixMs
from bot.domain.incoming import MessageRef
from bot.domain.messages import FileKind, FilePart, Message
from bot.domain.places import Place
from bot.domain.policy import FileRules
from bot.files.kinds import OLD_OFFICE, holds_several, kind_of
from bot.files.reader.trouble import Trouble
from bot.files.sandbox import Sandbox
from bot.files.scans import Progress, Scans
from bot.files.sound import is_film, recording
from bot.files.troubles import FIRST_PICTURE, PARTLY, PARTLY_FILES, PARTLY_SCANS, problem
from bot.llm.chain import Chain
from bot.rendering.pages import escaped, filled, notice
from bot.shares import Shares
from bot.texts import say_in
from storage import attachments, documents, messages, outbox, places
from storage.attachments import Attachment, AttachmentState
from storage.blobs import Blobs
from storage.database import Database, Program
from storage.documents import Document, DocumentPage
from storage.outbox import OutboxPage

log = structlog.get_logger(__name__)

FETCH_ATTEMPTS = 4
FETCH_WAIT_S = 1.0
"""Doubles with each attempt."""

FETCHES_AT_ONCE = 8
FETCHES_OF_A_CHAT = 2
"""Of those: someone who sends many, or slow ones, has two in progress; others begin at once."""

PAGES_AT_ONCE = 20
"""Pages of one transaction."""

MOST_INNER = 20
"""Files that are taken out of an archive or a letter."""

INNER_FROM = 1000
"""Numbers of files inside the message's first file begin here, of those inside its second at twice this."""

Pictures = Literal["look", "read", "both"]
"""What is done with pictures: they are made ready for models that see, read like scans, or both."""

SAID = "said"
"""The method of a page that is what was said in a recording, before the model's name."""


class Library:
    """Fetches and reads files. `deliver` gets the sentences about those that cannot be read."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
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
        self._bots = bots
        self._chain = chain
        self._sandbox = sandbox
        self._scans = Scans(chain, sandbox, rules)
        self._rules = rules
        self._clock = clock
        self._deliver = deliver
        self._fetching = asyncio.Semaphore(FETCHES_AT_ONCE)
        self._shares = Shares({"chat": FETCHES_OF_A_CHAT})
        self._keeping = asyncio.Lock()
        """Held while a row is written for bytes, and while bytes without a row are removed."""
        self._locks: weakref.WeakValueDictionary[object, asyncio.Lock] = weakref.WeakValueDictionary()
        self._tasks: set[asyncio.Task[None]] = set()

    # fetching

    def fetch_soon(self, message: MessageId, origin: MessageRef) -> None:
        """Fetch the files of a message behind the scenes: a platform's links to them may not live long."""
        task = asyncio.create_task(self._fetch_quietly(message, origin), name=f"fetch-{message}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Fetch nothing more; what is not here yet is fetched when its turn begins."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _fetch_quietly(self, message: MessageId, origin: MessageRef) -> None:
        try:
            await self.fetch(message, origin)
        except StorageError as error:
            log.warning("file_waits", message=message, error=error)  # Its turn tries again.

    async def fetch(self, message: MessageId, origin: MessageRef) -> None:
        """Have the bytes of every file of a message here, or a sentence about why not."""
        async with self._lock(("fetch", message)):
            found, waiting = await self._database.read(_waiting(message))
            if found is None:
                return
            for attachment in waiting:
                place = origin.place
                async with self._shares.place(("chat", place.platform, place.bot, place.chat)), self._fetching:
                    await self._fetch_one(attachment, found.files[attachment.number], origin)

    async def _fetch_one(self, attachment: Attachment, file: FilePart, origin: MessageRef) -> None:
        try:
            data = await self._bytes_of(file, origin.place)
            kind = self._checked(data, file)
            await self._keep(attachment, kind, data)
        except Trouble as trouble:
            await self._refuse(attachment, trouble, origin)

    async def _bytes_of(self, file: FilePart, place: Place) -> bytes:
        platform = self._bots.find(place)
        if platform is None:
            raise Trouble("gone")
        limit = min(self._rules.largest_bytes, platform.capabilities(place).download_limit_bytes)
        if (file.size_bytes or 0) > limit:
            raise Trouble("too_large", limit=limit // 1_000_000)
        for attempt in range(1, FETCH_ATTEMPTS + 1):
            try:
                data = await platform.fetch(file)
                break
            except (NotSent, OutcomeUnknown) as error:
                log.warning("fetch_failed", attempt=attempt, error=type(error).__name__, detail=error)
                if attempt == FETCH_ATTEMPTS:
                    raise Trouble("gone") from error
                await self._clock.sleep(FETCH_WAIT_S * 2.0 ** (attempt - 1))
            except PlatformError as error:
                log.warning("fetch_refused", error=type(error).__name__, detail=error)
                raise Trouble("gone") from error
        if len(data) > limit:
            raise Trouble("too_large", limit=limit // 1_000_000)
        return data

    def _checked(self, data: bytes, file: FilePart) -> FileKind:
        if not data:
            raise Trouble("empty")
        if len(data) > self._rules.quota_bytes:
            raise Trouble("quota", limit=self._rules.quota_bytes // 1_000_000)
        kind = kind_of(data)
        if kind is FileKind.AUDIO and file.spoken:
            return FileKind.VOICE
        if kind is not None:
            return kind
        if data.startswith(OLD_OFFICE):
            raise Trouble("old_office")
        raise Trouble("video" if is_film(data) or file.media_type.startswith("video/") else "unsupported")

    async def _keep(self, attachment: Attachment, kind: FileKind, data: bytes) -> None:
        async with self._keeping:
            try:
                sha256 = await self._blobs.add(data)
            except OSError as error:
                log.error("file_not_kept", error=error)
                raise Trouble("full") from error
            now = self._clock.now()
            await self._database.write(attachments.keep(attachment.id, kind, sha256, len(data), now))
        log.info("file_kept", attachment=attachment.id, kind=kind.value, size_bytes=len(data))

    # reading

    async def read(
        self, message: MessageId, origin: MessageRef, progress: Progress, *, pictures: Pictures
    ) -> list[Attachment]:
        """Read every file of a message; returns those that were."""
        await self.fetch(message, origin)
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
                await self._read_one(attachment, origin, progress, pictures)
            except Trouble as trouble:
                await self._refuse(attachment, trouble, origin)
        found = await self._database.read(attachments.of_message(message))
        return [attachment for attachment in found if attachment.state is AttachmentState.READ]

    async def _read_one(
        self, attachment: Attachment, origin: MessageRef, progress: Progress, pictures: Pictures
    ) -> None:
        sha256, kind = attachment.sha256, attachment.kind
        if sha256 is None or kind is None:
            return  # Both stand there from the moment on that it is kept.
        if kind is FileKind.ARCHIVE:
            await self._note_read(attachment, None, origin, 1)  # All that there is to read is in its files.
            return
        document: Document | None
        frames = 1
        async with self._lock(("read", sha256)):
            if kind in (FileKind.AUDIO, FileKind.VOICE):
                document = await self._transcribe(attachment, sha256)
            elif kind is not FileKind.IMAGE:
                document = await self._read_pages(attachment, sha256, kind, origin, progress)
                await self._check_text(document, "blank")
            else:
                frames = await self._shrink(sha256)
                document = await self._read_picture(attachment, sha256, origin, progress, pictures)
        await self._note_read(attachment, document, origin, frames)

    async def _check_text(self, document: Document, blank: str) -> None:
        """Raises `Trouble` where not a letter was read, `blank` where there is none: its text is not known."""
        if await self._database.read(documents.length(document.id)):
            return
        whole = len(await self._database.read(documents.numbers_read(document.id))) >= document.most
        raise Trouble(blank if whole else "unread")

    async def _unpack_all(self, message: MessageId, origin: MessageRef) -> None:
        """Have the files inside the message's files beside them, each as one of its own."""
        async with self._lock(("fetch", message)):
            for outer in await self._database.read(attachments.of_message(message)):
                is_open = outer.state is AttachmentState.KEPT and outer.number < INNER_FROM
                if is_open and outer.kind in (FileKind.ARCHIVE, FileKind.MAIL) and outer.sha256 is not None:
                    try:
                        await self._unpack(outer, outer.kind, outer.sha256, origin)
                    except Trouble as trouble:
                        await self._refuse(outer, trouble, origin)

    async def _unpack(self, outer: Attachment, kind: FileKind, sha256: str, origin: MessageRef) -> None:
        limits = str(MOST_INNER), str(self._rules.largest_bytes)
        number = INNER_FROM * (outer.number + 1)
        async with self._sandbox.directory() as directory:
            job = self._sandbox.run("unpack", kind.value, str(self._blobs.path(sha256)), str(directory), *limits)
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
        file = FilePart(
            "", told["name"], mimetypes.guess_type(told["name"])[0] or "application/octet-stream", len(data)
        )
        now = self._clock.now()
        inner = await self._database.write(attachments.note_inner(outer, number, file, now))
        if inner.state is not AttachmentState.WAITING:
            return  # Taken out before a crash.
        try:
            if path is None:
                raise Trouble("too_large", limit=self._rules.largest_bytes // 1_000_000)
            inner_kind = self._checked(data, file)
            if inner_kind is FileKind.ARCHIVE:
                raise Trouble("nested")
            await self._keep(inner, inner_kind, data)
        except Trouble as trouble:
            await self._refuse(inner, trouble, origin)

    async def _say_left_out(self, outer: Attachment, count: int, origin: MessageRef) -> None:
        if count <= MOST_INNER:
            return
        values = {"name": escaped(outer.name), "read": MOST_INNER, "count": count}
        self._deliver([await self._database.write(self._say(origin, PARTLY_FILES, values))])

    async def _shrink(self, sha256: str) -> int:
        """Have the picture that a model sees; returns how many pictures the file holds, of which that is the first."""
        frames = 1
        if await self._blobs.read_shown(sha256) is not None and not holds_several(
            await self._blobs.read(sha256) or b""
        ):
            return frames
        async with self._sandbox.directory() as directory:
            target = directory / "shown.jpg"
            async with aclosing(self._sandbox.run("shrink", str(self._blobs.path(sha256)), str(target))) as told:
                async for each in told:
                    frames = each["frames"]
            await self._blobs.add_shown(sha256, await asyncio.to_thread(target.read_bytes))
        return frames

    async def _read_picture(
        self, attachment: Attachment, sha256: str, origin: MessageRef, progress: Progress, pictures: Pictures
    ) -> Document | None:
        """The text of a picture; None if it is only looked at."""
        if pictures == "look":
            return None
        try:
            document = await self._read_pages(attachment, sha256, FileKind.IMAGE, origin, progress)
        except Trouble as trouble:
            if pictures == "both":
                return None  # Whoever looks at it sees what could not be read.
            if trouble.name == "missing":
                raise Trouble("blind") from trouble
            raise
        if pictures == "read":
            await self._check_text(document, "no_text")
        return document

    async def _transcribe(self, attachment: Attachment, sha256: str) -> Document:
        known = await self._database.read(documents.of_bytes(sha256))
        if known is not None and known.complete:
            return known
        data = await self._blobs.read(sha256)
        if data is None:
            raise Trouble("gone")
        if not self._rules.hearing:
            raise Trouble("deaf")
        try:
            text, model = await self._chain.transcribe(
                self._rules.hearing, recording(data, attachment.name, attachment.media_type)
            )
        except ProviderError as error:
            log.warning("recording_not_read", error=type(error).__name__, detail=error)
            raise Trouble("unread") from error
        if not text.strip():
            raise Trouble("no_text")
        page = DocumentPage(1, text.strip(), f"{SAID}/{model}", None)
        return await self._finish(await self._begin(sha256, 1), [page])

    async def _read_pages(
        self, attachment: Attachment, sha256: str, kind: FileKind, origin: MessageRef, progress: Progress
    ) -> Document:
        known = await self._database.read(documents.of_bytes(sha256))
        if known is not None and known.complete:
            return known
        done = await self._database.read(documents.numbers_read(known.id)) if known is not None else set()
        say = say_in(origin.language)
        name = escaped(attachment.name)

        def tell(count: int, document: Document) -> None:
            if document.most > 1:
                progress(say("Reading “{name}”: page {page} of {pages} …", name=name, page=count, pages=document.most))

        async with self._sandbox.directory() as directory:
            document, scans = await self._read_text(sha256, kind, origin.language, directory, done, tell)
            if len(scans) > self._rules.most_scans:
                scans = dict(list(scans.items())[: self._rules.most_scans])
            if scans and not self._scans.can_read and len(scans) == document.most:
                raise Trouble("missing")
            count = document.most - len(scans)
            async with aclosing(self._scans.read(scans)) as pages:
                async for page in pages:
                    count += 1
                    tell(count, document)
                    await self._database.write(documents.add_page(document.id, page))
        if scans and not await self._database.read(documents.numbers_read(document.id)):
            raise Trouble("unread" if self._scans.can_read else "missing")
        return await self._finish(document, [])

    async def _read_text(
        self,
        sha256: str,
        kind: FileKind,
        language: str,
        directory: Path,
        done: set[int],
        tell: Callable[[int, Document], None],
    ) -> tuple[Document, dict[int, Path]]:
        """Keep every page that has text of its own; returns the others as pictures."""
        first = next(number for number in range(1, len(done) + 2) if number not in done)
        path, most = str(self._blobs.path(sha256)), str(self._rules.most_pages)
        document: Document | None = None
        scans: dict[int, Path] = {}
        read: list[DocumentPage] = []
        job = self._sandbox.run("read", kind.value, path, str(directory), str(first), most, language)
        async with aclosing(job) as told:
            async for page in told:
                if document is None:
                    document = await self._begin(sha256, page["pages"])
                elif page["page"] in done:
                    continue
                elif "scan" in page and (self._scans.can_read or not page.get("text")):
                    scans[page["page"]] = Path(page["scan"])
                else:
                    read.append(DocumentPage(page["page"], page["text"], "text", None))
                    if len(read) == PAGES_AT_ONCE:
                        tell(page["page"], document)
                        await self._database.write(_add_pages(document, read))
                        read = []
        if document is None:
            raise Trouble("broken")
        await self._database.write(_add_pages(document, read))
        return document, scans

    async def _begin(self, sha256: str, pages: int) -> Document:
        most = min(pages, self._rules.most_pages)
        return await self._database.write(documents.begin(sha256, pages, most, self._clock.now()))

    async def _finish(self, document: Document, pages: Sequence[DocumentPage]) -> Document:
        await self._database.write(_add_pages(document, pages))
        while await self._database.write(documents.index_some(document.id)):
            continue
        # What could not be read now may be when the same bytes come again.
        if len(await self._database.read(documents.numbers_read(document.id))) >= document.most:
            await self._database.write(documents.finish(document.id))
        return document

    # what is kept of it

    async def _note_read(
        self, attachment: Attachment, document: Document | None, origin: MessageRef, frames: int
    ) -> None:
        """Keep that a file is read, and its text as a message of the session, once."""

        def note() -> Program[list[OutboxPage]]:
            if not (yield from attachments.note_read(attachment.id)):
                return []
            pages: list[DocumentPage] = []
            tell: tuple[str, Mapping[str, object]] | None = None
            if document is not None:
                pages = yield from documents.pages(document.id)
                yield from messages.add_note(attachment.message, attachment.name, pages, self._clock.now())
                tell = _left_out(document, {page.number for page in pages})
            if frames > (document.pages if document is not None else 1):
                tell = FIRST_PICTURE, {"frames": frames}
            if pages and pages[0].method.startswith(SAID):
                tell = ("🎤 {text}", {"text": escaped(pages[0].text)})
            if tell is None:
                return []
            template, values = tell
            return [(yield from self._say(origin, template, {"name": escaped(attachment.name), **values}))]

        self._deliver(await self._database.write(note()))

    async def _refuse(self, attachment: Attachment, trouble: Trouble, origin: MessageRef) -> None:
        told = problem(attachment.name, trouble)
        log.info("file_refused", attachment=attachment.id, problem=trouble.name)

        def refuse() -> Program[list[OutboxPage]]:
            if not (yield from attachments.refuse(attachment.id, told)):
                return []
            return [(yield from self._say(origin, told.tell, told.values))]

        self._deliver(await self._database.write(refuse()))

    def _say(self, origin: MessageRef, template: str, values: Mapping[str, object]) -> Program[OutboxPage]:
        place_row, _ = yield from places.open_place(origin.place, "")
        page = notice(filled(say_in(origin.language), template, values))
        return (yield from outbox.add(place_row, origin.place, page, self._clock.now(), reply_to=origin.remote_id))

    def _lock(self, of: object) -> asyncio.Lock:
        lock = self._locks.get(of)
        if lock is None:
            lock = self._locks[of] = asyncio.Lock()
        return lock

    # letting go

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


def _waiting(message: MessageId) -> Program[tuple[Message | None, list[Attachment]]]:
    found = yield from messages.get(message)
    rows = yield from attachments.of_message(message)
    # A crash may have left a file that was being taken out of another: no platform has that.
    origin = [attachment for attachment in rows if attachment.number < INNER_FROM]
    return found, [attachment for attachment in origin if attachment.state is AttachmentState.WAITING]


def _add_pages(document: Document, pages: Sequence[DocumentPage]) -> Program[None]:
    for page in pages:
        yield from documents.add_page(document.id, page)


def _left_out(document: Document, read: set[int]) -> tuple[str, Mapping[str, object]] | None:
    """What to say about pages that were not read."""
    missing = [number for number in range(1, document.most + 1) if number not in read]
    if missing:
        return PARTLY_SCANS, {"numbers": ", ".join(map(str, missing[:20])) + (" …" if len(missing) > 20 else "")}
    if document.pages > document.most:
        return PARTLY, {"read": document.most, "pages": document.pages, "most": document.most}
    return None


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
