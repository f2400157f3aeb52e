"""When a rule's times are, in a time zone.

A rule is about what clocks on the wall show. APScheduler finds the times in a calendar without any change of clocks
(its own crossing of one fires twice in an hour that comes twice, and an hour early in one that is missing); each is
then put into the zone as RFC 5545 (3.3.5) says: of two moments with the same reading the first, and for a reading that
no clock shows that much later, by the offset before the gap. So what is due on each day is due once on each day.

A rule for every hour is the exception: it is due whenever a clock shows its minute, twice in an hour that comes twice.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.calendarinterval import CalendarIntervalTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

from bot.domain.ids import UnixMs
from bot.domain.schedules import SHORTEST_EVERY, Cron, Every, EveryDays, Monthly, Once, Rule

_LARGEST_CHANGE = timedelta(hours=25)
"""More than clocks have ever been changed by at once: Samoa left out a whole day in 2011."""

_FARTHEST = timedelta(days=9 * 366)
"""29 February is eight years away at most; what has no time by then has none."""

_SHORTEST_MONTH = 28
_LOOKED_AT = 12
"""How many times of a rule are looked at for how close together they are: a day of every second hour."""

_MINUTE_MS = 60_000
_SPAN = re.compile(r"(\*|[a-z]{3}|[0-7])(?:-([a-z]{3}|[0-7]))?(?:/([1-9]))?")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


class NoSuchTime(ValueError):
    """A rule that cannot be read, or that has no time at all."""


def next_moment(rule: Rule, after: UnixMs, zone: tzinfo) -> UnixMs | None:
    """A rule's first moment after `after`; None if there is none. Raises NoSuchTime for fields that say nothing."""
    return next(_moments(rule, after, zone), None)


def next_moments(rule: Rule, after: UnixMs, zone: tzinfo, count: int) -> Sequence[UnixMs]:
    """The next moments of a rule, at most so many. Raises NoSuchTime as above."""
    return list(itertools.islice(_moments(rule, after, zone), count))


def too_often(rule: Rule, now: UnixMs, zone: tzinfo) -> bool:
    """Whether two times of it are closer together than any may be."""
    moments = next_moments(rule, now, zone, _LOOKED_AT)
    closest = min((later - sooner for sooner, later in itertools.pairwise(moments)), default=None)
    return closest is not None and closest < SHORTEST_EVERY * _MINUTE_MS


def _moments(rule: Rule, after: UnixMs, zone: tzinfo) -> Iterator[UnixMs]:
    match rule:
        case Once(at):
            if at > after:
                yield at
        case Every(minutes, since):
            step = minutes * _MINUTE_MS
            passed = max(0, after - since) // step
            yield from (UnixMs(since + count * step) for count in itertools.count(passed + 1))
        case _:
            yield from _by_the_wall(rule, after, zone)


def _by_the_wall(rule: EveryDays | Monthly | Cron, after: UnixMs, zone: tzinfo) -> Iterator[UnixMs]:
    """The moments of what is said in days and times of day, in order, each once."""
    hourly = isinstance(rule, Cron) and rule.fields.split()[1] == "*"
    here = datetime.fromtimestamp(after / 1000, zone).replace(tzinfo=None)
    last = after
    found: list[UnixMs] = []
    for shown in _readings(rule, here - _LARGEST_CHANGE):
        # What is found may still be overtaken by a later reading: one in a gap is put behind those that follow it.
        found.sort()
        while found and _reading(found[0], zone) < shown - _LARGEST_CHANGE:
            if (first := found.pop(0)) > last:
                yield first
                last = first
        found += _when_shown(shown, zone, every_time=hourly)
    for moment in sorted(found):
        if moment > last:
            yield moment
            last = moment


