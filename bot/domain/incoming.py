"""What platforms hand in: messages, commands, presses, and what became of chats."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bot.domain.ids import TurnId, UnixMs
from bot.domain.messages import FilePart, Part
from bot.domain.people import Identity
from bot.domain.places import Place


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
    separator: str = "\n"
    """What stood between this and the rest where one was cut: nothing when the cut went through a word."""
    edited: bool = False
    place_title: str = ""
    adults_only: bool = False
    """The platform lets only adults in there."""
    named: str = ""
    """The name that a person gave the thread it is in: the session takes and keeps it."""
    addressed: bool = True
    """False: it does not name the bot. An edit counts where what is edited belongs to a session; anything else is
    kept where the chat's admins let the bot listen."""
    by_custom: bool = False
    """It does not name the bot, and is addressed as far as the chat's admins have chosen that such a message is."""
    pointed: tuple[Part, ...] = ()
    """What the message in `reply_to` holds: read where that belongs to no session."""
    above: str = ""
    """The platform's id of what the message in `reply_to` answers itself, where that can be read."""
    before: tuple[Part, ...] = ()
    """What the message in `reply_to` answers; or what stood in the thread before anything was said to the bot there,
    or since that last was."""
    private: bool = False
    """Only its sender and the bot see it: it is no question among several people."""
    amid: bool = False
    """In its thread people also speak to each other, and that can be read: see `bot.contracts.abilities.Chronicle`."""
    unread: str = ""
    """What came that nothing can be read of, in English; said to its sender if there are no parts."""
    aside: Place | None = None
    """Where it is, if `place` is a thread that only an answer to it opens: anything but an answer is said there."""
    receipt: str = ""
    """What the platform wants back with the answer, where it takes none without it: where the bot is a guest."""
    also_as: str = ""
    """Under which the platform may bring the same message a second time, by another way: read once all the same."""
    heard: tuple[Place, ...] = ()
    """Where everything that was said up to this message has been handed in; nowhere while that is not certain."""


SAID_ABOVE = "Said above"
"""So begins what a quotation is called that holds what the message answers to which somebody replies."""


@dataclass(frozen=True, slots=True)
class MessageRef:
    """Where a message is, and its sender's language."""

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
    """The buttons are on a message that only this person sees, and only they see the result."""
    files: tuple[FilePart, ...] = ()
    """What was sent with it, or in answer to the question of a form."""
    pointed: tuple[Part, ...] = ()
    """What the message in `reply_to` holds: read where that belongs to no session."""
    named: str = ""
    """What a person has called the thread in which it is given: a session that it opens is called so too."""
    moderates: bool | None = None
    """Whether the sender moderates that chat; None if the platform has to be asked."""


@dataclass(frozen=True, slots=True)
class StopRequest:
    """The platform's own stop button, pressed while `turn` ran in `place`."""

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
    """The platform gave the chat of `place` another id: what was said there continues under `chat`."""

    event_key: str
    place: Place
    chat: str


@dataclass(frozen=True, slots=True)
class Joined:
    """The bot was added to a chat among several people.

    `language` is that of whoever added it, or of the chat; "" if it is unknown.
    """

    event_key: str
    place: Place
    place_title: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Deleted:
    """Messages were deleted at `place`; its `chat` may be "" if the platform names only its thread."""

    place: Place
    remote_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeardTo:
    """Everything that was said at `place` up to this message has been handed in."""

    place: Place
    remote_id: str


RESTORED = "restored"
"""The one bookmark of ours: these data come from a backup, so more was heard and answered than they know.
It replaces all others until the front-end removes it."""


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
    Inbound
    | Invocation
    | StopRequest
    | ThreadChanged
    | ChatRenumbered
    | Joined
    | Deleted
    | HeardTo
    | Bookmarks
    | Unreadable
)
