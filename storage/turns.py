"""Turns: the durable jobs, and the order in which a session's are run.

A session's open turns are dealt with strictly one after the other: the next is claimed only when the one before it is
delivered or has ended, so that no answer overtakes another. `turn_running` in the schema holds the core of this
whatever the program does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.domain.ids import MessageId, PersonId, SessionId, TurnId, UnixMs
from bot.domain.messages import Part
from bot.domain.places import Place, PlaceKind
from bot.domain.turns import Turn, TurnState
from storage import ledger
from storage.parts import parts_to_json
from storage.programs import Program
from storage.steering import IN_LINE

_COLUMNS = (
    "turn.id, turn.session, turn.payer, turn.question, attempt, reserved, turn.model, grounded, reply_to, preview,"
    " receipt, place.platform, place.bot, place.chat, place.thread, place.kind"
)
# Where an answer goes: the place that it was asked at, or the one that stands in for it.
_AT_PLACE = """
        JOIN place AS asked ON asked.id = turn.place
        JOIN place ON place.id = COALESCE(asked.stand_in, asked.id)"""
_OPEN = "state IN ('queued', 'running', 'answered')"

_LONGEST_WAIT_MS = 60_000

_NEVER = 2**62
"""Later than any moment."""

NOW = UnixMs(0)
"""As `run_after`: nothing to wait for."""

Attach = Literal["tip", "parent", "attached"]
"""Where the question is attached: below the tip when the turn begins, below `parent`, or it is already."""


@dataclass(frozen=True, slots=True)
class NewTurn:
    """What a turn needs to be queued."""

    session: SessionId
    place: int
    payer: PersonId
    question: MessageId
    reserved: int
    attach: Attach
    parent: MessageId | None = None
    model: str | None = None
    grounded: bool = False
    """Strictly from the session's documents, whatever the mode."""
    reply_to: str | None = None
    album: str | None = None
    separator: str | None = None
    """What separates the text from more of it that may follow; None: nothing will."""
    run_after: UnixMs = NOW
    said_at: UnixMs = NOW
    """When it was said, by the platform's clock, if more of it may follow."""
    receipt: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """What made an answer what it is, beside its session: handed on by every way of asking again."""

    model: str | None = None
    """The model that was chosen for that turn alone."""
    grounded: bool = False
    """Strictly from the session's documents."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A turn that has begun; its lease runs."""

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


def _turn(row: tuple[object, ...]) -> Turn:
    number, session, payer, question, attempt, reserved, model, grounded, reply_to, preview, receipt, *place = row
    platform, bot, chat, thread, kind = place
    return Turn(
        id=number,  # type: ignore[arg-type]
        session=session,  # type: ignore[arg-type]
        place=Place(platform, bot, chat, thread, PlaceKind(kind)),  # type: ignore[arg-type]
        payer=payer,  # type: ignore[arg-type]
        question=question,  # type: ignore[arg-type]
        attempt=attempt,  # type: ignore[arg-type]
        reserved=reserved,  # type: ignore[arg-type]
        model=model,  # type: ignore[arg-type]
        grounded=bool(grounded),
        reply_to=reply_to,  # type: ignore[arg-type]
        preview=preview,  # type: ignore[arg-type]
        receipt=receipt,  # type: ignore[arg-type]
    )


def add(turn: NewTurn, now: UnixMs) -> Program[TurnId]:
    """Queue a turn."""
    rows = yield (
        """
        INSERT INTO turn (session, place, payer, question, state, attach, parent, model, grounded, reserved,
            reply_to, album, separator, run_after, said_at, receipt, created_at)
        VALUES (?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        RETURNING id
        """,
        (
            turn.session,
            turn.place,
            turn.payer,
            turn.question,
            turn.attach,
            turn.parent,
            turn.model,
            turn.grounded,
            turn.reserved,
            turn.reply_to,
            turn.album,
            turn.separator,
            turn.run_after,
            turn.said_at,
            turn.receipt,
            now,
        ),
    )
    number: TurnId = rows[0][0]
    return number


def get(turn: TurnId) -> Program[tuple[Turn, TurnState] | None]:
    """A turn and its state."""
    rows = yield (
        f"""
        SELECT {_COLUMNS}, state
        FROM turn{_AT_PLACE}
        WHERE turn.id = ?
        """,
        (turn,),
    )
    return (_turn(rows[0][:-1]), TurnState(rows[0][-1])) if rows else None


