"""The text of kept bytes, read once: pages of documents and scans, and what is said in recordings.

Each page is stored when it is read, so a crash repeats at most one.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path

import structlog

from bot.domain.clock import Clock
from bot.domain.messages import FileKind
from bot.domain.model_names import ModelName
from bot.domain.policy import FileRules
from bot.domain.provider_errors import ContextTooLong, EnglishOnly, ProviderError
from bot.files.outcomes import SAID
from bot.files.reader.trouble import Trouble
from bot.files.sandbox import Sandbox
from bot.files.scans import Progress, Scans
from bot.files.sound import recording
from bot.llm.chain import Chain
from bot.rendering.pages import escaped
from bot.texts import say_in
from storage import documents
from storage.attachments import Attachment
from storage.blobs import Blobs
from storage.database import Database
from storage.documents import Document, DocumentPage
from storage.programs import Program

log = structlog.get_logger(__name__)

PLAIN = "text"
"""The method of a page whose own text is all there is on it."""

DRAWN_ON = "text with drawings"
"""The same of a page that shows pictures, drawings or ruled tables besides."""

_UNHEARD: Mapping[type[ProviderError], str] = {EnglishOnly: "foreign", ContextTooLong: "slow"}
"""Troubles of a recording that do not pass by themselves."""

PAGES_AT_ONCE = 20
"""Pages of one transaction."""


class TextExtractor:
    """Reads the text of kept bytes into documents. Call it with the lock of the bytes held."""

    def __init__(
        self, database: Database, blobs: Blobs, chain: Chain, sandbox: Sandbox, rules: FileRules, clock: Clock
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._chain = chain
        self._sandbox = sandbox
        self._scans = Scans(chain, sandbox, rules)
        self._rules = rules
        self._clock = clock

    async def transcribe(self, attachment: Attachment, sha256: str, language: str, progress: Progress) -> Document:
        """What is said in a recording; `progress` is told in `language`. Raises Trouble."""
        known = await self._database.read(documents.of_bytes(sha256))
        if known is not None and known.complete:
            return known
        data = await self._blobs.read(sha256)
        if data is None:
            raise Trouble("gone")
        if not self._rules.hearing:
            raise Trouble("deaf")
        say, name = say_in(language), escaped(attachment.name)

        def tell(done: float) -> None:
            progress(say("Listening to “{name}”: {percent} % …", name=name, percent=int(100 * done)))

        try:
            text, model = await self._chain.transcribe(
                self._rules.hearing, recording(data, attachment.name, attachment.media_type), tell
            )
        except ProviderError as error:
            log.warning("recording_not_read", error=type(error).__name__, detail=error)
            raise Trouble(_UNHEARD.get(type(error), "unread")) from error
        if not text.strip():
            raise Trouble("no_text")
        page = DocumentPage(1, text.strip(), f"{SAID}/{model}", None)
        return await self._finish(await self._begin(sha256, 1), [page])

    async def read_pages(
        self,
        attachment: Attachment,
        sha256: str,
        kind: FileKind,
        language: str,
        progress: Progress,
        seeing: Sequence[ModelName],
    ) -> Document:
        """The pages of a document or a scan, for which `seeing` as well can be asked; `progress` is told in `language`.

        Raises Trouble.
        """
        known = await self._database.read(documents.of_bytes(sha256))
        if known is not None and known.complete:
            return known
        done = await self._database.read(documents.numbers_read(known.id)) if known is not None else set()
        say, can_read = say_in(language), self._scans.can_read(seeing)
        name = escaped(attachment.name)

        def tell(count: int, document: Document) -> None:
            if document.most > 1:
                progress(say("Reading “{name}”: page {page} of {pages} …", name=name, page=count, pages=document.most))

        async with self._sandbox.directory() as directory:
            document, scans = await self._read_text(
                sha256, kind, language, directory, done, tell, prefers_scans=can_read
            )
            if len(scans) > self._rules.most_scans:
                scans = dict(list(scans.items())[: self._rules.most_scans])
            if scans and not can_read and len(scans) == document.most:
                raise Trouble("missing")
            count = document.most - len(scans)
            async with aclosing(self._scans.read(scans, seeing)) as pages:
                async for page in pages:
                    count += 1
                    tell(count, document)
                    await self._database.write(documents.add_page(document.id, page))
        if scans and not await self._database.read(documents.numbers_read(document.id)):
            raise Trouble("unread" if can_read else "missing")
        return await self._finish(document, [])

    async def _read_text(
        self,
        sha256: str,
        kind: FileKind,
        language: str,
        directory: Path,
        done: set[int],
        tell: Callable[[int, Document], None],
        *,
        prefers_scans: bool,
    ) -> tuple[Document, dict[int, Path]]:
        """Keep every page that has its own text; returns the others as pictures, `prefers_scans` also those that
        have little."""
        first = next(number for number in range(1, len(done) + 2) if number not in done)
        path = await self._blobs.fetch(sha256, directory)
        if path is None:
            raise Trouble("gone")
        most = str(self._rules.most_pages)
        document: Document | None = None
        scans: dict[int, Path] = {}
        read: list[DocumentPage] = []
        job = self._sandbox.run("read", kind.value, str(path), str(directory), str(first), most, language)
        async with aclosing(job) as told:
            async for page in told:
                if document is None:
                    document = await self._begin(sha256, page["pages"])
                elif page["page"] in done:
                    continue
                elif "scan" in page and (prefers_scans or not page.get("text")):
                    scans[page["page"]] = Path(page["scan"])
                else:
                    method = DRAWN_ON if page.get("shows_more") or "scan" in page else PLAIN
                    read.append(DocumentPage(page["page"], page["text"], method, None))
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
        # What could not be read now may be readable when the same bytes come again.
        if len(await self._database.read(documents.numbers_read(document.id))) >= document.most:
            await self._database.write(documents.finish(document.id))
        return document

    async def check_text(self, document: Document, blank: str) -> None:
        """Raises Trouble if nothing was read: `blank` if all pages were read, otherwise that they could not be."""
        if await self._database.read(documents.length(document.id)):
            return
        whole = len(await self._database.read(documents.numbers_read(document.id))) >= document.most
        raise Trouble(blank if whole else "unread")


def _add_pages(document: Document, pages: Sequence[DocumentPage]) -> Program[None]:
    for page in pages:
        yield from documents.add_page(document.id, page)
