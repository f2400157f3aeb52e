"""What bots have called: kept in order, bounded, without the token."""

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.ids import UnixMs


@dataclass(slots=True)
class Call:
    """One call of a method. `outcome` is "" while it runs, then "ok" or the error's code and description."""

    at: UnixMs
    bot: int
    method: str
    chat: str
    params: Mapping[str, Any]
    outcome: str = ""
    fault: str = ""
    """The kind of the fault that it met."""
    result: Any = None
    """What an accepted call gave back, but for updates."""

    @property
    def ok(self) -> bool:
        """Whether it was accepted and had its effect."""
        return self.outcome == "ok"


class CallLog:
    """The last `size` calls, and how many there were of each method since the start."""

    def __init__(self, size: int) -> None:
        self._calls: deque[Call] = deque(maxlen=size)
        self.counts: Counter[str] = Counter()

    def begin(self, call: Call) -> Call:
        """Note a call that has arrived."""
        self._calls.append(call)
        self.counts[call.method] += 1
        return call

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls)

    def __len__(self) -> int:
        return len(self._calls)

    def of(self, *methods: str, chat: int | str = "") -> list[Call]:
        """The calls of these methods (or of all), in this chat (or in any), oldest first."""
        return [
            call
            for call in self._calls
            if (not methods or call.method in methods) and (chat == "" or call.chat == str(chat))
        ]
