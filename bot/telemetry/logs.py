"""Logging: structured, to the error stream, without the secrets that are known and without what people wrote."""

import contextlib
import io
import logging
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, Processor

from bot.telemetry.unsaid import Unsaid

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}

_SHORT = 8
"""Characters: no key or token that somebody was given has fewer."""


def set_up_logging(level: str, form: str, secrets: Iterable[str]) -> Callable[[str], None]:
    """Send all logs, ours and the libraries', to the error stream; returns what hides one more secret from then on.

    `form` is "readable" or "json".
    """
    redact = _Redaction(secret for secret in secrets if secret)
    told: list[Processor] = [] if level == "debug" else [Unsaid()]
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *told,
        _spoken,
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer: Processor = structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )  # fmt: skip
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, _Lenient(sys.stderr))),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            pass_foreign_args=bool(told),
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redact, renderer],
        )
    )
    # The libraries' own chatter repeats what we log; only their warnings are worth a line.
    logging.basicConfig(level=max(logging.WARNING, _LEVELS[level]), handlers=[handler], force=True)
    return redact.hide


def _spoken(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Errors that were handed over whole, in their own words."""
    return {
        key: str(value) if key != "exc_info" and isinstance(value, BaseException) else value
        for key, value in event.items()
    }


class _Lenient(io.TextIOBase):
    """A stream whose failures are ignored: a log on a full disk must not stop the gateway."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()


class _Redaction:
    """Replaces secrets in every value of a log line, wherever they occur in it.

    Who runs a model of their own gives "none" or "x" for a key that it does not look at. Within other words such a
    short one is left: it is no secret there, and a log without an x cannot be read.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = frozenset(secrets)
        self._found = _any_of(self._secrets)

    def hide(self, secret: str) -> None:
        """One more that must not be seen."""
        if secret not in self._secrets:
            self._secrets |= {secret}
            self._found = _any_of(self._secrets)

    def __call__(self, _logger: Any, _method: str, event: EventDict) -> EventDict:
        for key, value in event.items():
            if isinstance(value, str):
                event[key] = self._found.sub("[secret]", value)
        return event


def _any_of(secrets: Iterable[str]) -> re.Pattern[str]:
    """What finds each of them; the longest first, where one begins with another."""
    found = [
        re.escape(secret) if len(secret) >= _SHORT else rf"(?<!\w){re.escape(secret)}(?!\w)"
        for secret in sorted(secrets, key=len, reverse=True)
    ]
    return re.compile("|".join(found) or r"(?!)")
