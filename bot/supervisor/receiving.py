"""Receiving from every bot's platform, each in a task of its own, until the program is told to end or none is left.

One that is lost (its token is refused, its intents are) stops no other: it is connected anew now and then, for whoever
runs it may mend it meanwhile. Only when all are lost does the program end, and says why.
"""

import asyncio
import random
from dataclasses import dataclass

import structlog

from bot.contracts.abilities import Invited
from bot.contracts.bots import BotPlan, Bots
from bot.contracts.leases import ALONE, Leases
from bot.contracts.platform import Platform
from bot.domain.clock import Clock
from bot.domain.errors import ParleyError, PersonError, PlatformError, SettingsError
from bot.gateway.gateway import Gateway
from bot.roster import Roster
from bot.supervisor.following import follow
from bot.watching.watch import Watch
from storage.bots import KeptBot

log = structlog.get_logger(__name__)


_OPEN_AGAIN_S = 30.0
"""The longest wait before a platform that could not be reached is tried again."""

AGAIN_S = 60.0
"""How long a bot that was lost stays so, the first time; twice as long each time, up to the next."""
LONGEST_AGAIN_S = 3600.0


_LET_GO_S = 900
"""How long a bot that was stopped may take to end what is under way: longer than any answer."""


@dataclass(slots=True)
class _Reception:
    """One bot, and the task that receives from it."""

    platform: Platform
    task: asyncio.Task[None] | None = None
    lost: ParleyError | None = None


