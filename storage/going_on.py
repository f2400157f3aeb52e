"""Messages that may go on: an album, a paste that the platform has cut, lines that somebody writes in a row.

The next part belongs to what its sender has asked last at that place, if that has not begun and was said a moment ago:
by the platform's clock, so that what waited there while we were away is told apart as it was said.
"""

from dataclasses import dataclass

from bot.domain.ids import MessageId, PersonId, TurnId, UnixMs
from bot.domain.turns import TurnState
from storage.programs import Program

WITHIN_MS = 2_000
"""How soon after a part the next one is said. A platform may tell the time in whole seconds."""

_LONGEST_MS = 10 * 60_000
"""A message that has been going on for so long has ended. It also bounds what is looked through."""


@dataclass(frozen=True, slots=True)
class GoingOn:
    """A queued turn whose message may go on."""

    turn: TurnId
    question: MessageId
    separator: str | None
    remote_id: str
    """The platform message with which it began."""


def going_on(place: int, payer: PersonId, album: str | None, said_at: UnixMs, now: UnixMs) -> Program[GoingOn | None]:
    """What somebody has asked last at a place, if that goes on: by its album, or with something said at this moment."""
    rows = yield (
        """
        SELECT id, question, separator, reply_to, state, attempt, said_at
        FROM turn
        WHERE payer = ?
          AND place = ?
          AND created_at >= ?
          AND (CAST(? AS TEXT) IS NULL OR album = ?)
        ORDER BY id DESC
        LIMIT 1
        """,
        (payer, place, now - _LONGEST_MS, album, album),
    )
    if not rows:
        return None
    *found, state, attempt, before = rows[0]
    waiting = GoingOn(*found)
    if state != TurnState.QUEUED.value or attempt:
        return None
    is_next = waiting.separator is not None and 0 <= said_at - before <= WITHIN_MS
    return waiting if album is not None or is_next else None


def go_on(turn: TurnId, album: str | None, said_at: UnixMs, run_after: UnixMs, separator: str | None) -> Program[None]:
    """Another part has come, of this album; the turn waits until this moment for the next, if there may be one."""
    yield (
        """
        UPDATE turn
        SET album = COALESCE(?, album), said_at = ?, run_after = ?, separator = ?
        WHERE id = ?
          AND state = 'queued'
        """,
        (album, said_at, run_after, separator, turn),
    )


def end_of(place: int, payer: PersonId, now: UnixMs) -> Program[None]:
    """What somebody has asked at a place goes on no further: they did something else."""
    yield (
        """
        UPDATE turn
        SET separator = NULL
        WHERE payer = ?
          AND place = ?
          AND created_at >= ?
          AND state = 'queued'
          AND separator IS NOT NULL
        """,
        (payer, place, now - _LONGEST_MS),
    )
