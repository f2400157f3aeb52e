"""The processes that share a database. Each step is one transaction; what they mean is in `bot.supervisor.membership`.

A process whose row is gone can write nothing: the driver looks in each of its transactions.
"""

from dataclasses import dataclass

from bot.domain.errors import Replaced
from bot.domain.ids import UnixMs
from storage.programs import Program


@dataclass(frozen=True, slots=True)
class Process:
    """A process as it stood when somebody looked."""

    name: str
    label: str
    """Where it runs, for people."""
    beat: int
    leaving: bool


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """What a process has at one moment."""

    process: Process
    chats: int
    """That it keeps."""
    turns: int
    """That it runs."""
    leases: tuple[str, ...]
    """What it alone may do."""


def join(name: str, label: str, now: UnixMs) -> Program[None]:
    """Be one of them from now on."""
    yield ("INSERT INTO process (name, label, started_at) VALUES (?, ?, ?)", (name, label, now))


def beat(name: str) -> Program[None]:
    """Show that it lives. Raises Replaced: it is not one of them any longer."""
    if not (yield ("UPDATE process SET beat = beat + 1 WHERE name = ? RETURNING beat", (name,))):
        raise Replaced


def every() -> Program[list[Process]]:
    """All of them, the oldest first."""
    rows = yield ("SELECT name, label, beat, leaving FROM process ORDER BY started_at, name", ())
    return [Process(name, label, number, bool(leaving)) for name, label, number, leaving in rows]


def statuses() -> Program[list[ProcessStatus]]:
    """What each has, the oldest first."""
    held = yield ("SELECT holder, name FROM lease ORDER BY name", ())
    kept: dict[str, int] = dict((yield ("SELECT process, COUNT(*) FROM keeper GROUP BY process", ())))
    run: dict[str, int] = dict(
        (yield ("SELECT worker, COUNT(*) FROM turn WHERE state = 'running' GROUP BY worker", ()))
    )
    return [
        ProcessStatus(
            process,
            kept.get(process.name, 0),
            run.get(process.name, 0),
            tuple(lease for holder, lease in held if holder == process.name),
        )
        for process in (yield from every())
    ]


def note_leaving(name: str) -> Program[None]:
    """It is given nothing more."""
    yield ("UPDATE process SET leaving = TRUE WHERE name = ?", (name,))


def remove(name: str, seen_beat: int | None = None) -> Program[bool]:
    """Whether it is gone now, and holds nothing more. It stays where it has shown since it was seen that it lives."""
    if seen_beat is None:
        rows = yield ("DELETE FROM process WHERE name = ? RETURNING name", (name,))
    else:
        rows = yield ("DELETE FROM process WHERE name = ? AND beat = ? RETURNING name", (name, seen_beat))
    return bool(rows)
