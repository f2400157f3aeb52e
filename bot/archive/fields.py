"""Fields of untrusted JSON, of whatever type they turn out to be: each function takes anything and never raises."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.domain.efforts import Effort
from bot.domain.ids import UnixMs

MOST_TEXT = 1_000_000
"""Characters of one message; what is longer is cut."""

LATEST = UnixMs(253_370_764_800_000)
"""The year 9999: beyond it there are no dates."""

_UNWRITABLE = re.compile("[\ud800-\udfff\0]")
"""Lone surrogates cannot be encoded; a NUL ends a text for some readers."""


def words(value: object) -> str:
    """A text, such that it can be written anywhere; "" for what is none."""
    if not isinstance(value, str):
        return ""
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", value[:MOST_TEXT])


def line(value: object, most: int = 200) -> str:
    """The same on one line, at most that many characters: a name or a title."""
    return " ".join(words(value)[: most * 4].split())[:most]


def mapping(value: object) -> Mapping[str, Any]:
    """An object; an empty one for any other value."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> Sequence[Any]:
    """A list; an empty one for any other value."""
    return value if isinstance(value, list) else ()


def objects(value: object) -> list[Mapping[str, Any]]:
    """The objects of a list."""
    return [each for each in sequence(value) if isinstance(each, dict)]


def number(value: object) -> float | None:
    """A finite number; None for any other value."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def moment(value: object) -> UnixMs:
    """A moment in seconds or milliseconds since 1970, or as ISO 8601 says it; 0 for what is none."""
    found = number(value)
    if found is None:
        return _iso(words(value)[:40])
    # The year 5138 in seconds is 1973 in milliseconds.
    milliseconds = found if found >= 1e11 else found * 1000
    return UnixMs(int(milliseconds)) if 0 < milliseconds <= LATEST else UnixMs(0)


def _iso(text: str) -> UnixMs:
    try:
        read = datetime.fromisoformat(text)
        seconds = (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return UnixMs(0)
    return UnixMs(max(0, int(seconds * 1000)))


def effort(value: object) -> Effort | None:
    """How much a model was to think; None for what is no such word."""
    return next((effort for effort in Effort if effort == value), None)
