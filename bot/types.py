"""The nouns of Parley as frozen values. README's glossary says the same in prose."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from bot.ids import FolderId, MessageId, PersonId, SessionId, TurnId, UnixMs


class PlaceKind(StrEnum):
    """What a place is to the people in it."""

    PRIVATE = "private"
    """One person and the bot; each mode has an active session."""
    PRIVATE_THREAD = "private_thread"
    """A thread of such a chat: the thread is the session."""
    GROUP = "group"
    """Several people; one session for all, the bot answers when it is addressed."""
    GROUP_THREAD = "group_thread"
    """A thread of such a chat: the thread is the session."""

    @property
    def private(self) -> bool:
        """Whether only one person reads here."""
        return self in (PlaceKind.PRIVATE, PlaceKind.PRIVATE_THREAD)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is said. `bot` is the bot's own id on the platform; `thread` is "" outside threads."""

    platform: str
    bot: str
    chat: str
    thread: str = ""
    kind: PlaceKind = field(default=PlaceKind.PRIVATE, compare=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the platform says someone is: verified by it, never by us."""

    platform: str
    user_id: str
    name: str
    language: str = ""
    """An IETF tag such as "de" or "pt-br", or nothing."""
    groups: tuple[str, ...] = ()
    """What they belong to where they speak, as the allowlist names it: "guild:ID", "role:ID"."""
    anonymous: bool = False
    """Several people may speak so: a group's or channel's own name. It has no welcome, and pays what it is given."""


class Access(StrEnum):
    """Who may talk to the bot before an admin has said anything about them."""

    OPEN = "open"
    """Everybody."""
    ALLOWLIST = "allowlist"
    """Whom the settings name."""
    INVITE = "invite"
    """Who brings a code."""
    APPROVAL = "approval"
    """Whom an admin lets in, one by one."""


class Role(StrEnum):
    """What a person may do here."""

    STRANGER = "stranger"
    """Known, not let in (yet)."""
    MEMBER = "member"
    ADMIN = "admin"
    BLOCKED = "blocked"


class RichUse(StrEnum):
    """When answers go out in the richer form that a platform may have beside its plain one."""

    AUTO = "auto"
    """Where an answer needs it: see `bot.rich`."""
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Person:
    """An account. None among the settings means: the operator's default."""

    id: PersonId
    role: Role
    name: str
    language: str = ""
    time_zone: str = ""
    """An IANA name such as "Europe/Berlin"; "": UTC."""
    default_mode: str | None = None
    default_model: str | None = None
    system_prompt: str | None = None
    temperature: float | None = None
    context_messages: int | None = None
    streaming: bool = True
    """Whether answers are shown while they grow."""
    rich: RichUse | None = None
    welcomed: bool = False
    """Whether they have been let in once, and had what everybody starts with."""


@dataclass(frozen=True, slots=True)
class RoleRules:
    """Which roles follow from the settings, for as long as those stay. What an admin granted is kept with the account.

    `admins` and `members` hold marks such as "telegram:user:4711"; `everyone`: nobody is a stranger.
    """

    admins: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    everyone: bool = False

    def role_of(self, granted: Role, marks: Iterable[str]) -> Role:
        """The role of somebody who was granted this one and goes by these marks."""
        known = frozenset(marks)
        if known & self.admins:
            return Role.ADMIN
        let_in = self.everyone or known & self.members
        return Role.MEMBER if granted is Role.STRANGER and let_in else granted


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
    EPUB = "epub"
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
    """From 1; 0 where the file has no pages."""
    text: str


Part = TextPart | FilePart | QuotedPart
"""What a kept message is made of."""

GO_ON = TextPart("Continue exactly where your last answer ended. Do not repeat anything of it.")
"""What the model is told by /continue: the question is the one before it."""


@dataclass(frozen=True, slots=True)
class Message:
    """A node of a session's tree. It never changes once it hangs there."""

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

    @property
    def text(self) -> str:
        """Its words, without its files."""
        return text_of(self.parts)

    @property
    def goes_on(self) -> bool:
        """Whether it asks nothing but that the last answer goes on."""
        return self.parts == (GO_ON,)

    @property
    def files(self) -> tuple[FilePart, ...]:
        """Its files, without its words."""
        return tuple(part for part in self.parts if isinstance(part, FilePart))


def text_of(parts: tuple[Part, ...]) -> str:
    """The words among parts. What is quoted stands apart from the rest, and nothing in it can end the quotation."""
    words = [part.text for part in parts if isinstance(part, TextPart)]
    if is_quoting(parts):
        kinds = (part for part in parts if not isinstance(part, FilePart))
        words = [part.text if isinstance(part, TextPart) else f"{quoted(part)}\n" for part in kinds]
        return "\n".join(words).removesuffix("\n")
    return "\n".join(words)


def first_words(parts: tuple[Part, ...]) -> str:
    """What a message may be called after: its own words, else those it hands on, else its first file; "": nothing."""
    own = " ".join(part.text for part in parts if isinstance(part, TextPart)).strip()
    others = " ".join(part.text or part.what for part in parts if isinstance(part, QuotedPart)).strip()
    return own or others or next((part.name for part in parts if isinstance(part, FilePart)), "")


def quoted(part: QuotedPart) -> str:
    """A quotation as people and models read it: what it is, then each of its lines behind a sign."""
    if not part.text:
        return f"{part.what}."
    return f"{part.what}:\n" + "\n".join(f"> {line}".rstrip() for line in part.text.splitlines())


def is_quoting(parts: tuple[Part, ...]) -> bool:
    """Whether something among parts is quoted."""
    return any(isinstance(part, QuotedPart) for part in parts)


class TitleBy(StrEnum):
    """Who gave a session its title; a later one in this list is replaced by an earlier one only at a person's wish."""

    WORDS = "words"
    MODEL = "model"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Session:
    """One conversation: the only row of it that changes. `tip` is where the next message hangs."""

    id: SessionId
    owner: PersonId | None
    """None: it belongs to the place, not to a person (a group's session)."""
    title: str
    title_by: TitleBy
    mode: str
    model: str | None
    system_prompt: str | None
    temperature: float | None
    folder: FolderId | None
    tip: MessageId | None
    begun_by: PersonId | None
    """Who may rename and delete it where it belongs to a place; None: nobody knows any more."""
    created_at: UnixMs
    updated_at: UnixMs


@dataclass(frozen=True, slots=True)
class Reach:
    """Which sessions somebody can reach from where they speak: those of one owner, or those of one place.

    In private that is one's own, wherever they were begun; among several people what belongs to that very place.
    """

    owner: PersonId | None = None
    place: int | None = None
    """The place's row. Exactly one of the two is set."""


class TurnState(StrEnum):
    """Where a turn is on its way; the last three are final. A request that is refused never becomes a turn."""

    QUEUED = "queued"
    RUNNING = "running"
    ANSWERED = "answered"
    """The answer is kept and paid for; its pages are on their way."""
    DELIVERED = "delivered"
    FAILED = "failed"
    STOPPED = "stopped"
    """Ended by the person before the first word."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One request to answer: the durable job."""

    id: TurnId
    session: SessionId
    place: Place
    payer: PersonId
    question: MessageId
    attempt: int
    """1 at the first run."""
    reserved: int
    """Tokens held for it."""
    model: str | None
    """A model chosen for this turn alone, e.g. by `/regenerate MODEL`."""
    grounded: bool
    """To be answered strictly from the session's documents, whatever its mode."""
    reply_to: str | None
    """The platform's id of the message that asked."""
    preview: str | None
    """The platform's id of the message that shows the answer as it grows, once there is one."""
    receipt: str = ""
    """That of the command which it answers, see `Invocation.receipt`."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a model says an answer used, in its own tokens."""

    input_tokens: int
    output_tokens: int


class FinishReason(StrEnum):
    """Why an answer ended."""

    COMPLETE = "complete"
    LENGTH = "length"
    """The model's own limit on an answer."""
    FILTERED = "filtered"
    """The vendor's filter ended it."""
    STOPPED = "stopped"
    """The person ended it."""
    CUT = "cut"
    """The connection or the time ran out."""


@dataclass(frozen=True, slots=True)
class Mode:
    """A way of talking: persona, chain of models, and where it may be used."""

    name: str
    description: str
    chain: tuple[str, ...]
    """Models as "provider/model", the first choice first."""
    system_prompt: str
    temperature: float | None = None
    private_only: bool = False
    """Closed in groups (unless the platform calls the place age-restricted)."""
    needs_consent: bool = False
    """The person confirms once before the first use."""
    from_documents: bool = False
    """Answers come strictly from the session's documents, where it has any."""
    role: Role = Role.MEMBER
    """The least role that may use it."""
    allow: frozenset[str] = frozenset()
    """Who may use it, in the allowlist's words; empty: everybody of that role. Admins always may."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """Something a person said to the bot. `event_key` is unique per (platform, bot): a second one is dropped."""

    event_key: str
    place: Place
    sender: Identity
    remote_id: str
    parts: tuple[Part, ...]
    sent_at: UnixMs
    reply_to: str | None = None
    """The platform's id of an older message this one answers, where it is not simply the last one."""
    album: str | None = None
    """The platform's mark that several messages were sent as one."""
    may_continue: bool = False
    """The platform may have cut one long paste here: what follows at once belongs to it."""
    joint: str = "\n"
    """What stood between this and the rest where one was cut: nothing when the cut went through a word."""
    edited: bool = False
    place_title: str = ""
    adults_only: bool = False
    """The platform lets only adults in there."""
    named: str = ""
    """What a person has called the thread in which it stands: the session is called so too, and keeps it."""
    addressed: bool = True
    """False: an edit that does not name the bot; it counts where what is edited belongs to a session."""
    pointed: tuple[Part, ...] = ()
    """What the message in `reply_to` holds: read where that belongs to no session."""
    before: tuple[Part, ...] = ()
    """What stood in the thread before anything was said to the bot there."""
    unread: str = ""
    """What came that nothing can be read of, in English; said to its sender where there are no parts."""
    aside: Place | None = None
    """Where it stands, if `place` is a thread that only an answer to it opens: what is no answer is said there."""
    heard: tuple[Place, ...] = ()
    """Where everything that was said up to this message has been handed in; nowhere while that is not certain."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Where a message stands, and in which language its sender is spoken to."""

    place: Place
    remote_id: str | None
    language: str


@dataclass(frozen=True, slots=True)
class Invocation:
    """A command typed, chosen from a menu, or pressed as a button."""

    event_key: str
    place: Place
    sender: Identity
    command: str
    args: tuple[str, ...]
    """As given, in the order of the declaration."""
    origin: Literal["typed", "button", "native"]
    """`typed`: `args` holds at most one string, the rest of the line. `native`: the platform parsed it."""
    remote_id: str
    """The message that holds the command, or the buttons."""
    reply_to: str | None = None
    receipt: str = ""
    """What the platform wants back to know that the press was seen."""
    place_title: str = ""
    adults_only: bool = False
    private: bool = False
    """The buttons stand on a message that only this person sees, and so does what comes of them."""
    files: tuple[FilePart, ...] = ()
    """What was sent with it, or in answer to the question of a form."""
    pointed: tuple[Part, ...] = ()
    """What the message in `reply_to` holds: read where that belongs to no session."""
    named: str = ""
    """What a person has called the thread in which it is given: a session that it opens is called so too."""
    moderates: bool | None = None
    """Whether who gives it keeps order in that chat; None where the platform has to be asked."""


@dataclass(frozen=True, slots=True)
class StopRequest:
    """The platform's own stop sign, pressed while `turn` ran in `place`."""

    event_key: str
    place: Place
    turn: TurnId


@dataclass(frozen=True, slots=True)
class ThreadChanged:
    """Somebody renamed, closed or reopened a thread. None: as it was."""

    event_key: str
    place: Place
    title: str | None = None
    closed: bool | None = None


@dataclass(frozen=True, slots=True)
class ChatRenumbered:
    """The platform gave the chat of `place` another id: what was said there goes on under `chat`."""

    event_key: str
    place: Place
    chat: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """Messages were taken away at `place`; its `chat` may be "" where the platform tells only of its thread."""

    place: Place
    remote_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeardTo:
    """Everything that was said at `place` up to this message has been handed in."""

    place: Place
    remote_id: str


RESTORED = "restored"
"""The one bookmark that nobody hands in: these data come from a backup, so more was heard and answered than they know.
It stands in place of all others, until the front-end takes it away."""


@dataclass(frozen=True, slots=True)
class Bookmarks:
    """What a bot's front-end wants to find again after a restart, by names of its own; None: no longer."""

    platform: str
    bot: str
    marks: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something the platform sent that did not parse: kept aside for the operator; nothing else waits for it."""

    event_key: str
    platform: str
    bot: str
    raw: str
    reason: str


Incoming = (
    Inbound | Invocation | StopRequest | ThreadChanged | ChatRenumbered | Deleted | HeardTo | Bookmarks | Unreadable
)
