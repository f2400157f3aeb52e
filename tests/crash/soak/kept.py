"""What the database of a soak says, to whoever looks into it while it runs."""

import sqlite3
import time
from pathlib import Path
from typing import Any

import psycopg

from tests.crash.soak.questions import keys_of
from tests.support.beside import rows_beside

AWAY = (psycopg.OperationalError, sqlite3.OperationalError)
"""Raised while the database is struck itself."""


class Kept:
    """Looks into the database."""

    def __init__(self, data: Path, url: str) -> None:
        self.data = data
        self.url = url
        """"": it is a file in `data`."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query finds now."""
        return rows_beside(self.data, self.url, sql)

    def number(self, sql: str) -> int:
        """The one number that a query finds."""
        number: int = self.rows(sql)[0][0] or 0
        return number

    def open(self) -> int:
        """How much is still to be answered or shown."""
        return self.number("SELECT (SELECT COUNT(*) FROM turn WHERE ended_at IS NULL) + (SELECT COUNT(*) FROM outbox)")

    def come(self) -> list[tuple[Any, ...]]:
        """How far all has come: once nobody speaks any more, this changes only as long as something is done."""
        return self.rows(
            "SELECT (SELECT COUNT(*) FROM turn WHERE ended_at IS NOT NULL), (SELECT COUNT(*) FROM message),"
            " (SELECT COUNT(*) FROM shown), (SELECT SUM(reached) FROM broadcast)"
        )

    def heard(self) -> set[int]:
        """The keys of what people have said."""
        rows = self.rows("SELECT parts FROM message WHERE author = 'user'")
        return {key for (parts,) in rows for key in keys_of(parts)}

    def states(self) -> dict[int, str]:
        """The state of the turn of each key."""
        rows = self.rows("SELECT parts, state FROM turn JOIN message ON message.id = turn.question ORDER BY turn.id")
        return {key: state for parts, state in rows for key in keys_of(parts)[-1:]}

    def first_pages(self) -> list[tuple[int, int, int, int]]:
        """Session, place, turn and the message that each answer begins in, session by session in the turns' order."""
        return self.rows(
            "SELECT turn.session, turn.place, turn.id, MIN(CAST(remote_id AS BIGINT)) FROM turn"
            " JOIN shown ON shown.message = turn.answer WHERE shown.page = 0"
            " GROUP BY turn.session, turn.place, turn.id ORDER BY turn.session, turn.place, turn.id"
        )

    def is_telling(self) -> bool:
        """Whether a broadcast is going on."""
        return bool(self.number("SELECT COUNT(*) FROM broadcast WHERE state = 'going'"))

    def state_of_broadcast(self, text: str) -> str:
        """How far one of this text is; "": it is not kept."""
        rows = self.rows(f"SELECT state FROM broadcast WHERE text = '{text}' ORDER BY id DESC LIMIT 1")  # noqa: S608
        return str(rows[0][0]) if rows else ""

    def broadcasts(self) -> list[tuple[str, str, int, int]]:
        """Text, state, how many were reached and how many missed, of each that was begun."""
        return self.rows(
            "SELECT text, state, reached, (SELECT COUNT(*) FROM missed WHERE broadcast = broadcast.id)"
            " FROM broadcast WHERE state <> 'draft' ORDER BY id"
        )

    def schedules(self, by: int) -> list[tuple[str, str, bool]]:
        """Text and state of each reminder and schedule, and whether it was due by a moment, as `now_ms` has it."""
        return self.rows(f"SELECT text, state, next_at <= {by} FROM schedule ORDER BY id")  # noqa: S608

    # For whoever looks into a trouble

    def story(self, key: int) -> list[Any]:
        """What is known of a question."""
        story = (
            "SELECT turn.id, state, attempt, preview, answer.finish, substr(answer.parts, -60), remote_id FROM"
            " turn JOIN message ON message.id = question LEFT JOIN message AS answer ON answer.id = turn.answer"
            " LEFT JOIN shown ON shown.message = turn.answer WHERE message.parts LIKE "
        )
        return self.rows(f"{story}'%K{key}\"%' OR message.parts LIKE '%K{key} %'")

    def what_is_open(self) -> list[Any]:
        """What is still to be answered or shown, and by whom."""
        turns = self.rows(
            "SELECT turn.id, state, attempt, run_after, stop_requested, parts, worker, reply_to FROM turn"
            " JOIN message ON message.id = question WHERE ended_at IS NULL"
        )
        pages = self.rows("SELECT place, turn, state, remote_id, content FROM outbox")
        return [*self._who_is_to_go_on(), *turns, *pages]

    def _who_is_to_go_on(self) -> list[tuple[Any, ...]]:
        """Of each session and chat: how many open turns in which state, who keeps the chat, and whether that lives."""
        return self.rows(
            "SELECT turn.session, place.platform, place.chat, state, COUNT(*), keeper.process, process.beat,"
            " process.leaving FROM turn JOIN place ON place.id = turn.place"
            " LEFT JOIN keeper USING (platform, bot, chat) LEFT JOIN process ON process.name = keeper.process"
            " WHERE ended_at IS NULL GROUP BY 1, 2, 3, 4, 6, 7, 8 ORDER BY 1, 2, 3, 4"
        )

    def who_is_connected(self) -> list[Any]:
        """The processes in a database on PostgreSQL, and what each connection to it does."""
        return [
            *self.rows("SELECT name, label, beat, leaving FROM process"),
            *self.rows(
                "SELECT pid, state, wait_event, xact_start, state_change, left(query, 80) FROM pg_stat_activity"
                " WHERE datname = current_database()"
            ),
        ]


def now_ms() -> int:
    """The moment, as the database has it."""
    return int(time.time() * 1000)
