"""The log of what admins did, from a chat or on the page. Lines are added and read; nothing changes them."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.ids import PersonId, UnixMs
from storage.programs import Program


class ActKind(StrEnum):
    """What an admin can do."""

    LET_IN = "let_in"
    BLOCK = "block"
    PROMOTE = "promote"
    DEMOTE = "demote"
    GIVE = "give"
    """`amount` tokens; below 0: taken away."""
    INVITE = "invite"
    """A code for `amount` people."""
    UNINVITE = "uninvite"
    """Withdrew a code."""
    TRUST = "trust"
    """Uses the tools of a server as they are now; `note`: its name."""
    RESEND = "resend"
    """Had sent again what was given up at a place; `amount`: how many pages."""
    REREAD = "reread"
    """Had read again what a platform sent; `note`: which platform."""
    BROADCAST = "broadcast"
    """Began to tell many people something; `amount`: how many. `note`: its number, as for the next."""
    STOP_BROADCAST = "stop_broadcast"
    ADD_BOT = "add_bot"
    """`note`: its name, as for the next four."""
    REMOVE_BOT = "remove_bot"
    STOP_BOT = "stop_bot"
    START_BOT = "start_bot"
    RULE_BOT = "rule_bot"
    CHANGE_SETTINGS = "change_settings"
    """Changed modes, the default one or prices; `note`: which, and what of them."""
    LOG_IN = "log_in"
    """Opened the page in a browser."""


@dataclass(frozen=True, slots=True)
class Act:
    """One line of the log. Names are those that people have now; "" of someone erased since, or of nobody."""

    id: int
    kind: ActKind
    admin: PersonId | None
    admin_name: str
    whom: PersonId | None
    whom_name: str
    amount: int | None
    note: str
    page: bool
    """Whether it was done on the page, not in a chat."""
    at: UnixMs


def note(
    kind: ActKind,
    admin: PersonId,
    now: UnixMs,
    *,
    page: bool,
    whom: PersonId | None = None,
    amount: int | None = None,
    words: str = "",
) -> Program[None]:
    """Note what an admin does, in the transaction that does it."""
    yield (
        "INSERT INTO act (kind, admin, whom, amount, note, page, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (kind.value, admin, whom, amount, words, page, now),
    )


def latest(limit: int, before: int | None = None) -> Program[list[Act]]:
    """The newest lines, of those before line `before` if it is given."""
    rows = yield (
        """
        SELECT act.id, act.kind, act.admin, COALESCE(admin.name, ''), act.whom, COALESCE(whom.name, ''),
            act.amount, act.note, act.page, act.at
        FROM act
        LEFT JOIN person AS admin ON admin.id = act.admin
        LEFT JOIN person AS whom ON whom.id = act.whom
        WHERE act.id < ?
        ORDER BY act.id DESC
        LIMIT ?
        """,
        (before if before is not None else 2**62, limit),
    )
    return [
        Act(number, ActKind(kind), admin, admin_name, whom, whom_name, amount, words, bool(page), at)
        for number, kind, admin, admin_name, whom, whom_name, amount, words, page, at in rows
    ]
