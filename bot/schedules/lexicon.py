"""The words of times in six languages, and a text cut into them."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from bot.texts import language_of

_APOSTROPHES = str.maketrans({"'": "’", "ʼ": "’", "`": "’"})
_DATE = re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})(?!\d)")
# "24.12. 18:00" and "24.12. 18 Uhr" name an hour: a year of two figures stands without a space.
_DOTTED = re.compile(r"(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.(?:(?P<y>\s?\d{4}|\d{2})(?![\d:：]))?")
_SLASHED = re.compile(r"(?P<first>\d{1,2})/(?P<second>\d{1,2})(?:/(?P<y>\d{4}|\d{2}))?(?!\d)")
_CLOCK = re.compile(r"(?P<h>\d{1,2})[:.h：](?P<m>[0-5]\d)(?![\d.]?\d)")
_NUMBER = re.compile(r"\d{1,4}(?!\d)")
_BETWEEN = re.compile(r"[\s,]*")
_WIDE = re.compile(r"[\u3400-\u9fff]")

_LISTS = (
    "in", "after", "every", "at", "next", "filler", "oclock", "am", "pm", "minute", "hour", "day", "week", "month",
    "year", "every_hour", "every_day", "every_week", "every_month", "every_year", "workday", "workdays", "weekend",
    "weekends", "half_past", "half_to", "half", "other",
)  # fmt: skip
_NUMBERED = {
    "weekdays": "weekday",
    "weekdays_also": "weekday",
    "weekdays_short": "short_weekday",
    "weekdays_all": "each_weekday",
    "weekdays_plural": "each_weekday",
    "months": "named_month",
    "months_short": "named_month",
}
_TABLES = {"numbers": "number", "spans": "span", "days": "offset", "parts": "part"}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a text, and all that it can mean: kinds with their values."""

    means: Mapping[str, Any]
    begins: int
    ends: int


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of one language."""

    language: str
    phrases: Mapping[str, Mapping[str, Any]]
    ordinals: Sequence[str]
    """What stands behind the number of a day, longest first."""
    leads: Sequence[str]
    """What may stand before a time that a text begins with, as in "remind me"."""
    longest: int

    def begin(self, text: str) -> int:
        """Where a time may begin at the start of a text."""
        start = len(text) - len(text.lstrip())
        lead = next((lead for lead in self.leads if text.startswith(f"{lead} ", start)), "")
        led = text[start + len(lead) :]
        return len(text) - len(led.lstrip())

    def is_at(self, word: str) -> bool:
        """Whether an hour follows this word."""
        return "at" in self.phrases.get(word, ())

    def tokens(self, text: str, start: int) -> list[Token]:
        """The words of time with which the text goes on from `start`, up to the first that is none."""
        found: list[Token] = []
        at = start
        while at < len(text):
            token = self._figures(text, at) or self._phrase(text, at)
            if token is None:
                break
            found.append(token)
            between = _BETWEEN.match(text, token.ends)
            at = between.end() if between else token.ends
        return found

    def _phrase(self, text: str, at: int) -> Token | None:
        for ends in range(min(len(text), at + self.longest), at, -1):
            means = self.phrases.get(text[at:ends])
            if means is not None and _ends_there(text, ends):
                return Token(means, at, ends)
        return None

    def _figures(self, text: str, at: int) -> Token | None:
        named = self._phrase(text, at) if text[at].isdigit() else None
        if named is not None:
            return named  # A month as it is written in Chinese.
        if (found := _DATE.match(text, at)) or (found := _DOTTED.match(text, at)):
            return Token({"date": (_year(found["y"]), int(found["m"]), int(found["d"]))}, at, found.end())
        if found := _SLASHED.match(text, at):
            return Token(_slashed(found), at, found.end())
        if found := _CLOCK.match(text, at):
            hour, minute = int(found["h"]), int(found["m"])
            means: dict[str, Any] = {"clock": (hour, minute)} if hour <= 24 else {}
            if "." in found[0] and _is_day(hour, minute):
                means["date"] = (None, minute, hour)
            return Token(means, at, found.end()) if means else None
        if found := _NUMBER.match(text, at):
            return self._number(text, at, found.end())
        return None

    def _number(self, text: str, at: int, ends: int) -> Token:
        number = int(text[at:ends])
        for mark in self.ordinals:
            if text.startswith(mark, ends) and _ends_there(text, ends + len(mark)):
                return Token({"ordinal": number, "number": number}, at, ends + len(mark))
        return Token({"number": number}, at, ends)


def _ends_there(text: str, ends: int) -> bool:
    """Whether a word may end here: no letter goes on with it. Chinese leaves no room between words."""
    if ends >= len(text) or _WIDE.match(text[ends - 1]):
        return True
    after = text[ends]
    return not (after.isalpha() and text[ends - 1].isalpha()) or bool(_WIDE.match(after))


def _slashed(found: re.Match[str]) -> Mapping[str, Any]:
    """A date with strokes: which number is the day is only known where the other one can be no month."""
    first, second, year = int(found["first"]), int(found["second"]), _year(found["y"])
    if first > 12 >= second:
        return {"date": (year, second, first)}
    if second > 12 >= first:
        return {"date": (year, first, second)}
    return {"date": (year, first, first)} if first == second else {"unclear": found[0]}


def _year(written: str | None) -> int | None:
    number = int(written) if written else None
    return number + 2000 if number is not None and number < 100 else number


def _is_day(day: int, month: int) -> bool:
    try:
        date(2000, month, day)
    except ValueError:
        return False
    return True


def folded(text: str) -> str:
    """A text as words are looked up in it; every place in it is the same one in the text."""
    lowered = "".join(char if len(char.lower()) != 1 else char.lower() for char in text)
    return lowered.translate(_APOSTROPHES)


def lexicons(language: str) -> Sequence[Lexicon]:
    """The words of that language, then of English, then of the others: people write in more than one."""
    first = language_of(language)
    known = _all()
    return [known[name] for name in dict.fromkeys((first, "en", *known))]


@cache
def _all() -> Mapping[str, Lexicon]:
    text = resources.files("bot.schedules").joinpath("words.toml").read_text(encoding="utf-8")
    return {language: _lexicon(language, words) for language, words in tomllib.loads(text).items()}


def _lexicon(language: str, words: Mapping[str, Any]) -> Lexicon:
    phrases: dict[str, dict[str, Any]] = {}

    def put(phrase: str, kind: str, value: object) -> None:
        if phrase:
            phrases.setdefault(phrase, {})[kind] = value

    for kind in _LISTS:
        for phrase in words.get(kind, ()):
            put(phrase, kind, True)
    for name, kind in _NUMBERED.items():
        for number, phrase in enumerate(words.get(name, ())):
            put(phrase, kind, number)
    for name, kind in _TABLES.items():
        for phrase, value in words.get(name, {}).items():
            put(phrase, kind, value)
    return Lexicon(language, phrases, _longest_first(words["ordinal"]), words.get("lead", ()), max(map(len, phrases)))


def _longest_first(phrases: Iterable[str]) -> Sequence[str]:
    return sorted(phrases, key=len, reverse=True)
