"""Updates pushed to an address until it takes them, as strictly as Telegram promises anything of that: not at all.

Up to `max_connections` are on their way at once, and which comes first is left to chance. Each is sent again, after
growing waits, until it is answered with a 2xx: what an answer says beside that is not read.
"""

import asyncio
import contextlib
import random

import aiohttp
import orjson

from bot.domain.clock import Clock
from bot.standins.telegram.updates import Pending, UpdateQueue

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 -- the name of a header
FIRST_PAUSE_S = 1.0
MAX_PAUSE_S = 60.0


class Webhook:
    """Posts what is pending."""

    def __init__(
        self, url: str, secret: str, max_connections: int, updates: UpdateQueue, clock: Clock, rng: random.Random
    ) -> None:
        self.url = url
        self.max_connections = max_connections
        self.last_error_at: int | None = None
        self.last_error = ""
        self.posts = 0
        """How often an update was sent, with those that were not taken."""
        self._headers = {"Content-Type": "application/json", **({SECRET_HEADER: secret} if secret else {})}
        self._updates = updates
        self._clock = clock
        self._rng = rng
        self._places = asyncio.Semaphore(max_connections)
        self._hurried = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Post nothing more."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    def hurry(self) -> None:
        """Send what waits for its next attempt now, for a test in real time."""
        hurried, self._hurried = self._hurried, asyncio.Event()
        hurried.set()

    async def _pause(self, pause_s: float) -> None:
        ends = (asyncio.create_task(self._clock.sleep(pause_s)), asyncio.create_task(self._hurried.wait()))
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()

    async def _run(self) -> None:
        known: dict[Pending, asyncio.Task[None]] = {}
        async with aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=60), connector=aiohttp.TCPConnector(limit=self.max_connections)
        ) as session:
            try:
                while True:
                    new = await self._updates.arrivals(known)
                    self._rng.shuffle(new)
                    known = {update: task for update, task in known.items() if not task.done()}
                    known |= {update: asyncio.create_task(self._deliver(session, update)) for update in new}
            finally:
                for task in known.values():
                    task.cancel()
                await asyncio.gather(*known.values(), return_exceptions=True)

    async def _deliver(self, session: aiohttp.ClientSession, update: Pending) -> None:
        pause_s = FIRST_PAUSE_S
        while update in self._updates.pending:
            async with self._places:
                error = await self._post(session, update)
            if not error:
                self._updates.confirm_one(update)
                return
            self.last_error, self.last_error_at = error, self._clock.now() // 1000
            await self._pause(pause_s)
            pause_s = min(pause_s * 2, MAX_PAUSE_S)

    async def _post(self, session: aiohttp.ClientSession, update: Pending) -> str:
        """Returns what went wrong, or nothing."""
        self.posts += 1
        try:
            async with session.post(self.url, data=orjson.dumps(update.body), headers=self._headers) as answer:
                await answer.read()
                if 200 <= answer.status < 300:
                    return ""
                return f"Wrong response from the webhook: {answer.status} {answer.reason}"
        except TimeoutError:
            return "Read timeout expired"
        except aiohttp.ClientError:
            return "Connection refused"
