"""Tool calls: what a model asked to have done while it answered, and what came of it.

A call and its result are parts of the answer during which they happened. So no window, fork, edit or summary can part
them: a tree holds an answer with all its steps or does not hold it. `rounds_of` reads them back, whatever a message
holds: every call has a result there, and every result a call.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

PartT = TypeVar("PartT")
"""What a message is made of: kept, or on its way to a model."""

LOST = "It is not known what came of this call: it was interrupted. It may or may not have taken effect."
"""What a model is told of a call without a result."""


class Outcome(StrEnum):
    """What became of a call."""

    DONE = "done"
    FAILED = "failed"
    """The tool said so, could not be reached, or took too long."""
    DENIED = "denied"
    """The person did not allow it, or a limit of the operator's; it did not run."""
    STOPPED = "stopped"
    """The person ended the answer."""
    UNKNOWN = "unknown"
    """It was interrupted: it may or may not have taken effect. It is never run again by itself."""


_NOT_RUN = (Outcome.DENIED, Outcome.STOPPED)


@dataclass(frozen=True, slots=True)
class CallPart:
    """A model's call of a tool."""

    id: str
    """The vendor's name of the call, or ours; unique among the calls of its round."""
    tool: str
    """As the model called it: there need not be such a tool."""
    arguments: str
    """As the model wrote them: JSON, if it kept to the rules."""
    made_by: str = ""
    """The wire format and the model that called, "gemini/gemini-3-pro": nobody else gets `opaque` and `id`."""
    opaque: str = ""
    """What its vendor wants to have back with the call, such as signed thinking; JSON in its adapter's own form."""


@dataclass(frozen=True, slots=True)
class ResultPart:
    """What came of a call."""

    call: str
    """The `id` of the call."""
    text: str
    outcome: Outcome = Outcome.DONE


@dataclass(frozen=True, slots=True)
class Round(Generic[PartT]):
    """What a model said before it stopped to have something done, its calls, and their results in the same order."""

    said: tuple[PartT, ...]
    calls: tuple[CallPart, ...]
    results: tuple[ResultPart, ...]

    @property
    def parts(self) -> "tuple[PartT | CallPart | ResultPart, ...]":
        """The round as parts of a message."""
        return (*self.said, *self.calls, *self.results)


def rounds_of(parts: Sequence[PartT]) -> tuple[tuple[Round[PartT], ...], tuple[PartT, ...]]:
    """The rounds of a message, and the parts behind the last of them.

    A call without a result gets one that says so; a result without a call is left out.
    """
    rounds: list[Round[PartT]] = []
    said: list[PartT] = []
    calls: list[CallPart] = []
    results: dict[str, ResultPart] = {}
    for part in parts:
        if isinstance(part, ResultPart):
            results.setdefault(part.call, part)
            continue
        if calls and (results or not isinstance(part, CallPart)):
            rounds.append(_round(said, calls, results))
            said, calls, results = [], [], {}
        if isinstance(part, CallPart):
            calls.append(part)
        else:
            said.append(part)
            results = {}
    if calls:
        rounds.append(_round(said, calls, results))
        said = []
    return tuple(rounds), tuple(said)


def _round(said: Iterable[PartT], calls: Sequence[CallPart], results: dict[str, ResultPart]) -> Round[PartT]:
    lost = (results.get(call.id) or ResultPart(call.id, LOST, Outcome.UNKNOWN) for call in calls)
    return Round(tuple(said), tuple(calls), tuple(lost))


def tools_in(parts: Sequence[object]) -> dict[str, int]:
    """The tools that were used, in their order, and how often each; what nobody allowed, or was stopped, was not."""
    rounds, _ = rounds_of(parts)
    pairs = (pair for made in rounds for pair in zip(made.calls, made.results, strict=True))
    return Counter(call.tool for call, result in pairs if result.outcome not in _NOT_RUN)
