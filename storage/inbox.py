"""What came in: which events have been dealt with, what could not be read, which question of a form is open."""

from dataclasses import dataclass

import orjson

from bot.domain.ids import PersonId, UnixMs
from bot.domain.incoming import Unreadable
from storage.programs import Program


def note(platform: str, bot: str, event_key: str, now: UnixMs) -> Program[bool]:
    """Note that an event is being handled; False if it already was."""
    rows = yield (
        """
        INSERT INTO seen (platform, bot, event_key, at)
        VALUES (?, ?, ?, ?)
        ON CONFLICT DO NOTHING
        RETURNING 1
        """,
        (platform, bot, event_key, now),
    )
    return bool(rows)


def mark(platform: str, bot: str, event_key: str, now: UnixMs) -> Program[None]:
    """Note that an event is being handled, whether it already was or not."""
    yield (
        "INSERT INTO seen (platform, bot, event_key, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (platform, bot, event_key, now),
    )


def is_noted(platform: str, bot: str, event_key: str) -> Program[bool]:
    """Whether an event has been dealt with."""
    rows = yield (
        "SELECT 1 FROM seen WHERE platform = ? AND bot = ? AND event_key = ?",
        (platform, bot, event_key),
    )
    return bool(rows)


def forget_before(moment: UnixMs) -> Program[None]:
    """Forget events that no platform delivers again; Telegram keeps unconfirmed updates for a day."""
    yield ("DELETE FROM seen WHERE at < ?", (moment,))


def set_aside(letter: Unreadable, now: UnixMs) -> Program[None]:
    """Keep what could not be read for the operator."""
    yield (
        """
        INSERT INTO dead_letter (platform, bot, event_key, raw, reason, at)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
        (letter.platform, letter.bot, letter.event_key, letter.raw, letter.reason, now),
    )


def letter(number: int) -> Program[Unreadable | None]:
    """One of them, as it was set aside."""
    rows = yield ("SELECT event_key, platform, bot, raw, reason FROM dead_letter WHERE id = ?", (number,))
    return Unreadable(*rows[0]) if rows else None


def drop_letter(number: int) -> Program[bool]:
    """One of them has been read after all; False if that was known."""
    return bool((yield ("DELETE FROM dead_letter WHERE id = ? RETURNING id", (number,))))


def ask(
    place: int, person: PersonId, command: str, args: tuple[str, ...], fields: tuple[str, ...], now: UnixMs
) -> Program[None]:
    """The person's next message here answers the first of `fields`, or, without any, may name a choice.

    An older open question is dropped.
    """
    yield (
        """
        INSERT INTO asked (place, person, command, args, fields, at)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (place, person) DO UPDATE SET command = excluded.command, args = excluded.args,
            fields = excluded.fields, at = excluded.at
        """,
        (place, person, command, orjson.dumps(args).decode(), orjson.dumps(fields).decode(), now),
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """An open question: its command, the arguments given so far, the questions left (the open one first).

    Without questions it is a menu: the choices for the command's next argument.
    """

    command: str
    args: tuple[str, ...]
    fields: tuple[str, ...]


def asked(place: int, person: PersonId, not_before: UnixMs) -> Program[Asked | None]:
    """The question that is open here, unless it was asked before that moment."""
    rows = yield (
        """
        SELECT command, args, fields
        FROM asked
        WHERE place = ?
          AND person = ?
          AND at >= ?
        """,
        (place, person, not_before),
    )
    return Asked(rows[0][0], tuple(orjson.loads(rows[0][1])), tuple(orjson.loads(rows[0][2]))) if rows else None


def close_asked(place: int, person: PersonId) -> Program[None]:
    """No question is open here any longer."""
    yield ("DELETE FROM asked WHERE place = ? AND person = ?", (place, person))
