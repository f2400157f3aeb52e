"""Receiving what platforms bring: kept before it is acknowledged, and done in the order in which it came.

What needs nothing but the database is done with its batch. The rest is kept, encrypted, and done in its chat's lane.
"""

import asyncio
from collections.abc import Sequence

import structlog

from bot.domain.clock import Clock
from bot.domain.errors import PersonError
from bot.domain.incoming import Inbound, Incoming, Invocation, Joined, Unreadable
from bot.incoming.acceptance import Acceptance
from bot.incoming.lanes import Kept, Lanes
from bot.incoming.router import Router
from bot.incoming.thread_history import may_read
from bot.llm.own_endpoints import OwnEndpoints
from bot.texts import said_later
from bot.watching.alerts import Alerts, Words
from storage import waiting
from storage.database import Database
from storage.waiting import Waiting

log = structlog.get_logger(__name__)

SEALED_FOR = "waiting"
"""The purpose under which the vault encrypts what waits."""

PATIENCE_S = 0.1
"""How long a whole batch waits for what it has begun: a command that needs only the database is done by then."""

_LOST = said_later(
    "Messages and commands that were lost: {count}. They were waiting on {platform} at the last stop, encrypted "
    "with a secret other than the present one. Ask people there to send them again."
)


class Reception:
    """Where everything arrives. `take_over` once a bot is open, then `receive` as often as something comes."""

    def __init__(
        self,
        database: Database,
        acceptance: Acceptance,
        router: Router,
        own: OwnEndpoints,
        alerts: Alerts,
        clock: Clock,
    ) -> None:
        self._database = database
        self._acceptance = acceptance
        self._router = router
        self._own = own
        self._alerts = alerts
        self._lanes = Lanes(self._do_held, clock)

    async def take_over(self, platform: str, bot: str) -> None:
        """Do what was accepted for this bot, which is open, and no living process is doing. Raises StorageError."""
        lost: list[int] = []
        kept = await self._database.write(waiting.take_over(platform, bot, self._database.process))
        for number, sealed in kept:
            try:
                self._lanes.add(Kept(number, waiting.from_json(self._own.open(sealed, SEALED_FOR))))
            except (PersonError, ValueError, LookupError, TypeError) as error:
                log.error("waiting_unreadable", number=number, error=type(error).__name__)
                lost.append(number)
                await self._database.write(waiting.remove(number))
        if lost:
            # Nobody knows whose they are: that is encrypted as well.
            shown = {"count": len(lost), "platform": platform.capitalize()}
            self._alerts.report(f"lost:{platform}:{lost[0]}", Words(_LOST, shown))

    async def take_over_left(self, platform: str, bot: str) -> None:
        """`take_over`, if there is anything: a look that takes no turn at writing. Raises StorageError."""
        if await self._database.read(waiting.any_left(platform, bot)):
            await self.take_over(platform, bot)

    async def receive(self, batch: Sequence[Incoming]) -> None:
        """Store everything in a batch, in order; afterwards it may be acknowledged.

        Nothing here waits long for anything but the database: what would is done in a lane, see `bot.incoming.lanes`.

        Raises:
            StorageError: something of it could not be kept; the whole batch may be handed in again.
        """
        said: list[Inbound | Unreadable] = []
        patience_end = asyncio.get_running_loop().time() + PATIENCE_S
        for incoming in batch:
            if isinstance(incoming, Waiting) and await self._has_to_wait(incoming):
                await self._keep(said, patience_end)
                await self._hold([incoming], patience_end)
                said = []
            elif isinstance(incoming, Inbound | Unreadable):
                said.append(incoming)
            else:
                await self._keep(said, patience_end)
                said = []
                await self._router.do(incoming)
        await self._keep(said, patience_end)

    async def _has_to_wait(self, incoming: Waiting) -> bool:
        """Whether it waits for something else than the database, or for what does in its chat."""
        if isinstance(incoming, Invocation | Joined) or self._lanes.is_busy(incoming.place):
            return True
        return isinstance(incoming, Inbound) and await may_read(self._database, incoming)

    async def _keep(self, said: Sequence[Inbound | Unreadable], patience_end: float) -> None:
        """Accept what was said, and hold what of it may answer an open question."""
        await self._hold([inbound for inbound, _ in await self._acceptance.accept(said)], patience_end)

    async def _hold(self, held: Sequence[Waiting], patience_end: float) -> None:
        """Keep these and begin to do them. What is done soon is done before anything else that came later."""
        if not held:
            return
        sealed = [(what.place, self._own.seal(waiting.to_json(what), SEALED_FOR)) for what in held]
        numbers = await self._database.write(waiting.hold(sealed, self._database.process))
        begun = [self._lanes.add(Kept(number, what)) for number, what in zip(numbers, held, strict=True)]
        tasks = [task for task in begun if task is not None]
        left_s = patience_end - asyncio.get_running_loop().time()
        if tasks and left_s > 0:
            await asyncio.wait(tasks, timeout=left_s)

    async def _do_held(self, kept: Kept) -> None:
        await self._router.guarded(self._router.do(kept.what), f"waiting-{kept.number}")
        await self._database.write(waiting.remove(kept.number))

    async def drain(self, grace_s: float) -> None:
        """Let what is being done end for up to `grace_s`; the rest resumes at the next start."""
        await self._lanes.drain(grace_s)
