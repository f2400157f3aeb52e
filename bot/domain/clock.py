"""Time as an argument, so that a test can turn it."""

import asyncio
import time
from email.utils import parsedate_to_datetime
from typing import Protocol

from bot.domain.ids import UnixMs


class Clock(Protocol):
    """What time it is, and how to wait."""

    def now(self) -> UnixMs:
        """The moment on the wall; it may jump."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; it never goes back. Durations are measured with it.

        As `now`, it is asked from any thread: what is written to a database may run in one of its own.
        """

    async def sleep(self, seconds: float) -> None:
        """Wait. Zero or less lets other tasks run once."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> UnixMs:
        return UnixMs(time.time_ns() // 1_000_000)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


_STEP_S = 5.0
"""A clock that has moved further than this against the one that only counts was set, or the machine slept."""


async def sleep_until(event: asyncio.Event, longest_s: float, clock: Clock) -> None:
    """Sleep until something has happened, so many seconds at most."""
    waits = [asyncio.ensure_future(event.wait()), asyncio.ensure_future(clock.sleep(longest_s))]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)


class RemoteTime:
    """What time it is at a server, by the `Date` of what it answers; exact to about a second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: str | None = None
        self._heard_ms = 0
        self._heard_s = 0.0

    def note(self, date: str | None) -> None:
        """The `Date` of an answer that has just come. Costs next to nothing: it is read when somebody asks."""
        if date is not None:
            self._told, self._heard_ms, self._heard_s = date, self._clock.now(), self._clock.monotonic()

    def ahead_s(self) -> float | None:
        """How far our clock is ahead of the server's; None if it has not said since our clock was set."""
        told_ms = self._told_ms()
        counted_s = self._clock.monotonic() - self._heard_s
        if told_ms is None or abs((self._clock.now() - self._heard_ms) / 1000 - counted_s) > _STEP_S:
            return None
        return (self._heard_ms - told_ms) / 1000

    def now(self) -> UnixMs | None:
        """What time it is there; None if it has never said."""
        told_ms = self._told_ms()
        if told_ms is None:
            return None
        return UnixMs(told_ms + int((self._clock.monotonic() - self._heard_s) * 1000))

    def _told_ms(self) -> int | None:
        if self._told is None:
            return None
        try:
            return int(parsedate_to_datetime(self._told).timestamp() * 1000)
        except ValueError:
            return None
