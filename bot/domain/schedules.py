"""Schedules: what is to be said, or asked, at a moment or again and again, in the time zone of its maker."""

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from bot.domain.ids import PersonId, ScheduleId, SessionId, UnixMs

LONGEST = 2_000
"""Characters of what is said or asked."""

SHORTEST_EVERY = 5
"""Minutes between two times of one schedule, at least."""


@dataclass(frozen=True, slots=True)
class Once:
    """At one moment."""

    at: UnixMs


@dataclass(frozen=True, slots=True)
class Every:
    """Whenever so much time has passed since `since`, whatever clocks show meanwhile."""

    minutes: int
    since: UnixMs


@dataclass(frozen=True, slots=True)
class EveryDays:
    """On every such day from the first one on, at a time of day."""

    days: int
    first: date
    at: time


@dataclass(frozen=True, slots=True)
class Monthly:
    """On a day of some months; on the last one of a month that has no such day."""

    day: int
    """1 to 31."""
    months: tuple[int, ...]
    """1 to 12 each; () for every month."""
    at: time


@dataclass(frozen=True, slots=True)
class Cron:
    """Five fields as crontab(5) reads them: Sunday is 0 and 7, and of two restricted kinds of days either will do."""

    fields: str


Rule = Once | Every | EveryDays | Monthly | Cron


def rule_to_text(rule: Rule) -> str:
    """A rule as it is kept and exported: its name and its values."""
    match rule:
        case Once(at):
            return f"once {at}"
        case Every(minutes, since):
            return f"every {minutes} {since}"
        case EveryDays(days, first, at):
            return f"days {days} {first.isoformat()} {at:%H:%M}"
        case Monthly(day, months, at):
            return f"monthly {day} {','.join(map(str, months)) or '*'} {at:%H:%M}"
        case Cron(fields):
            return f"cron {fields}"


def rule_from_text(text: str) -> Rule:
    """The reverse of `rule_to_text`. Raises ValueError for anything it never produces."""
    name, *values = text.split(" ")
    match name, values:
        case "once", [at]:
            return Once(UnixMs(int(at)))
        case "every", [minutes, since]:
            return Every(int(minutes), UnixMs(int(since)))
        case "days", [days, first, at]:
            return EveryDays(int(days), date.fromisoformat(first), time.fromisoformat(at))
        case "monthly", [day, months, at]:
            chosen = () if months == "*" else tuple(map(int, months.split(",")))
            return Monthly(int(day), chosen, time.fromisoformat(at))
        case "cron", [_, _, _, _, _]:
            return Cron(" ".join(values))
    raise ValueError(text)


class ScheduleState(StrEnum):
    """How far a schedule is."""

    OFFERED = "offered"
    """Shown to the person who made it, who has not confirmed it."""
    ON = "on"
    PAUSED = "paused"
    DONE = "done"
    """It has no further time. It is kept for a while, so that it can be put off."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """What is to happen when, at the place where it was made."""

    id: ScheduleId
    person: PersonId
    place: int
    """The row of the place."""
    session: SessionId | None
    """Where a question is asked; None: in the session that is open at the place then."""
    asks: bool
    """Whether a model is asked; else the words are said as they are."""
    text: str
    rule: Rule
    state: ScheduleState
    next_at: UnixMs | None
    """Its next time; None once it is done."""
    awaited: bool = False
    """Whether somebody has just pressed for it, and waits."""
    silences: int = 0
    """How often there was nothing to say to its question."""
    silent_at: UnixMs | None = None
    """When that was so last."""
    refusal_told_at: UnixMs | None = None
    """When its maker was last told that its question could not be asked."""
