"""Turns: requests to answer, from the question to the answer shown."""

from dataclasses import dataclass, fields
from enum import StrEnum

from bot.domain.ids import MessageId, PersonId, SessionId, TurnId
from bot.domain.model_names import ModelName
from bot.domain.pictures import PictureWish
from bot.domain.places import Place


class TurnState(StrEnum):
    """Where a turn is on its way; the last three are final. A request that is refused never becomes a turn."""

    QUEUED = "queued"
    RUNNING = "running"
    ASKED = "asked"
    """A person has to decide about what it wants to have done; nothing of it runs until then."""
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
    model: ModelName | None
    """A model chosen for this turn alone, e.g. by `/regenerate MODEL`."""
    grounded: bool
    """To be answered strictly from the session's documents, whatever its mode."""
    reply_to: str | None
    """The platform's id of the message that asked."""
    preview: str | None
    """The platform's id of the message that shows the answer as it grows, once there is one."""
    receipt: str = ""
    """That of the command which it answers, see `Invocation.receipt`."""
    picture: PictureWish | None = None
    """How a picture is wanted; None: words are."""
    left_cards: int = 0
    """How many of its cards were answered in writing, and stay where they are: what follows is a message below."""
    scheduled: bool = False
    """Whether a schedule has asked it."""
    has_calls: bool = False
    """Whether an earlier run of it has called tools."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a model says an answer used, in its own tokens."""

    input_tokens: int
    """All that was read, from a cache or not."""
    output_tokens: int
    """All that was written, thinking included."""
    cached_tokens: int = 0
    """Of the input: read from the vendor's cache."""
    stored_tokens: int = 0
    """Of the input: put into the vendor's cache."""
    sound_tokens: int = 0
    """Of the input that is neither: a recording's."""
    thought_tokens: int = 0
    """Of the output: thinking."""
    drawn_tokens: int = 0
    """Of the output that is none: pictures."""
    stored_long_tokens: int = 0
    """Of what was put into the vendor's cache: for longer than it usually keeps it."""

    def __add__(self, other: "Usage") -> "Usage":
        """What two requests used together."""
        return Usage(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))

    @property
    def plain_input_tokens(self) -> int:
        """Read, and nothing else is said of them."""
        return self.input_tokens - self.cached_tokens - self.stored_tokens - self.sound_tokens

    @property
    def plain_output_tokens(self) -> int:
        """Written, and nothing else is said of them."""
        return self.output_tokens - self.thought_tokens - self.drawn_tokens


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
