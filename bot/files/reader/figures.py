"""Cells' values as a person sees them: 15 %, dates, hours.

Dates are written as 2026-03-01, whatever the sheet's own way, as nobody mistakes that.
"""

import operator
import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from itertools import pairwise
from math import isfinite
from typing import NamedTuple

_NUMBERED = """
1 0 | 2 0.00 | 3 #,##0 | 4 #,##0.00 | 9 0% | 10 0.00% | 11 0.00E+00 | 12 # ?/? | 13 # ??/?? | 14 d/m/yyyy | 15 d-mmm-yy
| 16 d-mmm | 17 mmm-yy | 18 h:mm AM/PM | 19 h:mm:ss AM/PM | 20 h:mm | 21 h:mm:ss | 22 d/m/yyyy h:mm | 37 #,##0
| 38 #,##0 | 39 #,##0.00 | 40 #,##0.00 | 45 mm:ss | 46 [h]:mm:ss | 47 mm:ss.0 | 48 ##0.0E+0 | 49 @
"""
BUILT_IN: Mapping[int, str] = {
    **{int(number): code for number, _, code in (each.strip().partition(" ") for each in _NUMBERED.split("|"))},
    **dict.fromkeys((27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58), "yyyy-mm-dd"),
    **dict.fromkeys((32, 33, 34, 35, 55, 56), "h:mm:ss"),
}
"""Formats that a workbook may name by number alone (ECMA-376, 18.8.30, and what East Asian versions add)."""

_LITERAL = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[\$([^\]-]*)(?:-[^\]]*)?\]|\[[^\]]*\]')
_PLACES = re.compile(r"([0#?](?:[^.%eE;@]*[0#?])?)(,*)(?:\.([0#?]*))?(,*)")
"""The places of a number: of its whole part, where a telephone number's signs stand among them, and behind the point.
Commas at the end of either scale it."""

_PLACE = re.compile("[0#?]")
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)\s*(-?\d{1,20}(?:\.\d{1,20})?)\]")
_HOLDS = {"<=": operator.le, ">=": operator.ge, "<>": operator.ne, "<": operator.lt, ">": operator.gt, "=": operator.eq}
_DAY_S = 86_400
_BY_HAND = Context(prec=400, rounding=ROUND_HALF_UP, traps=[])
"""How sheets round: 0.125 is 0.13. A number has up to 309 digits before its point, and a format up to 30 places."""


class _Form(NamedTuple):
    """A section of a format: what kind of value it makes, and what stands before and behind it."""

    kind: str
    before: str = ""
    behind: str = ""
    places: int = 0
    thousands: bool = False
    scale: int = 0
    """Powers of ten by which the value is shown larger: 2 for per cent, -3 for thousands."""
    optional: int = 0
    """Of the places, those that are left out where they are zero."""
    seconds: bool = False
    least: int = 1
    """Digits of the whole part that are shown though they are zero."""
    gaps: tuple[str, ...] = ()
    """What stands between the places of the whole part, where anything does."""


def shown(value: float, code: str, raw: str, *, from_1904: bool = False) -> str:
    """A number in a sheet's format. `raw`: the digits as they are kept, all told where no format says less.

    Raises ValueError or OverflowError where it cannot be shown so.
    """
    number = _number_of_section(code, value)
    form = _form(code, number)
    if form.kind == "text":
        return form.before
    if form.kind == "general":
        return f"{form.before}{_plain(value, raw)}{form.behind}"
    if form.kind in ("date", "time", "moment"):
        return _moment(value, form, from_1904=from_1904)
    if form.kind == "hours":
        return _hours(value, form)
    # A separate format for negative numbers says by itself that they are.
    is_told = number == 1 and value < 0
    if form.kind == "power":
        return f"{form.before}{abs(value) if is_told else value:.{form.places}E}{form.behind}"
    kept = _kept(value, raw)
    digits = _rounded(_BY_HAND.scaleb(abs(kept) if is_told else kept, form.scale), form)
    return (
        f"{form.before}{digits}{form.behind}"
        if not digits.startswith("-")
        else f"-{form.before}{digits[1:]}{form.behind}"
    )


def is_moment(code: str) -> bool:
    """Whether numbers in this format are dates or times."""
    return _form(code, 0).kind in ("date", "time", "moment", "hours")


@lru_cache(256)
def _sections(code: str) -> list[str]:
    return re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', code)


def _number_of_section(code: str, value: float) -> int:
    """Which section a value is shown by: the first whose condition holds, else by its sign."""
    sections = _sections(code)
    if len(sections) == 1:
        return 0
    conditions = [_CONDITION.search(section) for section in sections]
    if not any(conditions):
        return 1 if value < 0 else 2 if value == 0 and len(sections) > 2 else 0
    held = (n for n, found in enumerate(conditions) if found is None or _HOLDS[found[1]](value, float(found[2])))
    return next(held, len(sections) - 1)


