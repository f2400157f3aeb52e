"""What the engine asks of a platform. To add one, write a folder beside `handlers/telegram` that fulfils `Platform`.

Every method that calls the platform goes through that bot's own `pacing.Scheduler` inside the implementation, so no
caller has to think about flood limits. Every method may raise any `PlatformError`; the classes in `bot.domain.errors`
say what each means. `RetryAfter` never comes out of `send` and `edit`: the scheduler waits and repeats those by itself.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from bot.contracts.command import Choice, Form
from bot.contracts.findings import Finding
from bot.domain.blocks import Block, Button, Page
from bot.domain.ids import TurnId
from bot.domain.incoming import Inbound, Incoming, Invocation
from bot.domain.messages import FilePart, Part
from bot.domain.places import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What one kind of place on one platform can do. The engine reads each field where the limit matters."""

    text_limit: int
    """Of a message, in units of `Platform.measure`."""
    upload_limit_bytes: int
    download_limit_bytes: int
    preview_interval_s: float
    """The least time between two previews of one answer."""
    draft_lifetime_s: float | None
    """How long a draft stays without being renewed; None if previews are messages that are edited."""
    typing_lifetime_s: float
    buttons_per_row: int
    button_rows: int
    button_label_limit: int
    """In code points."""
    button_data_bytes: int
    """How long a command and its arguments may be, as `call_to_data` writes them."""
    choices_limit: int
    """How many choices fit one menu before it has to page."""
    creates_threads: bool
    renames_threads: bool
    deduplicates_sends: bool
    """Whether a repeated send with the same nonce shows one message."""
    private_answers: bool
    """Whether a command given among others can be answered for one person only."""
    alert_limit: int
    """How long a sentence shown only to the person who pressed may be; 0 if the platform has none."""
    forms: bool
    """Whether the platform has forms; elsewhere the questions are asked one after the other."""


@dataclass(frozen=True, slots=True)
class Condition:
    """How a platform is doing just now."""

    connected: bool
    """Whether what people say arrives."""
    waiting: int
    """Calls that wait for their time."""
    floods: int
    """How often the platform has asked us to pause since the start."""
    ahead_s: float | None
    """How far this machine's clock is ahead of the platform's; None if that is not known."""
    failing: str = ""
    """Why the platform cannot deliver what waits for us, in its own words; "" if it can."""


@dataclass(frozen=True, slots=True)
class PreviewTarget:
    """Which preview is meant: `remote_id` is the message that shows it, once there is one (never for drafts)."""

    turn: TurnId
    remote_id: str | None
    reply_to: str | None
    stop: Button
    """Ends the answer, if the platform has no stop button of its own."""
    nonce: str = ""
    """Names its message forever, and that of the answer that takes its place."""
    receipt: str = ""
    """That of the command which it answers, as in `Address`."""
    shown: bool = False
    """Whether the person has seen words of this answer: the first ones are more urgent than more of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """To what, and for whom, a new message is sent."""

    reply_to: str | None = None
    """The platform's id of the message it answers; one that no longer exists is silently left out."""
    receipt: str = ""
    """`Invocation.receipt` of the command it answers, where the platform answers commands in a way of its own."""
    private: bool = False
    """Only for the person who gave the command, where the platform can do that."""


Receive = Callable[[Sequence[Incoming]], Awaitable[None]]
"""The type of `Host.receive`."""


