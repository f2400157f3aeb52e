"""How long one answer may still take."""

import asyncio
from collections.abc import Callable
from types import TracebackType

from bot.contracts.provider import TimeLimits
from bot.domain.provider_errors import ProviderTimeout

FOR_COUNTS_S = 2.0
"""How long to wait for usage, or for the end itself, once the vendor has said why the answer ended."""


class Patience:
    """Counts from the moment it is made. Each wait is its own `asyncio.timeout`: none may span a `yield`."""

    def __init__(self, limits: TimeLimits) -> None:
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._end = self._loop.time() + limits.total_s
        self._first_end = self._loop.time() + limits.first_byte_s
        self._gap_s = limits.between_s
        self.has_begun = False
        """Whether anything has come."""

    def wait(self) -> asyncio.Timeout:
        """A time limit for waiting once: until the first byte, or for the next one."""
        return asyncio.timeout_at(self.until())

    def wait_whole(self) -> asyncio.Timeout:
        """A time limit for an answer that comes in one piece."""
        return asyncio.timeout_at(self._end)

    def wait_alive(self, received: Callable[[], int]) -> "AliveWait":
        """As `wait`, for a library that keeps signs of life to itself: `received` counts the bytes that have come."""
        return AliveWait(self, received)

    def until(self) -> float:
        """On the loop's clock, when a wait that begins now has to end."""
        gap_end = self._loop.time() + self._gap_s if self.has_begun else self._first_end
        return min(self._end, gap_end)

    def begun(self) -> None:
        """The first byte is there, even if it is only a sign of life: from now on, gaps count."""
        self.has_begun = True

    def ending(self) -> None:
        """The vendor has said why the answer ended: what may follow is not waited for as an answer is."""
        self._gap_s = min(self._gap_s, FOR_COUNTS_S)

    def spent(self) -> ProviderTimeout:
        """The error for a wait that took too long."""
        if self._loop.time() >= self._end:
            return ProviderTimeout(f"No end of the answer within {self._limits.total_s:g} s.")
        if self.has_begun:
            return ProviderTimeout(f"Nothing more of the answer for {self._limits.between_s:g} s.")
        return ProviderTimeout(f"No answer within {self._limits.first_byte_s:g} s.")


class AliveWait:
    """A time limit that moves on as long as bytes come."""

    def __init__(self, patience: Patience, received: Callable[[], int]) -> None:
        self._patience = patience
        self._received = received
        self._seen = received()
        self._loop = asyncio.get_running_loop()
        self._timeout = asyncio.timeout(None)
        self._look_again: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()
        self._look_at(self._patience.until())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._look_again is not None:
            self._look_again.cancel()
        await self._timeout.__aexit__(kind, error, trace)

    def _look_at(self, when: float) -> None:
        self._look_again = self._loop.call_at(when, self._look)

    def _look(self) -> None:
        received = self._received()
        if received > self._seen:
            self._seen = received
            self._patience.begun()
            if (until := self._patience.until()) > self._loop.time():
                self._look_at(until)
                return
        self._timeout.reschedule(self._loop.time())
