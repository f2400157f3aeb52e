"""Leases: what one process alone may do. A process that has gone holds none: see `storage.processes`."""

from dataclasses import dataclass

from storage.programs import Program


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as it stood when somebody looked."""

    name: str
    holder: str | None
    """The process that holds it; None if none does."""
    changes: int
    """How often it has changed hands."""


def holder(name: str) -> Program[str | None]:
    """Who holds it; None if nobody does."""
    rows = yield ("SELECT process.name FROM lease JOIN process ON process.name = holder WHERE lease.name = ?", (name,))
    return rows[0][0] if rows else None


def take(name: str, process: str) -> Program[bool]:
    """Whether it is this process's now: nobody else held it."""
    rows = yield (
        """
        INSERT INTO lease (name, holder, beat)
        VALUES (?, ?, 0)
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder,
            beat = lease.beat + CASE lease.holder WHEN excluded.holder THEN 0 ELSE 1 END
        WHERE lease.holder = excluded.holder
          OR lease.holder NOT IN (SELECT process.name FROM process)
        RETURNING name
        """,
        (name, process),
    )
    return bool(rows)


def give_back(name: str, process: str) -> Program[None]:
    """Let the next one have it at once, where it is still this process's."""
    yield ("UPDATE lease SET holder = '' WHERE name = ? AND holder = ?", (name, process))


def every() -> Program[list[Lease]]:
    """All leases that were ever taken."""
    rows = yield (
        """
        SELECT lease.name, process.name, lease.beat
        FROM lease
        LEFT JOIN process ON process.name = holder
        ORDER BY lease.name
        """,
        (),
    )
    return [Lease(*row) for row in rows]
