"""How long a vendor asks to be left alone, in whichever of its headers, fields or words it says so.

What was said plainly counts (`Retry-After` and its like, then a field of the error, then its sentence); only without
that do the limits' own headers, which come with every answer: of those, the ones that are used up.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

from bot.domain.ids import UnixMs

LONGEST_S = 31 * 86_400.0
"""A longer wait is a misunderstanding."""

_UNITS = {
    "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0,
    "毫秒": 0.001, "秒": 1.0, "分": 60.0, "小时": 3_600.0, "天": 86_400.0,
}  # fmt: skip
_UNIT = r"(ms|milliseconds?|msecs?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|毫秒|秒钟?|分钟?|小时|天)"
_PIECE = re.compile(rf"(\d+(?:\.\d+)?|an?\b)\s*{_UNIT}(?![a-z])", re.IGNORECASE)
_DURATION = rf"(?:(?:\d+(?:\.\d+)?|an?)\s*{_UNIT}(?![a-z])[\s,]*(?:and\s+)?)+"
_SOON = re.compile(
    r"(?:try(?:ing)?(?: again)?|retry|retrying|wait|resets?|reset time|available|back off|请|在)\b"
    rf"[^.\d]{{0,40}}?\b(?P<wait>{_DURATION})"
    rf"|(?P<chinese>{_DURATION})\s*(?:后|之后)",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"retry[-_ ]?after(?:[-_ ]?s(?:ec(?:ond)?s?)?)?[\"']?\s*[:= ]\s*[\"']?(\d+(?:\.\d+)?)(?![\d.]*\s*m?[a-z-])",
    re.IGNORECASE,
)
_MOMENT = re.compile(
    r"(?:regain access|resets?|available|try again|retry|until|将在)\b[^.\d]{0,40}?"
    r"(\d{4}-\d\d-\d\d)(?:[T ]|\s+at\s+)(\d\d:\d\d(?::\d\d)?)(?:\.\d+)?\s*(Z|UTC|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
_FIELDS = re.compile(
    r"(?:retry_?(?:after|delay|in)|estimated_?time|resets?_?(?:at|in|time)|wait)(?P<unit>_?m(?:illi)?s(?:ec(?:ond)?s)?)?"
    r"(?:_?s(?:ec(?:ond)?s?)?)?",
    re.IGNORECASE,
)
_GOOGLES_ZONE = timezone(timedelta(hours=-8))
"""Winter's; in summer the wait is an hour longer than it has to be."""
_LIMIT = re.compile(r"rate-?limit.*reset|reset.*rate-?limit", re.IGNORECASE)
_WINDOW = re.compile(r"\b(?:remaining|r)=(?P<left>\d+).*?\b(?:reset|t)=(?P<reset>\d+)", re.IGNORECASE)


def wait_s(headers: Mapping[str, str], words: str, data: Any, now: UnixMs) -> float | None:
    """How long to wait, in seconds; None if nothing says so.

    `words` are the sentences of the refusal, `data` its JSON, None if it had none.
    """
    headers = {name.lower(): value for name, value in headers.items()}
    for found in (_plain(headers, now), _in_fields(data, now), _in_words(words, now), _of_limits(headers, now)):
        if found is not None and found <= LONGEST_S:
            return max(0.0, found)
    return None


def until_googles_midnight_s(now: UnixMs) -> float:
    """Seconds until Google's daily quotas start again: at midnight, Pacific time, as it documents."""
    there = datetime.fromtimestamp(now / 1000, _GOOGLES_ZONE)
    midnight = there.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return midnight.timestamp() - now / 1000


def seconds(text: str, now: UnixMs) -> float | None:
    """What a single value means: seconds, a duration ("1m30s"), a moment (a date, or seconds or ms since 1970)."""
    text = text.strip()
    try:
        number = float(text)
    except ValueError:
        return _duration(text) if _PIECE.match(text) else _moment(text, now)
    if not 0 <= number < 1e16:
        return None
    if number >= 1e11:
        return (number - now) / 1000
    return number - now / 1000 if number >= 1e9 else number


def _duration(text: str) -> float | None:
    pieces = _PIECE.findall(text)
    if not pieces:
        return None
    return sum((1.0 if number[0] in "aA" else float(number)) * _unit(unit) for number, unit in pieces)


def _unit(word: str) -> float:
    word = word.lower().removesuffix("钟")
    return 0.001 if word.startswith(("ms", "milli")) else _UNITS.get(word) or _UNITS[word[0]]


def _moment(text: str, now: UnixMs) -> float | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text)
        except ValueError:
            continue
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now / 1000
    return None


def _plain(headers: Mapping[str, str], now: UnixMs) -> float | None:
    for name in ("retry-after-ms", "x-ms-retry-after-ms", "x-retry-after-ms"):
        try:
            return float(headers[name]) / 1000
        except (KeyError, ValueError):
            continue
    for name in ("retry-after", "x-retry-after"):
        if (found := seconds(headers.get(name, ""), now)) is not None:
            return found
    return None


def _of_limits(headers: Mapping[str, str], now: UnixMs) -> float | None:
    """The latest reset among the limits that are used up, or of all if none says what is left."""
    resets: list[tuple[str | None, float]] = []
    for name, value in headers.items():
        if _LIMIT.search(name) and (found := seconds(value, now)) is not None:
            resets.append((headers.get(name.replace("reset", "remaining")), found))
        elif name == "ratelimit" and (window := _WINDOW.search(value)):
            resets.append((window["left"], float(window["reset"])))
    spent = [wait for left, wait in resets if _is_none(left)]
    unsaid = [wait for left, wait in resets if left is None]
    return max(spent or unsaid, default=None)


def _is_none(left: str | None) -> bool:
    try:
        return left is not None and float(left) <= 0
    except ValueError:
        return False


def _in_fields(data: Any, now: UnixMs) -> float | None:
    for name, value in _fields(data):
        if name == "headers" and isinstance(value, dict):
            headers = {str(key).lower(): str(header) for key, header in value.items()}
            found = _plain(headers, now)
            found = _of_limits(headers, now) if found is None else found
        elif (match := _FIELDS.fullmatch(name)) and isinstance(value, str | int | float | dict):
            # Google's protocol has a duration as an object.
            found = seconds(str(value.get("seconds") if isinstance(value, dict) else value), now)
            found = found / 1000 if found is not None and match["unit"] else found
        else:
            continue
        if found is not None:
            return found
    return None


def _fields(data: Any) -> Iterator[tuple[str, Any]]:
    """Every field of an object, at any depth."""
    if isinstance(data, dict):
        for name, value in data.items():
            yield re.sub(r"(?<=[a-z])(?=[A-Z])|-", "_", str(name)).lower(), value
            yield from _fields(value)
    elif isinstance(data, list):
        for value in data:
            yield from _fields(value)


def _in_words(words: str, now: UnixMs) -> float | None:
    if match := _MOMENT.search(words):
        zone = match[3] or "Z"
        return _moment(f"{match[1]}T{match[2]}{'Z' if zone.upper() == 'UTC' else zone}", now)
    if match := _SOON.search(words):
        return _duration(match["wait"] or match["chinese"])
    if match := _BARE.search(words):
        return float(match[1])
    return None