@lru_cache(512)
def _form(code: str, number: int) -> _Form:
    sections = _sections(code)
    section = sections[number]
    if not section.strip():
        return _Form("text") if len(sections) > 1 else _Form("general")
    hours = re.search(r"\[(h+|m+|s+)\]", section, re.IGNORECASE)
    bare = _LITERAL.sub("", section).lower()
    if hours:
        return _Form("hours", hours[1][0].lower(), seconds="s" in bare or hours[1][0].lower() == "s")
    if bare.strip() in ("general", "@"):
        before, _, behind = re.sub("general|@", "\0", section, flags=re.IGNORECASE).partition("\0")
        return _Form("general", _literals(before), _literals(behind))
    clock = re.sub(r"am/pm|a/p|上午/下午", "", bare)
    if re.search(r"[ymdhsbge年月日時时分秒]", re.sub(r"e[+-]", "", clock)) and not re.search(r"[#?]", clock):
        dated = bool(re.search(r"[yde年月日]", clock)) or ("m" in clock and not re.search(r"[hs]", clock))
        timed = bool(re.search(r"[hs時时秒]", clock))
        return _Form("moment" if dated and timed else "date" if dated else "time", seconds="s" in clock)
    return _number(section, bare)


def _literals(section: str) -> str:
    """What a piece of a format says in letters."""
    return _LITERAL.sub(lambda found: found[1] or found[2] or found[3] or "", section)


def _number(section: str, bare: str) -> _Form:
    if "/" in bare and "?" in bare:
        return _Form("general")
    marked = _LITERAL.sub(lambda found: "\0" * len(found[0]), section)
    found = _PLACES.search(marked)
    if found is None:
        return _Form("text", _literals(section))
    end = found.end()
    power = re.match(r"[eE][+-]?0+", marked[end:])
    end += power.end() if power else 0
    texts = (section[: found.start()], section[end:])
    before, behind = map(_literals, texts)
    places = found[3] or ""
    scale = 2 * bare.count("%") - 3 * len(found[2] + found[4])
    at = [found.start() + each.start() for each in _PLACE.finditer(found[1])]
    between = [section[here + 1 : there] for here, there in pairwise(at)]
    gaps = tuple(_literals(each.replace(",", "")) for each in between)
    zero = found[1].find("0")
    return _Form(
        "power" if power else "number",
        before,
        behind,
        len(places),
        "," in found[1],
        scale,
        len(places) - len(places.rstrip("#?")),
        least=sum(place >= found.start() + zero for place in at) if zero >= 0 else 1,
        gaps=gaps if any(gaps) else (),
    )


def _kept(value: float, raw: str) -> Decimal:
    """A number with all digits that were kept: those of a whole number as they stand there, of any other the first
    fifteen. Those beyond are how floating point writes what a person entered.

    Raises OverflowError where it has none.
    """
    if not isfinite(value):
        raise OverflowError("It is not a number.")
    return Decimal(raw if re.fullmatch(r"-?\d{1,40}", raw) else f"{value:.15g}")


def _rounded(value: Decimal, form: _Form) -> str:
    near = _BY_HAND.quantize(value, Decimal(1).scaleb(-form.places))
    if not near.is_finite():
        raise OverflowError("Such a number has no digits that could be shown.")
    whole, point, places = f"{near:{',' if form.thousands else ''}f}".partition(".")
    sign = "-" if whole.startswith("-") else ""
    whole = _spread(whole.removeprefix("-").zfill(form.least), form.gaps)
    if form.optional:
        places = places[: form.places - form.optional] + places[form.places - form.optional :].rstrip("0")
    digits = f"{sign}{whole}{point if places else ''}{places}"
    return digits.removeprefix("-") if not value or not any(sign in "123456789" for sign in digits) else digits


def _spread(digits: str, gaps: Sequence[str]) -> str:
    """Digits with what stands between their places: the last digit is in the last place."""
    pieces: list[str] = []
    for gap in reversed(gaps):
        if len(digits) < 2:
            break
        pieces += digits[-1], gap
        digits = digits[:-1]
    return "".join((digits, *reversed(pieces)))


def _plain(value: float, raw: str) -> str:
    """All digits that were kept, without an exponent where that is shorter than so many zeros."""
    kept = _kept(value, raw)
    return f"{value:.15g}".upper() if kept and not -20 < kept.adjusted() < 40 else f"{kept:f}"


def _moment(value: float, form: _Form, *, from_1904: bool) -> str:
    from datetime import UTC, datetime, timedelta

    seconds = round(value * _DAY_S * 1000) / 1000
    if form.kind != "time":
        days = value + (1462 if from_1904 else 0)
        # Lotus took 1900 for a leap year, and Excel has kept its 29 February.
        day = timedelta(days=int(days) + (1 if 0 <= days < 60 else 0), seconds=round(days % 1 * _DAY_S))
        try:
            moment = datetime(1899, 12, 30, tzinfo=UTC) + day
        except OverflowError:
            return _plain(value, "")
        if form.kind == "date":
            return f"{moment:%Y-%m-%d}"
        return f"{moment:%Y-%m-%d %H:%M:%S}" if form.seconds else f"{moment:%Y-%m-%d %H:%M}"
    whole = round(seconds % _DAY_S)
    clock = f"{whole // 3600 % 24:02}:{whole // 60 % 60:02}"
    return f"{clock}:{whole % 60:02}" if form.seconds else clock


def _hours(value: float, form: _Form) -> str:
    """A span of time: hours, minutes or seconds may be more than a clock has."""
    whole = round(abs(value) * _DAY_S)
    sign = "-" if value < 0 else ""
    if form.before == "s":
        return f"{sign}{whole}"
    if form.before == "m":
        return f"{sign}{whole // 60}:{whole % 60:02}"
    clock = f"{sign}{whole // 3600}:{whole // 60 % 60:02}"
    return f"{clock}:{whole % 60:02}" if form.seconds else clock
