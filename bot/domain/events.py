"""What a running turn emits, in order: `Started`, then text and reasoning, then `Finished`.

A provider's stream yields deltas (text, reasoning, pictures, calls of tools) and, exactly once and last, `Finished`.
It ends otherwise only by raising a `ProviderError`. A delta's text is never empty; how a stream is cut into deltas
carries no meaning.
"""

from dataclasses import dataclass, field

from bot.domain.calls import CallPart
from bot.domain.model_names import ModelName
from bot.domain.turns import FinishReason, Usage


@dataclass(frozen=True, slots=True)
class Started:
    """The engine has asked this model."""

    model: ModelName


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """More of the thinking that some models show before or between the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ImageMade:
    """A picture that is part of the answer."""

    data: bytes = field(repr=False)
    media_type: str


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """The model has stopped to have this done, and waits for the result; comes once it is whole, before `Finished`."""

    call: CallPart


@dataclass(frozen=True, slots=True)
class Finished:
    """The model is done. `usage` is None if the endpoint does not report it."""

    reason: FinishReason
    usage: Usage | None = None


Delta = TextDelta | ReasoningDelta | ImageMade | ToolCalled
"""What an answer is made of."""

Event = Started | Delta | Finished
