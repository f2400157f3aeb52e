"""Clocks that a test can turn."""

import asyncio
import contextlib
import heapq
import itertools
import time

from bot.domain.ids import UnixMs


class FakeClock:
    """Stands still until it is turned. Fulfils `bot.domain.clock.Clock`; starts on 20 November 2026, 12:00 UTC."""

    def __init__(self) -> None:
        self._elapsed_s = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = itertools.count()

    def now(self) -> UnixMs:
        return UnixMs(1_795_176_000_000 + int(self._elapsed_s * 1000))

    def monotonic(self) -> float:
        return self._elapsed_s

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed_s + seconds, next(self._count), done))
        await done

    async def advance(self, seconds: float) -> None:
        """Let time pass, waking every sleeper at its own moment and letting it act before the next one wakes."""
        end = self._elapsed_s + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            self._elapsed_s, _, done = heapq.heappop(self._sleepers)
            if not done.done():
                done.set_result(None)
            await settle()
        self._elapsed_s = end
        await settle()


class TurnedClock:
    """The system's clock, which a test can turn forward: for scenarios whose other ends are real connections."""

    def __init__(self) -> None:
        self._ahead_s = 0.0
        self._jumped_s = 0.0
        self._turned = asyncio.Event()

    def now(self) -> UnixMs:
        return UnixMs(time.time_ns() // 1_000_000 + int((self._ahead_s + self._jumped_s) * 1000))

    def monotonic(self) -> float:
        return time.monotonic() + self._ahead_s

    async def sleep(self, seconds: float) -> None:
        due = self.monotonic() + seconds
        while (left_s := due - self.monotonic()) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._turned.wait()
        await asyncio.sleep(0)

    def jump(self, seconds: float) -> None:
        """Let what the clock shows jump, as when somebody sets it: no time passes."""
        self._jumped_s += seconds

    def advance(self, seconds: float) -> None:
        """Turn the clock; who slept until a moment before the new time wakes."""
        self._ahead_s += seconds
        turned, self._turned = self._turned, asyncio.Event()
        turned.set()


class AstrayClock:
    """Another clock that is off by so many seconds, until it is `set_right`."""

    def __init__(self, right: TurnedClock, off_s: float) -> None:
        self._right = right
        self._off_s = off_s

    def set_right(self) -> None:
        self._off_s = 0.0

    def now(self) -> UnixMs:
        return UnixMs(self._right.now() + int(self._off_s * 1000))

    def monotonic(self) -> float:
        return self._right.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._right.sleep(seconds)


class HastyClock:
    """Another clock on which short pauses, such as those between the words of the built-in model, take no time."""

    def __init__(self, right: TurnedClock, short_s: float = 0.1) -> None:
        self._right = right
        self._short_s = short_s

    def now(self) -> UnixMs:
        return self._right.now()

    def monotonic(self) -> float:
        return self._right.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._right.sleep(0 if seconds < self._short_s else seconds)


async def settle(rounds: int = 50) -> None:
    """Give every task that can run the chance to."""
    for _ in range(rounds):
        await asyncio.sleep(0)
