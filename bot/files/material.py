"""What a turn reads besides messages: pictures, and text from the session's files, as far as relevant and fitting."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, count

from bot.domain.ids import DocumentId, MessageId, SessionId
from bot.domain.messages import FileKind, ImagePart, Message, PassagePart, PdfPart
from bot.domain.policy import PdfRule
from bot.files.extractor import PLAIN
from bot.llm.fitting import PAGE_TOKENS
from bot.llm.tokens import tokens_in
from storage import attachments, documents
from storage.attachments import Attachment, AttachmentState
from storage.blobs import Blobs
from storage.database import Database
from storage.documents import Document, DocumentPage, Found
from storage.programs import Program

MOST_IMAGES = 4
"""The most pictures in one request, newest first."""

LOOKED_BACK = 8
"""Messages whose pictures are looked at again by another model than the one that answers: it takes their place."""

WHOLE_TOKENS = 16_000
"""Documents of a session that are together no longer than this are read whole; of longer ones, what is asked about."""

MOST_PDF_PAGES = 20
"""Pages of PDFs that go along themselves, in one request. Anthropic takes 100, Gemini and OpenAI more."""

LARGEST_PDFS = 16_000_000
"""Their bytes together: Anthropic takes 32 MB in a request, where a byte is four thirds, and pictures stand as well."""

FOUND_TOKENS = 8_000
"""The most passages that are looked up."""

MOST_FOUND = 24


@dataclass(frozen=True, slots=True)
class Source:
    """A document of a session, under the name it came with."""

    message: MessageId
    """What it came with first."""
    name: str
    document: Document
    pages: Mapping[int, str]
    pdf: bool = False
    """Whether it is a PDF all of whose pages have been read."""
    shows_more: bool = False
    """Whether one of its pages is a scan, or shows more than text."""

    @property
    def text_tokens(self) -> int:
        """Of all its text, at most."""
        return sum(map(tokens_in, self.pages.values()))


@dataclass(frozen=True, slots=True)
class Material:
    """The material of one turn. `said` are transcripts, `files` the outcome of each file, by message."""

    images: Mapping[MessageId, tuple[ImagePart, ...]] = field(default_factory=dict)
    said: Mapping[MessageId, str] = field(default_factory=dict)
    files: Mapping[MessageId, tuple[Attachment, ...]] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    whole: Mapping[MessageId, tuple[PassagePart, ...]] = field(default_factory=dict)
    """All documents, by the messages they came with, where together they are short enough."""
    pdfs: Mapping[MessageId, tuple[PdfPart, ...]] = field(default_factory=dict)
    """The PDFs among these that go along themselves."""
    passages: tuple[PassagePart, ...] = ()
    """Else what was looked up for the question."""

    @property
    def has_images(self) -> bool:
        """Whether the model must be able to see."""
        return bool(self.images)

    @property
    def read(self) -> tuple[PassagePart, ...]:
        """All text from documents that a model reads."""
        return tuple(chain.from_iterable((*self.whole.values(), self.passages)))

    def whole_at(self, questions: Sequence[MessageId]) -> Mapping[MessageId, tuple[PassagePart | PdfPart, ...]]:
        """Whole documents by the questions that they stand with: what came with none of these, with the first."""
        placed: dict[MessageId, tuple[PassagePart | PdfPart, ...]] = {}
        for message, passages in self.whole.items():
            at = message if message in questions else questions[0]
            placed[at] = (*placed.get(at, ()), *self.pdfs.get(message, ()), *passages)
        return placed


NOTHING = Material()
"""For a turn in a session without files."""


async def gather(
    database: Database,
    blobs: Blobs,
    session: SessionId,
    path: Sequence[Message],
    *,
    budget: int,
    pictures_in: int,
    pdfs: PdfRule = PdfRule.OFF,
) -> Material:
    """Everything for the answer to the last message of `path`.

    `budget` is what passages may take, in tokens; `pictures_in`: in how many of the last messages pictures are looked
    at; `pdfs`: which PDFs go along themselves where all documents are read whole.
    """
    ids = [message.id for message in path]
    here, sources = await database.read(_kept(ids, session))
    if not here and not sources:
        return NOTHING
    by_message: dict[MessageId, tuple[Attachment, ...]] = {}
    for attachment in here:
        by_message[attachment.message] = (*by_message.get(attachment.message, ()), attachment)
    words = _question(path)
    whole = _whole(sources, min(budget, WHOLE_TOKENS))
    passages = [] if whole is not None else await database.read(_passages(sources, words, min(budget, FOUND_TOKENS)))
    return Material(
        images=await _images(blobs, here, set(ids[-pictures_in:])) if pictures_in else {},
        said=await database.read(_said(here)),
        files=by_message,
        sources=tuple(sources),
        whole=whole or {},
        pdfs=await going_along(blobs, sources, budget, pdfs) if whole is not None else {},
        passages=tuple(passages),
    )


async def pictures_of(database: Database, blobs: Blobs, message: MessageId, most: int) -> list[ImagePart]:
    """The first pictures of a message, as they came."""
    here = await database.read(attachments.of_messages([message]))
    pictures = [each for each in here if each.kind is FileKind.IMAGE and each.state is AttachmentState.READ]
    found = []
    for picture in pictures[:most]:
        # A model's own picture is kept as it was made; what people send may be of a kind that no vendor takes.
        shown = picture.media_type not in ("image/png", "image/jpeg", "image/webp")
        data = await blobs.read(picture.sha256 or "", shown=shown)
        if data is not None:
            found.append(ImagePart(data, "image/jpeg" if shown else picture.media_type))
    return found


async def told_in_words(database: Database, path: Sequence[Message]) -> Material:
    """The outcomes of a path's files and its transcripts; no pictures and no documents."""
    here = await database.read(attachments.of_messages([message.id for message in path]))
    if not here:
        return NOTHING
    by_message: dict[MessageId, tuple[Attachment, ...]] = {}
    for attachment in here:
        by_message[attachment.message] = (*by_message.get(attachment.message, ()), attachment)
    return Material(said=await database.read(_said(here)), files=by_message)


