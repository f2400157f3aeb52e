"""Sessions: the one row of a conversation that changes."""

from typing import Any

from bot.domain.efforts import Effort
from bot.domain.ids import FolderId, MessageId, PersonId, SessionId, UnixMs
from bot.domain.model_names import ModelName
from bot.domain.sessions import Elsewhere, Reach, Session, TitleBy
from storage.customs import value_at
from storage.patterns import containing
from storage.programs import Program
from storage.reach import Condition, begun_in, either, within

_COLUMNS = (
    "id, owner, title, title_by, mode, model, system_prompt, temperature, effort,"
    " folder, tip, begun_by, created_at, updated_at,"
    # What was chosen for a place holds in the sessions of all who are there.
    f" CASE WHEN owner IS NULL THEN {value_at('own_model', 'session.place')} END,"
    f" CASE WHEN owner IS NULL THEN {value_at('own_prompt', 'session.place')} END"
)


def _session(row: tuple[Any, ...]) -> Session:
    number, owner, title, title_by, mode, model, prompt, temperature, effort, *rest = row
    *others, model_there, prompt_there = rest
    own = (mode, ModelName.or_none(model), prompt, temperature, Effort(effort) if effort else None)
    there = (*others, ModelName.or_none(model_there), prompt_there)
    return Session(number, owner, title, TitleBy(title_by), *own, *there)


def findable(session: SessionId, elsewhere: Elsewhere) -> Program[Session | None]:
    """A session that someone has begun elsewhere."""
    return (yield from _one(session, begun_in(elsewhere)))


def add(
    owner: PersonId | None, place: int, mode: str, title: str, title_by: TitleBy, begun_by: PersonId | None, now: UnixMs
) -> Program[Session]:
    """A new session, empty. Without an owner it belongs to the place."""
    rows = yield (
        f"""
        INSERT INTO session (owner, place, title, title_by, mode, begun_by, created_at, updated_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        RETURNING {_COLUMNS}
        """,
        (owner, place, title, title_by.value, mode, begun_by, now, now),
    )
    return _session(rows[0])


def take_back(session: SessionId) -> Program[None]:
    """Forget a session that was added in this transaction."""
    yield ("UPDATE place SET session = NULL WHERE session = ?", (session,))
    yield ("DELETE FROM active_session WHERE session = ?", (session,))
    yield ("DELETE FROM session WHERE id = ?", (session,))


def get(session: SessionId) -> Program[Session | None]:
    """A session by its id, unless it is deleted."""
    rows = yield (f"SELECT {_COLUMNS} FROM session WHERE id = ? AND deleted_at IS NULL", (session,))
    return _session(rows[0]) if rows else None


def reachable(session: SessionId, reach: Reach) -> Program[Session | None]:
    """A session, if it lies within `reach`."""
    return (yield from _one(session, within(reach)))


def _one(session: SessionId, where: Condition) -> Program[Session | None]:
    """A session, if the condition holds for it and it is not deleted."""
    condition, values = where
    rows = yield (
        f"""
        SELECT {_COLUMNS}
        FROM session
        WHERE id = ?
          AND deleted_at IS NULL
          AND {condition}
        """,
        (session, *values),
    )
    return _session(rows[0]) if rows else None


def page(
    reach: Reach,
    words: str,
    offset: int,
    limit: int,
    folder: FolderId | None = None,
    elsewhere: Elsewhere | None = None,
) -> Program[list[Session]]:
    """The sessions within `reach`, last used first, with `words` in the title; of one folder alone, if one is given."""
    condition, values = within(reach) if elsewhere is None else either(within(reach), begun_in(elsewhere))
    rows = yield (
        f"""
        SELECT {_COLUMNS}
        FROM session
        WHERE {condition}
          AND deleted_at IS NULL
          AND (CAST(? AS BIGINT) IS NULL OR folder = ?)
          AND lower(title) LIKE lower(?) ESCAPE '!'
        ORDER BY updated_at DESC, id DESC
        LIMIT ? OFFSET ?
        """,
        (*values, folder, folder, containing(words), limit, offset),
    )
    return [_session(row) for row in rows]


