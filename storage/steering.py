"""The line in which a session's turns stand, and what changes it: one that goes first, one that is taken up again.

The order is written once, as `IN_LINE`: what has begun, then what only has to be ended, then what was lifted, then the
rest as it came.
"""

from dataclasses import dataclass

from bot.domain.ids import MessageId, PersonId, SessionId, TurnId
from bot.domain.turns import TurnState
from storage import keepers
from storage.programs import Program
from storage.turns import OPEN

IN_LINE = "state = 'queued', stop_requested DESC, urgency DESC, turn.id"


@dataclass(frozen=True, slots=True)
class InLine:
    """A turn that has not ended, as it stands in its session's line."""

    turn: TurnId
    state: TurnState
    payer: PersonId
    question: MessageId
    place: int
    begins_here: bool
    """Its question is attached to what is the tip by then: it continues the session where that stands."""
    ends: bool
    """Somebody wants it ended."""
    reply_to: str | None


def line(session: SessionId) -> Program[list[InLine]]:
    """The session's turns that have not ended, in the order in which they are dealt with."""
    rows = yield (
        f"""
        SELECT id, state, payer, question, place, attach = 'tip', stop_requested, reply_to
        FROM turn
        WHERE session = ?
          AND {OPEN}
        ORDER BY {IN_LINE}
        """,
        (session,),
    )
    return [
        InLine(number, TurnState(state), payer, question, place, bool(begins_here), bool(ends), reply_to)
        for number, state, payer, question, place, begins_here, ends, reply_to in rows
    ]


def lift(turn: TurnId) -> Program[None]:
    """Put a queued turn before all that wait in its session."""
    yield (
        f"""
        UPDATE turn
        SET urgency = 1 + (
            SELECT MAX(other.urgency)
            FROM turn AS other
            WHERE other.session = turn.session
              AND other.{OPEN}
        )
        WHERE id = ?
          AND state = 'queued'
        """,
        (turn,),
    )


def requeue(turn: TurnId, question: MessageId) -> Program[None]:
    """Put a turn that runs, or waits for a decision, back to answer this question, which is attached, in the place of
    the one it was at.

    Whoever still runs it knows by the question that it is no longer theirs to end.
    """
    yield from keepers.tell_of_turn(turn)
    yield (
        """
        UPDATE turn
        SET question = ?, state = 'queued', attach = 'attached', parent = NULL, attempt = ?, worker = NULL,
            album = NULL, separator = NULL, run_after = ?, asked_after = NULL
        WHERE id = ?
          AND state IN ('running', 'asked')
        """,
        (question, 0, 0, turn),
    )
