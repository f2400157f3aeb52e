"""What the parts of a time mean together, said at a moment in a language."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.domain.ids import UnixMs
from bot.domain.schedules import Cron, Every, EveryDays, Monthly, Once, Rule
from bot.schedules.parts import NOON, Said

MORNING = time(9, 0)
"""The time of a day that was named without one."""

_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MINUTE_MS = 60_000
_LATEST_BARE_AFTERNOON = 5
"""In English "at 5" without more is in the afternoon, "at 6" in the morning, where the day is named."""


class Passed(Exception):
    """The words name a moment that is over."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the parts mean together, said at a moment."""

    said: Said
    language: str
    here: datetime

    def rule(self) -> Rule | None:
        """None: it means nothing. Raises Passed."""
        said = self.said
        if not self._is_possible():
            return None
        if said.every is not None:
            return self._recurring(*said.every)
        if said.spans():
            return self._from_now()
        if said.month_day is not None:
            return self._on_next_day(said.month_day)
        if said.date is not None:
            return self._on(*said.date)
        return self._soon()

    def _is_possible(self) -> bool:
        said = self.said
        hours = NOON if said.half else 24
        return said.hour is None or (said.hour <= hours and not (said.hour == 24 and said.minute))

    def _at(self, *, of_day: bool = True) -> time:
        """The time of day; `of_day`: the day is named, so an hour alone is the likelier one of two."""
        said = self.said
        if said.hour is None:
            return time(said.part % 24) if said.part is not None else MORNING
        hour, half = said.hour % 24, said.half
        if not half and said.part is not None:
            half = "am" if said.part < NOON else "pm"
        if half == "pm" and hour < NOON:
            hour += NOON
        elif half == "am" and hour == NOON:
            hour = 0
        elif self._is_open() and of_day and 1 <= hour <= _LATEST_BARE_AFTERNOON:
            hour += 12
        return time(hour, said.minute)

    def _is_open(self) -> bool:
        """Whether either half of the day may be meant."""
        said = self.said
        alone = said.bare and not said.half and said.part is None
        return self.language == "en" and alone and 1 <= (said.hour or 0) <= NOON

    def _recurring(self, count: int, unit: str) -> Rule | None:
        said, at = self.said, self._at()
        if count < 1 or said.spans() or said.offset is not None:
            return None
        match unit:
            case "minute" | "hour":
                timed = said.hour is not None or said.part is not None or bool(said.weekdays)
                minutes = count * (60 if unit == "hour" else 1)
                return None if timed else Every(minutes, _ms(self.here))
            case "day":
                return _weekly(at, range(7)) if count == 1 else self._days(count, at)
            case "week" if count == 1:
                return _weekly(at, said.weekdays or {self.here.weekday()})
            case "week":
                return self._days(count * 7, at) if len(said.weekdays) <= 1 else None
            case "month":
                day = said.month_day or (said.date[2] if said.date else self.here.day)
                months = tuple(sorted({(self.here.month - 1 + step) % 12 + 1 for step in range(0, 12, count)}))
                return Monthly(day, () if count == 1 else months, at) if 12 % count == 0 else None
            case _:
                _, month, day = said.date or (None, self.here.month, said.month_day or self.here.day)
                return Monthly(day, (month,), at) if count == 1 else None

    def _days(self, days: int, at: time) -> Rule:
        first = self.here.date()
        if self.said.weekdays:
            first += timedelta(days=(next(iter(self.said.weekdays)) - first.weekday()) % 7)
        if datetime.combine(first, at, self.here.tzinfo) <= self.here:
            first += timedelta(days=days if not self.said.weekdays else 7)
        return EveryDays(days, first, at)

    def _from_now(self) -> Rule | None:
        said = self.said
        if said.offset is not None or said.date is not None or said.month_day is not None:
            return None
        if said.span_minutes is not None:
            if said.span_days or said.span_months:
                return self._once(self._moved(self.here.time()) + timedelta(minutes=said.span_minutes))
            return Once(UnixMs(_ms(self.here) + said.span_minutes * _MINUTE_MS))
        named = said.hour is not None or said.part is not None
        moved = self._moved(self._at() if named else self.here.time().replace(second=0, microsecond=0))
        if said.weekdays:
            # "on Monday next week"
            monday = self.here.date() + timedelta(days=7 - self.here.weekday())
            at = self._at()
            return self._once(datetime.combine(monday + timedelta(days=next(iter(said.weekdays))), at))
        return self._once(moved)

    def _moved(self, at: time) -> datetime:
        """The day that is so many days and months from now."""
        said, today = self.said, self.here.date()
        month = today.month - 1 + said.span_months
        year, month = today.year + month // 12, month % 12 + 1
        day = min(today.day, _last_day(year, month))
        return datetime.combine(date(year, month, day) + timedelta(days=said.span_days), at)

    def _on_next_day(self, day: int) -> Rule | None:
        """On that day of this month or of the next one that has it."""
        at, year, month = self._at(), self.here.year, self.here.month
        for _ in range(12):
            if day <= _last_day(year, month):
                then = datetime.combine(date(year, month, day), at)
                if self._is_ahead(then):
                    return self._once(then)
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        return None

    def _on(self, year: int | None, month: int, day: int) -> Rule | None:
        at = self._at()
        try:
            if year is not None:
                return self._once(datetime.combine(date(year, month, day), at))
            then = datetime.combine(date(self.here.year, month, day), at)
            if not self._is_ahead(then):
                then = datetime.combine(date(self.here.year + 1, month, day), at)
        except ValueError:
            return None
        return self._once(then)

    def _soon(self) -> Rule | None:
        """Today, tomorrow, on a day of the week, or at a time of day alone."""
        said, today = self.said, self.here.date()
        if len(said.weekdays) > 1:
            return None
        if said.weekdays:
            ahead = (next(iter(said.weekdays)) - today.weekday()) % 7
            then = datetime.combine(today + timedelta(days=ahead), self._at())
            return self._once(then if self._is_ahead(then) else then + timedelta(days=7))
        if said.offset is not None:
            return self._once(datetime.combine(today + timedelta(days=said.offset), self._of_day(said.offset)))
        at = self._at(of_day=False)
        tries = [at, at.replace(hour=(at.hour + 12) % 24)] if self._is_open() else [at]
        then = min(self._next(each) for each in tries)
        return self._once(then)

    def _of_day(self, offset: int) -> time:
        """The time on a day that is named by its distance: today, the half that is still ahead."""
        at = self._at()
        if offset == 0 and self._is_open():
            at = self._at(of_day=False)
            if not self._is_ahead(datetime.combine(self.here.date(), at)) and at.hour < 12:
                return at.replace(hour=at.hour + 12)
        return at

    def _next(self, at: time) -> datetime:
        then = datetime.combine(self.here.date(), at)
        return then if self._is_ahead(then) else then + timedelta(days=1)

    def _is_ahead(self, then: datetime) -> bool:
        return _ms(then.replace(tzinfo=self.here.tzinfo)) > _ms(self.here)

    def _once(self, then: datetime) -> Once:
        """Midnight ends the day that was named."""
        said = self.said
        if said.names_day and (said.hour == 24 or (said.hour is None and said.part == 24)):
            then += timedelta(days=1)
        if not self._is_ahead(then):
            raise Passed(then.isoformat())
        return Once(_ms(then.replace(tzinfo=self.here.tzinfo)))


def _weekly(at: time, days: Collection[int]) -> Cron:
    names = "*" if len(days) == len(_NAMES) else ",".join(_NAMES[day] for day in sorted(days))
    return Cron(f"{at.minute} {at.hour} * * {names}")


def _ms(at: datetime) -> UnixMs:
    return UnixMs(round(at.timestamp() * 1000))


def _last_day(year: int, month: int) -> int:
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - timedelta(days=1)).day
