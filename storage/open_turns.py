"""Turns that have not ended: of a question, of a session, of a person; and asking for one to be stopped."""

from bot.domain.ids import MessageId, PersonId, SessionId, TurnId, UnixMs
from bot.domain.messages import Part
from bot.domain.places import Place, PlaceKind
from bot.domain.turns import TurnState
from storage import keepers
from storage.parts import parts_to_json
from storage.programs import Program
from storage.steering import IN_LINE
from storage.turns import AT_PLACE, OPEN

_NEVER = 2**62
"""Later than any moment."""
_MOST_BEFORE = 8
"""How many turns before one are looked at for one that it waited for: turns of a session end in order, but those that
were taken out of the queue.
"""


def of_question(question: MessageId) -> Program[tuple[TurnId, TurnState] | None]:
    """The turn of a question that has not ended."""
    rows = yield (
        f"""
        SELECT id, state
        FROM turn
        WHERE question = ?
          AND {OPEN}
        ORDER BY id DESC
        LIMIT 1
        """,
        (question,),
    )
    return (rows[0][0], TurnState(rows[0][1])) if rows else None


def behind_others(platform: str, bot: str) -> Program[list[tuple[TurnId, Place, str]]]:
    """A bot's turns that had to wait for another one of their session, and the message that each of them answers.

    What a command asks has no such message.
    """
    rows = yield (
        f"""
        WITH open AS MATERIALIZED (
            SELECT id, session, place, reply_to, created_at
            FROM turn
            WHERE {OPEN}
              AND reply_to IS NOT NULL
              AND receipt = ''
        )
        SELECT turn.id, reply_to, place.platform, place.bot, place.chat, place.thread, place.kind
        FROM open AS turn{AT_PLACE}
        WHERE asked.platform = ?
          AND asked.bot = ?
          AND EXISTS (
            SELECT 1
            FROM (
                SELECT ended_at
                FROM turn AS earlier
                WHERE earlier.session = turn.session
                  AND earlier.id < turn.id
                ORDER BY earlier.id DESC
                LIMIT {_MOST_BEFORE}
            ) AS before
            WHERE before.ended_at IS NULL
               OR before.ended_at >= turn.created_at
          )
        ORDER BY turn.id
        """,
        (platform, bot),
    )
    return [
        (number, Place(platform, bot, chat, thread, PlaceKind(kind)), answers)
        for number, answers, platform, bot, chat, thread, kind in rows
    ]


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


def of_session(session: SessionId) -> Program[list[tuple[TurnId, TurnState]]]:
    """The session's turns that have not ended, in the order in which they are dealt with."""
    rows = yield (f"SELECT id, state FROM turn WHERE session = ? AND {OPEN} ORDER BY {IN_LINE}", (session,))
    return [(number, TurnState(state)) for number, state in rows]


def of_payer(payer: PersonId) -> Program[list[tuple[TurnId, TurnState]]]:
    """The turns that a person has asked for and that have not ended."""
    rows = yield (f"SELECT id, state FROM turn WHERE payer = ? AND {OPEN} ORDER BY id", (payer,))
    return [(number, TurnState(state)) for number, state in rows]


def of_payer_at(payer: PersonId, place: int, session: SessionId | None) -> Program[list[tuple[TurnId, TurnState]]]:
    """The turns that a person has asked for at a place or in a session, and that have not ended."""
    rows = yield (
        f"SELECT id, state FROM turn WHERE payer = ? AND (place = ? OR session = ?) AND {OPEN} ORDER BY id",
        (payer, place, session),
    )
    return [(number, TurnState(state)) for number, state in rows]


def request_stop(turn: TurnId) -> Program[None]:
    """Note that the person wants this turn stopped, so that a restart in between does not run it again."""
    yield ("UPDATE turn SET stop_requested = TRUE WHERE id = ?", (turn,))
    yield from keepers.tell_of_turn(turn)


def wanted_of(worker: str) -> Program[dict[TurnId, tuple[MessageId, bool]]]:
    """Of each turn that a worker runs: the question that it is to answer, and whether somebody wants it ended."""
    rows = yield ("SELECT id, question, stop_requested FROM turn WHERE state = 'running' AND worker = ?", (worker,))
    return {number: (question, bool(ends)) for number, question, ends in rows}


def queued_for(question: MessageId) -> Program[TurnId | None]:
    """The turn of a question that has not begun."""
    rows = yield ("SELECT id FROM turn WHERE question = ? AND state = 'queued' AND attempt = 0", (question,))
    return rows[0][0] if rows else None