class Receiving:
    """The receptions of all bots. `leases` share receiving out among processes."""

    def __init__(
        self,
        bots: Bots,
        roster: Roster,
        gateway: Gateway,
        watch: Watch,
        clock: Clock,
        rng: random.Random,
        leases: Leases,
        operator_code: str | None,
    ) -> None:
        self._bots = bots
        self._roster = roster
        self._gateway = gateway
        self._watch = watch
        self._clock = clock
        self._rng = rng
        self._leases = leases
        self._operator_code = operator_code
        self._receptions: list[_Reception] = []
        self._still: dict[tuple[str, str], BotPlan] = {}
        """Bots that an admin has stopped, by platform and id."""
        self._kept: dict[tuple[str, str], KeptBot] = {}
        """What admins want, as last seen."""
        self._letting_go: set[asyncio.Task[None]] = set()
        self._all_lost = asyncio.Event()

    async def run(self, ending: asyncio.Event) -> None:
        """Receive until `ending` is set. Raises the error of a bot if all are lost."""
        for bot in list(self._bots):
            self._begin(bot)
        alone = self._leases is ALONE
        following = asyncio.create_task(follow(self._look, self._roster.changed, alone=alone), name="follow-bots")
        ends = [asyncio.ensure_future(ending.wait()), asyncio.ensure_future(self._all_lost.wait())]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            receiving = [one.task for one in self._receptions if one.task is not None]
            tasks = [following, *ends, *receiving, *self._letting_go]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        lost = [one.lost for one in self._receptions if one.lost is not None]
        if self._all_lost.is_set() and not ending.is_set():
            raise lost[0]

    # What admins want

    async def _look(self) -> None:
        """Have those run that are to, and no others."""
        kept = {(one.platform, one.remote): one for one in await self._roster.kept()}
        before, self._kept = self._kept, kept
        for reception in list(self._receptions):
            key, plan = self._key(reception.platform), self._bots.plan_of(reception.platform)
            wanted = kept.get(key)
            if plan.added and (wanted is None or not wanted.runs_as(before[key])):
                await self._stop(reception)
            elif self._is_stopped(reception.platform):
                await self._stop(reception)
                self._still[key] = plan
        running = {self._key(one.platform) for one in self._receptions}
        for key, one in kept.items():
            if not one.stopped and key not in running:
                self._start(key, one)
        for key, one in before.items():
            if one.token is not None and (key not in kept or kept[key].token is None):
                # It was taken away: nothing needs to wait for it.
                self._still.pop(key, None)
                self._bots.forget(*key)

    def _key(self, platform: Platform) -> tuple[str, str]:
        return platform.name, platform.bot or self._bots.plan_of(platform).remote

    def _is_stopped(self, platform: Platform) -> bool:
        """Whether an admin has stopped it. The last one runs nevertheless: nobody could start it again."""
        kept = self._kept.get(self._key(platform))
        return kept is not None and kept.stopped and len(self._receptions) > 1

    def _start(self, key: tuple[str, str], kept: KeptBot) -> None:
        try:
            plan = self._roster.plan_of(kept) or self._still.get(key)
        except PersonError as error:
            log.error("bot_token_sealed", platform=kept.platform, bot=kept.remote, error=type(error).__name__)
            return
        except SettingsError as error:
            log.error("bot_rules_refused", platform=kept.platform, bot=kept.remote, error=error)
            return
        if plan is None:
            return
        self._still.pop(key, None)
        platform = self._roster.make(plan)
        self._bots.enlist(platform, plan)
        self._begin(platform)

    async def _stop(self, reception: _Reception) -> None:
        """Receive nothing more from a bot. What is under way there ends; what waits for it waits on."""
        if reception.task is not None:
            reception.task.cancel()
            await asyncio.gather(reception.task, return_exceptions=True)
        self._put_aside(reception)

    def _put_aside(self, reception: _Reception) -> None:
        platform = reception.platform
        log.info("platform_stopped", platform=self._bots.label_of(platform))
        self._receptions.remove(reception)
        self._bots.dismiss(platform)
        task = asyncio.create_task(self._let_go(platform))
        self._letting_go.add(task)
        task.add_done_callback(self._letting_go.discard)

    async def _let_go(self, platform: Platform) -> None:
        """Close a bot once nothing is under way there; what takes too long ends without it."""
        for _ in range(_LET_GO_S):
            if not self._gateway.work.is_at(platform.name, platform.bot):
                break
            await self._clock.sleep(1.0)
        await self._bots.close(platform)

    # One bot

    def _begin(self, platform: Platform) -> None:
        reception = _Reception(platform)
        self._receptions.append(reception)
        name = f"receive-{self._bots.label_of(platform)}"
        reception.task = asyncio.create_task(self._keep(reception), name=name)

    async def _keep(self, reception: _Reception) -> None:
        """Receive from a bot, and again when it was lost. Ends by cancellation, or where an admin has stopped it."""
        wait_s = AGAIN_S
        while True:
            try:
                await self._open(reception.platform)
                if self._is_stopped(reception.platform):
                    # Which one it is shows only once it has logged in.
                    self._still[self._key(reception.platform)] = self._bots.plan_of(reception.platform)
                    return self._put_aside(reception)
                await self._receive(reception)
            except ParleyError as error:
                self._note_lost(reception, error)
            except Exception as error:
                # The border of a bot: a defect in one front-end must not be what silences it for good.
                log.exception("receiving_broke", platform=self._bots.label_of(reception.platform))
                self._note_lost(reception, ParleyError(type(error).__name__))
            await self._clock.sleep(wait_s * self._rng.uniform(0.75, 1.25))
            wait_s = min(wait_s * 2, LONGEST_AGAIN_S)
            await self._renew(reception)

    def _note_lost(self, reception: _Reception, error: ParleyError) -> None:
        platform = reception.platform
        label = self._bots.label_of(platform)
        log.error("platform_lost", platform=label, error=error)
        reception.lost = error
        self._bots.note_lost(platform, str(error))
        # Another bot may live on: the operator must not learn of this from its silence.
        self._watch.bot_lost(label, platform, error)
        if all(one.lost is not None for one in self._receptions):
            self._all_lost.set()

    async def _renew(self, reception: _Reception) -> None:
        """Another client for the same bot: one that was lost cannot be used again."""
        old = reception.platform
        reception.platform = self._roster.make(self._bots.plan_of(old))
        self._bots.replace(old, reception.platform)
        await old.close()

    async def _receive(self, reception: _Reception) -> None:
        """Receive from a bot that has logged in. Raises ParleyError for what will not pass."""
        platform = reception.platform
        log.info("platform_open", platform=platform.name, bot=platform.bot, name=platform.shown_name)
        if self._operator_code is not None:
            link = platform.invitation(self._operator_code)
            print(f"\nThis bot has no admin yet. Open this link to become its first: {link}\n", flush=True)  # noqa: T201
        await self._gateway.take_up(platform)
        reception.lost = None
        label = self._bots.label_of(platform)
        beside = (
            asyncio.create_task(self._gateway.warn(platform), name=f"warn-{label}"),
            asyncio.create_task(_show_way_in(platform), name=f"way-in-{label}"),
        )
        try:
            await platform.receive(self._gateway, self._leases)
        finally:
            for task in beside:
                task.cancel()

    async def _open(self, platform: Platform) -> None:
        """Log in, however long that takes. Raises SettingsError if the token is refused."""
        wait_s = 1.0
        while True:
            try:
                await platform.open()
            except PlatformError as error:
                log.warning("platform_not_reached", platform=platform.name, detail=error, again_in_s=wait_s)
                await self._clock.sleep(wait_s * self._rng.uniform(0.5, 1.5))
                wait_s = min(wait_s * 2, _OPEN_AGAIN_S)
            else:
                return


async def _show_way_in(platform: Platform) -> None:
    """Say how to add the bot, if nobody has done so yet."""
    if not isinstance(platform, Invited):
        return
    try:
        link = await platform.way_in()
    except PlatformError as error:
        log.info("way_in_not_known", platform=platform.name, detail=error)
        return
    if link is not None:
        print(f"\n{platform.shown_name} is in no server yet. Invite it: {link}\n", flush=True)  # noqa: T201
