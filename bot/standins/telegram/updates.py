"""Updates on their way to a bot: kept until a later `getUpdates` or a webhook's 200 confirms them."""

import asyncio
import random
from collections import deque
from collections.abc import Container
from dataclasses import dataclass
from typing import Any

import orjson

from bot.domain.clock import Clock
from bot.standins.changes import Changes
from bot.standins.telegram.errors import ApiError

CONFLICT = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
CONFLICT_WITH_WEBHOOK = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
# What a bot gets only when it asks for it by name.
OPT_IN = frozenset(("chat_member", "message_reaction", "message_reaction_count"))


@dataclass(frozen=True, slots=True, eq=False)
class Pending:
    """An update that the bot has not confirmed; two of one number are two."""

    number: int
    body: orjson.Fragment


class UpdateQueue:
    """The updates of one bot, oldest first."""

    def __init__(self, clock: Clock, changes: Changes, rng: random.Random) -> None:
        self.pending: deque[Pending] = deque()
        self.allowed: frozenset[str] | None = None
        self._clock = clock
        self._changes = changes
        self._next_id = rng.randrange(100_000_000, 900_000_000)
        self._waiter: asyncio.Future[str] | None = None

    def push(self, kind: str, payload: dict[str, Any]) -> int | None:
        """Queue an update; None if the bot did not ask for this kind."""
        if kind in OPT_IN if self.allowed is None else kind not in self.allowed:
            return None
        number = self._next_id
        self._next_id += 1
        self.pending.append(Pending(number, orjson.Fragment(orjson.dumps({"update_id": number, kind: payload}))))
        self._wake("")
        return number

    def push_raw(self, update: dict[str, Any]) -> int:
        """Queue an update of any shape, also one that no client can read.

        It keeps an `update_id` that it has, so that one can come twice; otherwise it gets the next. Returns that id.
        """
        number = update.get("update_id", self._next_id)
        self._next_id = max(self._next_id, number + 1)
        self.pending.append(Pending(number, orjson.Fragment(orjson.dumps({**update, "update_id": number}))))
        self._wake("")
        return int(number)

    def allow(self, kinds: list[str] | None) -> None:
        """Which kinds to queue from now on: None leaves it as it is, an empty list is the default set."""
        if kinds is not None:
            self.allowed = frozenset(kinds) or None

    def confirm(self, offset: int) -> None:
        """Forget updates below `offset`; a negative one keeps only the last of them."""
        if offset < 0:
            while len(self.pending) > -offset:
                self.pending.popleft()
        while self.pending and self.pending[0].number < offset:
            self.pending.popleft()

    def confirm_one(self, update: Pending) -> None:
        """Forget an update that a webhook took, unless it is gone already."""
        if update in self.pending:
            self.pending.remove(update)
        self._changes.ring()

    async def arrivals(self, known: Container[Pending]) -> list[Pending]:
        """Wait until something is pending that is not `known`; gives that."""
        while not (new := [update for update in self.pending if update not in known]):
            waiter = self._waiter = asyncio.get_running_loop().create_future()
            await waiter
        return new

    def drop_all(self) -> None:
        """Forget everything."""
        self.pending.clear()

    def terminate(self, reason: str) -> None:
        """End a poll that is waiting, with 409."""
        self._wake(reason)

    async def poll(self, offset: int, limit: int, timeout_s: float) -> list[orjson.Fragment]:
        """Confirm below `offset` and give what is pending, waiting up to `timeout_s` for the first one.

        Raises ApiError 409 where another poll comes meanwhile: the newest one wins.
        """
        self.terminate(CONFLICT)
        self.confirm(offset)
        if not self.pending and timeout_s > 0:
            await self._wait(timeout_s)
        if self.pending:
            self._changes.ring()
        return [update.body for update in list(self.pending)[: limit if 0 < limit <= 100 else 100]]

    async def _wait(self, timeout_s: float) -> None:
        waiter = self._waiter = asyncio.get_running_loop().create_future()
        timer = asyncio.create_task(self._end_later(waiter, timeout_s))
        try:
            reason = await waiter
        finally:
            timer.cancel()
            if self._waiter is waiter:
                self._waiter = None
        if reason:
            raise ApiError(409, reason)

    async def _end_later(self, waiter: asyncio.Future[str], timeout_s: float) -> None:
        await self._clock.sleep(timeout_s)
        if not waiter.done():
            waiter.set_result("")

    def _wake(self, reason: str) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(reason)
        self._changes.ring()
