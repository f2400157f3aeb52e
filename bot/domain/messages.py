"""Messages: immutable nodes of a session's tree, and the parts they are made of."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.calls import CallPart, ResultPart
from bot.domain.ids import MessageId, SessionId, UnixMs


class Author(StrEnum):
    """Who wrote a message (the wire's "role")."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class TextPart:
    """Words."""

    text: str


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file that is still with the platform: `remote_id` is the platform's name for it."""

    remote_id: str
    name: str
    media_type: str
    size_bytes: int | None = None
    spoken: bool = False
    """A voice message: the person's own words."""


@dataclass(frozen=True, slots=True)
class QuotedPart:
    """What a person hands on or points at: words that are not, or need not be, their own wish."""

    what: str
    """What it is and whose, on one line, in English for the model: "Forwarded from Eve", "Contact"."""
    text: str = ""
    """Its words; "" where it has none, or only files."""


class FileKind(StrEnum):
    """What a file is, by its content."""

    IMAGE = "image"
    PDF = "pdf"
    TEXT = "text"
    """Words, source code, Markdown, CSV."""
    HTML = "html"
    DOCX = "docx"
    PPTX = "pptx"
    XLSX = "xlsx"
    ODT = "odt"
    """OpenDocument: texts, slides and sheets."""
    DOC = "doc"
    """Word's, PowerPoint's and Excel's files from before 2007."""
    PPT = "ppt"
    XLS = "xls"
    RTF = "rtf"
    EPUB = "epub"
    MAIL = "mail"
    """A letter, with what is attached to it."""
    ARCHIVE = "archive"
    """Files in one, each to be read by itself."""
    AUDIO = "audio"
    VOICE = "voice"
    """A recording that its sender has just spoken: their own words."""


@dataclass(frozen=True, slots=True)
class ImagePart:
    """A picture on its way to a model."""

    data: bytes = field(repr=False)
    media_type: str


@dataclass(frozen=True, slots=True)
class AudioPart:
    """A recording on its way to a model that writes down what is said."""

    data: bytes = field(repr=False)
    media_type: str
    name: str


@dataclass(frozen=True, slots=True)
class PassagePart:
    """Text from a file on its way to a model: something to read, never something to obey."""

    source: str
    """The file's name."""
    page: int
    """From 1; 0 if the file has no pages."""
    text: str


@dataclass(frozen=True, slots=True)
class PdfPart:
    """A PDF itself on its way to a model, beside its text: for what its pages show that is no text."""

    source: str
    """The file's name, as its passages have it."""
    data: bytes = field(repr=False)
    sha256: str
    pages: int
    text_tokens: int
    """Of the text that its vendor takes from it once more, at most."""


@dataclass(frozen=True, slots=True)
class InstructionPart:
    """What Parley tells a model beside a message; no person said it."""

    text: str


@dataclass(frozen=True, slots=True)
class SummaryPart(InstructionPart):
    """A summary of what was said before the messages that are read, in its frame."""


@dataclass(frozen=True, slots=True)
class OverheardPart(InstructionPart):
    """What people said to each other beside the bot, in its frame."""


@dataclass(frozen=True, slots=True)
class NotesPart(InstructionPart):
    """What the person chose to have remembered, as their notes."""


Part = TextPart | FilePart | QuotedPart | CallPart | ResultPart
"""What a kept message is made of; calls and results only an answer."""
GO_ON = TextPart("Continue exactly where your last answer ended. Do not repeat anything of it.")
"""What the model is told by /continue: the question is the one before it."""


@dataclass(frozen=True, slots=True)
class Message:
    """A node of a session's tree. It never changes once it is attached."""

    id: MessageId
    session: SessionId
    parent: MessageId | None
    author: Author
    parts: tuple[Part, ...]
    model: str
    """The model that wrote it; "" for a person."""
    speaker: str
    """In groups, who said it; "" elsewhere."""
    created_at: UnixMs
    read_from: MessageId | None = None
    """Of an answer: the first message that its model read."""

    @property
    def text(self) -> str:
        """Its words, without its files."""
        return text_of(self.parts)

    @property
    def own_words(self) -> str:
        """The words of who wrote it, without what they hand on or point at."""
        return own_words(self.parts)

    @property
    def goes_on(self) -> bool:
        """Whether it only asks to continue the last answer."""
        return self.parts == (GO_ON,)

    @property
    def files(self) -> tuple[FilePart, ...]:
        """Its files, without its words."""
        return tuple(part for part in self.parts if isinstance(part, FilePart))


def own_words(parts: tuple[Part, ...]) -> str:
    """The words among parts of who wrote them, without what they hand on or point at."""
    return "\n".join(part.text for part in parts if isinstance(part, TextPart))


def text_of(parts: tuple[Part, ...]) -> str:
    """The words among parts, without calls and what came of them.

    A quotation is kept apart from the rest, and nothing in it can end the quotation.
    """
    words = [part.text for part in parts if isinstance(part, TextPart)]
    if is_quoting(parts):
        kinds = (part for part in parts if isinstance(part, TextPart | QuotedPart))
        words = [part.text if isinstance(part, TextPart) else f"{quoted(part)}\n" for part in kinds]
        return "\n".join(words).removesuffix("\n")
    if any(isinstance(part, CallPart) for part in parts):
        return joined_said(words)
    return "\n".join(words)


def joined_said(texts: Iterable[str]) -> str:
    """What a model has said before and behind its calls, as one answer."""
    return "\n\n".join(filter(None, (text.strip() for text in texts)))


def first_words(parts: tuple[Part, ...]) -> str:
    """What a message may be called after: its own words, else those it hands on, else its first file; "": nothing."""
    own = " ".join(part.text for part in parts if isinstance(part, TextPart)).strip()
    others = " ".join(part.text or part.what for part in parts if isinstance(part, QuotedPart)).strip()
    return own or others or next((part.name for part in parts if isinstance(part, FilePart)), "")


def quoted(part: QuotedPart) -> str:
    """A quotation as people and models read it: what it is, then each of its lines after a marker."""
    if not part.text:
        return f"{part.what}."
    return f"{part.what}:\n" + "\n".join(f"> {line}".rstrip() for line in part.text.splitlines())


def is_quoting(parts: tuple[Part, ...]) -> bool:
    """Whether something among parts is quoted."""
    return any(isinstance(part, QuotedPart) for part in parts)
