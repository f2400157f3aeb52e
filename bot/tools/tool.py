"""What a tool is, and who has it called."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.contracts.provider import ToolOffer
from bot.domain.people import Person
from bot.domain.sessions import Session
from bot.domain.turns import Turn


class ToolFailed(Exception):
    """A tool could not do what was asked; its words are for the model."""


@dataclass(frozen=True, slots=True)
class Asker:
    """For whom a tool is called: what they cannot reach, it cannot."""

    turn: Turn
    session: Session
    person: Person
    has_files: bool

    @property
    def is_alone(self) -> bool:
        """Whether nobody else hears the answer."""
        return self.turn.place.kind.private and self.session.owner == self.person.id


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that a model may have done."""

    offer: ToolOffer
    reads: bool
    """It has no effect: after a crash it may be run again."""
    suits: Callable[[Asker], bool]
    """Whether it is offered to this asker."""
    call: Callable[[Asker, Mapping[str, Any]], Awaitable[str]]
    """Does it, and says what came of it. Raises ToolFailed."""
