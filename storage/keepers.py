"""Who keeps a chat: the one process that runs its turns and sends its pages. Where a process is alone, it keeps all.

A chat gets a keeper with the first work in it, in the transaction that brings that work, and another one with the next
work after that keeper is no longer one of the processes. The keeper is told of work that others bring, also in that
transaction; so what is told is kept, and what is kept is told, or found by who looks for chats without a keeper.
"""

import json
from collections.abc import Sequence
from typing import Protocol

from bot.domain.ids import SessionId, TurnId
from storage.programs import Program, Rows


class KeeperStatements(Protocol):
    """How one database knows of several processes. Each method is a program in statements of that database alone."""

    def ours(self, place: str) -> str:
        """As SQL, whether this process is known to keep the chat of a row of `place` that goes by this name."""
        ...

    def assign(self, place: int, told: str | None) -> Program[Rows]: ...

    def tell_of_turn(self, turn: TurnId) -> Program[Rows]: ...

    def tell_others(self, process: str, told: Sequence[str]) -> Program[Rows]: ...


def kept_by(place: str) -> str:
    """As SQL, who keeps the chat of a row of `place` that goes by this name; "" if nobody does."""
    return f"""COALESCE((
            SELECT keeper.process
            FROM keeper
            WHERE keeper.platform = {place}.platform
              AND keeper.bot = {place}.bot
              AND keeper.chat = {place}.chat
        ), '')"""


KEPT_BY = kept_by("place")
"""Who keeps the chat of `place`.

It is looked up for each place. Joined instead, PostgreSQL compares each place with each keeper while it has not counted
yet how many there are, and looks through all chats of a process for one of them.
"""


def is_ours(place: int, session: SessionId | None = None) -> Program[bool]:
    """Whether this process keeps the chat of a place. If nobody does one is chosen; if another does it is told.

    `session`: what there is to do is the next turn of that one; else the keeper looks what it is.
    """
    told = json.dumps(["session", session]) if session is not None else None

    def asked(own: KeeperStatements) -> Program[Rows]:
        return own.assign(place, told)

    rows = yield asked
    return bool(rows[0][0]) if rows else True


def tell_of_turn(turn: TurnId) -> Program[None]:
    """Something else is wanted of a turn: the process that runs it is told to look at it."""

    def asked(own: KeeperStatements) -> Program[Rows]:
        return own.tell_of_turn(turn)

    yield asked


def tell_others(process: str, told: Sequence[str]) -> Program[None]:
    """Every process but this one hears each of these texts, of a few thousand bytes at most, if it listens."""

    def asked(own: KeeperStatements) -> Program[Rows]:
        return own.tell_others(process, told)

    yield asked


def without_keeper() -> Program[list[int]]:
    """A place in each chat in which there is work, and whose keeper is none of the processes."""
    rows = yield (
        """
        SELECT MIN(work.place)
        FROM (
            SELECT place
            FROM outbox
            UNION
            SELECT place
            FROM turn
            WHERE state IN ('queued', 'running', 'answered')
            UNION
            -- Looked up for each: few are ever to be read aloud, of all turns.
            SELECT (
                SELECT place
                FROM turn
                WHERE turn.id = speech.turn
                  AND state NOT IN ('queued', 'running', 'asked')
            )
            FROM speech
        ) AS work
        JOIN place ON place.id = work.place
        WHERE NOT EXISTS (
            SELECT 1
            FROM keeper
            JOIN process ON process.name = keeper.process
            WHERE keeper.platform = place.platform
              AND keeper.bot = place.bot
              AND keeper.chat = place.chat
        )
        GROUP BY place.platform, place.bot, place.chat
        """,
        (),
    )
    return [place for (place,) in rows]


def give_to_others(process: str) -> Program[None]:
    """Give away the chats in which this process, which is leaving, is at nothing."""
    yield (
        """
        DELETE FROM keeper
        WHERE process = ?
          AND NOT EXISTS (
              SELECT 1
              FROM place
              WHERE place.platform = keeper.platform
                AND place.bot = keeper.bot
                AND place.chat = keeper.chat
                AND (
                    EXISTS (SELECT 1 FROM outbox WHERE outbox.place = place.id)
                    OR EXISTS (SELECT 1 FROM turn WHERE turn.place = place.id AND state IN ('running', 'answered'))
                    OR place.id IN (SELECT (SELECT turn.place FROM turn WHERE turn.id = speech.turn) FROM speech)
                )
          )
        """,
        (process,),
    )
    yield from find_keepers()


def find_keepers() -> Program[None]:
    """See that every chat in which there is work has a keeper, who is told of it."""
    for place in (yield from without_keeper()):
        yield from is_ours(place)
