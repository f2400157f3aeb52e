"""What a vendor's refusal means: from status, code and words to the error that steers the chain.

Vendors agree on the status codes and on little else, so the few words that change what to do are told apart here, once.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from bot.errors import (
    BadCredentials,
    ContextTooLong,
    ModelMissing,
    NoCredit,
    Overloaded,
    ProviderError,
    ProviderTimeout,
    ProviderUnreachable,
    RateLimited,
    RequestRefused,
)
from bot.ids import UnixMs

LONGEST_WORDS = 300
"""How much of a vendor's words is kept for the log, in characters."""

_CONTEXT = re.compile(
    r"context[_ ]?(length|window|size)|maximum context|prompt (is )?too long|too many (input )?tokens"
    r"|input (is )?too long|token count.{0,40} exceeds|reduce the length"
    r"|exceeds? the (maximum|limit).{0,40} tokens|too large for model",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"insufficient[_ ](quota|credit|balance|funds)|credit balance|billing_hard_limit|payment required", re.IGNORECASE
)
_KEY = re.compile(r"api[_ ]key[_ ](not valid|invalid)|invalid[_ ]api[_ ]key|incorrect api key", re.IGNORECASE)
_MODEL = re.compile(
    r"model_not_found|invalid_model|model_decommissioned|not a valid model|model .{0,80}(not found|does not exist)",
    re.IGNORECASE,
)
_FILTER = re.compile(r"content[_ ](filter|policy|management)|moderation|flagged|safety", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a vendor said instead of an answer."""

    status: int
    """The HTTP status, or the same number from inside a stream; 0 where there is none."""
    words: str
    """Code and message as they came: for telling refusals apart and for the log, never for the person."""
    retry_after_s: float | None = None

    def error(self, endpoint: str, key: str) -> ProviderError:
        """The error for it, with the words cut short and without `key`."""
        words = scrub(self.words, key)
        words = words if len(words) <= LONGEST_WORDS else words[: LONGEST_WORDS - 1] + "…"
        return self._kind()(f"{endpoint!r} answered {self.status}: {words}", retry_after_s=self.retry_after_s)

    def _kind(self) -> type[ProviderError]:
        if self.status == 402 or (self.status < 500 and _CREDIT.search(self.words)):
            return NoCredit
        match self.status:
            case 400 | 413 | 422:
                return self._bad_request()
            case 403 if _FILTER.search(self.words):
                # OpenRouter says 403 when its moderation stops a request.
                return RequestRefused
            case 401 | 403:
                return BadCredentials
            case 404 | 410:
                return ModelMissing
            case 408:
                return ProviderTimeout
            case 429:
                return RateLimited
            case status if status >= 500:
                return Overloaded
            case status if status >= 400:
                return RequestRefused
            case _:
                return ProviderUnreachable

    def _bad_request(self) -> type[ProviderError]:
        if _CONTEXT.search(self.words):
            return ContextTooLong
        if _KEY.search(self.words):
            # Gemini says 400 for a wrong key.
            return BadCredentials
        if _MODEL.search(self.words):
            # OpenRouter and Mistral say 400 for a model they do not have.
            return ModelMissing
        return RequestRefused


def retry_after_s(headers: Mapping[str, str], now: UnixMs) -> float | None:
    """How long the header Retry-After asks to wait, in seconds; it holds seconds or an HTTP date.

    `headers` must take names in any case.
    """
    value = headers.get("Retry-After")
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now / 1000)
    except ValueError:
        return None


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