def _kept(ids: Sequence[MessageId], session: SessionId) -> Program[tuple[list[Attachment], list[Source]]]:
    here = (yield from attachments.of_messages(ids)) if ids else []
    return here, (yield from sources_of(session))


def sources_of(session: SessionId) -> Program[list[Source]]:
    """The documents of a session, each once, in order of arrival; names are unique."""
    found: dict[str, Source] = {}
    names: set[str] = set()
    for attachment in (yield from attachments.of_session(session)):
        sha256 = attachment.sha256
        if sha256 is None or sha256 in found or attachment.kind is FileKind.VOICE:
            continue
        document = yield from documents.of_bytes(sha256)
        if document is not None and attachment.state is AttachmentState.READ:
            pages = yield from documents.pages(document.id)
            name = _told_apart(attachment.name, names)
            is_whole = attachment.kind is FileKind.PDF and document.complete and document.most == document.pages
            found[sha256] = Source(
                attachment.message,
                name,
                document,
                {page.number: page.text for page in pages},
                is_whole,
                any(page.method != PLAIN for page in pages),
            )
    return list(found.values())


def _told_apart(name: str, names: set[str]) -> str:
    """A unique name for citations: "plan.pdf", then "plan (2).pdf"."""
    stem, dot, ending = name.rpartition(".") if "." in name[1:] else (name, "", "")
    free = next(
        told
        for number in count(1)
        if (told := name if number == 1 else f"{stem} ({number}){dot}{ending}").casefold() not in names
    )
    names.add(free.casefold())
    return free


def _said(here: Iterable[Attachment]) -> Program[dict[MessageId, str]]:
    said: dict[MessageId, str] = {}
    for attachment in here:
        if attachment.kind is FileKind.VOICE and attachment.sha256 is not None:
            document = yield from documents.of_bytes(attachment.sha256)
            pages: list[DocumentPage] = (yield from documents.pages(document.id)) if document is not None else []
            words = "\n".join(page.text for page in pages)
            said[attachment.message] = f"{said.get(attachment.message, '')}\n{words}".strip()
    return said


