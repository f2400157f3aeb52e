"""Leases: what one process alone may do, such as asking a platform for what people say.

A lease belongs to a process, and is free when that is gone: see `bot.supervisor.membership`. The one that holds it
stops by itself when it is not certain to be thought alive.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from bot.contracts.leases import Hold
from bot.domain.clock import Clock
from bot.domain.errors import StorageError
from bot.supervisor.membership import LOOK_S, Membership
from storage import leases
from storage.database import Database

log = structlog.get_logger(__name__)


class SharedLeases:
    """The leases of this process, one of several."""

    def __init__(self, database: Database, membership: Membership, clock: Clock) -> None:
        self._database = database
        self._membership = membership
        self._clock = clock

    async def while_held(self, name: str, work: Callable[[Hold], Awaitable[None]]) -> None:
        """See `bot.contracts.leases.Leases`."""
        while True:
            await self._take(name)
            log.info("lease_taken", lease=name)
            working = asyncio.ensure_future(work(self._membership))
            lapsing = asyncio.create_task(self._membership.lapse())
            try:
                await asyncio.wait((working, lapsing), return_when=asyncio.FIRST_COMPLETED)
                if working.done():
                    return await working
                log.warning("lease_lapsed", lease=name)
            finally:
                for task in (working, lapsing):
                    task.cancel()
                await asyncio.gather(working, lapsing, return_exceptions=True)
                with contextlib.suppress(StorageError):
                    await self._database.write(leases.give_back(name, self._membership.name))

    async def _take(self, name: str) -> None:
        """Wait until it is ours, and it is certain that we are thought alive."""
        ours = self._membership.name
        while True:
            with contextlib.suppress(StorageError):
                if (
                    self._membership.left_s() > 0
                    and await self._database.read(leases.holder(name)) in (None, ours)
                    and await self._database.write(leases.take(name, ours))
                ):
                    return
            await self._clock.sleep(LOOK_S)
