"""Summaries of branches: which have to be made, and where each stands."""

from collections.abc import Sequence

from bot.domain.ids import MessageId, PersonId, SessionId, SummaryId, UnixMs
from bot.domain.summaries import Mark, Summary
from storage import ledger
from storage.programs import Program

LONGEST_REACH = 1_000
"""Messages that are walked back for a summary; it is the cost of one that has not been made for so long."""

_COLUMNS = "summary.id, summary.session, message, payer, text, asked, wish, summary.model, summary.created_at"


def _summary(row: tuple[object, ...]) -> Summary:
    number, session, message, payer, text, asked, wish, model, created_at = row
    return Summary(number, session, message, payer, text, bool(asked), wish, model, created_at)  # type: ignore[arg-type]


def want(session: SessionId, message: MessageId, payer: PersonId, now: UnixMs) -> Program[None]:
    """Have what was said up to this message summarised, unless that is done or wanted already."""
    yield (
        """
        INSERT INTO summary (session, message, payer, wanted, asked, created_at)
        VALUES (?, ?, ?, TRUE, FALSE, ?)
        ON CONFLICT DO NOTHING
        """,
        (session, message, payer, now),
    )


def ask(session: SessionId, message: MessageId, payer: PersonId, wish: str, now: UnixMs) -> Program[SummaryId]:
    """The same because a person wishes it, again where they say what to keep; the one there is serves meanwhile."""
    rows = yield (
        """
        INSERT INTO summary (session, message, payer, wanted, asked, wish, created_at)
        VALUES (?, ?, ?, TRUE, TRUE, ?, ?)
        ON CONFLICT (message) DO UPDATE
        SET payer = excluded.payer,
            asked = TRUE,
            wanted = (summary.text = '' OR excluded.wish <> ''),
            wish = CASE excluded.wish WHEN '' THEN summary.wish ELSE excluded.wish END
        RETURNING id
        """,
        (session, message, payer, wish, now),
    )
    number: SummaryId = rows[0][0]
    return number


def wanted_in(session: SessionId) -> Program[list[Summary]]:
    """The summaries to make in a session, in the order in which they were wanted."""
    rows = yield (
        f"""
        SELECT {_COLUMNS}
        FROM summary
        WHERE session = ?
          AND wanted = TRUE
        ORDER BY id
        """,
        (session,),
    )
    return [_summary(row) for row in rows]


def sessions_wanting() -> Program[list[SessionId]]:
    """The sessions in which a summary is wanted."""
    rows = yield ("SELECT DISTINCT session FROM summary WHERE wanted = TRUE ORDER BY session", ())
    return [session for (session,) in rows]


def is_wanted(summary: SummaryId) -> Program[bool]:
    """Whether it is still wanted: not if it was made, or went with its session."""
    rows = yield ("SELECT 1 FROM summary WHERE id = ? AND wanted = TRUE", (summary,))
    return bool(rows)


def get(summary: SummaryId) -> Program[Summary | None]:
    """A summary, made or not."""
    rows = yield (f"SELECT {_COLUMNS} FROM summary WHERE id = ?", (summary,))
    return _summary(rows[0]) if rows else None


def complete(summary: Summary, text: str, model: str, price: int, now: UnixMs) -> Program[bool]:
    """It is made, and paid for with this many tokens or what there is of them; False if it is no longer wanted."""
    rows = yield (
        """
        UPDATE summary
        SET text = ?, model = ?, wish = ?, wanted = FALSE
        WHERE id = ?
          AND wanted = TRUE
        RETURNING payer
        """,
        (text, model, summary.wish, summary.id),
    )
    if rows and price:
        yield from ledger.charge(rows[0][0], price, "summary", now)
    return bool(rows)


def give_up(summary: SummaryId) -> Program[None]:
    """It will not be made; one that was made before stays."""
    yield ("DELETE FROM summary WHERE id = ? AND text = ''", (summary,))
    yield ("UPDATE summary SET wanted = FALSE WHERE id = ?", (summary,))


def standing_on(messages: Sequence[MessageId]) -> Program[list[Mark]]:
    """The summaries that hang at these messages and have been made."""
    marks = ", ".join("?" * len(messages))
    rows = yield (
        f"SELECT message, asked FROM summary WHERE message IN ({marks}) AND text <> ''",
        tuple(messages),
    )
    return [Mark(message, bool(asked)) for message, asked in rows]


def above(message: MessageId) -> Program[Summary | None]:
    """The nearest summary that hangs at this message or above it, and has been made."""
    rows = yield (f"SELECT {_COLUMNS} FROM summary WHERE message = ? AND text <> ''", (message,))
    if not rows and (yield from _any_beside(message)):
        rows = yield from _nearest(message)
    return _summary(rows[0]) if rows else None


def _any_beside(message: MessageId) -> Program[bool]:
    """Whether a session has any: in most there is nothing to walk for."""
    rows = yield (
        "SELECT 1 FROM summary WHERE session = (SELECT session FROM message WHERE id = ?) LIMIT 1",
        (message,),
    )
    return bool(rows)


def _nearest(message: MessageId) -> Program[list[tuple[object, ...]]]:
    return (
        yield (
            f"""
            WITH RECURSIVE up (id, depth) AS (
                SELECT CAST(? AS BIGINT), 1
                UNION ALL
                SELECT message.parent, depth + 1
                FROM up
                JOIN message ON message.id = up.id
                WHERE depth < ?
                  AND message.parent IS NOT NULL
            )
            SELECT {_COLUMNS}
            FROM up
            JOIN summary ON summary.message = up.id
            WHERE text <> ''
            ORDER BY depth
            LIMIT 1
            """,
            (message, LONGEST_REACH),
        )
    )


def at(messages: Sequence[MessageId]) -> Program[dict[MessageId, Summary]]:
    """The same as `standing_on`, whole, by the messages they hang at."""
    marks = ", ".join("?" * len(messages))
    rows = yield (
        f"SELECT {_COLUMNS} FROM summary WHERE message IN ({marks}) AND text <> ''",
        tuple(messages),
    )
    return {summary.message: summary for summary in map(_summary, rows)}


def of_session(session: SessionId) -> Program[dict[MessageId, Summary]]:
    """All that have been made in a session, by the messages they hang at."""
    rows = yield (f"SELECT {_COLUMNS} FROM summary WHERE session = ? AND text <> ''", (session,))
    return {summary.message: summary for summary in map(_summary, rows)}


def note_brought(
    session: SessionId,
    message: MessageId,
    owner: PersonId,
    text: str,
    wish: str,
    model: str,
    created_at: UnixMs,
    *,
    asked: bool,
) -> Program[None]:
    """One that was made elsewhere and has come along with its message; nobody pays for it."""
    yield (
        """
        INSERT INTO summary (session, message, payer, text, wanted, asked, wish, model, created_at)
        VALUES (?, ?, ?, ?, FALSE, ?, ?, ?, ?)
        """,
        (session, message, owner, text, asked, wish, model, created_at),
    )


def erase_in(session: SessionId) -> Program[None]:
    """Words have been taken out of a session, and any of its summaries may hold them."""
    yield ("DELETE FROM summary WHERE session = ?", (session,))
