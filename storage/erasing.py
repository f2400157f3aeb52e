"""Erasing for good, a little at a time: whoever is answered meanwhile waits for one step, and not for all of it.

What is being erased has been deleted long ago or by a word that nothing takes back, and is hidden everywhere: between
two steps nobody sees half of it.
"""

from collections.abc import Callable

from bot.domain.ids import MessageId, PersonId, SessionId, UnixMs
from storage import search
from storage.database import Database
from storage.programs import Program

AT_ONCE = 6
"""One step takes some 3 ms of the only writer; others write between the steps."""

LENGTH = 6_000
"""The same in characters, for messages that are whole documents."""

FOLDED_AFTER = 20
"""Steps until the log is folded in: before it is so long that somebody's commit has to do that."""

BEING_ERASED = UnixMs(0)
"""When a session was deleted that nobody can bring back any more."""


async def in_steps(database: Database, step: Callable[[], Program[int]]) -> int:
    """Run a step of the following until it has nothing to do; says how much was erased in all."""
    erased = number = 0
    while count := await database.write(step()):
        erased, number = erased + count, number + 1
        await database.write(search.tidy())
        if number % FOLDED_AFTER == 0:
            await database.checkpoint()
    return erased


def sessions_deleted(before: UnixMs) -> Program[int]:
    """One step of erasing what was deleted before a moment; says how much it took away, 0 when all is gone."""
    rows = yield ("SELECT id FROM session WHERE deleted_at < ? ORDER BY deleted_at LIMIT 1", (before,))
    return (yield from _session(rows[0][0])) if rows else 0


def sessions_of(person: PersonId) -> Program[int]:
    """One step of erasing all sessions of somebody, deleted or not; 0 when all are gone."""
    yield (
        "UPDATE session SET deleted_at = ? WHERE owner = ? AND deleted_at IS NOT ?",
        (BEING_ERASED, person, BEING_ERASED),
    )
    rows = yield ("SELECT id FROM session WHERE owner = ? LIMIT 1", (person,))
    return (yield from _session(rows[0][0])) if rows else 0


def messages_forgotten(before: UnixMs) -> Program[int]:
    """One step of erasing what was forgotten before a moment; 0 when all is gone."""
    rows = yield (
        """
        SELECT id, length(parts)
        FROM message
        WHERE forgotten_at < ?
        ORDER BY forgotten_at DESC, id DESC
        LIMIT ?
        """,
        (before, AT_ONCE),
    )
    return (yield from _messages(rows))


def _session(session: SessionId) -> Program[int]:
    """One step of erasing a session: its newest messages; when none is left, itself and what hangs on it."""
    yield ("UPDATE session SET deleted_at = ? WHERE id = ? AND deleted_at > 0", (BEING_ERASED, session))
    rows = yield (
        "SELECT id, length(parts) FROM message WHERE session = ? ORDER BY id DESC LIMIT ?",
        (session, AT_ONCE),
    )
    if rows:
        return (yield from _messages(rows))
    yield from search.remove_session(session)
    yield ("DELETE FROM session WHERE id = ?", (session,))
    return 1


def _messages(rows: list[tuple[MessageId, int]]) -> Program[int]:
    erased = left = 0
    for message, length in rows:
        yield from search.remove_message(message)
        # What hangs below is going too, or is on its way; a step must leave no reference to what is not there.
        yield ("UPDATE message SET parent = NULL WHERE parent = ?", (message,))
        yield ("DELETE FROM message WHERE id = ?", (message,))
        erased, left = erased + 1, left + length
        if left > LENGTH:
            break
    return erased
