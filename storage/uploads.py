"""Pages on which somebody may hand over one file, each for whom asked for it and for a while."""

from bot.domain.ids import PersonId, UnixMs
from storage.programs import Program


def add(token_hash: str, person: PersonId, said: str, expires_at: UnixMs) -> Program[None]:
    """Open a page; those that nobody used in time go. `said` is the command that the file is for."""
    yield from clean(UnixMs(expires_at - 24 * 3600 * 1000))
    yield (
        "INSERT INTO upload (token_hash, person, said, expires_at) VALUES (?, ?, ?, ?)",
        (token_hash, person, said, expires_at),
    )


def find(token_hash: str, now: UnixMs) -> Program[tuple[PersonId, str] | None]:
    """Whose page it is, and the command; None for one that is used, too old, or made up."""
    rows = yield ("SELECT person, said FROM upload WHERE token_hash = ? AND expires_at > ?", (token_hash, now))
    return (rows[0][0], rows[0][1]) if rows else None


def use(token_hash: str) -> Program[bool]:
    """The file is here; False if another one was before."""
    rows = yield ("DELETE FROM upload WHERE token_hash = ? RETURNING token_hash", (token_hash,))
    return bool(rows)


def clean(before: UnixMs) -> Program[None]:
    """Pages that were open until then go."""
    yield ("DELETE FROM upload WHERE expires_at < ?", (before,))
