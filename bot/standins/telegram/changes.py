"""Waiting for something to become true without asking the clock again and again."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

Seen = TypeVar("Seen")


class Changes:
    """Wakes all who wait whenever the stand-in's state has changed."""

    def __init__(self) -> None:
        self.version = 0
        """Grows with each change."""
        self._waiting: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        """Something has changed. Costs next to nothing while nobody waits."""
        self.version += 1
        if self._waiting:
            waiting, self._waiting = self._waiting, set()
            for future in waiting:
                if not future.done():
                    future.set_result(None)

    async def wait_for(self, look: Callable[[], Seen], timeout_s: float = 5.0) -> Seen:
        """The first truthy value of `look`, which is called now and after each change.

        Raises TimeoutError after `timeout_s` of real time.
        """
        async with asyncio.timeout(timeout_s):
            while not (seen := look()):
                future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._waiting.add(future)
                try:
                    await future
                finally:
                    self._waiting.discard(future)
        return seen
