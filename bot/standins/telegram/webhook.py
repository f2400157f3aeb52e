"""Updates pushed to an address until it takes them."""

import asyncio
import contextlib

import aiohttp
import orjson

from bot.domain.clock import Clock
from bot.standins.telegram.updates import UpdateQueue

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 -- the name of a header
MAX_PAUSE_S = 60.0


class Webhook:
    """Posts the oldest update again and again until the answer is 2xx, then the next."""

    def __init__(self, url: str, secret: str, max_connections: int, updates: UpdateQueue, clock: Clock) -> None:
        self.url = url
        self.max_connections = max_connections
        self.last_error_at: int | None = None
        self.last_error = ""
        self._headers = {"Content-Type": "application/json", **({SECRET_HEADER: secret} if secret else {})}
        self._updates = updates
        self._clock = clock
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Post nothing more."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        pause_s = 1.0
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
            while True:
                await self._updates.arrival()
                number, update = self._updates.pending[0]
                if error := await self._post(session, update):
                    self.last_error, self.last_error_at = error, self._clock.now() // 1000
                    await self._clock.sleep(pause_s)
                    pause_s = min(pause_s * 2, MAX_PAUSE_S)
                else:
                    pause_s = 1.0
                    self._updates.confirm_one(number)

    async def _post(self, session: aiohttp.ClientSession, update: orjson.Fragment) -> str:
        """Gives what went wrong, or nothing."""
        try:
            async with session.post(self.url, data=orjson.dumps(update), headers=self._headers) as answer:
                await answer.read()
                if 200 <= answer.status < 300:
                    return ""
                return f"Wrong response from the webhook: {answer.status} {answer.reason}"
        except TimeoutError:
            return "Read timeout expired"
        except aiohttp.ClientError:
            return "Connection refused"
