"""The ledger: append-only entries in whole tokens. A balance is the sum of a person's entries, kept in each of them.

A request is reserved when it is accepted, then either settled (what was reserved and not used comes back) or released
(all of it comes back). The indexes forbid a second reserve, settle, release or refund of one turn.
"""

from dataclasses import dataclass
from enum import StrEnum

from bot.ids import PersonId, TurnId, UnixMs
from storage.database import Program


class EntryKind(StrEnum):
    """Why an entry stands there."""

    GRANT = "grant"
    """Given: at the start, or by an admin."""
    RESERVE = "reserve"
    """Held for a turn; negative."""
    SETTLE = "settle"
    """The turn is answered; what it did not need comes back."""
    RELEASE = "release"
    """The turn ended without an answer; all of it comes back."""
    REFUND = "refund"
    """The answer could not be shown to anybody; what was settled comes back."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger; `balance` is the sum up to and with it."""

    kind: EntryKind
    amount: int
    balance: int
    cause: str
    created_at: UnixMs


def balance(person: PersonId) -> Program[int]:
    """What a person has left."""
    rows = yield ("SELECT balance FROM ledger WHERE person = ? ORDER BY id DESC LIMIT 1", (person,))
    return rows[0][0] if rows else 0


def _enter(
    person: PersonId, turn: TurnId | None, kind: EntryKind, amount: int, cause: str, now: UnixMs
) -> Program[int]:
    after = (yield from balance(person)) + amount
    yield (
        "INSERT INTO ledger (person, turn, kind, amount, balance, cause, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (person, turn, kind.value, amount, after, cause, now),
    )
    return after


def grant(person: PersonId, amount: int, cause: str, now: UnixMs) -> Program[int]:
    """Give tokens; returns the new balance."""
    return (yield from _enter(person, None, EntryKind.GRANT, amount, cause, now))


def reserve(person: PersonId, turn: TurnId, amount: int, now: UnixMs) -> Program[None]:
    """Hold tokens for a turn. The caller has made sure, in the same transaction, that they are there."""
    yield from _enter(person, turn, EntryKind.RESERVE, -amount, "request", now)


def settle(person: PersonId, turn: TurnId, reserved: int, used: int, now: UnixMs) -> Program[None]:
    """The turn is answered and used so much of what was reserved."""
    yield from _enter(person, turn, EntryKind.SETTLE, reserved - used, "answered", now)


def release(person: PersonId, turn: TurnId, reserved: int, cause: str, now: UnixMs) -> Program[None]:
    """The turn ended without an answer."""
    yield from _enter(person, turn, EntryKind.RELEASE, reserved, cause, now)


def refund(turn: TurnId, cause: str, now: UnixMs) -> Program[None]:
    """Give back what a turn was settled for, once."""
    rows = yield (
        "SELECT person, -SUM(amount) FROM ledger WHERE turn = ? GROUP BY person HAVING COUNT(*) = 2",
        (turn,),
    )
    for person, paid in rows:
        yield from _enter(person, turn, EntryKind.REFUND, paid, cause, now)


def last_entries(person: PersonId, count: int) -> Program[list[Entry]]:
    """The newest entries first."""
    rows = yield (
        "SELECT kind, amount, balance, cause, created_at FROM ledger WHERE person = ? ORDER BY id DESC LIMIT ?",
        (person, count),
    )
    return [Entry(EntryKind(kind), *rest) for kind, *rest in rows]
