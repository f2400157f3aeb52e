"""Answers that are to be read aloud: wanted in the transaction that keeps them, until their recordings are kept."""

from bot.domain.ids import TurnId, UnixMs
from storage.keepers import KEPT_BY
from storage.places import of_bot
from storage.programs import Program


def want(turn: TurnId, now: UnixMs, *, whole: bool) -> Program[None]:
    """Have a turn's answer read aloud; `whole`: not its beginning alone."""
    yield (
        """
        INSERT INTO speech (turn, whole, created_at)
        VALUES (?, ?, ?)
        ON CONFLICT (turn) DO UPDATE
        SET whole = (speech.whole OR excluded.whole)
        """,
        (turn, whole, now),
    )


def wanted(platform: str, bot: str, process: str, chat: str | None = None) -> Program[list[TurnId]]:
    """The turns whose answers this process is to read aloud for a bot, or in one chat, the longest waiting first."""
    condition, values = of_bot(platform, bot, chat)
    rows = yield (
        f"""
        SELECT turn
        FROM speech
        -- Few are ever to be read aloud, of all turns that a bot has had.
        WHERE (
            SELECT {KEPT_BY}
            FROM turn
            JOIN place ON place.id = turn.place
            WHERE turn.id = speech.turn
              -- It may be wanted before there is an answer.
              AND turn.state NOT IN ('queued', 'running', 'asked')
              AND {condition}
        ) = ?
        ORDER BY created_at, turn
        """,
        (*values, process),
    )
    return [turn for (turn,) in rows]


def is_whole(turn: TurnId) -> Program[bool | None]:
    """Whether all of a turn's answer is to be read aloud; None if nothing of it is."""
    rows = yield ("SELECT whole FROM speech WHERE turn = ?", (turn,))
    return bool(rows[0][0]) if rows else None


def end(turn: TurnId) -> Program[bool]:
    """It has been read aloud, or will not be; False if that was so already."""
    rows = yield ("DELETE FROM speech WHERE turn = ? RETURNING turn", (turn,))
    return bool(rows)
