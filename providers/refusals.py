"""What a vendor's refusal means: from status, code and words to the error that steers the chain.

Vendors agree on the status codes and on little else, so the few words that change what to do are told apart here, once,
and in the order in which they are believed: the one that is blamed has to be to blame. The words are in
`providers.wordings`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

from bot.domain.counts import counted
from bot.domain.ids import UnixMs
from bot.domain.provider_errors import (
    BadCredentials,
    Blind,
    ContextTooLong,
    ModelMissing,
    NoCredit,
    NotAllowed,
    Overloaded,
    PictureRefused,
    ProviderError,
    QuotaSpent,
    RateLimited,
    RequestRefused,
    TurnedAway,
    WrongAddress,
)
from providers import wordings
from providers.codes import codes_in
from providers.waits import until_googles_midnight_s, wait_s
from providers.windows import limit_in

LONGEST_WORDS = 300
"""How much of a vendor's words is kept for the log, in characters."""

LONGEST_READ = 8_000
"""How much of them is looked at."""

_ECHOED = frozenset({"input", "body", "request", "messages", "failed_generation", "prompt"})
"""Fields in which servers repeat what they were sent: no words of theirs, and none for a log."""

_PASSING = frozenset({408, 409, 420, 425, 498, 499})
"""Statuses under 500 of what comes right by itself: a time-out there, a conflict, too early, no capacity."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a vendor said instead of an answer."""

    status: int
    """The HTTP status, or the same number from inside a stream; 0 if there is none."""
    words: str
    """Code and message: for telling refusals apart and for the log, never for the person."""
    retry_after_s: float | None = None
    address: str = ""
    """What was asked, as `shown_address` returns it."""
    codes: str = ""
    """Its codes, kinds and the vendor's number of the request, as every log holds them."""
    at: UnixMs | None = None
    """When it came."""
    limit_tokens: int | None = None
    """How many tokens it says are the most, where that is what it is about."""
    is_page: bool = False
    """Whether it was a page for people, or nothing, instead of JSON."""

    @classmethod
    def of(cls, status: int, body: str, headers: Mapping[str, str], now: UnixMs, address: str = "") -> "Refusal":
        """The refusal that a response is."""
        data = _data(body)
        words = body if data is None else words_in(data)
        wait = wait_s(headers, words[:LONGEST_READ], data, now)
        return cls(
            status,
            words[:LONGEST_READ],
            wait,
            address,
            codes_in(data, headers),
            now,
            limit_in(words[:LONGEST_READ], data),
            is_page=data is None,
        )

    @classmethod
    def reported(cls, error: Any, now: UnixMs, numbers: Mapping[str, str] | None = None) -> "Refusal":
        """The refusal that an error within an answer is, of whatever form; `numbers` as in `codes.numbers_in`."""
        found = [str(error.get(name)) for name in ("code", "status", "status_code")] if isinstance(error, dict) else []
        status = next((int(code) for code in found if re.fullmatch("[45][0-9][0-9]", code)), 0)
        return cls.of(status, json.dumps({"error": error}, ensure_ascii=True), numbers or {}, now)

    def error(self, endpoint: str, key: str) -> ProviderError:
        """The error for it, with the words cut short and without `key`."""
        words = scrub(self.words, key)
        words = words if len(words) <= LONGEST_WORDS else words[: LONGEST_WORDS - 1] + "…"
        at = f" ({scrub(self.address, key)})" if self.address else ""
        kind = self._kind()
        error = kind(f"{endpoint!r}{at} answered {self.status}: {words}", retry_after_s=self._wait_s(kind))
        error.facts = f"{endpoint!r}{at} answered {self.status}{self.codes}, {counted(len(self.words), 'character')}"
        if isinstance(error, ContextTooLong):
            error.limit_tokens = self.limit_tokens
        if isinstance(error, RequestRefused):
            error.unexplained = self._is_unexplained
        return error

    def says(self, *kinds: re.Pattern[str]) -> bool:
        """Whether its words are of one of these kinds."""
        return any(kind.search(self.words) for kind in kinds)

    def _wait_s(self, kind: type[ProviderError]) -> float | None:
        """How long to wait. Beside a quota for a day, Google names the wait for the one of a minute."""
        if self.at is not None and kind is QuotaSpent and self.says(wordings.GOOGLES_DAY):
            return until_googles_midnight_s(self.at)
        return self.retry_after_s

    @property
    def _is_unexplained(self) -> bool:
        known = (wordings.FILTER, wordings.TOOLS, wordings.PDF)
        return self._kind() is RequestRefused and self.status in (400, 413, 422) and not self.says(*known)

    def _kind(self) -> type[ProviderError]:
        if self.status == 402 or self.says(wordings.CREDIT):
            return NoCredit
        if self.status == 429:
            return self._limit()
        if self._is_too_long:
            return ContextTooLong
        if self.status >= 500 or self.status in _PASSING or self.says(wordings.UNFINISHED):
            return self._trouble()
        if self.says(wordings.TURNED_AWAY) or (self.status == 403 and self.is_page and "<" in self.words):
            return TurnedAway
        return self._by_status()

    def _limit(self) -> type[ProviderError]:
        if self.says(wordings.REQUEST_OVER_RATE):
            return ContextTooLong
        return QuotaSpent if self.says(wordings.DAILY) else RateLimited

    @property
    def _is_too_long(self) -> bool:
        if self.status == 413 or self.says(wordings.REQUEST_OVER_RATE):
            return not self.says(wordings.PICTURE)
        return self.says(wordings.TOO_LONG) and not self.says(wordings.THROTTLED, wordings.PICTURE)

    def _trouble(self) -> type[ProviderError]:
        """5xx, and what passes like it; an error within a stream has only its words."""
        if self.says(wordings.THROTTLED):
            return self._limit()
        if self.says(wordings.BLIND):
            return Blind
        return RequestRefused if self.says(wordings.PDF) else Overloaded

    def _by_status(self) -> type[ProviderError]:
        match self.status:
            case 400 | 413 | 415 | 422 | 424 | 451:
                return self._bad_request()
            case 403 if self.says(wordings.FILTER) and not self.says(wordings.NOT_ALLOWED):
                # OpenRouter says 403 when its moderation stops a request.
                return RequestRefused
            case 403 if self.says(wordings.QUOTA):
                return self._limit()
            case 401 | 403 | 407:
                return NotAllowed if self.says(wordings.NOT_ALLOWED) else BadCredentials
            case 404 | 410:
                return self._missing()
            case 405 | 501:
                return WrongAddress
            case status if 300 <= status < 400:
                return WrongAddress
            case status if status >= 400:
                return self._bad_request()
            case _:
                # Said within an answer, under 200 or without any status.
                return self._trouble() if self.says(wordings.THROTTLED) else self._known() or Overloaded

    def _bad_request(self) -> type[ProviderError]:
        return self._known() or RequestRefused

    def _known(self) -> type[ProviderError] | None:
        return self._about_the_request() or self._about_the_account()

    def _about_the_request(self) -> type[ProviderError] | None:
        """What another request would not meet: one person's picture must not take a model away from everybody."""
        if self.says(wordings.BLIND):
            return Blind
        if self.says(wordings.PICTURE):
            return PictureRefused
        if self.says(wordings.PDF):
            return RequestRefused
        if self.says(wordings.FILTER, wordings.TOOLS) and not self.says(wordings.NOT_ALLOWED):
            return RequestRefused
        return None

    def _about_the_account(self) -> type[ProviderError] | None:
        # Gemini says 400 for a wrong key, OpenRouter and Mistral for a model they do not have.
        if self.says(wordings.KEY):
            return BadCredentials
        if self.says(wordings.NOT_ALLOWED):
            return NotAllowed
        if self.says(wordings.ADDRESS):
            return WrongAddress
        return ModelMissing if self.says(wordings.MODEL) else None

    def _missing(self) -> type[ProviderError]:
        if found := self._known():
            return found
        return WrongAddress if self.is_page else ModelMissing


