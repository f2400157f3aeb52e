"""What answers have used, as people look at it: a period of theirs, by day and by model."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

from bot.domain.ids import UnixMs
from bot.texts.moments import local
from storage.usage import NOTHING_USED, Share, Used

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
    models: Mapping[str, Used]

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

    @property
    def used(self) -> Used:
        """All of it."""
        return sum((used for _, used in self.models), NOTHING_USED)


def began(period: Period, now: UnixMs, zone: tzinfo) -> UnixMs:
    """When a period began; 0 for all there is."""
    if period.days is None:
        return UnixMs(0)
    first = local(now, zone).date() - timedelta(days=period.days - 1)
    midnight = datetime(first.year, first.month, first.day, tzinfo=zone)
    return UnixMs(int(midnight.timestamp() * 1000))


def report(period: Period, shares: Sequence[Share], now: UnixMs, zone: tzinfo) -> Report:
    """What these shares of a period, in order, come to."""
    today = local(now, zone).date()
    first = local(shares[0].since, zone).date() if period.days is None and shares else today
    first = today - timedelta(days=period.days - 1) if period.days is not None else first
    names, form = _names(period, first, today)
    spans: dict[str, dict[str, Used]] = {name: {} for name in names}
    totals: defaultdict[str, Used] = defaultdict(lambda: NOTHING_USED)
    since, models = UnixMs(-1), dict[str, Used]()
    for share in shares:
        if share.since != since:
            since = share.since
            models = spans.setdefault(local(since, zone).strftime(form), {})
        models[share.model] = models.get(share.model, NOTHING_USED) + share.used
        totals[share.model] += share.used
    ordered = sorted(totals.items(), key=lambda each: (-each[1].tokens, each[0]))
    return Report(first, today, tuple(Span(*each) for each in spans.items()), tuple(ordered))


def _names(period: Period, first: date, last: date) -> tuple[list[str], str]:
    """The names of a report's spans, and the form of `strftime` that gives them."""
    if period is Period.DAY:
        return [f"{hour:02}:00" for hour in range(24)], "%H:00"
    days = (last - first).days + 1
    if days <= _LONGEST_IN_DAYS:
        return [str(first + timedelta(days=day)) for day in range(days)], "%Y-%m-%d"
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [f"{month // 12:04}-{month % 12 + 1:02}" for month in months], "%Y-%m"
