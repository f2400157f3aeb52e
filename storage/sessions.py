"""Sessions: the one row of a conversation that changes."""

from bot.ids import FolderId, MessageId, PersonId, SessionId, UnixMs
from bot.types import Session, TitleBy
from storage import search
from storage.database import Program

_COLUMNS = "id, owner, title, title_by, mode, model, system_prompt, temperature, folder, tip, created_at, updated_at"


def _session(row: tuple[object, ...]) -> Session:
    number, owner, title, title_by, *rest = row
    return Session(number, owner, title, TitleBy(title_by), *rest)  # type: ignore[arg-type]


def add(owner: PersonId | None, place: int, mode: str, title: str, title_by: TitleBy, now: UnixMs) -> Program[Session]:
    """A new session, empty. Without an owner it belongs to the place."""
    rows = yield (
        "INSERT INTO session (owner, place, title, title_by, mode, created_at, updated_at)"
        f" VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING {_COLUMNS}",
        (owner, place, title, title_by.value, mode, now, now),
    )
    return _session(rows[0])


def get(session: SessionId) -> Program[Session | None]:
    """A session by its id, unless it is deleted."""
    rows = yield (f"SELECT {_COLUMNS} FROM session WHERE id = ? AND deleted_at IS NULL", (session,))
    return _session(rows[0]) if rows else None


def reachable(session: SessionId, person: PersonId, place: int, private: bool) -> Program[Session | None]:
    """A session if it may be seen here: a person's own in private, a place's own at that place. Nothing else ever."""
    condition = "owner = ?" if private else "owner IS NULL AND place = ?"
    rows = yield (
        f"SELECT {_COLUMNS} FROM session WHERE id = ? AND deleted_at IS NULL AND {condition}",
        (session, person if private else place),
    )
    return _session(rows[0]) if rows else None


def page_of_owner(
    owner: PersonId, words: str, offset: int, limit: int, folder: FolderId | None = None
) -> Program[list[Session]]:
    """A person's own sessions, last used first, with `words` in the title; of one folder alone, if one is given."""
    rows = yield (
        f"SELECT {_COLUMNS} FROM session WHERE owner = ? AND deleted_at IS NULL AND (? IS NULL OR folder = ?)"
        " AND instr(lower(title), lower(?)) ORDER BY updated_at DESC, id DESC LIMIT ? OFFSET ?",
        (owner, folder, folder, words, limit, offset),
    )
    return [_session(row) for row in rows]


def page_of_place(place: int, words: str, offset: int, limit: int) -> Program[list[Session]]:
    """The sessions that belong to a place, last used first."""
    rows = yield (
        f"SELECT {_COLUMNS} FROM session WHERE owner IS NULL AND place = ? AND deleted_at IS NULL"
        " AND instr(lower(title), lower(?)) ORDER BY updated_at DESC, id DESC LIMIT ? OFFSET ?",
        (place, words, limit, offset),
    )
    return [_session(row) for row in rows]


def set_title(session: SessionId, title: str, by: TitleBy) -> Program[bool]:
    """Give a title, unless a person gave one and this is not a person. Says whether it was taken."""
    rows = yield (
        "UPDATE session SET title = ?, title_by = ? WHERE id = ? AND (title_by <> 'person' OR ? = 'person')"
        " RETURNING id",
        (title, by.value, session, by.value),
    )
    return bool(rows)


def set_mode(session: SessionId, mode: str) -> Program[None]:
    """From here on the session is of this mode; a model chosen in the old one no longer counts."""
    yield ("UPDATE session SET mode = ?, model = NULL WHERE id = ?", (mode, session))


def set_model(session: SessionId, model: str | None) -> Program[None]:
    """The model that answers first in this session; None: its mode's own."""
    yield ("UPDATE session SET model = ? WHERE id = ?", (model, session))


def set_temperature(session: SessionId, temperature: float | None) -> Program[None]:
    """How freely models answer in this session, 0 to 2; None: as the person or the mode says."""
    yield ("UPDATE session SET temperature = ? WHERE id = ?", (temperature, session))


def set_folder(session: SessionId, folder: FolderId | None) -> Program[None]:
    """Put a session into a folder, or out of it."""
    yield ("UPDATE session SET folder = ? WHERE id = ?", (folder, session))


def set_tip(session: SessionId, tip: MessageId | None, now: UnixMs) -> Program[None]:
    """Where the next message hangs."""
    yield ("UPDATE session SET tip = ?, updated_at = ? WHERE id = ?", (tip, now, session))


def delete(session: SessionId, now: UnixMs) -> Program[None]:
    """Mark as deleted: hidden everywhere, erased later by `erase_deleted`."""
    yield ("UPDATE session SET deleted_at = ? WHERE id = ?", (now, session))


def last_deleted(person: PersonId, place: int, private: bool) -> Program[tuple[SessionId, UnixMs] | None]:
    """What was deleted last and can still be brought back, and when, under the same rule as `reachable`."""
    condition = "owner = ?" if private else "owner IS NULL AND place = ?"
    rows = yield (
        f"SELECT id, deleted_at FROM session WHERE deleted_at IS NOT NULL AND {condition}"
        " ORDER BY deleted_at DESC LIMIT 1",
        (person if private else place,),
    )
    return (rows[0][0], rows[0][1]) if rows else None


def restore(session: SessionId, person: PersonId, place: int, private: bool) -> Program[Session | None]:
    """Undo a deletion while it is not erased yet, under the same rule as `reachable`."""
    condition = "owner = ?" if private else "owner IS NULL AND place = ?"
    rows = yield (
        f"UPDATE session SET deleted_at = NULL WHERE id = ? AND deleted_at IS NOT NULL AND {condition}"
        f" RETURNING {_COLUMNS}",
        (session, person if private else place),
    )
    return _session(rows[0]) if rows else None


def erase_deleted(before: UnixMs) -> Program[int]:
    """Erase for good what was deleted before a moment, with its messages, turns and what hangs on them."""
    rows = yield ("SELECT id FROM session WHERE deleted_at < ?", (before,))
    for (session,) in rows:
        yield from erase(session)
    return len(rows)


def erase(session: SessionId) -> Program[None]:
    """Erase a session for good."""
    yield from search.remove_session(session)
    yield ("DELETE FROM session WHERE id = ?", (session,))
