"""What a gateway is doing now, as seen from another process; reads, and never locks anybody out."""

from dataclasses import dataclass
from pathlib import Path

from bot.domain.ids import PersonId, TurnId, UnixMs
from bot.domain.turns import TurnState
from storage.datadir import DATABASE_FILE
from storage.drivers.sqlite.inspection import read_beside
from storage.programs import Program


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One entry of the ledger, with the name of the person whose it is. Moments are UnixMs, amounts tokens."""

    id: int
    person: str
    platforms: str
    """Where this person is known, with a space between two."""
    turn: int | None
    kind: str
    amount: int
    balance: int
    created_at: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The durable state at one moment."""

    turns: dict[str, int]
    """How many turns are in each state; states without any are left out."""
    ledger: tuple[LedgerLine, ...]
    """The last entries, the newest first."""
    outbox: int
    """Pages that are not yet shown."""
    stopped: int
    """Turns that a person ended, with or without a part of an answer."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What there is at one moment."""

    open_turns: dict[str, int]
    """For each state of a turn that has not ended."""
    outbox: int


def counts() -> Program[Counts]:
    """The counts, for the gateway itself."""
    rows = yield (
        """
        SELECT state, COUNT(*)
        FROM turn
        WHERE state IN ('queued', 'running', 'answered')
        GROUP BY state
        """,
        (),
    )
    open_turns = {"queued": 0, "running": 0, "answered": 0} | dict(rows)
    outbox = yield ("SELECT COUNT(*) FROM outbox", ())
    return Counts(open_turns, outbox[0][0])


@dataclass(frozen=True, slots=True)
class OpenTurn:
    """A turn that has not ended, and whose it is: never what was said."""

    id: TurnId
    state: TurnState
    person: PersonId
    name: str
    platform: str
    model: str
    attempt: int
    created_at: UnixMs


def open_turns(limit: int) -> Program[list[OpenTurn]]:
    """Turns that have not ended, the oldest first."""
    rows = yield (
        """
        SELECT turn.id, turn.state, payer, person.name, platform, COALESCE(model, ''), attempt,
            turn.created_at
        FROM turn
        JOIN person ON person.id = payer
        JOIN place ON place.id = turn.place
        WHERE turn.state IN ('queued', 'running', 'answered')
        ORDER BY turn.id
        LIMIT ?
        """,
        (limit,),
    )
    return [OpenTurn(number, TurnState(state), *rest) for number, state, *rest in rows]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Something that a platform sent and nobody could read: why, never what."""

    id: int
    platform: str
    reason: str
    at: UnixMs
    whole: bool
    """Whether it was kept as it came: only then it can be read again."""


def dead_letters(limit: int) -> Program[list[DeadLetter]]:
    """The newest of them."""
    rows = yield (
        """
        SELECT id, platform, reason, at, raw LIKE '{%'
        FROM dead_letter
        ORDER BY id DESC
        LIMIT ?
        """,
        (limit,),
    )
    return [DeadLetter(number, platform, reason, at, bool(whole)) for number, platform, reason, at, whole in rows]


EMPTY = Overview({}, (), 0, 0)


def look(directory: Path, entries: int = 12) -> Overview:
    """The overview of the gateway whose data is in `directory`; `EMPTY` if there is none yet.

    Blocks for a millisecond or two.
    """
    return read_beside(directory / DATABASE_FILE, _overview(entries)) or EMPTY


def _overview(entries: int) -> Program[Overview]:
    turns = yield ("SELECT state, COUNT(*) FROM turn GROUP BY state", ())
    ledger = yield from _last_entries(entries)
    outbox = yield ("SELECT COUNT(*) FROM outbox", ())
    return Overview(dict(turns), ledger, outbox[0][0], (yield from _stopped()))


def _last_entries(count: int) -> Program[tuple[LedgerLine, ...]]:
    known = yield ("SELECT DISTINCT person, platform FROM identity ORDER BY platform", ())
    rows = yield (
        """
        SELECT ledger.id, person.id, person.name, turn, kind, amount, balance, ledger.created_at
        FROM ledger
        JOIN person ON person.id = ledger.person
        ORDER BY ledger.id DESC
        LIMIT ?
        """,
        (count,),
    )
    return tuple(
        LedgerLine(number, name, " ".join(platform for whose, platform in known if whose == person), *rest)
        for number, person, name, *rest in rows
    )


def _stopped() -> Program[int]:
    rows = yield (
        """
        SELECT COUNT(*)
        FROM turn
        LEFT JOIN message ON message.id = turn.answer
        WHERE turn.state = 'stopped'
          OR message.finish = 'stopped'
        """,
        (),
    )
    count: int = rows[0][0]
    return count
