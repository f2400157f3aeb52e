"""What the engine asks of a platform. To add one, write a folder beside `handlers/telegram` that implements `Platform`.

Every method that calls the platform goes through that bot's own `pacing.Scheduler` inside the implementation, so no
caller has to think of flood limits. Every method may raise any `PlatformError`; the classes in `bot.domain.errors` say
what each means. `RetryAfter` is never raised by `send` and `edit`: the scheduler waits and repeats them.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from bot.contracts.command import Choice, Form
from bot.contracts.findings import Finding
from bot.contracts.leases import Leases
from bot.domain.blocks import Block, Button, Page
from bot.domain.ids import TurnId, UnixMs
from bot.domain.incoming import Inbound, Incoming, Invocation
from bot.domain.messages import FilePart, Part
from bot.domain.places import Customs, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What one kind of place on one platform can do. The engine reads each field where that limit matters."""

    text_limit: int
    """Of a message, in units of `Platform.measure`."""
    caption_limit: int
    """Of the words that stand in one message with a file, in the same units."""
    upload_limit_bytes: int
    download_limit_bytes: int
    preview_interval_s: float
    """The shortest time between two previews of one answer."""
    draft_lifetime_s: float | None
    """How long a draft stays without being renewed; None if previews are edited messages."""
    typing_lifetime_s: float
    """0 if nothing shows that somebody types: then the answer's message does, as soon as it is begun."""
    buttons_per_row: int
    button_rows: int
    button_label_limit: int
    """In code points."""
    button_data_bytes: int
    """How long a command and its arguments may be, as `call_to_data` writes them."""
    choices_limit: int
    """How many choices fit on one page of a menu."""
    creates_threads: bool
    renames_threads: bool
    deduplicates_sends_s: float
    """For how long after a send another one with the same nonce surely shows no second message; 0 if never."""
    private_answers: "Alone"
    """Whether a command in a group can be answered so that only the caller sees it."""
    alert_limit: int
    """The longest alert that answers a button press, seen only by that person; 0 if there are no alerts."""
    forms: bool
    """Whether the platform has forms; otherwise its questions are asked one at a time."""
    messages_per_answer: int | None
    """How many messages one receipt brings, where nothing is shown without one; None: as many as are sent."""


class Alone(StrEnum):
    """Whether something said among several people can be shown to one of them."""

    NEVER = "never"
    SOMETIMES = "sometimes"
    """The platform decides at each message: `Platform.send` says so where it cannot."""
    ALWAYS = "always"
    """Where it answers a command."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A platform's current health."""

    connected: bool
    """Whether messages are arriving."""
    waiting: int
    """Calls waiting for their turn."""
    floods: int
    """How often the platform has throttled us since the start."""
    ahead_s: float | None
    """How far this machine's clock is ahead of the platform's; None if unknown."""
    failing: str = ""
    """Why the platform cannot deliver pending updates, in its own words; "" if it can."""
    shards: tuple[bool, ...] = ()
    """Whether each of its connections hears, where it may have several."""
    hindered: str = ""
    """Why nothing arrives and what to do about it, in sentences, where whoever runs it can; "" otherwise."""

    @property
    def why(self) -> str:
        """Why something of it does not work, as far as that is known; "" if it does."""
        return self.hindered or self.failing


@dataclass(frozen=True, slots=True)
class PreviewTarget:
    """Which preview is meant: `remote_id` is the message that shows it, once there is one (never for drafts)."""

    turn: TurnId
    remote_id: str | None
    reply_to: str | None
    stop: Button
    """Stops the answer, on platforms without a native stop control."""
    nonce: str = ""
    """Identifies its message permanently, and that of the answer that replaces it."""
    receipt: str = ""
    """The receipt of the command it answers, as in `Address`."""
    as_message: bool = False
    """Whether it is a message that is edited, also where the platform has drafts."""
    shown: bool = False
    """Whether the person has seen any of this answer: its first words are more urgent than later ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What a new message replies to, and who sees it."""

    reply_to: str | None = None
    """The platform's id of the message it answers; ignored if that message no longer exists."""
    receipt: str = ""
    """`Invocation.receipt` of the command it answers, on platforms that answer commands in a special way."""
    private: bool = False
    """Only for the person who gave the command: shown to nobody else, see `Platform.send`."""
    reader: str = ""
    """The platform's id of the user whom it concerns alone: where the platform can show it to them alone, it does."""


Receive = Callable[[Sequence[Incoming]], Awaitable[None]]
"""The type of `Host.receive`."""


