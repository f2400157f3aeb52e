"""A signal that something may have changed; everyone waiting for it looks again."""

import asyncio


class Bell:
    """Rung when something that a page shows may have changed."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        """Wake everybody who waits now."""
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def wait(self, most_s: float) -> None:
        """Return when it rings, or after `most_s` seconds."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await asyncio.wait((future,), timeout=most_s)
        finally:
            self._waiting.discard(future)
