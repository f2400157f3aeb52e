"""Branches of a session's tree: siblings, which branch is open, what is forgotten.

Below a fork `active_child` notes the branch that was last open, so that going back to a sibling brings back what was
below it as it was left.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.ids import MessageId, PersonId, SessionId, TurnId, UnixMs
from storage.programs import Program

_SUBTREE = """
    WITH RECURSIVE below (id) AS (
        SELECT CAST(? AS BIGINT)
        UNION ALL
        SELECT message.id
        FROM below
        JOIN message ON message.parent = below.id
    )
    """


@dataclass(frozen=True, slots=True)
class Siblings:
    """The versions of one message, in the order in which they came; `at` counts from 0."""

    ids: tuple[MessageId, ...]
    at: int


def siblings(message: MessageId) -> Program[Siblings]:
    """All answers to the same question, or all versions of the same question."""
    # A question whose turn has not begun is attached nowhere yet.
    rows = yield (
        """
        SELECT other.id
        FROM message AS own
        JOIN message AS other ON other.parent = own.parent AND other.author = own.author
        WHERE own.id = ?
          AND other.forgotten_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM turn WHERE question = other.id AND attach <> 'attached')
        -- Those that begin a session have no parent: in one condition with these, all of it would be read.
        UNION ALL
        SELECT other.id
        FROM message AS own
        JOIN message AS other ON other.session = own.session AND other.author = own.author
        WHERE own.id = ?
          AND own.parent IS NULL
          AND other.parent IS NULL
          AND other.forgotten_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM turn WHERE question = other.id AND attach <> 'attached')
        ORDER BY 1
        """,
        (message, message),
    )
    ids = tuple(number for (number,) in rows)
    return Siblings(ids, ids.index(message) if message in ids else 0)


def leaf_below(message: MessageId) -> Program[MessageId]:
    """Where the branch through this message ends, as it was last left."""
    rows = yield (
        """
        WITH RECURSIVE down (id, depth) AS (
            SELECT CAST(? AS BIGINT), 0
            UNION ALL
            SELECT child, depth + 1
            FROM down
            JOIN active_child ON active_child.message = down.id
        )
        SELECT id
        FROM down
        ORDER BY depth DESC
        LIMIT 1
        """,
        (message,),
    )
    leaf: MessageId = rows[0][0]
    return leaf


def open_through(message: MessageId) -> Program[MessageId]:
    """Make the branch through this message the open one all the way up; returns the leaf it ends in."""
    yield (
        """
        INSERT INTO active_child (message, child)
        WITH RECURSIVE up (id, parent) AS (
            SELECT id, parent
            FROM message
            WHERE id = ?
            UNION ALL
            SELECT message.id, message.parent
            FROM up
            JOIN message ON message.id = up.parent
        )
        SELECT parent, id
        FROM up
        WHERE parent IS NOT NULL
        ON CONFLICT (message) DO UPDATE SET child = excluded.child
        """,
        (message,),
    )
    return (yield from leaf_below(message))


def open_answer(question: MessageId) -> Program[MessageId | None]:
    """The answer that was last open below a question."""
    rows = yield (
        """
        SELECT child
        FROM active_child
        JOIN message ON message.id = child
        WHERE active_child.message = ?
          AND forgotten_at IS NULL
        """,
        (question,),
    )
    return rows[0][0] if rows else None


def forget(session: SessionId, message: MessageId, by: PersonId | None, now: UnixMs) -> Program[MessageId | None]:
    """Take a message and all below it out of context and history; returns where the session continues.

    Each moment of forgetting can be taken back by `remember`, by the same person; `by` None: by nobody.
    """
    yield (
        f"""
        {_SUBTREE}
        UPDATE message
        SET forgotten_at = ?, forgotten_by = ?
        WHERE id IN (SELECT id FROM below)
          AND forgotten_at IS NULL
        """,
        (message, now, by),
    )
    rows = yield ("SELECT parent FROM message WHERE id = ?", (message,))
    parent: MessageId | None = rows[0][0]
    rows = yield (
        """
        SELECT MAX(id)
        FROM message
        WHERE session = ?
          AND parent IS NOT DISTINCT FROM ?
          AND forgotten_at IS NULL
          AND NOT EXISTS (
              SELECT 1 FROM turn WHERE question = message.id AND attach <> 'attached'
          )
        """,
        (session, parent),
    )
    sibling: MessageId | None = rows[0][0]
    if sibling is not None:
        return (yield from open_through(sibling))
    yield ("DELETE FROM active_child WHERE message = ?", (parent,))
    return parent


def last_forgotten(session: SessionId, by: PersonId) -> Program[UnixMs | None]:
    """When this person last had something of this session forgotten."""
    rows = yield (
        """
        SELECT MAX(forgotten_at)
        FROM message
        WHERE session = ?
          AND forgotten_at IS NOT NULL
          AND forgotten_by = ?
        """,
        (session, by),
    )
    moment: UnixMs | None = rows[0][0]
    return moment


def remember(session: SessionId, by: PersonId, moment: UnixMs) -> Program[MessageId | None]:
    """Bring back what this person had forgotten at that moment; returns the leaf to continue from, None if erased."""
    rows = yield (
        """
        UPDATE message
        SET forgotten_at = NULL, forgotten_by = NULL
        WHERE session = ?
          AND forgotten_at = ?
          AND forgotten_by = ?
        RETURNING id, parent
        """,
        (session, moment, by),
    )
    back = {number for number, _ in rows}
    top = next((number for number, parent in rows if parent not in back), None)
    return (yield from open_through(top)) if top is not None else None


def payer_of(message: MessageId) -> Program[PersonId | None]:
    """Who asked for this answer, or asked this question; None if no turn says so."""
    rows = yield ("SELECT payer FROM turn WHERE answer = ? OR question = ? ORDER BY id LIMIT 1", (message, message))
    return rows[0][0] if rows else None


def are_all_of(messages: Sequence[MessageId], person: PersonId) -> Program[bool]:
    """Whether this person, and nobody else, has asked each of these or had it answered; nobody has what came from
    elsewhere.
    """
    marks = ", ".join("?" * len(messages))
    rows = yield (
        f"""
        SELECT COUNT(*)
        FROM message
        WHERE id IN ({marks})
          AND EXISTS (SELECT 1 FROM turn WHERE (question = message.id OR answer = message.id) AND payer = ?)
          AND NOT EXISTS (SELECT 1 FROM turn WHERE (question = message.id OR answer = message.id) AND payer <> ?)
        """,
        (*messages, person, person),
    )
    return bool(rows[0][0] == len(messages))


def pages_shown(message: MessageId) -> Program[int]:
    """How many pages it takes."""
    rows = yield ("SELECT COALESCE(MAX(page), -1) + 1 FROM shown WHERE message = ?", (message,))
    count: int = rows[0][0]
    return count


def turns_in(message: MessageId) -> Program[list[TurnId]]:
    """The open turns that answer something at or below this message."""
    rows = yield (
        f"""
        {_SUBTREE}
        SELECT turn.id
        FROM turn
        JOIN below ON turn.question = below.id
        WHERE state IN ('queued', 'running', 'asked')
        """,
        (message,),
    )
    return [number for (number,) in rows]