class Host(Protocol):
    """What a platform may ask of the gateway it brings messages to."""

    async def receive(self, batch: Sequence[Incoming]) -> None:
        """Take a batch in the order of arrival; when it returns, everything in it is kept and may be acknowledged.

        Raises:
            StorageError: something of it could not be kept; the whole batch may be handed in again.
        """

    async def choices(self, invocation: Invocation, param: str, typed: str) -> Sequence[Choice]:
        """What can be chosen for a parameter of a command that is still being typed; nothing for strangers."""

    async def heard(self, platform: str, bot: str) -> Sequence[tuple[Place, str]]:
        """Up to which message all that was said is kept, for every place of which that is known: a catch-up reads on.

        It follows `Inbound.heard` and `HeardTo`, never what is shown: what was said before an answer may be missing.
        """

    async def bookmarks(self, platform: str, bot: str) -> Mapping[str, str]:
        """What was handed in as `Bookmarks`, by its names."""


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
        """How people know the bot there, "@parley_bot"; known after `open`."""

    def capabilities(self, place: Place) -> Capabilities:
        """What can be done at this place. No I/O."""

    def condition(self) -> Condition:
        """How it is doing. No I/O."""

    def measure(self, block: Block) -> int:
        """How much of `text_limit` the block takes when rendered, without what separates it from its neighbours."""

    def invitation(self, code: str) -> str:
        """How someone hands this code to the bot: a link to open, or a sentence to follow."""

    async def open(self) -> None:
        """Log in and learn `bot`; called once, before anything else. Raises `SettingsError` for a wrong token."""

    async def receive(self, host: Host) -> None:
        """Hand what people say to the host until cancelled. Survives all but cancellation and a revoked token."""

    async def send(self, place: Place, page: Page, address: Address, *, nonce: str) -> str:
        """Show a new message for good and return the platform's id of it.

        `nonce` (at most 25 characters) names this page forever; a platform that can uses it to show a repeated send
        once. What an earlier send with this nonce has shown then gets this content.
        """

    async def ask(self, receipt: str, form: Form) -> None:
        """Show a form in answer to a command, where `Capabilities.forms` says that the platform has such a thing.

        Its answers come back as an `Invocation` of `form.command` with `form.args` and the answers behind them.
        """

    async def edit(self, place: Place, remote_id: str, page: Page, address: Address) -> None:
        """Give a message its final content. Content that is already there is a success."""

    async def private_place(self, user_id: str) -> Place:
        """The private chat with this user of the platform, opened if need be.

        Raises:
            Unreachable: the user has to write first, or wants no messages.
        """

    async def preview(self, place: Place, target: PreviewTarget, latest: Callable[[], Page]) -> str | None:
        """Show a growing answer: the newest page is asked for when the call's time has come.

        Returns the id of the message that was made for it, or None if none was (a draft, an edit). Never repeated:
        after any error the next preview comes anyway. Raises `RetryAfter` when previews must pause.
        """

    async def typing(self, place: Place) -> None:
        """Show that an answer is being prepared, for `typing_lifetime_s`."""

    async def delete(self, place: Place, remote_id: str) -> None:
        """Delete a message of the bot's; one that is gone is a success."""

    async def acknowledge(self, receipt: str, *, answered: bool, private: bool, alert: str = "") -> None:
        """Tell the platform that a command was seen. `answered`: a message with this receipt follows, or none will.

        `alert` is shown only to the person who pressed, see `Capabilities.alert_limit`.
        """

    async def fetch(self, file: FilePart) -> bytes:
        """The bytes of a file that somebody has sent, of at most `Capabilities.download_limit_bytes`.

        Raises:
            Rejected: it is larger, or no longer there.
        """

    async def close(self) -> None:
        """Release every connection."""


@runtime_checkable
class Examinable(Protocol):
    """A platform that can say what is wrong with its bot's setup."""

    def examine(self, *, at_work: bool) -> AsyncIterator[Finding]:
        """Check everything that can be checked without changing it; `at_work`: a gateway is using this bot right now.

        Raises:
            PlatformError: the platform cannot be reached.
            SettingsError: the token is wrong.
        """


@runtime_checkable
class Invited(Protocol):
    """A platform on which someone has to add the bot before anyone can talk to it."""

    async def way_in(self) -> str | None:
        """The link by which that is done; None if it has been.

        Raises:
            PlatformError: it cannot be told just now.
        """


@runtime_checkable
class RichPages(Protocol):
    """A platform with a second, richer form of message beside its plain one, which not every client can show.

    A page with `Page.rich` is sent and edited in that form; where it is refused, that raises `RichRefused`.
    """

    rich_limit: int
    """How large such a page may be, in units of `measure_rich`."""

    def measure_rich(self, block: Block) -> int:
        """How much of `rich_limit` the block takes, without what separates it from its neighbours."""


@runtime_checkable
class Moderated(Protocol):
    """A platform that can be asked who moderates a chat; others say so with every command."""

    async def moderates(self, place: Place, user_id: str) -> bool:
        """Whether the chat's own admins let this user moderate it.

        Raises:
            PlatformError: it cannot be told just now.
        """


@runtime_checkable
class Linked(Protocol):
    """A platform whose places have addresses."""

    def link(self, place: Place) -> str:
        """What opens this place in its members' apps; "" where that is not known. No I/O."""


class Reaction(StrEnum):
    """What a reaction to a message tells its sender."""

    CLOSED = "closed"
    """They are not let in."""
    LATER = "later"
    """It was too much at once: they may send it again in a while."""


@runtime_checkable
class Reacts(Protocol):
    """A platform on which the bot can react to a message without words."""

    async def react(self, place: Place, remote_id: str, reaction: Reaction) -> None:
        """Put the reaction on a message at `place`; one that is already there is a success.

        Raises:
            RetryAfter: not now.
            Rejected: such a reaction is not allowed there.
            Unreachable: nothing can be put there.
            MessageGone: the message is no longer there.
        """


@runtime_checkable
class Chronicle(Protocol):
    """A platform whose bots can read what was said before they were called."""

    async def said_before(self, said: Inbound) -> tuple[Part, ...]:
        """What was said above a message in its thread, bounded, oldest first, as quotations by name, and files.

        Raises:
            PlatformError: it cannot be read.
        """


@runtime_checkable
class Threads(Protocol):
    """A platform whose threads the bot can open and rename."""

    async def open_thread(self, place: Place, title: str, member: str) -> Place:
        """A new thread in the chat of `place`, in which the platform's user `member` takes part."""

    async def rename_thread(self, place: Place, title: str) -> None:
        """Give the thread of `place` another title."""

    async def close_thread(self, place: Place, closed: bool) -> None:
        """Archive the thread of `place`, or open it again."""
