"""What a gateway is doing now, for who looks in from another process; reads, and never locks anybody out."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One entry of the ledger, with the name of the person whose it is. Moments are UnixMs, amounts tokens."""

    id: int
    person: str
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
    """Pages that are not yet where they belong."""


EMPTY = Overview({}, (), 0)


def look(directory: Path, entries: int = 12) -> Overview:
    """The overview of the gateway whose data lies in `directory`; `EMPTY` where there is none yet.

    Blocks for a millisecond or two. The connection is read-only, so that it never checkpoints: the gateway alone
    does (see `storage.database`).
    """
    path = directory / "parley.db"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as reader:
            reader.execute("PRAGMA busy_timeout = 1000")
            reader.execute("BEGIN")
            return Overview(_turns(reader), _ledger(reader, entries), _outbox(reader))
    except sqlite3.OperationalError:
        # It does not exist yet, or its first schema is just being made.
        return EMPTY


def _turns(reader: sqlite3.Connection) -> dict[str, int]:
    return dict(reader.execute("SELECT state, COUNT(*) FROM turn GROUP BY state").fetchall())


def _ledger(reader: sqlite3.Connection, entries: int) -> tuple[LedgerLine, ...]:
    rows = reader.execute(
        "SELECT ledger.id, person.name, turn, kind, amount, balance, ledger.created_at"
        " FROM ledger JOIN person ON person.id = ledger.person"
        " ORDER BY ledger.id DESC LIMIT ?",
        (entries,),
    )
    return tuple(LedgerLine(*row) for row in rows)


def _outbox(reader: sqlite3.Connection) -> int:
    (count,) = reader.execute("SELECT COUNT(*) FROM outbox").fetchone()
    return int(count)
