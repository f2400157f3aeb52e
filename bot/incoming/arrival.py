"""A message that has come in, and what to do for its batch once that is kept."""

from dataclasses import dataclass, field

from bot.delivery.reactions import Unheard
from bot.delivery.waiting_signs import Waiting
from bot.domain.ids import MessageId, SessionId, TurnId, UnixMs
from bot.domain.incoming import Inbound, MessageRef
from bot.domain.messages import FilePart, Part
from bot.people.callers import Caller
from storage import inbox
from storage.outbox import OutboxPage


@dataclass(slots=True)
class Accepted:
    """What to do once the batch is kept."""

    queued: list[tuple[SessionId, UnixMs]] = field(default_factory=list)
    """Sessions that have a turn waiting, and the moment until which it waits for more."""
    pages: list[OutboxPage] = field(default_factory=list)
    pending: list[tuple[Inbound, inbox.Asked | None]] = field(default_factory=list)
    """A message that comes while a question is open, for the dispatcher, and what came behind it in its chat."""
    files: list[tuple[MessageId, MessageRef]] = field(default_factory=list)
    """Messages with files that are still with the platform."""
    unheard: list[Unheard] = field(default_factory=list)
    """Messages that get a reaction, since the words were said a moment ago."""
    waiting: list[Waiting] = field(default_factory=list)
    """Messages that get a sign until their turn begins."""
    outdated: list[TurnId] = field(default_factory=list)
    """Running turns that are to end: their question was edited, or another one goes first."""
    left: list[tuple[TurnId, MessageId]] = field(default_factory=list)
    """Running turns that were put back, and the question that they are no longer to answer."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message of somebody who is let in, at this moment."""

    inbound: Inbound
    caller: Caller
    accepted: Accepted
    """What follows from it is added here."""
    now: UnixMs

    def fetch(self, message: MessageId, parts: tuple[Part, ...]) -> None:
        """Have the files of this message fetched as soon as the batch is kept."""
        if any(isinstance(part, FilePart) for part in parts):
            shown = MessageRef(self.inbound.place, self.inbound.remote_id, self.caller.person.language)
            self.accepted.files.append((message, shown))
