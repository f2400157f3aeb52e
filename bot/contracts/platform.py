"""What the engine asks of every platform; what some can do besides is in `bot.contracts.abilities`.

To add one, write a folder beside `handlers/telegram` that implements `Platform`.

Every method that calls the platform goes through that bot's own `pacing.Scheduler` inside the implementation, so no
caller has to think of flood limits. Every method may raise any `PlatformError`; the classes in `bot.domain.errors` say
what each means. `RetryAfter` is never raised by `send` and `edit`: the scheduler waits and repeats them.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.contracts.command import Choice, Form
from bot.contracts.leases import Leases
from bot.domain.blocks import Block, Button, Page
from bot.domain.ids import TurnId
from bot.domain.incoming import Incoming, Invocation
from bot.domain.messages import FilePart
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
        """Show an answer being written: `latest` is called for the current page when the call is due.

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
