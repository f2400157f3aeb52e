"""What breaks inside a gateway is a fault, however well a border holds it: a test that breaks something says so."""

from collections.abc import Collection, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog


@contextmanager
def nothing_else_breaks(than: Collection[str]) -> Iterator[None]:
    """Fail at the end if a gateway has logged an error with its traceback, but one of these events."""
    broken: list[str] = []

    def note(_logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if method == "error" and event.get("exc_info") and event["event"] not in than:
            broken.append(event["event"])
        return event

    # The list is changed, as structlog's own `capture_logs` does: loggers that were used keep it.
    processors: list[Any] = structlog.get_config()["processors"]
    processors.insert(0, note)
    try:
        yield
    finally:
        processors.remove(note)
    assert broken == [], "Their tracebacks stand in the output above; a test that means to break something names it."
