"""What answers have used, as people look at it: a period of theirs, by day and by model."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import TypeVar

from bot.domain.ids import PersonId, UnixMs
from bot.texts import Say
from bot.texts.moments import local
from storage import usage
from storage.programs import Program
from storage.usage import NOTHING_USED, BotKey, Used

_LONGEST_IN_DAYS = 31
"""Days that are shown one by one; a longer time is shown by months."""


class Period(StrEnum):
    """How far back to look. Days begin at midnight where the person is."""

    DAY = "day"
    """Since midnight, by the hour."""
    WEEK = "week"
    """Today and the six days before it."""
    MONTH = "month"
    """Today and the 29 days before it."""
    ALL = "all"

    @property
    def days(self) -> int | None:
        """How many days that are, today among them; None: all there are."""
        return {Period.DAY: 1, Period.WEEK: 7, Period.MONTH: 30}.get(self)


@dataclass(frozen=True, slots=True)
class Span:
    """An hour, a day or a month."""

    name: str
    """"07:00", "2026-11-29" or "2026-11"."""
    since: UnixMs
    until: UnixMs
    """When the next one begins."""
    models: Mapping[str, Used] = field(default_factory=dict)
    bots: Mapping[BotKey, Used] = field(default_factory=dict)
    """The same by bot, where it is everyone's."""

    @property
    def used(self) -> Used:
        """By all models together."""
        return sum(self.models.values(), NOTHING_USED)


@dataclass(frozen=True, slots=True)
class Report:
    """What was used in a period."""

    first: date
    last: date
    spans: tuple[Span, ...]
    """Without a gap, in order."""
    models: tuple[tuple[str, Used], ...]
    """Those that have used the most tokens first."""
    bots: tuple[tuple[BotKey, Used], ...] = ()
    """Likewise, where it is everyone's."""

    @property
    def used(self) -> Used:
        """All of it."""
        return sum((used for _, used in self.models), NOTHING_USED)


def report(period: Period, whose: PersonId | None, now: UnixMs, zone: tzinfo) -> Program[Report]:
    """What somebody has used in a period, or everyone together where nobody is named."""
    first = None
    if period.days is None:
        first = yield from usage.first_of_person(whose) if whose is not None else usage.first_of_everyone()
    spans: list[Span] = []
    for span in spans_of(period, first, now, zone):
        if whose is not None:
            spans.append(replace(span, models=dict((yield from usage.of_person(whose, span.since, span.until)))))
            continue
        shares = yield from usage.of_everyone(span.since, span.until)
        models = _summed((share.model, share.used) for share in shares)
        spans.append(replace(span, models=models, bots=_summed((share.bot, share.used) for share in shares)))
    models = _summed(each for span in spans for each in span.models.items())
    bots = _summed(each for span in spans for each in span.bots.items())
    today = local(now, zone).date()
    return Report(_first_day(period, first, today, zone), today, tuple(spans), _ordered(models), _ordered(bots))


def bot_name(say: Say, names: Mapping[BotKey, str], bot: BotKey) -> str:
    """What a bot is called, of which `names` may know nothing any longer."""
    return names.get(bot) or " ".join(bot).strip() or say("unknown")


K = TypeVar("K", str, BotKey)


def _summed(parts: Iterable[tuple[K, Used]]) -> dict[K, Used]:
    totals: defaultdict[K, Used] = defaultdict(lambda: NOTHING_USED)
    for key, used in parts:
        totals[key] += used
    return dict(totals)


def _ordered(totals: Mapping[K, Used]) -> tuple[tuple[K, Used], ...]:
    return tuple(sorted(totals.items(), key=lambda each: (-each[1].tokens, each[0])))


def spans_of(period: Period, first: UnixMs | None, now: UnixMs, zone: tzinfo) -> Iterator[Span]:
    """The spans of a period, still empty: each ends where the next begins, whatever the clocks of the zone do.

    `first` is when something was used first, for a period that begins there.
    """
    today = local(now, zone).date()
    begin = _first_day(period, first, today, zone)
    if period is Period.DAY:
        starts = [(f"{hour:02}:00", _at(today, zone, hour)) for hour in range(24)]
    elif (today - begin).days < _LONGEST_IN_DAYS:
        starts = list(_days(begin, today, zone))
    else:
        months = range(begin.year * 12 + begin.month - 1, today.year * 12 + today.month)
        starts = [(f"{month // 12:04}-{month % 12 + 1:02}", _at(_month(month), zone)) for month in months]
    ends = [*(start for _, start in starts[1:]), _at(today + timedelta(days=1), zone)]
    return (Span(name, since, until) for (name, since), until in zip(starts, ends, strict=True))


def days_of(period: Period, first: UnixMs | None, now: UnixMs, zone: tzinfo) -> Iterator[Span]:
    """All days of a period, likewise."""
    today = local(now, zone).date()
    starts = list(_days(_first_day(period, first, today, zone), today, zone))
    ends = [*(start for _, start in starts[1:]), _at(today + timedelta(days=1), zone)]
    return (Span(name, since, until) for (name, since), until in zip(starts, ends, strict=True))


def _first_day(period: Period, first: UnixMs | None, today: date, zone: tzinfo) -> date:
    if period.days is not None:
        return today - timedelta(days=period.days - 1)
    return local(first, zone).date() if first is not None else today


def _days(first: date, last: date, zone: tzinfo) -> Iterator[tuple[str, UnixMs]]:
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        yield str(day), _at(day, zone)


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def _at(day: date, zone: tzinfo, hour: int = 0) -> UnixMs:
    """When an hour begins in a zone; one that its clocks leave out begins where the next does."""
    return UnixMs(int(datetime(day.year, day.month, day.day, hour, tzinfo=zone).timestamp() * 1000))
