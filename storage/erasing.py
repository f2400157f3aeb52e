"""Erasing for good, a little at a time: anyone who is answered meanwhile waits for one step, not for all of it.

What is being erased has been deleted long ago or by a word that nothing takes back, and is hidden everywhere: between
two steps nobody sees half of it.
"""

from collections.abc import Callable

from bot.domain.ids import MessageId, PersonId, SessionId, UnixMs
from storage import (
    attachments,
    fingerprints,
    messages,
    overheard,
    own_servers,
    people,
    pieces,
    search,
    summaries,
    turns,
)
from storage.database import Database
from storage.patterns import containing
from storage.programs import Program

AT_ONCE = 6
"""One step takes some 3 ms of the only writer; others write between the steps."""

LENGTH = 6_000
"""The same in characters, for messages that are whole documents."""

FOLDED_AFTER = 20
"""Steps between checkpoints, so that the log never grows so long that someone's commit has to do that."""

BEING_ERASED = UnixMs(0)
"""The deletion time of a session that can no longer be brought back."""


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
    """One step of erasing all sessions of a person, deleted or not; 0 when all are gone."""
    yield (
        "UPDATE session SET deleted_at = ? WHERE owner = ? AND deleted_at IS DISTINCT FROM ?",
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
    """One step of erasing a session: its newest messages; when none is left, itself and what refers to it."""
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
        # What is below it will be erased too; a step must leave no reference to what no longer exists.
        yield ("UPDATE message SET parent = NULL WHERE parent = ?", (message,))
        yield ("DELETE FROM message WHERE id = ?", (message,))
        erased, left = erased + 1, left + length
        if left > LENGTH:
            break
    return erased


# a person


def erase_person(person: PersonId, now: UnixMs) -> Program[None]:
    """Erase everything of a person. A salted hash of who they are stays, so that no second welcome is given.

    Run all steps of `sessions_of` before: what is left of sessions goes in this one transaction.
    """
    for identity in (yield from people.identities(person)):
        mark = yield from fingerprints.of(identity)
        yield (
            """
            INSERT INTO welcomed (identity_hash, at)
            VALUES (?, ?)
            ON CONFLICT DO NOTHING
            """,
            (mark, now),
        )
    while (yield from sessions_of(person)):
        pass
    yield from _erase_from_groups(person)
    yield from overheard.erase_of(person)
    for identity in (yield from people.identities(person)):
        # Updates that could not be read are kept as they came, with their sender.
        yield (
            "DELETE FROM dead_letter WHERE platform = ? AND raw LIKE ? ESCAPE '!'",
            (identity.platform, containing(identity.user_id)),
        )
    yield from own_servers.remove_all(person)
    yield ("DELETE FROM person WHERE id = ?", (person,))


def _erase_from_groups(person: PersonId) -> Program[None]:
    """What the person said among others is emptied, not removed: what others said is below it."""
    for question in (yield from turns.questions_of(person)):
        for attachment in (yield from attachments.of_message(question)):
            yield from attachments.remove(attachment)
        yield from messages.replace_parts(question, ())
        yield from pieces.put(question, ())
        rows = yield ("UPDATE message SET speaker = '' WHERE id = ? RETURNING session", (question,))
        for (session,) in rows:
            yield from summaries.erase_in(session)
    # A title is made of the first words that were said.
    yield ("UPDATE session SET title = '…' WHERE owner IS NULL AND begun_by = ?", (person,))


def was_welcomed(person: PersonId) -> Program[bool]:
    """Whether one of this person's identities was erased before."""
    for identity in (yield from people.identities(person)):
        mark = yield from fingerprints.of(identity)
        rows = yield ("SELECT 1 FROM welcomed WHERE identity_hash = ?", (mark,))
        if rows:
            return True
    return False
