"""Codes that prove that two accounts, or an account and an e-mail address, belong together; and the addresses proven.

Only hashes of codes are kept.
"""

import hashlib

from bot.domain.ids import PersonId, UnixMs
from storage.programs import Program

CODE_MS = 10 * 60 * 1000
"""How long a code can be used."""

WRONG_CODES = 5
"""How often someone may be wrong within the time a code lives."""

MAILED_CODES = 3
MAILED_MS = 60 * 60 * 1000
"""How many codes someone may have sent by mail in an hour."""


def _hashed(code: str) -> str:
    return hashlib.sha256("".join(code.upper().split()).encode()).hexdigest()


def add_code(person: PersonId, code: str, now: UnixMs, email: str = "") -> Program[None]:
    """A code of this person's, good for once and ten minutes. Only its hash is kept; an older one is no longer good."""
    yield ("DELETE FROM link_code WHERE expires_at <= ? OR (person = ? AND email = ?)", (now, person, email))
    yield (
        "INSERT INTO link_code (code_hash, person, email, expires_at) VALUES (?, ?, ?, ?)",
        (_hashed(code), person, email, now + CODE_MS),
    )


def owner_of_code(code: str, now: UnixMs) -> Program[PersonId | None]:
    """Whose code this is, while it is good; it stays so."""
    rows = yield (
        """
        SELECT person
        FROM link_code
        WHERE code_hash = ?
          AND email = ''
          AND expires_at > ?
        """,
        (_hashed(code), now),
    )
    return rows[0][0] if rows else None


def use_code(code: str, now: UnixMs) -> Program[PersonId | None]:
    """Whose code this is, once; None for one that is wrong or too old."""
    rows = yield (
        """
        DELETE FROM link_code
        WHERE code_hash = ?
          AND email = ''
          AND expires_at > ?
        RETURNING person
        """,
        (_hashed(code), now),
    )
    return rows[0][0] if rows else None


def use_mailed_code(person: PersonId, code: str, now: UnixMs) -> Program[str | None]:
    """The address that this person proves with a code, once; None for one that is wrong or too old."""
    rows = yield (
        """
        DELETE FROM link_code
        WHERE code_hash = ?
          AND person = ?
          AND email <> ''
          AND expires_at > ?
        RETURNING email
        """,
        (_hashed(code), person, now),
    )
    return rows[0][0] if rows else None


def note_event(person: PersonId, kind: str, now: UnixMs) -> Program[None]:
    """Somebody was wrong, or had a code mailed."""
    yield ("DELETE FROM code_event WHERE at < ?", (now - MAILED_MS,))
    yield ("INSERT INTO code_event (person, kind, at) VALUES (?, ?, ?)", (person, kind, now))


def events_since(person: PersonId, kind: str, moment: UnixMs) -> Program[int]:
    """How often, since a moment."""
    rows = yield (
        "SELECT COUNT(*) FROM code_event WHERE person = ? AND kind = ? AND at > ?",
        (person, kind, moment),
    )
    count: int = rows[0][0]
    return count


# addresses


def set_email(person: PersonId, email: str) -> Program[PersonId | None]:
    """Note that an address is this person's. If another account has it already, return that one and note nothing."""
    rows = yield ("SELECT id FROM person WHERE email = ? AND id <> ?", (email, person))
    if rows:
        other: PersonId = rows[0][0]
        return other
    yield ("UPDATE person SET email = ? WHERE id = ?", (email, person))
    return None


_PROOF = "proof"


def add_proof(person: PersonId, email: str, now: UnixMs) -> Program[None]:
    """Remember for a while that a person has proven an address that another account has."""
    yield ("DELETE FROM link_code WHERE code_hash = ?", (f"{_PROOF}/{person}",))
    yield (
        "INSERT INTO link_code (code_hash, person, email, expires_at) VALUES (?, ?, ?, ?)",
        (f"{_PROOF}/{person}", person, email, now + CODE_MS),
    )


def use_proof(person: PersonId, now: UnixMs) -> Program[PersonId | None]:
    """The other account of an address that this person has proven; None if that was too long ago."""
    rows = yield (
        "DELETE FROM link_code WHERE code_hash = ? AND expires_at > ? RETURNING email",
        (f"{_PROOF}/{person}", now),
    )
    if not rows:
        return None
    found = yield ("SELECT id FROM person WHERE email = ?", (rows[0][0],))
    return found[0][0] if found else None
