"""The ledger: append-only entries in whole tokens. A balance is the sum of a person's entries, kept in each of them.

A request is reserved when it is accepted, then either settled (what was reserved and not used comes back) or released
(all of it comes back). The indexes forbid a second reserve, settle, release or refund of one turn.
"""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.ids import PersonId, TurnId, UnixMs
from storage.programs import Program, by_itself

NOTHING_TO_REPORT = "nothing to report"
"""The cause of a release: a schedule's question was answered, and there was nothing to show."""


class EntryKind(StrEnum):
    """Why an entry was made."""

    GRANT = "grant"
    """Given: at the start, or by an admin."""
    REFILL = "refill"
    """Topped up to what everyone has when a week or month begins."""
    RESERVE = "reserve"
    """Held for a turn; negative."""
    SETTLE = "settle"
    """The turn is answered; what it did not need comes back."""
    RELEASE = "release"
    """The turn ended without an answer; all of it comes back."""
    REFUND = "refund"
    """The answer could not be shown to anybody; what was settled comes back."""
    SUMMARY = "summary"
    """What left a conversation's window was summed up, where the operator has people pay for that."""
    JOIN = "join"
    """Two accounts became one: the second welcome that was still unused is taken back."""


def balance(person: PersonId) -> Program[int]:
    """What a person has left."""
    rows = yield ("SELECT balance FROM ledger WHERE person = ? ORDER BY id DESC LIMIT 1", (person,))
    return rows[0][0] if rows else 0


def spent_since(moment: UnixMs) -> Program[int]:
    """What everyone together has paid for answers, or holds for them, since a moment."""
    rows = yield (
        """
        SELECT COALESCE(-SUM(amount), 0)
        FROM ledger
        WHERE turn IS NOT NULL
          AND created_at >= ?
        """,
        (moment,),
    )
    total: int = rows[0][0]
    return total


def _enter(
    person: PersonId, turn: TurnId | None, kind: EntryKind, amount: int, cause: str, now: UnixMs
) -> Program[None]:
    yield (
        """
        INSERT INTO ledger (person, turn, kind, amount, balance, cause, created_at)
        VALUES (
            ?, ?, ?, ?,
            CAST(? AS BIGINT) + COALESCE((
                SELECT balance
                FROM ledger
                WHERE person = ?
                ORDER BY id DESC
                LIMIT 1
            ), 0),
            ?, ?
        )
        """,
        (person, turn, kind.value, amount, amount, person, cause, now),
    )


def grant(person: PersonId, amount: int, cause: str, now: UnixMs) -> Program[int]:
    """Give tokens; returns the new balance."""
    yield from _enter(person, None, EntryKind.GRANT, amount, cause, now)
    return (yield from balance(person))


def note_refilled(person: PersonId, period: str) -> Program[bool]:
    """A balance has been looked at in this week or month; False if it already was."""
    rows = yield (
        """
        INSERT INTO refill (person, period)
        VALUES (?, ?)
        ON CONFLICT DO NOTHING
        RETURNING period
        """,
        (person, period),
    )
    return bool(rows)


def refill(person: PersonId, period: str, amount: int, now: UnixMs) -> Program[None]:
    """Bring a balance that is below an amount back to it, once in a week or month."""
    if (yield from note_refilled(person, period)):
        missing = amount - (yield from balance(person))
        if missing > 0:
            yield from _enter(person, None, EntryKind.REFILL, missing, "refill", now)


def reserve(person: PersonId, turn: TurnId, amount: int, now: UnixMs) -> Program[None]:
    """Hold tokens for a turn. The caller has made sure, in the same transaction, that they are there."""
    yield from _enter(person, turn, EntryKind.RESERVE, -amount, "request", now)


def settle(turn: TurnId, used: int, now: UnixMs, cause: str = "answered") -> Program[int]:
    """The turn is answered and used so much; returns what was paid for it.

    Where that is more than was reserved, the rest is taken from what there is, and never more than that.
    """
    paid = 0
    for person, reserved in (yield from _held(turn)):
        paid = used
        if used > reserved:
            # Others may be about to take from the same balance.
            yield from by_itself()
            paid = min(used, reserved + max(0, (yield from balance(person))))
        yield from _enter(person, turn, EntryKind.SETTLE, reserved - paid, cause, now)
    return paid


