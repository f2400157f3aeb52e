"""Keeps people's words out of the log: vendors, platforms and libraries repeat in their errors what they were sent.

What a log line holds of the outside is its kind, its codes and its length. The text stands in it only at the level
debug, which the operator has to set for it.
"""

import re
import sys
import traceback
from typing import Any

from structlog.typing import EventDict

from bot.domain.errors import ParleyError

_FREE = frozenset({"detail", "words", "reason", "said"})
"""What is passed to these is people's text, whatever it looks like."""

_OURS = frozenset({"cure", "data_dir", "files", "looked_in"})
"""What is passed to these is for the operator and holds no one else's words: our sentences, and where things are."""

_NAME = re.compile(r"\S{1,120}")
"""Numbers, kinds, models and addresses are names of one word; whatever is longer is text."""

_CHAIN = 8
"""So many errors that caused one another are told."""


class Unsaid:
    """A processor: keeps names and numbers in a line, and of everything else its kind and length."""

    def __call__(self, _logger: Any, _method: str, event: EventDict) -> EventDict:
        record = event.get("_record")
        if record is not None:
            event["event"] = _foreign(record, event.pop("positional_args", ()))
            event["logger"] = record.name
        error = _error_of(event.pop("exc_info", None))
        for key, value in event.items():
            if key not in ("event", "timestamp", "level", "_record", "_from_structlog"):
                event[key] = _unsaid(key, value)
        if error is not None:
            event["exception"] = _traced(error)
        return event


def _unsaid(key: str, value: Any) -> Any:
    match value:
        case BaseException():
            return described(value)
        case str() if key in _OURS:
            return value
        case str() if value and (key in _FREE or not _NAME.fullmatch(value)):
            return f"({len(value)} characters)"
        case str() | int() | float() | None:
            return value
        case _:
            return f"({type(value).__name__})"


def described(error: BaseException) -> str:
    """An error's kind and codes, without anyone's words."""
    facts = error.facts if isinstance(error, ParleyError) else ""
    status = getattr(error, "errno", None) or getattr(error, "sqlite_errorname", None) or getattr(error, "status", None)
    known = facts or ("" if status is None else f"{status}")
    length = len(str(error))
    if facts and facts == str(error):
        return facts
    return f"{type(error).__name__}{f' {known}' if known else ''} ({length} characters)"


def _foreign(record: Any, args: Any) -> str:
    """The line of a library: its wording where that stands apart from its values, and the place that wrote it."""
    at = f"{record.module}:{record.lineno}"
    if not isinstance(args, tuple) or not args or not isinstance(record.msg, str):
        return f"({len(str(record.msg))} characters) at {at}"
    try:
        return f"{record.msg % tuple(_bare(value) for value in args)} at {at}"
    except (TypeError, ValueError):
        return f"{record.msg} at {at}"


def _bare(value: Any) -> Any:
    if isinstance(value, bool | int | float | None):
        return value
    return described(value) if isinstance(value, BaseException) else f"({type(value).__name__})"


def _error_of(exc_info: Any) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return exc_info[1] if len(exc_info) > 1 and isinstance(exc_info[1], BaseException) else None
    return sys.exc_info()[1] if exc_info else None


def _traced(error: BaseException) -> str:
    """A traceback, without what the errors say: where, of which kind, and what caused it."""
    told: list[str] = []
    link: BaseException | None = error
    while link is not None and len(told) < _CHAIN:
        places = "".join(traceback.format_tb(link.__traceback__))
        told.append(f"{places}{described(link)}")
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\ncaused by:\n".join(told)
