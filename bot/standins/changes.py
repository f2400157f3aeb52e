"""A signal that something may have changed; everyone who waits for it looks again, so that waiting needs no polling."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import TypeVar

Seen = TypeVar("Seen")


class Changes:
    """Rung whenever what somebody may be looking at has changed."""

    def __init__(self) -> None:
        self.version = 0
        """Grows with each change."""
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        """Something has changed. Costs next to nothing while nobody waits."""
        self.version += 1
        if self._waiting:
            waiting, self._waiting = self._waiting, set()
            for future in waiting:
                if not future.done():
                    future.set_result(None)

    async def wait(self, most_s: float) -> None:
        """Return when it rings, or after `most_s` seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(most_s):
                await self._rung()

    async def wait_for(self, look: Callable[[], Seen | None], timeout_s: float) -> Seen:
        """The first truthy value of `look`, which is called now and after each change.

        Raises TimeoutError after `timeout_s` of real time, whatever clock the stand-in lives by.
        """
        async with asyncio.timeout(timeout_s):
            while not (seen := look()):
                await self._rung()
        return seen

    async def _rung(self) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await future
        finally:
            self._waiting.discard(future)
