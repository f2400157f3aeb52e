"""Reminders and schedules. What is due is done in the transaction that notes its next time: so it is done once."""

from dataclasses import dataclass
from typing import Any

from bot.domain.ids import PersonId, ScheduleId, SessionId, UnixMs
from bot.domain.people import Identity
from bot.domain.places import Place, PlaceKind
from bot.domain.schedules import Rule, Schedule, ScheduleState, rule_from_text, rule_to_text
from storage.programs import Program

_COLUMNS = (
    "schedule.id, schedule.person, schedule.place, schedule.session, asks, text, rule, schedule.state, next_at,"
    " awaited, silences, silent_at, refusal_told_at"
)
_COUNT = 13
"""Of these columns."""


@dataclass(frozen=True, slots=True)
class NewSchedule:
    """What a schedule is made of."""

    place: int
    session: SessionId | None
    maker: Identity
    asks: bool
    text: str
    rule: Rule
    next_at: UnixMs


@dataclass(frozen=True, slots=True)
class Due:
    """A schedule whose time has come, and who made it where."""

    schedule: Schedule
    maker: Identity
    place_row: int
    """Where it is said now: another place may stand in for the one where it was made."""
    place: Place
    open_session: SessionId | None
    """The session that is open there."""


def add(person: PersonId, new: NewSchedule, state: ScheduleState, now: UnixMs) -> Program[ScheduleId]:
    """A new schedule of a person."""
    rows = yield (
        """
        INSERT INTO schedule (person, place, session, platform, user_id, groups, asks, text, rule, state,
            next_at, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        RETURNING id
        """,
        (
            person,
            new.place,
            new.session,
            new.maker.platform,
            new.maker.user_id,
            "\n".join(new.maker.groups),
            new.asks,
            new.text,
            rule_to_text(new.rule),
            state.value,
            new.next_at,
            now,
        ),
    )
    number: ScheduleId = rows[0][0]
    return number


def find(number: ScheduleId) -> Program[Schedule | None]:
    """A schedule by its id."""
    rows = yield (f"SELECT {_COLUMNS} FROM schedule WHERE id = ?", (number,))
    return _schedule(rows[0]) if rows else None


def newest(person: PersonId, place: int, text: str) -> Program[ScheduleId | None]:
    """What a person has made last with these words at a place."""
    rows = yield (
        "SELECT MAX(id) FROM schedule WHERE person = ? AND place = ? AND text = ?",
        (person, place, text),
    )
    number: ScheduleId | None = rows[0][0]
    return number


def of_person(person: PersonId, place: int | None = None) -> Program[list[Schedule]]:
    """What a person has going or paused, soonest first: all of it, or that of one place."""
    rows = yield (
        f"""
        SELECT {_COLUMNS}
        FROM schedule
        WHERE person = ?
          AND schedule.place = COALESCE(?, schedule.place)
          AND schedule.state IN ('on', 'paused')
        ORDER BY schedule.state, next_at, id
        """,
        (person, place),
    )
    return [_schedule(row) for row in rows]


def count(person: PersonId) -> Program[int]:
    """How many a person has going or paused."""
    rows = yield ("SELECT COUNT(*) FROM schedule WHERE person = ? AND state IN ('on', 'paused')", (person,))
    number: int = rows[0][0]
    return number


def has(person: PersonId, text: str, rule: Rule) -> Program[bool]:
    """Whether a person has these words at these times already, confirmed or offered."""
    rows = yield (
        """
        SELECT 1
        FROM schedule
        WHERE person = ?
          AND text = ?
          AND rule = ?
          AND state IN ('offered', 'on')
        """,
        (person, text, rule_to_text(rule)),
    )
    return bool(rows)


def put(number: ScheduleId, state: ScheduleState, next_at: UnixMs | None) -> Program[None]:
    """How far a schedule is, and when its next time is; None leaves its last one. Nobody waits for it then."""
    yield (
        """
        UPDATE schedule
        SET state = ?, next_at = COALESCE(?, next_at), awaited = FALSE
        WHERE id = ?
        """,
        (state.value, next_at, number),
    )


def bring_forward(number: ScheduleId, now: UnixMs) -> Program[None]:
    """Its time has come: somebody has pressed for it, and waits."""
    yield ("UPDATE schedule SET state = 'on', next_at = ?, awaited = TRUE WHERE id = ?", (now, number))


def note_refusal_told(number: ScheduleId, now: UnixMs) -> Program[None]:
    """Its maker is told that its question could not be asked."""
    yield ("UPDATE schedule SET refusal_told_at = ? WHERE id = ?", (now, number))


def change(number: ScheduleId, text: str, rule: Rule, next_at: UnixMs) -> Program[None]:
    """Give a schedule another time and other words."""
    yield (
        """
        UPDATE schedule
        SET text = ?, rule = ?, next_at = ?
        WHERE id = ?
        """,
        (text, rule_to_text(rule), next_at, number),
    )


def remove(person: PersonId, number: ScheduleId) -> Program[bool]:
    """Forget a schedule; False if this person has no such one."""
    rows = yield ("DELETE FROM schedule WHERE id = ? AND person = ? RETURNING id", (number, person))
    return bool(rows)


def due(now: UnixMs, limit: int) -> Program[list[Due]]:
    """What is due, what is overdue longest first, at most so many."""
    rows = yield (
        f"""
        SELECT {_COLUMNS}, schedule.platform, user_id, groups, person.name, person.language,
            place.id, place.platform, place.bot, place.chat, place.thread, place.kind, place.session
        FROM schedule
        JOIN person ON person.id = schedule.person
        JOIN place AS made ON made.id = schedule.place
        JOIN place ON place.id = COALESCE(made.stand_in, made.id)
        WHERE schedule.state = 'on'
          AND next_at <= ?
        ORDER BY next_at
        LIMIT ?
        """,
        (now, limit),
    )
    return [_due(row) for row in rows]


def next_due() -> Program[UnixMs | None]:
    """When the next of all is due."""
    rows = yield ("SELECT MIN(next_at) FROM schedule WHERE state = 'on'", ())
    at: UnixMs | None = rows[0][0]
    return at


def clean(before: UnixMs) -> Program[None]:
    """Forget what was done, or offered and never confirmed, before that moment."""
    yield ("DELETE FROM schedule WHERE state IN ('offered', 'done') AND next_at < ? AND created_at < ?",
           (before, before))  # fmt: skip


def _schedule(row: tuple[Any, ...]) -> Schedule:
    number, person, place, session, asks, text, rule, state, next_at, awaited, *past = row
    return Schedule(
        number,
        person,
        place,
        session,
        bool(asks),
        text,
        rule_from_text(rule),
        ScheduleState(state),
        next_at,
        bool(awaited),
        *past,
    )


def _due(row: tuple[Any, ...]) -> Due:
    schedule, (platform, user, groups, name, language, place_row, *place, session) = (
        _schedule(row[:_COUNT]),
        row[_COUNT:],
    )
    at, bot, chat, thread, kind = place
    return Due(
        schedule,
        Identity(platform, user, name, language, tuple(groups.split("\n")) if groups else ()),
        place_row,
        Place(at, bot, chat, thread, PlaceKind(kind)),
        session,
    )