class Host(Protocol):
    """What a platform may call on the gateway that it delivers messages to."""

    async def receive(self, batch: Sequence[Incoming]) -> None:
        """Take a batch in the order of arrival; when it returns, all of it is stored and may be acknowledged.

        Raises:
            StorageError: some of it could not be stored; the whole batch may be delivered again.
        """

    async def choices(self, invocation: Invocation, param: str, typed: str) -> Sequence[Choice]:
        """The choices for a parameter of a command that is being typed; none for strangers."""

    async def heard(self, platform: str, bot: str) -> Sequence[tuple[Place, str]]:
        """The last message up to which each known place is stored without gaps: a catch-up resumes there.

        It follows `Inbound.heard` and `HeardTo`, never the messages shown: those before an answer may be missing.
        """

    async def bookmarks(self, platform: str, bot: str) -> Mapping[str, str]:
        """What was delivered as `Bookmarks`, by name."""

    def customs(self, place: Place) -> Customs:
        """Who is answered at a place and where, as its admins have chosen. No I/O; it may be a moment behind."""


class Platform(Protocol):
    """One bot on one platform."""

    @property
    def name(self) -> str:
        """The platform: "telegram", "discord"."""

    @property
    def bot(self) -> str:
        """The bot's own id there; known after `open`."""

    @property
    def shown_name(self) -> str:
        """The bot's public name there, "@parley_bot"; known after `open`."""

    def capabilities(self, place: Place) -> Capabilities:
        """What can be done at this place. No I/O."""

    def condition(self) -> Condition:
        """Its current health. No I/O."""

    def measure(self, block: Block) -> int:
        """How much of `text_limit` the block takes when rendered, without the separators around it."""

    def invitation(self, code: str) -> str:
        """How a person gives this code to the bot: a link to open, or a sentence to follow."""

    async def open(self) -> None:
        """Log in and learn `bot`; called once, before anything else. Raises `SettingsError` for a wrong token."""

    async def receive(self, host: Host, leases: Leases) -> None:
        """Deliver messages to the host until cancelled. Only cancellation or a revoked token ends it.

        What the platform gives to one receiver at a time, each of several processes asks for under one of the `leases`.
        """

    async def send(self, place: Place, page: Page, address: Address, *, nonce: str) -> str:
        """Send a new, final message and return the platform's id of it.

        `nonce` (at most 25 characters) identifies this page permanently; platforms that can use it to show a repeated
        send once. A message that an earlier send with this nonce showed then gets this content.

        Raises:
            NotAlone: it is `Address.private`, and cannot be shown to its reader alone here and now.
        """

    async def ask(self, receipt: str, form: Form) -> None:
        """Show a form in answer to a command, if `Capabilities.forms` says that the platform has forms.

        The answers come back as an `Invocation` of `form.command` with `form.args` followed by the answers.
        """

    async def edit(self, place: Place, remote_id: str, page: Page, address: Address) -> None:
        """Give a message its final content. If it has that content already, that is a success."""

    async def private_place(self, user_id: str) -> Place:
        """The private chat with this user of the platform, opened if need be.

        Raises:
            Unreachable: the user has to write first, or wants no messages.
        """

    async def preview(self, place: Place, target: PreviewTarget, latest: Callable[[], Page]) -> str | None:
        """Show an answer being written: `newest` is called for the current page when the call is due.

        Returns the id of the message created for it, or None if none was (a draft, an edit). Never repeated:
        another preview follows any error. Raises `RetryAfter` when previews must pause.
        """

    async def typing(self, place: Place) -> None:
        """Show the typing indicator, for `typing_lifetime_s`."""

    async def delete(self, place: Place, remote_id: str) -> None:
        """Delete one of the bot's messages; if it is gone already, that is a success."""

    async def acknowledge(self, receipt: str, *, answered: bool, private: bool, alert: str = "") -> None:
        """Tell the platform that a command was seen. `answered`: a message with this receipt follows, or none will.

        `alert` is shown only to the person who pressed, see `Capabilities.alert_limit`.
        """

    async def fetch(self, file: FilePart) -> bytes:
        """The bytes of a file that someone has sent, of at most `Capabilities.download_limit_bytes`.

        Raises:
            Rejected: it is larger, or no longer there.
        """

    async def close(self) -> None:
        """Close every connection."""


@runtime_checkable
class Examinable(Protocol):
    """A platform that can check its bot's setup."""

    def examine(self, *, at_work: bool) -> AsyncIterator[Finding]:
        """Check everything that can be checked without changing it; `at_work`: a gateway is using this bot now.

        Raises:
            PlatformError: the platform cannot be reached.
            SettingsError: the token is wrong.
        """


@runtime_checkable
class Invited(Protocol):
    """A platform where someone has to invite the bot before anyone can talk to it."""

    async def way_in(self) -> str | None:
        """The invitation link; None if the bot has been invited.

        Raises:
            PlatformError: that cannot be determined now.
        """


