"""Time as an argument, so that a test can turn it."""

import asyncio
import time
from typing import Protocol

from bot.ids import UnixMs


class Clock(Protocol):
    """What time it is, and how to wait."""

    def now(self) -> UnixMs:
        """The moment on the wall; it may jump."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; it never goes back. Durations are measured with it."""

    async def sleep(self, seconds: float) -> None:
        """Wait. Zero or less gives way to other tasks once."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> UnixMs:
        return UnixMs(time.time_ns() // 1_000_000)

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))
