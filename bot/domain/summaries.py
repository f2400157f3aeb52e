"""Summaries: what a model reads in the place of the messages that have left its window."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.ids import MessageId, PersonId, SessionId, SummaryId, UnixMs

LONGEST_SUMMARY = 6_000
"""Characters of a summary that are kept."""


class SummaryRule(StrEnum):
    """Who pays for summaries."""

    OPERATOR = "operator"
    """They cost people nothing."""
    PERSON = "person"
    """As an answer does, no matter whose question made it necessary."""
    OFF = "off"
    """None are made."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What was said on a branch up to and with `message`, in a model's words."""

    id: SummaryId
    session: SessionId
    message: MessageId
    payer: PersonId
    """After whose question it is made."""
    text: str
    """"" while it has not been made."""
    asked: bool
    """Whether a person wished it."""
    wish: str
    """What the person wanted to be kept; "" where they did not say."""
    model: str
    created_at: UnixMs


@dataclass(frozen=True, slots=True)
class Mark:
    """Where on a branch a summary hangs; `asked`: the messages up to there are no longer read."""

    message: MessageId
    asked: bool