def place_of(turn: TurnId) -> Program[tuple[int, Place] | None]:
    """Where a turn's answer goes now: a chat's id may have changed since it was asked. None: the turn is erased."""
    rows = yield (
        f"""
        SELECT place.id, place.platform, place.bot, place.chat, place.thread, place.kind
        FROM turn{_AT_PLACE}
        WHERE turn.id = ?
        """,
        (turn,),
    )
    if not rows:
        return None
    number, platform, bot, chat, thread, kind = rows[0]
    return number, Place(platform, bot, chat, thread, PlaceKind(kind))


def of_answer(answer: MessageId) -> Program[TurnId | None]:
    """The turn that made an answer; None for one that was imported."""
    rows = yield ("SELECT id FROM turn WHERE answer = ?", (answer,))
    return rows[0][0] if rows else None


def made(message: MessageId) -> Program[Made]:
    """How an answer was made, or how a question was last asked: even if the person who had it asked again is erased."""
    rows = yield (
        """
        SELECT model, grounded
        FROM turn
        WHERE question = ?
          OR answer = ?
        ORDER BY id DESC
        LIMIT 1
        """,
        (message, message),
    )
    if not rows:
        rows = yield (
            """
            SELECT turn.model, grounded
            FROM message
            JOIN turn ON question = message.parent
            WHERE message.id = ?
            ORDER BY turn.id DESC
            LIMIT 1
            """,
            (message,),
        )
    return Made(rows[0][0], bool(rows[0][1])) if rows else Made()


def answer_of(turn: TurnId) -> Program[MessageId | None]:
    """The answer that a turn has led to."""
    rows = yield ("SELECT answer FROM turn WHERE id = ?", (turn,))
    return rows[0][0] if rows else None


def open_for(question: MessageId) -> Program[tuple[TurnId, TurnState] | None]:
    """The turn of a question that has not ended."""
    rows = yield (
        f"""
        SELECT id, state
        FROM turn
        WHERE question = ?
          AND {_OPEN}
        ORDER BY id DESC
        LIMIT 1
        """,
        (question,),
    )
    return (rows[0][0], TurnState(rows[0][1])) if rows else None


def questions_of(payer: PersonId) -> Program[list[MessageId]]:
    """What a person has asked. A question belongs to the payer of its first turn: others only asked it again."""
    rows = yield (
        """
        SELECT question
        FROM turn
        WHERE payer = ?
          AND NOT EXISTS (
              SELECT 1
              FROM turn AS first
              WHERE first.question = turn.question
                AND first.id < turn.id
          )
        """,
        (payer,),
    )
    return [question for (question,) in rows]


def language_of(turn: TurnId) -> Program[str]:
    """The asker's language; "" if unknown."""
    rows = yield ("SELECT language FROM turn JOIN person ON person.id = payer WHERE turn.id = ?", (turn,))
    return rows[0][0] if rows else ""


def is_wished(question: MessageId, model: str | None, of: TurnId | None, since: UnixMs) -> Program[bool]:
    """Whether another answer to a question, by the same model, is on its way already.

    `of`: the turn below whose answer it is wished; then one that was queued after it and after `since` counts as well.
    """
    rows = yield (
        """
        SELECT 1
        FROM turn
        WHERE question = ?
          AND model IS NOT DISTINCT FROM ?
          AND (state IN ('queued', 'running') OR (id > ? AND created_at > ?))
        LIMIT 1
        """,
        (question, model, of or 0, since if of is not None else _NEVER),
    )
    return bool(rows)


def is_asked(session: SessionId, parts: tuple[Part, ...]) -> Program[bool]:
    """Whether a turn that has not been answered yet asks exactly this."""
    rows = yield (
        """
        SELECT 1
        FROM turn
        JOIN message ON message.id = turn.question
        WHERE turn.session = ?
          AND state IN ('queued', 'running')
          AND parts = ?
        LIMIT 1
        """,
        (session, parts_to_json(parts)),
    )
    return bool(rows)