def charge(person: PersonId, amount: int, cause: str, now: UnixMs) -> Program[int]:
    """Take tokens for what no turn is, as many as there are at most; returns how many."""
    paid = min(amount, max(0, (yield from balance(person))))
    if paid:
        yield from _enter(person, None, EntryKind.SUMMARY, -paid, cause, now)
    return paid


def release(turn: TurnId, cause: str, now: UnixMs) -> Program[None]:
    """The turn ended without an answer."""
    for person, reserved in (yield from _held(turn)):
        yield from _enter(person, turn, EntryKind.RELEASE, reserved, cause, now)


def _held(turn: TurnId) -> Program[list[tuple[PersonId, int]]]:
    """Whose tokens a turn holds, and how many; nobody's for a turn that costs nothing.

    Read again: the account that reserved them may have been joined to another since.
    """
    rows = yield ("SELECT person, -amount FROM ledger WHERE turn = ? AND kind = 'reserve'", (turn,))
    return [(person, reserved) for person, reserved in rows]


def refund(turn: TurnId, cause: str, now: UnixMs) -> Program[None]:
    """Give back what a turn was settled for, once."""
    rows = yield (
        """
        SELECT person, -SUM(amount)
        FROM ledger
        WHERE turn = ?
        GROUP BY person
        HAVING COUNT(*) = 2
        """,
        (turn,),
    )
    for person, paid in rows:
        yield from _enter(person, turn, EntryKind.REFUND, paid, cause, now)


def unused_welcome(person: PersonId) -> Program[int]:
    """What is left of the tokens that everyone is given; other grants count as spent last."""
    given = yield (
        """
        SELECT COALESCE(SUM(amount), 0)
        FROM ledger
        WHERE person = ?
          AND cause IN ('welcome', 'refill')
        """,
        (person,),
    )
    unused: int = min(given[0][0], max(0, (yield from balance(person))))
    return unused


def join(survivor: PersonId, other: PersonId, now: UnixMs) -> Program[None]:
    """Put the entries of two accounts together, in the order in which they came; the balance is the sum of both.

    What is left of the second account's welcome and refills is taken back, so that nobody gathers tokens by joining
    new accounts.
    """
    unused = yield from unused_welcome(other)
    yield ("UPDATE ledger SET person = ? WHERE person = ?", (survivor, other))
    yield (
        """
        UPDATE ledger
        SET balance = summed.balance
        FROM (
            SELECT id, SUM(amount) OVER (ORDER BY id) AS balance
            FROM ledger
            WHERE person = ?
        ) AS summed
        WHERE ledger.id = summed.id
        """,
        (survivor,),
    )
    if unused:
        yield from _enter(survivor, None, EntryKind.JOIN, -unused, "one starting balance per person", now)


@dataclass(frozen=True, slots=True)
class Movement:
    """One line as people read it: an entry, or all entries of one answer together."""

    kind: EntryKind
    """Of the last entry."""
    amount: int
    cause: str
    at: UnixMs


_PER_TURN = 3
"""Entries that one turn has at most: held, closed, refunded."""


def last_movements(person: PersonId, count: int) -> Program[list[Movement]]:
    """The newest first. What was held for an answer and what came back of it are one movement: what it has cost."""
    rows = yield (
        """
        SELECT kind, CASE
            WHEN turn IS NULL THEN amount
            ELSE (SELECT SUM(every.amount) FROM ledger AS every WHERE every.turn = last.turn)
        END, cause, created_at
        FROM ledger AS last
        WHERE id IN (
            SELECT MAX(id)
            FROM (
                SELECT id, turn
                FROM ledger
                WHERE person = ?
                ORDER BY id DESC
                LIMIT ?
            ) AS newest
            GROUP BY COALESCE(turn, -id)
        )
        ORDER BY id DESC
        LIMIT ?
        """,
        (person, count * _PER_TURN, count),
    )
    return [Movement(EntryKind(kind), *rest) for kind, *rest in rows]
