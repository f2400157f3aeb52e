"""What some platforms can do besides what `Platform` asks of all: each ability is a protocol of its own.

Whoever wants it done looks whether the platform is one, and knows what to do where it is not. `bot.contracts.hook` has
one more. As in `Platform`, every call of the platform waits for its turn.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from bot.contracts.findings import Finding
from bot.domain.blocks import Block
from bot.domain.ids import UnixMs
from bot.domain.incoming import Inbound, Incoming
from bot.domain.messages import Part
from bot.domain.places import Place


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


@runtime_checkable
class ThreadsListed(Protocol):
    """A platform that tells which threads the bot has opened, so that one which nobody noted is found again."""

    async def empty_threads(self, place: Place, title: str) -> Sequence[Place]:
        """The open threads of that title in the chat of `place` that the bot has opened, and nobody has written in."""

    async def let_in(self, thread: Place, member: str) -> None:
        """Have the platform's user `member` take part in a thread of the bot's."""
