"""Claiming: which turn of a session begins next, who runs it, and when it is off the session's way.

A session's open turns are dealt with strictly one after the other: the next is claimed only when the one before it is
delivered or has ended, so that no answer overtakes another. `turn_running` in the schema holds the core of this
whatever the program does.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.domain.ids import MessageId, SessionId, TurnId, UnixMs
from bot.domain.turns import Turn, TurnState
from storage import keepers, ledger
from storage.keepers import KEPT_BY, KeeperStatements
from storage.places import of_bot
from storage.programs import Program, Rows, together
from storage.steering import IN_LINE
from storage.turns import AT_PLACE, COLUMNS, OPEN, Attach, state_of, turn_of

_LONGEST_WAIT_MS = 60_000


@dataclass(frozen=True, slots=True)
class Claimed:
    """A turn that has begun."""

    turn: Turn
    attach: Attach
    parent: MessageId | None
    stop_requested: bool


@dataclass(frozen=True, slots=True)
class Full:
    """The asker or the place already has as many answers in progress as allowed."""

    key: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class NotYet:
    """The session's next turn waits for more parts of its message until this moment."""

    run_after: UnixMs


@dataclass(frozen=True, slots=True)
class Undecided:
    """The session waits until somebody has decided about this turn's calls."""

    turn: Turn


Take = Callable[[tuple[object, ...], tuple[object, ...]], tuple[object, ...] | None]
"""Takes a slot for the asker and for the chat; returns the one that has none left, None if both were taken."""


def claim(
    session: SessionId, worker: str, now: UnixMs, take: Take | None = None
) -> Program[Claimed | NotYet | Full | Undecided | None]:
    """Begin the session's next turn; None while another one is on its way, or none waits for this process."""

    def asked(own: KeeperStatements) -> Program[Rows]:
        return (
            yield (
                f"""
                SELECT {COLUMNS}, state, run_after, attach, turn.parent, stop_requested,
                    {own.ours("asked")}, asked.id, asked.platform, asked.bot, asked.chat
                FROM turn{AT_PLACE}
                WHERE turn.session = ?
                  AND {OPEN}
                ORDER BY {IN_LINE}
                LIMIT 1
                """,
                (session,),
            )
        )

    rows = yield asked
    if not rows:
        return None
    *columns, state, run_after, attach, parent, stop_requested, is_ours, place, platform, bot, chat = rows[0]
    turn = turn_of(columns)
    if state == TurnState.ANSWERED.value and (yield from _settled(turn.id, now)):
        return (yield from claim(session, worker, now, take))
    if state == TurnState.ASKED.value:
        return Undecided(turn)
    if state != TurnState.QUEUED.value or not (is_ours or (yield from keepers.is_ours(place))):
        return None
    # Nothing is put off for long: a moment far ahead is one of a clock that has been set back since.
    if now < run_after <= now + _LONGEST_WAIT_MS:
        return NotYet(run_after)
    if take is not None and (full := take(("person", turn.payer), ("chat", platform, bot, chat))) is not None:
        return Full(full)
    yield ("UPDATE turn SET state = 'running', attempt = attempt + 1, worker = ? WHERE id = ?", (worker, turn.id))
    return Claimed(replace(turn, attempt=turn.attempt + 1), attach, parent, bool(stop_requested))


def settle_pageless(now: UnixMs) -> Program[list[TurnId]]:
    """End the turns that wait to be shown and have no page in the outbox: they would wait forever."""
    rows = yield ("SELECT id FROM turn WHERE state = 'answered' ORDER BY id", ())
    settled = []
    for (turn,) in rows:
        if (yield from _settled(turn, now)):
            settled.append(turn)
    return settled


def _settled(turn: TurnId, now: UnixMs) -> Program[bool]:
    """End a turn that lost the last page of its answer; no one pays for one with a part missing."""
    yield from end_if_shown(turn, now)
    if (yield from state_of(turn)) is TurnState.ANSWERED:
        return False
    yield from ledger.refund(turn, "could not be shown", now)
    return True


def end_if_shown(turn: TurnId, now: UnixMs) -> Program[SessionId | None]:
    """Mark an answered turn as delivered when none of it is left in the outbox; returns its session, if more waits."""
    ended, waits = yield from together(_end_if_shown(turn, now), _waits_behind(turn))
    return waits if ended else None


def _end_if_shown(turn: TurnId, now: UnixMs) -> Program[bool]:
    rows = yield (
        """
        UPDATE turn
        SET state = 'delivered', ended_at = ?
        WHERE id = ?
          AND state = 'answered'
          AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.turn = turn.id)
        RETURNING id
        """,
        (now, turn),
    )
    return bool(rows)


def _waits_behind(turn: TurnId) -> Program[SessionId | None]:
    """The session of a turn, if something is queued in it."""
    rows = yield (
        f"""
        SELECT session
        FROM turn
        WHERE session = (SELECT session FROM turn WHERE id = ?)
          AND state = 'queued'
          -- Read by the index of open turns.
          AND {OPEN}
        LIMIT 1
        """,
        (turn,),
    )
    return rows[0][0] if rows else None


def left_running() -> Program[list[Claimed]]:
    """Running turns that no living process is running; for a process alone, until it begins any: all."""
    rows = yield (
        f"""
        SELECT {COLUMNS}, attach, turn.parent, stop_requested
        FROM turn{AT_PLACE}
        WHERE state = 'running'
          AND worker NOT IN (SELECT name FROM process)
        ORDER BY turn.id
        """,
        (),
    )
    return [Claimed(turn_of(row[:-3]), row[-3], row[-2], bool(row[-1])) for row in rows]


def requeue(turn: TurnId, *, attempt_counts: bool) -> Program[None]:
    """Put a running turn back in its place. An attempt that we ended ourselves, unfinished, does not count."""
    yield (
        """
        UPDATE turn
        SET state = 'queued', attempt = attempt - ?, worker = NULL
        WHERE id = ?
          AND state = 'running'
        """,
        (0 if attempt_counts else 1, turn),
    )


def put_back(session: SessionId, worker: str) -> Program[None]:
    """Put back what a worker has begun in a session without hearing that it has: it ran none of it."""
    yield (
        """
        UPDATE turn
        SET state = 'queued', attempt = attempt - 1, worker = NULL
        WHERE session = ?
          AND state = 'running'
          AND worker = ?
        """,
        (session, worker),
    )


def sessions_with_queued(platform: str, bot: str, process: str, chat: str | None = None) -> Program[list[SessionId]]:
    """Sessions in which something said to this bot, or in one chat, waits for this process, the longest first."""
    condition, values = of_bot(platform, bot, chat)
    rows = yield (
        f"""
        SELECT session
        FROM turn
        WHERE state = 'queued'
          -- Read by the index of open turns: a bot has far more that are over.
          AND {OPEN}
          AND (SELECT {KEPT_BY} FROM place WHERE place.id = turn.place AND {condition}) = ?
        GROUP BY session
        ORDER BY MIN(id)
        """,
        (*values, process),
    )
    return [session for (session,) in rows]
