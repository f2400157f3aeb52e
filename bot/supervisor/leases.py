"""What one process alone may do: held by a random name for as long as it shows that it lives.

Whoever holds a lease renews it, and stops by itself when that has not worked for `HOLD_S`, counted from before it
asked. Whoever wants it looks now and then, and takes it over when it has seen no change for `LEASE_S`, counted from
after it looked. So the one has stopped before the other begins, however slow the database is and whatever their clocks
show: each counts on its own, and none is compared with another's.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable

import structlog

from bot.domain.clock import Clock
from bot.domain.errors import StorageError
from storage import leases
from storage.database import Database
from storage.leases import Seen

log = structlog.get_logger(__name__)

LEASE_S = 10.0
"""So long nobody else takes over. With `LOOK_S` twice, a dead one is replaced within 15 s."""
HOLD_S = 8.0
"""So long a renewal counts. What is left until `LEASE_S` is for stopping, and for clocks that do not run alike."""
RENEW_S = 2.5
LOOK_S = 2.0


class Claim:
    """One process's side of one lease, without I/O. Times are of its own clock that only counts."""

    def __init__(self, holder: str) -> None:
        self._holder = holder
        self._seen: Seen | None = None
        self._seen_since_s = 0.0
        self._held_until_s = float("-inf")

    def holds(self, now_s: float) -> bool:
        """Whether what needs the lease may be done now."""
        return self.left_s(now_s) > 0

    def left_s(self, now_s: float) -> float:
        """For how much longer it may be done, unless the lease is renewed."""
        return self._held_until_s - now_s

    def may_take(self, seen: Seen | None, now_s: float) -> bool:
        """Whether it may be taken over as it was `seen`; `now_s` is from after that."""
        if seen is None or seen.holder == self._holder:
            return True
        if seen != self._seen:
            self._seen, self._seen_since_s = seen, now_s
        return now_s - self._seen_since_s >= LEASE_S

    def taken(self, asked_at_s: float) -> None:
        """It was taken or renewed by what was asked for at that moment, or later."""
        self._held_until_s = asked_at_s + HOLD_S

    def lost(self) -> None:
        """It is somebody else's, or nobody's."""
        self._held_until_s = float("-inf")


class Leases:
    """The leases of this process."""

    def __init__(self, database: Database, clock: Clock, rng: random.Random) -> None:
        self._database = database
        self._clock = clock
        self._holder = f"{rng.getrandbits(128):032x}"

    async def while_held(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do `work` whenever this process holds the lease, from the beginning each time; ends as it ends."""
        claim = Claim(self._holder)
        while True:
            await self._take(name, claim)
            log.info("lease_taken", lease=name)
            working = asyncio.ensure_future(work())
            keeping = asyncio.create_task(self._keep(name, claim))
            try:
                await asyncio.wait((working, keeping), return_when=asyncio.FIRST_COMPLETED)
                if working.done():
                    return await working
                log.warning("lease_lost", lease=name)
            finally:
                for task in (working, keeping):
                    task.cancel()
                await asyncio.gather(working, keeping, return_exceptions=True)
                claim.lost()
                with contextlib.suppress(StorageError):
                    await self._database.write(leases.give_back(name, self._holder))

    async def _take(self, name: str, claim: Claim) -> None:
        """Wait until it is ours."""
        while True:
            with contextlib.suppress(StorageError):
                seen = await self._database.read(leases.look(name))
                asked_at_s = self._clock.monotonic()
                if claim.may_take(seen, asked_at_s) and await self._database.write(
                    leases.take(name, self._holder, seen)
                ):
                    claim.taken(asked_at_s)
            if claim.holds(self._clock.monotonic()):
                return
            await self._clock.sleep(LOOK_S)

    async def _keep(self, name: str, claim: Claim) -> None:
        """Renew it until that has not worked for too long, or somebody else has it."""
        while claim.holds(self._clock.monotonic()):
            asked_at_s = self._clock.monotonic()
            try:
                async with asyncio.timeout(claim.left_s(asked_at_s)):
                    renewed = await self._database.write(leases.renew(name, self._holder))
            except (StorageError, TimeoutError) as error:
                log.warning("lease_not_renewed", lease=name, error=type(error).__name__)
            else:
                if not renewed:
                    return
                claim.taken(asked_at_s)
            await self._clock.sleep(RENEW_S)