def _when_shown(shown: datetime, zone: tzinfo, *, every_time: bool) -> list[UnixMs]:
    """When a clock on the wall shows that; if it never does, the moment that stands in for it, unless `every_time`."""
    first, second = (_moment(shown.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    if not every_time:
        return [first]
    return [moment for moment in dict.fromkeys((first, second)) if _reading(moment, zone) == shown]


def _moment(at: datetime) -> UnixMs:
    return UnixMs(round(at.timestamp() * 1000))


def _reading(moment: UnixMs, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(moment / 1000, zone).replace(tzinfo=None)


def _readings(rule: EveryDays | Monthly | Cron, since: datetime) -> Iterator[datetime]:
    """What clocks show at the rule's times from `since` on, in order: in UTC, which has no changes."""
    trigger = _trigger(rule)
    start = since.replace(tzinfo=UTC)
    end = start + _FARTHEST
    if isinstance(trigger, CalendarIntervalTrigger):
        assert isinstance(rule, EveryDays)  # noqa: S101
        # It begins with its first day, however long ago that is.
        passed = max(0, (start.date() - rule.first).days) // rule.days
        fired = datetime.combine(rule.first + timedelta(days=rule.days * passed), rule.at, UTC)
        while fired < end:
            if fired >= start:
                yield fired.replace(tzinfo=None)
            fired = trigger.get_next_fire_time(fired, fired)
        return
    at: datetime | None = start - timedelta(microseconds=1)
    while at is not None:
        at = trigger.get_next_fire_time(None, at + timedelta(microseconds=1))
        if at is None or at > end:
            return
        yield at.replace(tzinfo=None)


def _trigger(rule: EveryDays | Monthly | Cron) -> BaseTrigger:
    match rule:
        case EveryDays(days, first, at):
            return CalendarIntervalTrigger(days=days, hour=at.hour, minute=at.minute, start_date=first, timezone=UTC)
        case Monthly():
            return OrTrigger(_monthly(rule))
        case Cron(fields):
            return OrTrigger(_crontab(fields))


def _monthly(rule: Monthly) -> list[CronTrigger]:
    """On that day, and in months that are too short for it on their last one."""
    months = rule.months or tuple(range(1, 13))
    short = [month for month in months if _days(month) < rule.day or (month == 2 and rule.day > _SHORTEST_MONTH)]
    ends = [_cron(rule.at, day="last", month=month) for month in short]
    return [*(_cron(rule.at, day=rule.day, month=month) for month in months if _days(month) >= rule.day), *ends]


def _days(month: int) -> int:
    """How many days a month has, at most."""
    return (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


def _cron(at: time, *, day: str | int, month: int) -> CronTrigger:
    return CronTrigger(minute=at.minute, hour=at.hour, day=day, month=month, timezone=UTC)


def _crontab(fields: str) -> list[CronTrigger]:
    """Triggers one of which fires whenever cron would. Raises NoSuchTime."""
    try:
        minute, hour, day, month, weekday = fields.split()
        weekdays = _weekdays(weekday)
        times = {"minute": minute, "hour": hour, "month": month, "timezone": UTC}
        if day.startswith("*") or weekday.startswith("*"):
            return [CronTrigger(**times, day=day, day_of_week=weekdays)]
        return [CronTrigger(**times, day=day), CronTrigger(**times, day_of_week=weekdays)]
    except (ValueError, TypeError) as error:
        raise NoSuchTime(fields) from error


def _weekdays(field: str) -> str:
    """A field of weekdays by names: numbers mean another day to APScheduler, whose weeks begin on Monday."""
    chosen: set[int] = set()
    for part in field.lower().split(","):
        found = _SPAN.fullmatch(part)
        if found is None:
            raise ValueError(part)
        first, last, step = found.groups()
        begins = 0 if first == "*" else _weekday(first)
        ends = 6 if first == "*" or (step and not last) else _weekday(last or first)
        if ends < begins:
            ends += 7  # "fri-mon", and "6-0".
        chosen.update(day % 7 for day in range(begins, ends + 1, int(step or 1)))
    return ",".join(_WEEKDAYS[day] for day in sorted(chosen))


def _weekday(name: str) -> int:
    """0 to 7, or the first three letters of a name."""
    if name in _WEEKDAYS:
        return _WEEKDAYS.index(name)
    number = int(name)
    if not 0 <= number <= 7:
        raise ValueError(name)
    return number