def _data(body: str) -> Any:
    """The JSON object or list that a body is; None if it is something else."""
    try:
        data = orjson.loads(body)
    except ValueError:
        return None
    return data if isinstance(data, dict | list) else None


def words_in(data: Any) -> str:
    """What the fields of an error say, one after the other, without what they repeat of the request."""
    return " · ".join(_leaves(data))


def _leaves(data: Any) -> Iterator[str]:
    match data:
        case dict():
            for name, value in data.items():
                if name not in _ECHOED:
                    yield from _leaves(value)
        case list():
            for value in data:
                yield from _leaves(value)
        case str() if data.lstrip().startswith(("{", "[")) and (inner := _data(data)) is not None:
            # A vendor between hands on what the one behind it said, as a text.
            yield from _leaves(inner)
        case str():
            yield data
        case int() | float() if not isinstance(data, bool):
            yield str(data)


def retry_after_s(headers: Mapping[str, str], now: UnixMs) -> float | None:
    """How long the headers of a response ask to wait, in seconds."""
    return wait_s(headers, "", None, now)


def shown_address(url: str) -> str:
    """An address for the log: without a user, a password or a query, which may hold secrets."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


def scrub(text: str, key: str) -> str:
    """`text` without `key`: some vendors repeat a wrong key in their answer."""
    return text.replace(key, "[key]") if key else text


def safe_cause(error: BaseException, key: str) -> BaseException | None:
    """`error`, to be chained for the log, or None if it or what caused it holds `key`."""
    link: BaseException | None = error
    while link is not None:
        if key and key in f"{link!r} {link}":
            return None
        link = link.__cause__ or link.__context__
    return error
