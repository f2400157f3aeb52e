"""Keys to the admin page: links that log in once, and browsers that are logged in. Only hashes of them are kept."""

import hashlib
from enum import StrEnum

from bot.domain.ids import PersonId, UnixMs
from storage.programs import Program


class KeyKind(StrEnum):
    """What a key opens."""

    LINK = "link"
    """A session, once."""
    SESSION = "session"
    """The page, until it ends."""


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def add(key: str, kind: KeyKind, person: PersonId, now: UnixMs, expires_at: UnixMs) -> Program[None]:
    """A new key of a person's. Those that are no longer good go, and so does an older link of theirs."""
    yield ("DELETE FROM page_key WHERE expires_at <= ?", (now,))
    if kind is KeyKind.LINK:
        yield ("DELETE FROM page_key WHERE person = ? AND kind = ?", (person, kind.value))
    yield (
        "INSERT INTO page_key (hash, kind, person, expires_at) VALUES (?, ?, ?, ?)",
        (_hashed(key), kind.value, person, expires_at),
    )


def owner(key: str, kind: KeyKind, now: UnixMs) -> Program[PersonId | None]:
    """Whose key it is while it is good; it stays so."""
    rows = yield (
        """
        SELECT person
        FROM page_key
        WHERE hash = ?
          AND kind = ?
          AND expires_at > ?
        """,
        (_hashed(key), kind.value, now),
    )
    return rows[0][0] if rows else None


def use(key: str, kind: KeyKind, now: UnixMs) -> Program[PersonId | None]:
    """Whose key it was, once: it is gone now."""
    rows = yield (
        """
        DELETE FROM page_key
        WHERE hash = ?
          AND kind = ?
          AND expires_at > ?
        RETURNING person
        """,
        (_hashed(key), kind.value, now),
    )
    return rows[0][0] if rows else None


def remove_all(person: PersonId) -> Program[None]:
    """Someone is no admin any longer: nothing of theirs opens the page."""
    yield ("DELETE FROM page_key WHERE person = ?", (person,))
