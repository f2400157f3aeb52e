"""The parts of a time that words name, read one after another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

NOON = 12
_WORKDAYS, _WEEKEND = (0, 1, 2, 3, 4), (5, 6)
_UNITS = ("minute", "hour", "day", "week", "month", "year")


@dataclass(slots=True)
class Said:
    """The parts of a time that were named."""

    span_minutes: int | None = None
    """From now on."""
    span_days: int = 0
    span_months: int = 0
    every: tuple[int, str] | None = None
    weekdays: set[int] = field(default_factory=set)
    offset: int | None = None
    """Days from today."""
    date: tuple[int | None, int, int] | None = None
    month_day: int | None = None
    hour: int | None = None
    minute: int = 0
    bare: bool = False
    """Whether the hour was named alone: "at 8"."""
    half: str = ""
    """"am" or "pm"."""
    part: int | None = None
    """The hour that stands for a part of the day."""

    def spans(self) -> bool:
        """Whether it is so long from now."""
        return self.span_minutes is not None or self.span_days > 0 or self.span_months > 0

    @property
    def names_time(self) -> bool:
        """Whether it is said when in a day, or that no day matters."""
        often = self.every is not None and self.every[1] in ("minute", "hour")
        return often or any(value is not None for value in (self.hour, self.part, self.span_minutes))

    @property
    def names_day(self) -> bool:
        named = (self.offset, self.date, self.month_day)
        return bool(self.weekdays) or any(value is not None for value in named) or self.every is not None


class Reader:
    """Reads tokens from left to right. Every one must have its place: what has none makes the whole unreadable."""

    def __init__(self, means: Sequence[Any], *, whole: bool) -> None:
        self._means = means
        self._whole = whole
        """Whether nothing stands behind the last token."""
        self._at = 0
        self._said = Said()

    def read(self) -> Said | None:
        steps: tuple[Callable[[], bool], ...] = (
            self._span,
            self._recurring,
            self._day,
            self._time,
            lambda: self._skip("filler") is not None,
        )
        while self._at < len(self._means):
            if not any(step() for step in steps):
                return None
        # What only leads to something leads nowhere at the end.
        # "so" is a word in most sentences, and a Sunday in few.
        if len(self._means) == 1 and set(self._means[0]) == {"short_weekday"}:
            return None
        ends_in_filler = bool(self._means) and set(self._means[-1]) <= {"filler", "at", "in"}
        said = self._said
        says = said.spans() or said.names_day or said.hour is not None or said.part is not None
        return said if says and not ends_in_filler else None

    def _peek(self, kind: str, ahead: int = 0) -> Any:
        at = self._at + ahead
        return self._means[at].get(kind) if at < len(self._means) else None

    def _skip(self, kind: str) -> Any:
        value = self._peek(kind)
        if value is not None:
            self._at += 1
        return value

    def _unit(self, ahead: int = 0) -> str | None:
        return next((unit for unit in _UNITS if self._peek(unit, ahead)), None)

    # "in 20 minutes", "20分钟后"

    def _span(self) -> bool:
        said, began = self._said, self._at
        if said.spans() or said.names_day or said.hour is not None:
            return False
        before = self._skip("in") is not None
        while self._amount():
            if self._peek("number", 1) is not None or self._peek("span", 1) is not None:
                self._skip("filler")
        if said.spans() and (before or self._skip("after") is not None):
            return True
        self._at = began
        said.span_minutes, said.span_days, said.span_months = None, 0, 0
        return False

    def _amount(self) -> bool:
        said = self._said
        if (span := self._skip("span")) is not None:
            said.span_minutes = (said.span_minutes or 0) + span
            return True
        number = self._peek("number")
        ahead = 1 if number is not None else 0
        unit = self._unit(ahead)
        if unit is None or (number is None and said.spans()):
            return False
        self._at += ahead + 1
        self._add(1 if number is None else number, unit)
        return True

    def _add(self, count: int, unit: str) -> None:
        said = self._said
        match unit:
            case "minute":
                said.span_minutes = (said.span_minutes or 0) + count
            case "hour":
                said.span_minutes = (said.span_minutes or 0) + count * 60
            case "day":
                said.span_days += count
            case "week":
                said.span_days += count * 7
            case "month":
                said.span_months += count
            case _:
                said.span_months += count * 12

    # "every weekday", "daily", "on Mondays and Thursdays"

    def _recurring(self) -> bool:
        said = self._said
        if said.every is not None or said.spans():
            return False
        for name, unit in (("every_hour", "hour"), ("every_day", "day"), ("every_week", "week"),
                           ("every_month", "month"), ("every_year", "year")):  # fmt: skip
            if self._skip(name) is not None:
                said.every = (1, unit)
                return True
        if self._skip("workdays") is not None:
            return self._each(_WORKDAYS)
        if self._skip("weekends") is not None:
            return self._each(_WEEKEND)
        if (day := self._skip("each_weekday")) is not None:
            days = [day, *self._more("each_weekday")]
            return self._each(days)
        if self._peek("other") and self._unit(1):
            unit = self._unit(1) or ""
            self._at += 2
            said.every = (2, unit)
            return True
        return self._every()

    def _every(self) -> bool:
        began = self._at
        if self._skip("every") is None:
            return False
        if (span := self._skip("span")) is not None:
            self._said.every = (span, "minute")
            return True
        number = self._peek("number")
        unit = self._unit(1 if number is not None else 0)
        if unit is not None:
            self._at += 2 if number is not None else 1
            self._said.every = (number or 1, unit)
            return True
        if self._skip("workday") is not None or self._skip("workdays") is not None:
            return self._each(_WORKDAYS)
        if self._skip("weekend") is not None:
            return self._each(_WEEKEND)
        if self._peek("part") is not None:
            return self._each(range(7))
        if (day := self._skip("ordinal")) is not None:
            self._said.every, self._said.month_day = (1, "month"), day
            return True
        if (day := self._weekday()) is not None:
            return self._each([day, *self._more("weekday", "short_weekday")])
        self._at = began
        return False

    def _each(self, days: Sequence[int] | range) -> bool:
        self._said.every = (1, "week")
        self._said.weekdays = set(days)
        return True

    def _more(self, *kinds: str) -> list[int]:
        """Further days of the week, with or without an "and" before each."""
        days: list[int] = []
        while True:
            ahead = 1 if self._peek("filler") and any(self._peek(kind, 1) is not None for kind in kinds) else 0
            found = next((day for kind in kinds if (day := self._peek(kind, ahead)) is not None), None)
            if found is None:
                return days
            days.append(found)
            self._at += ahead + 1

    def _weekday(self) -> int | None:
        day: int | None = self._skip("weekday")
        return day if day is not None else self._skip("short_weekday")

    # "tomorrow", "next Monday", "on 5 December", "on the 5th"

    def _day(self) -> bool:
        said = self._said
        if self._after_next():
            return True
        if said.offset is None and said.date is None and (offset := self._peek("offset")) is not None:
            self._at += 1
            said.offset = offset
            return True
        if not said.weekdays and said.date is None and (day := self._weekday()) is not None:
            said.weekdays = {day}
            return True
        return said.date is None and said.month_day is None and self._date()

    def _after_next(self) -> bool:
        said = self._said
        if self._peek("next") is None:
            return False
        if (unit := self._unit(1)) in ("week", "month", "year", "day"):
            self._at += 2
            self._add(1, unit or "")
            return True
        self._at += 1
        return self._peek("weekday") is not None or self._peek("short_weekday") is not None or said.names_day

    def _date(self) -> bool:
        said = self._said
        day, month = self._peek("number"), self._peek("named_month", 1)
        if day is not None and month is not None and self._is_in_month(day):
            self._at += 2
            return self._with_year(month + 1, day)
        between = self._peek("filler", 1) and self._peek("named_month", 2) is not None
        if day is not None and between and self._is_in_month(day):
            month = self._peek("named_month", 2)
            self._at += 3
            return self._with_year(month + 1, day)
        month, day = self._peek("named_month"), self._peek("number", 1)
        if month is not None and day is not None and self._is_in_month(day):
            self._at += 2
            return self._with_year(month + 1, day)
        if (found := self._peek("date")) is not None and not (self._peek("clock") and self._is_time_due()):
            self._at += 1
            said.date = found
            return True
        day = self._peek("ordinal")
        if day is None and said.every is not None and said.every[1] == "month" and self._unit(1) is None:
            day = self._peek("number")
        if day is not None and self._is_in_month(day) and not (self._at and self._peek("at", -1)):
            self._at += 1
            said.month_day = day
            return True
        return False

    def _is_time_due(self) -> bool:
        return bool(self._at and self._peek("at", -1)) or self._said.names_day

    @staticmethod
    def _is_in_month(day: int) -> bool:
        return 1 <= day <= 31

    def _with_year(self, month: int, day: int) -> bool:
        year = self._peek("number")
        if year is not None and year >= 1000:
            self._at += 1
            self._said.date = (year, month, day)
        else:
            self._said.date = (None, month, day)
        return True

    # "at 9", "9:30 pm", "8 Uhr", "下午3点半"

    def _time(self) -> bool:
        said, began = self._said, self._at
        if said.span_minutes is not None:
            return False
        early = self._half_before()
        after = self._skip("at") is not None
        if said.hour is None and self._hour(after=after or early):
            self._half_behind()
            return True
        if early or self._part():
            return True
        self._at = began
        return False

    def _half_before(self) -> bool:
        """ "下午3点": which half of the day it is stands before the hour."""
        said = self._said
        if said.hour is not None or said.part is not None:
            return False
        half = next((half for half in ("am", "pm") if self._peek(half)), "")
        if not half or not (self._peek("number", 1) or self._peek("clock", 1)):
            return False
        said.half = half
        self._at += 1
        return True

    def _hour(self, *, after: bool) -> bool:
        said = self._said
        if (clock := self._skip("clock")) is not None:
            said.hour, said.minute = clock
            return True
        half = "half_past" if self._peek("half_past") else "half_to" if self._peek("half_to") else ""
        if half and (number := self._peek("number", 1)) is not None and number <= 24:
            self._at += 2
            said.hour, said.minute = (number, 30) if half == "half_past" else (number - 1, 30)
            self._skip("oclock")
            return True
        number = self._peek("number")
        if number is None or number > 24:
            return False
        marked = bool(self._peek("oclock", 1) or self._peek("am", 1) or self._peek("pm", 1))
        last = self._whole and self._at + 1 == len(self._means) and said.names_day
        parted = self._peek("part", 1) is not None and said.names_day
        if not (after or marked or last or parted):
            return False
        self._at += 1
        said.hour, said.bare = number, True
        if self._skip("oclock") is not None:
            said.bare = False
            self._minutes_behind()
        return True

    def _minutes_behind(self) -> None:
        """ "8 Uhr 30", "3点30分", "3点半"."""
        said = self._said
        if self._skip("half") is not None:
            said.minute = 30
        elif (minute := self._peek("number")) is not None and minute < 60 and not self._unit(1):
            if self._whole and self._at + 1 == len(self._means):
                said.minute = minute
                self._at += 1
        elif minute is not None and minute < 60 and self._peek("minute", 1):
            said.minute = minute
            self._at += 2

    def _half_behind(self) -> None:
        said = self._said
        for half in ("am", "pm"):
            if not said.half and self._peek(half) and not self._names_day_next():
                said.half = half
                self._at += 1

    def _names_day_next(self) -> bool:
        """Whether "am" belongs to a day, as in German."""
        return any(self._peek(kind, 1) is not None for kind in ("weekday", "short_weekday", "date", "ordinal"))

    def _part(self) -> bool:
        if self._said.part is not None or (part := self._skip("part")) is None:
            return False
        self._said.part = part
        return True
