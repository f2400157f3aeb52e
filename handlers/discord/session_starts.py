"""When a session may be begun: Discord limits how many in a day, and how soon one after the other.

Shards whose numbers differ by `max_concurrency` share a bucket, and one bucket begins a session every five seconds,
in whatever process.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import structlog

from bot.contracts.leases import ALONE, Hold, Leases
from bot.domain.clock import Clock

log = structlog.get_logger(__name__)

APART_S = 5.1
"""Discord's five seconds, and a little: what is sent that far apart may arrive closer together."""


class SessionStarts:
    """Lets the shards of one bot begin their sessions, each in its turn."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets = 1
        self._left = 1
        self._reset_at_s = float("inf")
        self._leases = ALONE
        self._name = ""
        self._apart: dict[int, asyncio.Task[None]] = {}
        """By bucket, what keeps others away for a while."""
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    def share(self, leases: Leases, bot: str) -> None:
        """Other processes begin sessions of this bot as well."""
        self._leases, self._name = leases, f"begin/discord/{bot}"

    def learn(self, limit: Mapping[str, Any]) -> None:
        """What `session_start_limit` of /gateway/bot says now."""
        self._buckets = max(1, limit["max_concurrency"])
        self._left = limit["remaining"]
        self._reset_at_s = self._clock.monotonic() + limit["reset_after"] / 1000

    async def turn(self, shard: int) -> None:
        """Wait until this shard may begin one; it then has to do so at once."""
        bucket = shard % self._buckets
        async with self._locks[bucket]:
            if self._left < 1:
                wait_s = max(0.0, self._reset_at_s - self._clock.monotonic())
                log.error("no_session_left", again_in_s=round(wait_s), cure="Discord allows so many starts in a day.")
                await self._clock.sleep(wait_s)
            if bucket in self._apart:
                await asyncio.wait((self._apart[bucket],))
            begun = asyncio.Event()

            async def stay_apart(_: Hold) -> None:
                begun.set()
                await self._clock.sleep(APART_S)

            self._apart[bucket] = asyncio.create_task(
                self._leases.while_held(f"{self._name}/{bucket}of{self._buckets}", stay_apart)
            )
            await begun.wait()
            self._left = max(0, self._left - 1)

    async def close(self) -> None:
        """Let everyone through again."""
        for task in self._apart.values():
            task.cancel()
        await asyncio.gather(*self._apart.values(), return_exceptions=True)