def set_title(session: SessionId, title: str, by: TitleBy) -> Program[bool]:
    """Give a title, unless a person gave one and this is not a person. Says whether it was taken."""
    rows = yield (
        """
        UPDATE session
        SET title = ?, title_by = ?
        WHERE id = ?
          AND (title_by <> 'person' OR ? = 'person')
        RETURNING id
        """,
        (title, by.value, session, by.value),
    )
    return bool(rows)


def give_up_title(session: SessionId) -> Program[None]:
    """The title is no longer a person's choice: any other may replace it."""
    yield ("UPDATE session SET title_by = ? WHERE id = ?", (TitleBy.WORDS.value, session))


def set_mode(session: SessionId, mode: str) -> Program[None]:
    """From here on the session is of this mode; a model chosen in the old one no longer counts."""
    yield ("UPDATE session SET mode = ?, model = NULL WHERE id = ?", (mode, session))


def set_model(session: SessionId, model: ModelName | None) -> Program[None]:
    """The model that answers first in this session; None: its mode's own."""
    yield ("UPDATE session SET model = ? WHERE id = ?", (model, session))


def set_temperature(session: SessionId, temperature: float | None) -> Program[None]:
    """How freely models answer in this session, 0 to 2; None: as the person or the mode says."""
    yield ("UPDATE session SET temperature = ? WHERE id = ?", (temperature, session))


def set_effort(session: SessionId, effort: Effort | None) -> Program[None]:
    """How much models think before they answer in this session; None: as the person or the mode says."""
    yield ("UPDATE session SET effort = ? WHERE id = ?", (effort.value if effort is not None else None, session))


def set_folder(session: SessionId, folder: FolderId | None) -> Program[None]:
    """Put a session into a folder, or out of it."""
    yield ("UPDATE session SET folder = ? WHERE id = ?", (folder, session))


def set_tip(session: SessionId, tip: MessageId | None, now: UnixMs) -> Program[None]:
    """The message below which the next one is attached."""
    yield ("UPDATE session SET tip = ?, updated_at = ? WHERE id = ?", (tip, now, session))


def delete(session: SessionId, by: PersonId, now: UnixMs) -> Program[None]:
    """Mark as deleted: hidden everywhere, erased later, see `storage.erasing`."""
    yield ("UPDATE session SET deleted_at = ?, deleted_by = ? WHERE id = ?", (now, by, session))


def last_deleted(reach: Reach, by: PersonId) -> Program[tuple[SessionId, UnixMs] | None]:
    """What this person deleted last within `reach` and can still bring back, and when."""
    condition, values = within(reach)
    rows = yield (
        f"""
        SELECT id, deleted_at
        FROM session
        WHERE deleted_at > 0
          AND deleted_by = ?
          AND {condition}
        ORDER BY deleted_at DESC
        LIMIT 1
        """,
        (by, *values),
    )
    return (rows[0][0], rows[0][1]) if rows else None


def restore(session: SessionId, reach: Reach, by: PersonId) -> Program[Session | None]:
    """Undo a deletion within `reach` while it is not erased yet. Only who deleted it takes that back."""
    condition, values = within(reach)
    rows = yield (
        f"""
        UPDATE session
        SET deleted_at = NULL, deleted_by = NULL
        WHERE id = ?
          AND deleted_at > 0
          AND deleted_by = ?
          AND {condition}
        RETURNING {_COLUMNS}
        """,
        (session, by, *values),
    )
    return _session(rows[0]) if rows else None


def ids_within(reach: Reach) -> Program[list[SessionId]]:
    """All sessions within `reach`, last used first."""
    condition, values = within(reach)
    rows = yield (
        f"""
        SELECT id
        FROM session
        WHERE {condition}
          AND deleted_at IS NULL
        ORDER BY updated_at DESC, id DESC
        """,
        values,
    )
    return [row[0] for row in rows]