def state_of(turn: TurnId) -> Program[TurnState | None]:
    """The state of a turn; None if its session is erased."""
    rows = yield ("SELECT state FROM turn WHERE id = ?", (turn,))
    return TurnState(rows[0][0]) if rows else None


Take = Callable[[tuple[object, ...], tuple[object, ...]], tuple[object, ...] | None]
"""Takes a slot for the asker and for the chat; returns the one that has none left, None if both were taken."""


def claim(
    session: SessionId, worker: str, now: UnixMs, lease_until: UnixMs, take: Take | None = None
) -> Program[Claimed | NotYet | Full | None]:
    """Begin the session's next turn; None while another one is on its way, or none waits."""
    rows = yield (
        f"""
        SELECT turn.id, state, run_after, payer, platform, bot, chat
        FROM turn
        JOIN place ON place.id = turn.place
        WHERE turn.session = ?
          AND {_OPEN}
        ORDER BY {IN_LINE}
        LIMIT 1
        """,
        (session,),
    )
    if rows and rows[0][1] == TurnState.ANSWERED.value and (yield from _settled(rows[0][0], now)):
        return (yield from claim(session, worker, now, lease_until, take))
    if not rows or rows[0][1] != TurnState.QUEUED.value:
        return None
    number, _, run_after, payer, *chat = rows[0]
    # Nothing is put off for long: a moment far ahead is one of a clock that has been set back since.
    if now < run_after <= now + _LONGEST_WAIT_MS:
        return NotYet(run_after)
    if take is not None and (full := take(("person", payer), ("chat", *chat))) is not None:
        return Full(full)
    rows = yield (
        """
        UPDATE turn
        SET state = 'running', attempt = attempt + 1, worker = ?, lease_until = ?
        WHERE id = ?
        RETURNING attach, parent, stop_requested
        """,
        (worker, lease_until, number),
    )
    attach, parent, stop_requested = rows[0]
    rows = yield (
        f"""
        SELECT {_COLUMNS}
        FROM turn{_AT_PLACE}
        WHERE turn.id = ?
        """,
        (number,),
    )
    return Claimed(_turn(rows[0]), attach, parent, bool(stop_requested))


def note_attached(turn: TurnId) -> Program[None]:
    """The question of this turn is attached to the tree."""
    yield ("UPDATE turn SET attach = 'attached' WHERE id = ?", (turn,))


def note_preview(turn: TurnId, remote_id: str) -> Program[None]:
    """The platform message that shows this turn's answer as it grows."""
    yield ("UPDATE turn SET preview = ? WHERE id = ?", (remote_id, turn))


def note_answer(turn: TurnId, answer: MessageId) -> Program[None]:
    """The answer is kept; what is left is to show it."""
    yield ("UPDATE turn SET state = 'answered', answer = ?, lease_until = NULL WHERE id = ?", (answer, turn))


def end(turn: TurnId, state: TurnState, now: UnixMs, reference: str | None = None) -> Program[None]:
    """Give a turn its final state."""
    yield (
        """
        UPDATE turn
        SET state = ?, ended_at = ?, reference = ?, lease_until = NULL
        WHERE id = ?
        """,
        (state.value, now, reference, turn),
    )


def give_up_model(turn: TurnId, model: str) -> Program[None]:
    """A model is no longer chosen for a turn, for its session, or by the asker."""
    yield ("UPDATE turn SET model = NULL WHERE id = ? AND model = ?", (turn, model))
    yield (
        """
        UPDATE session
        SET model = NULL
        WHERE id = (SELECT session FROM turn WHERE id = ?)
          AND model = ?
        """,
        (turn, model),
    )
    yield (
        """
        UPDATE person
        SET default_model = NULL
        WHERE id = (SELECT payer FROM turn WHERE id = ?)
          AND default_model = ?
        """,
        (turn, model),
    )


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
    rows = yield (
        """
        UPDATE turn
        SET state = 'delivered', ended_at = ?
        WHERE id = ?
          AND state = 'answered'
          AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.turn = turn.id)
        RETURNING session
        """,
        (now, turn),
    )
    if not rows:
        return None
    rows = yield ("SELECT session FROM turn WHERE session = ? AND state = 'queued' LIMIT 1", rows[0])
    return rows[0][0] if rows else None


