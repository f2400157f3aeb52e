"""What a server wants to know before it goes on with a call: forms, and what a person has answered so far.

A server sends the schema of a form, or the address of a page of its own (elicitation, MCP 2025-11-25 and 2026-07-28).
All of it is its word: nothing there is believed, and each answer is checked here before it hears it. Where it cannot be
asked, the call goes on without an answer, and says so.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

import orjson

from bot.tools.questions import MOST_QUESTIONS, TOO_MUCH, CannotBeAsked, Kind, Question, Value, questions_of

MOST_FORMS = 5
"""How many forms a server may ask for during one call."""


class Way(StrEnum):
    """How a server waits for an answer."""

    ROUNDS = "rounds"
    """It does not: it is called again with the answer, and with the state that it gave (2026-07-28)."""
    WAITS = "waits"
    """It keeps the call, in the connection over which it has asked (2025-11-25). With that the call is lost."""
    AGAIN = "again"
    """It has refused the call until somebody has been to a page of its own; then it is called anew (2025-11-25)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a server wants to know before it goes on with a call."""

    way: Way
    requests: Mapping[str, Mapping[str, Any]]
    """The parameters of each `elicitation/create`, by the server's names."""
    state: str | None = None
    """What the server wants to have back with the answers, as it is."""
    parked: str = ""
    """The call that waits, by the name under which its connection knows it."""
    number: int = 1
    """Of the form, among those of its call."""

    @classmethod
    def of(cls, kept: str) -> Self:
        """The reverse of `kept`."""
        found = orjson.loads(kept)
        return cls(**{**found, "way": Way(found["way"])})

    @property
    def kept(self) -> str:
        """It as JSON."""
        return orjson.dumps(asdict(self)).decode()

    @property
    def questions(self) -> tuple[Question, ...]:
        """Its questions in their order.

        Raises:
            CannotBeAsked: it is none that is shown to anybody.
        """
        found = tuple(question for name, request in self.requests.items() for question in questions_of(name, request))
        if not found or len(found) > MOST_QUESTIONS:
            raise CannotBeAsked(TOO_MUCH)
        return found

    @property
    def message(self) -> str:
        """What the server says about it."""
        return "\n\n".join(str(request.get("message") or "").strip() for request in self.requests.values()).strip()


@dataclass(frozen=True, slots=True)
class Answers:
    """What a person has answered so far."""

    values: tuple[Value | None, ...] = ()
    """One for each question from the first on; None: left out."""
    declined: bool = False
    """They do not answer at all."""

    @classmethod
    def of(cls, kept: str) -> Self:
        """The reverse of `kept`; "" for none yet."""
        found = orjson.loads(kept) if kept else {}
        return cls(tuple(found.get("values", ())), bool(found.get("declined")))

    @property
    def kept(self) -> str:
        """They as JSON."""
        return orjson.dumps(asdict(self)).decode()

    def to(self, wanted: Wanted) -> dict[str, dict[str, Any]]:
        """What the server hears: an `ElicitResult` for each of its requests."""
        if self.declined:
            return {name: {"action": "decline"} for name in wanted.requests}
        told: dict[str, dict[str, Any]] = {name: {"action": "accept"} for name in wanted.requests}
        for question, value in zip(wanted.questions, self.values, strict=True):
            if question.kind is not Kind.PAGE:
                content = told[question.request].setdefault("content", {})
                if value is not None:
                    content[question.name] = value
        return told
