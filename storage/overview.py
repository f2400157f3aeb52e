"""What a gateway is doing now, for who looks in from another process; reads, and never locks anybody out."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from storage.database import DATABASE_FILE, RESTORE, Program, cure, migrations


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
    """Pages that are not yet where they belong."""
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
class Trouble:
    """What is wrong with a database, and what helps."""

    what: str
    cure: str


def trouble(path: Path) -> Trouble | None:
    """What is wrong with a database that a gateway may be using; None where nothing is."""
    newest = migrations()[-1][0]
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as reader:
            reader.execute("PRAGMA busy_timeout = 5000")
            (schema,) = reader.execute("PRAGMA user_version").fetchone()
            (found,) = reader.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        return Trouble(f"The database {str(path)!r} cannot be read ({error}).", cure(error, path))
    if schema > newest:
        what = f"The database has schema {schema}, but this program knows only {newest}."
        return Trouble(what, "Run the newer Parley that made it.")
    return None if found == "ok" else Trouble(f"The database {str(path)!r} is damaged: {found}.", RESTORE)


EMPTY = Overview({}, (), 0, 0)


def look(directory: Path, entries: int = 12) -> Overview:
    """The overview of the gateway whose data lies in `directory`; `EMPTY` where there is none yet.

    Blocks for a millisecond or two. The connection is read-only, so that it never checkpoints: the gateway alone
    does (see `storage.database`).
    """
    path = directory / DATABASE_FILE
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as reader:
            reader.execute("PRAGMA busy_timeout = 1000")
            reader.execute("BEGIN")
            return Overview(_turns(reader), _ledger(reader, entries), _outbox(reader), _stopped(reader))
    except sqlite3.OperationalError:
        # It does not exist yet, or its first schema is just being made.
        return EMPTY


def _turns(reader: sqlite3.Connection) -> dict[str, int]:
    return dict(reader.execute("SELECT state, COUNT(*) FROM turn GROUP BY state").fetchall())


def _ledger(reader: sqlite3.Connection, entries: int) -> tuple[LedgerLine, ...]:
    rows = reader.execute(
        """
        SELECT ledger.id, person.name, (
            SELECT GROUP_CONCAT(DISTINCT platform)
            FROM identity
            WHERE identity.person = person.id
        ), turn, kind, amount, balance, ledger.created_at
        FROM ledger
        JOIN person ON person.id = ledger.person
        ORDER BY ledger.id DESC
        LIMIT ?
        """,
        (entries,),
    )
    return tuple(
        LedgerLine(number, name, (platforms or "").replace(",", " "), *rest) for number, name, platforms, *rest in rows
    )


def _stopped(reader: sqlite3.Connection) -> int:
    (count,) = reader.execute(
        """
        SELECT COUNT(*)
        FROM turn
        LEFT JOIN message ON message.id = turn.answer
        WHERE turn.state = 'stopped'
          OR message.finish = 'stopped'
        """
    ).fetchone()
    return int(count)


def _outbox(reader: sqlite3.Connection) -> int:
    (count,) = reader.execute("SELECT COUNT(*) FROM outbox").fetchone()
    return int(count)