async def _images(
    blobs: Blobs, here: Sequence[Attachment], recent: set[MessageId]
) -> dict[MessageId, tuple[ImagePart, ...]]:
    images: dict[MessageId, tuple[ImagePart, ...]] = {}
    shown = [
        attachment
        for attachment in here
        if attachment.kind is FileKind.IMAGE
        and attachment.message in recent
        and attachment.state is AttachmentState.READ
    ]
    # Two are dropped at a time, so that the request's beginning changes with only every second picture.
    left_out = max(0, -(-(len(shown) - MOST_IMAGES) // 2) * 2)
    for attachment in shown[left_out:]:
        data = await blobs.read(attachment.sha256 or "", shown=True)
        if data is not None:
            images[attachment.message] = (*images.get(attachment.message, ()), ImagePart(data, "image/jpeg"))
    return images


def _question(path: Sequence[Message]) -> str:
    """What is looked up: the last question, and where it is a mere "and there?" the one before it too.

    Who has an answer go on asks what that answer was asked.
    """
    asked = [message.text for message in path if message.author == "user" and not message.goes_on]
    words = asked[-1] if asked else ""
    return words if len(words.split()) > 3 or len(asked) < 2 else f"{words} {asked[-2]}"


# passages


async def going_along(
    blobs: Blobs, sources: Sequence[Source], budget: int, rule: PdfRule
) -> Mapping[MessageId, tuple[PdfPart, ...]]:
    """The PDFs that go along themselves, the first as far as there is room: what comes later moves none of them."""
    going: dict[MessageId, tuple[PdfPart, ...]] = {}
    pages, size = MOST_PDF_PAGES, LARGEST_PDFS
    budget -= WHOLE_TOKENS
    for source in sources:
        if not source.pdf or not (rule is PdfRule.ALWAYS or (rule is PdfRule.AUTO and source.shows_more)):
            continue
        count, sha256 = source.document.pages, source.document.sha256
        tokens = count * PAGE_TOKENS + source.text_tokens
        data = await blobs.read(sha256) if count <= pages and tokens <= budget else None
        if data is not None and len(data) <= size:
            pages, size, budget = pages - count, size - len(data), budget - tokens
            part = PdfPart(source.name, data, sha256, count, source.text_tokens)
            going[source.message] = (*going.get(source.message, ()), part)
    return going


def _pages(source: Source) -> tuple[PassagePart, ...]:
    paged = len(source.pages) > 1
    return tuple(
        PassagePart(source.name, number if paged else 0, text) for number, text in source.pages.items() if text
    )


def _whole(sources: Sequence[Source], budget: int) -> Mapping[MessageId, tuple[PassagePart, ...]] | None:
    """All pages, by the messages that their documents came with; None if they come to more than `budget` tokens."""
    if not _are_within(budget, list(chain.from_iterable(map(_pages, sources)))):
        return None
    whole: dict[MessageId, tuple[PassagePart, ...]] = {}
    for source in sources:
        whole[source.message] = (*whole.get(source.message, ()), *_pages(source))
    return whole


def _passages(sources: Sequence[Source], words: str, budget: int) -> Program[list[PassagePart]]:
    """The passages about the question, in document order."""
    by_id = {source.document.id: source for source in sources}
    found = yield from documents.find(list(by_id), words, MOST_FOUND)
    chosen: dict[tuple[int, int, int], Found] = {}
    for passage in found:
        around = yield from documents.neighbours(passage)
        for each in (passage, *around):
            place = (each.document, each.page, each.begins)
            cost = tokens_in(each.text)
            if place not in chosen and cost <= budget:
                chosen[place] = each
                budget -= cost
    if not chosen:
        return _spread(list(chain.from_iterable(map(_pages, sources))), budget)
    order = {source.document.id: number for number, source in enumerate(sources)}
    ordered = sorted(chosen.values(), key=lambda each: (order[each.document], each.page, each.begins))
    return list(_joined(ordered, by_id))


def _are_within(budget: int, parts: Iterable[PassagePart]) -> bool:
    """Counted only up to the budget: a document can be a hundred times longer than a model reads."""
    return all((budget := budget - tokens_in(part.text)) >= 0 for part in parts)


def _joined(ordered: Sequence[Found], by_id: Mapping[DocumentId, Source]) -> Iterable[PassagePart]:
    """Merge passages that are adjacent on a page."""
    last: Found | None = None
    text = ""
    for each in (*ordered, None):
        goes_on = (
            last is not None
            and each is not None
            and (each.document, each.page, each.begins) == (last.document, last.page, last.ends)
        )
        if last is not None and not goes_on:
            yield PassagePart(by_id[last.document].name, last.page, text.strip())
            text = ""
        if each is not None:
            text += each.text
        last = each


def _spread(whole: Sequence[PassagePart], budget: int) -> list[PassagePart]:
    """Where nothing is looked for ("sum it up"): the beginnings of pages, evenly from the whole."""
    each = 400
    count = max(1, min(len(whole), budget // each))
    step = len(whole) / count
    picked = (whole[int(number * step)] for number in range(count))
    return [PassagePart(part.source, part.page, part.text[: each * 2]) for part in picked]