@runtime_checkable
class RichPages(Protocol):
    """A platform with a second, richer message format that not every client can show.

    A page with `Page.rich` is sent and edited in that format; `RichRefused` is raised if that is refused.
    """

    rich_limit: int
    """How large such a page may be, in units of `measure_rich`."""

    def measure_rich(self, block: Block) -> int:
        """How much of `rich_limit` the block takes, without the separators around it."""


@runtime_checkable
class Moderated(Protocol):
    """A platform that can be asked who moderates a chat; others say so with every command."""

    async def moderates(self, place: Place, user_id: str) -> bool:
        """Whether the chat's own admins let this user moderate there.

        Raises:
            PlatformError: that cannot be determined now.
        """


@runtime_checkable
class Peopled(Protocol):
    """A platform that can be asked who is in a chat."""

    async def has_left(self, place: Place, user_id: str) -> bool:
        """Whether this user is no longer in the chat, which is one among several people.

        Raises:
            PlatformError: that cannot be determined now.
        """


@runtime_checkable
class Overhears(Protocol):
    """A platform that says how much of a chat among several people its bot is handed."""

    async def hears_all(self, place: Place) -> bool:
        """Whether every message written at `place` comes here; otherwise only those meant for the bot.

        Raises:
            PlatformError: that cannot be determined now.
        """


@runtime_checkable
class Linked(Protocol):
    """A platform whose places have addresses."""

    def link(self, place: Place) -> str:
        """What opens this place in its members' apps; "" if unknown. No I/O."""


BOT_MADE = "bot_made"
"""The command that is given, with a bot's id, by whoever has made it or has another token for it: see `MakesBots`."""


@runtime_checkable
class MakesBots(Protocol):
    """A platform on which people make bots that this one manages: it can ask for their tokens.

    That one was made, or has another token, comes in as an `Invocation` of `BOT_MADE`.
    """

    def way_to_make(self) -> str:
        """A link by which somebody makes one; "" where the operator or the platform does not let this bot. No I/O."""

    async def token_of(self, bot: str) -> str:
        """The token of one that was made so, by its id.

        Raises:
            Rejected: it is not for this bot to know.
            PlatformError: it cannot be asked for now.
        """


class Reaction(StrEnum):
    """What a reaction tells a message's sender."""

    CLOSED = "closed"
    """They are not let in."""
    WAITS = "waits"
    """It is heard, and others are answered first."""
    LATER = "later"
    """They sent too much at once and may send it again later."""


@runtime_checkable
class Reacts(Protocol):
    """A platform where the bot can react to messages."""

    async def react(self, place: Place, remote_id: str, reaction: Reaction) -> None:
        """React to a message at `place`; if the reaction is there already, that is a success.

        Raises:
            RetryAfter: not now.
            Rejected: such a reaction is not allowed there.
            Unreachable: the bot cannot react there.
            MessageGone: the message no longer exists.
        """

    async def unreact(self, place: Place, remote_id: str, reaction: Reaction) -> None:
        """Take such a reaction back; if it is gone already, that is a success. Raises as `react` does."""


@runtime_checkable
class Chronicle(Protocol):
    """A platform whose bots can read what was said before they were called."""

    async def said_before(self, said: Inbound, since: str | None) -> tuple[Part, ...]:
        """The messages before one in its thread, a bounded number, oldest first, as named quotations, and files.

        `since`: only those after this one.

        Raises:
            PlatformError: it cannot be read.
        """

    async def said_above(self, said: Inbound) -> Sequence[tuple[str, tuple[Part, ...]]]:
        """The messages above the one that `said` replies to, from `Inbound.above` on: each is what the one before
        answers. A bounded number, each with its id, as files and a quotation that begins with `SAID_ABOVE`.

        Raises:
            PlatformError: they cannot be read.
        """


@dataclass(frozen=True, slots=True)
class Vouched:
    """Who has opened a page of ours in a platform's app, as the platform says."""

    user_id: str
    at: UnixMs
    """When they opened it."""


@runtime_checkable
class Vouches(Protocol):
    """A platform whose apps open pages of ours, and say who looks at them."""

    def vouched(self, said: str) -> Vouched | None:
        """Who it is, by what the app has handed to the page; None where that is not this bot's word. No I/O."""


@runtime_checkable
class Rereads(Protocol):
    """A platform that can read again what it could not, from what was kept of it as it came."""

    def read_again(self, raw: str) -> Sequence[Incoming]:
        """What it brings; nothing if it still cannot be read. No I/O."""


@runtime_checkable
class Threads(Protocol):
    """A platform whose threads the bot can open and rename."""

    async def open_thread(self, place: Place, title: str, member: str) -> Place:
        """A new thread in the chat of `place`, in which the platform's user `member` takes part."""

    async def rename_thread(self, place: Place, title: str) -> None:
        """Give the thread of `place` another title."""

    async def close_thread(self, place: Place, closed: bool) -> None:
        """Close the thread of `place`, or reopen it."""