def renew_leases(worker: str, lease_until: UnixMs) -> Program[None]:
    """This worker still runs what it runs."""
    yield ("UPDATE turn SET lease_until = ? WHERE state = 'running' AND worker = ?", (lease_until, worker))


def left_running(worker: str, now: UnixMs) -> Program[list[Claimed]]:
    """Running turns that no process runs any more, when this worker starts: its own, and those whose lease is over."""
    rows = yield (
        f"""
        SELECT {_COLUMNS}, attach, turn.parent, stop_requested
        FROM turn{_AT_PLACE}
        WHERE state = 'running'
          AND (worker = ? OR lease_until < ?)
        ORDER BY turn.id
        """,
        (worker, now),
    )
    return [Claimed(_turn(row[:-3]), row[-3], row[-2], bool(row[-1])) for row in rows]


def requeue(turn: TurnId, *, attempt_counts: bool) -> Program[None]:
    """Put a running turn back in its place. An attempt that we ended ourselves, unfinished, does not count."""
    yield (
        """
        UPDATE turn
        SET state = 'queued', attempt = attempt - ?, worker = NULL, lease_until = NULL
        WHERE id = ?
          AND state = 'running'
        """,
        (0 if attempt_counts else 1, turn),
    )


def sessions_with_queued(platform: str, bot: str) -> Program[list[SessionId]]:
    """Sessions in which something said to this bot waits to be run, the longest waiting first."""
    rows = yield (
        """
        SELECT turn.session
        FROM turn
        JOIN place ON place.id = turn.place
        WHERE state = 'queued'
          AND platform = ?
          AND bot = ?
        GROUP BY turn.session
        ORDER BY MIN(turn.id)
        """,
        (platform, bot),
    )
    return [session for (session,) in rows]


def open_turns(session: SessionId) -> Program[list[tuple[TurnId, TurnState]]]:
    """The session's turns that have not ended, in the order in which they are dealt with."""
    rows = yield (f"SELECT id, state FROM turn WHERE session = ? AND {_OPEN} ORDER BY {IN_LINE}", (session,))
    return [(number, TurnState(state)) for number, state in rows]


def open_of_payer(payer: PersonId) -> Program[list[tuple[TurnId, TurnState]]]:
    """The turns that a person has asked for and that have not ended."""
    rows = yield (f"SELECT id, state FROM turn WHERE payer = ? AND {_OPEN} ORDER BY id", (payer,))
    return [(number, TurnState(state)) for number, state in rows]


def open_of_payer_at(payer: PersonId, place: int, session: SessionId | None) -> Program[list[tuple[TurnId, TurnState]]]:
    """The turns that a person has asked for at a place or in a session, and that have not ended."""
    rows = yield (
        f"SELECT id, state FROM turn WHERE payer = ? AND (place = ? OR session = ?) AND {_OPEN} ORDER BY id",
        (payer, place, session),
    )
    return [(number, TurnState(state)) for number, state in rows]


def request_stop(turn: TurnId) -> Program[None]:
    """Note that the person wants this turn stopped, so that a restart in between does not run it again."""
    yield ("UPDATE turn SET stop_requested = TRUE WHERE id = ?", (turn,))


def queued_for(question: MessageId) -> Program[TurnId | None]:
    """The turn of a question that has not begun."""
    rows = yield ("SELECT id FROM turn WHERE question = ? AND state = 'queued' AND attempt = 0", (question,))
    return rows[0][0] if rows else None


def count_between(payer: PersonId, start: UnixMs, end: UnixMs) -> Program[int]:
    """How many answers someone has asked for between two moments, both included."""
    rows = yield ("SELECT COUNT(*) FROM turn WHERE payer = ? AND created_at BETWEEN ? AND ?", (payer, start, end))
    number: int = rows[0][0]
    return number


def count_in_chat(chat: Place, start: UnixMs, end: UnixMs) -> Program[int]:
    """How many answers were asked for in a chat, in all its threads, between two moments, both included."""
    rows = yield (
        """
        SELECT COUNT(*)
        FROM turn
        WHERE place IN (SELECT id FROM place WHERE platform = ? AND bot = ? AND chat = ?)
          AND created_at BETWEEN ? AND ?
        """,
        (chat.platform, chat.bot, chat.chat, start, end),
    )
    number: int = rows[0][0]
    return number
