"""Leases: what one process alone may do. Each step is one transaction; what they mean is in `bot.supervisor.leases`."""

from dataclasses import dataclass

from storage.programs import Program


@dataclass(frozen=True, slots=True)
class Seen:
    """A lease as it stood when somebody looked."""

    holder: str
    beat: int


def look(name: str) -> Program[Seen | None]:
    """Who holds it; None if nobody does."""
    rows = yield ("SELECT holder, beat FROM lease WHERE name = ?", (name,))
    return Seen(*rows[0]) if rows else None


def take(name: str, holder: str, seen: Seen | None) -> Program[bool]:
    """Whether it is this holder's now. It is not where anything has changed since it was `seen`."""
    if seen is None:
        rows = yield (
            """
            INSERT INTO lease (name, holder, beat)
            VALUES (?, ?, 0)
            ON CONFLICT (name) DO NOTHING
            RETURNING name
            """,
            (name, holder),
        )
        return bool(rows)
    rows = yield (
        """
        UPDATE lease
        SET holder = ?, beat = beat + 1
        WHERE name = ? AND holder = ? AND beat = ?
        RETURNING name
        """,
        (holder, name, seen.holder, seen.beat),
    )
    return bool(rows)


def renew(name: str, holder: str) -> Program[bool]:
    """Whether it is still this holder's."""
    rows = yield ("UPDATE lease SET beat = beat + 1 WHERE name = ? AND holder = ? RETURNING name", (name, holder))
    return bool(rows)


def give_back(name: str, holder: str) -> Program[None]:
    """Let the next one have it at once, where it is still this holder's."""
    yield ("DELETE FROM lease WHERE name = ? AND holder = ?", (name, holder))
