"""A soak: the platforms, a model, the gateway's processes, the people, and the blows that fall meanwhile."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from bot.domain.clock import SystemClock
from bot.standins.model import ModelServer, Pace
from tests.crash.soak.announcer import Announcer
from tests.crash.soak.blows import STANDS_STILL_S, Blows
from tests.crash.soak.crowd import Crowd
from tests.crash.soak.gateways import Gateways
from tests.crash.soak.kept import Kept, now_ms
from tests.crash.soak.outcome import Kind, Outcome
from tests.crash.soak.proof import Proof
from tests.crash.soak.questions import reply
from tests.crash.soak.waiting import until
from tests.support.line import Line
from tests.support.sides import SIDES, Side, TelegramSide

SETTLING_S = 1.0
"""How long nothing may have changed before all counts as done."""

_BROADCAST_WITHIN_S = 8.0
"""How long a blow that is to fall on a broadcast waits for one."""


@dataclass(frozen=True, slots=True)
class People:
    """How many there are on each platform."""

    talk: int
    listen: int = 0
    """They are told what everybody is told, and say nothing more."""


class Soak:
    """One gateway on both platforms, and the people."""

    def __init__(self, sides: list[Side], model: ModelServer, data: Path, seed: int, people: People, url: str) -> None:
        self.outcome = Outcome()
        self.kept = Kept(data, url)
        self.gateways = Gateways(sides, model.url, self.kept, self.outcome)
        self._sides = sides
        self._rng = random.Random(seed)
        self._crowd = Crowd(sides, people.talk, people.listen, self._rng, self.kept, self.outcome)
        self._announcer = Announcer(sides[seed % len(sides)], self.kept, self._rng)
        self.gateways.told(self._announcer.settings())
        self.blows = Blows(self.gateways, sides, self.kept, self.outcome, self._rng)

    async def run(self, kills: int) -> Outcome:
        """Everything, and what came of it."""
        async with self._people():
            for number in range(kills):
                await asyncio.sleep(self._rng.uniform(0.05, 1.5))
                if number % 2:
                    await self._amid_a_broadcast()
                if not await self.blows.strike(number):
                    break
        return self.outcome

    async def _amid_a_broadcast(self) -> None:
        """Wait until one goes on, if one does before long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_BROADCAST_WITHIN_S):
                await until(self.kept.is_telling)
                self.outcome.amid += 1

    async def move(self, shared: Mapping[str, str], move: Callable[[], Awaitable[None]], talk_s: float) -> Outcome:
        """One process ends in the middle of what people say, `move` brings the data elsewhere, three go on there."""
        async with self._people():
            await asyncio.sleep(talk_s)
            await self.gateways.end()
            await move()
            self.kept.url = shared["database_url"]
            self.gateways.shared, self.gateways.wanted = shared, 3
            await self.gateways.begin()
            await asyncio.sleep(talk_s)
        return self.outcome

    @contextlib.asynccontextmanager
    async def _people(self) -> AsyncIterator[None]:
        """People talk meanwhile; afterwards everything is counted."""
        await self.gateways.begin()
        self._crowd.greet()
        await self._quiet()
        telling = asyncio.create_task(self._announcer.play())
        playing = [asyncio.create_task(self._crowd.play(actor)) for actor in self._crowd.actors]
        try:
            yield
        finally:
            for task in playing:
                task.cancel()
            self._announcer.finish()
            ends = await asyncio.gather(*playing, telling, return_exceptions=True)
        for end in ends:
            if isinstance(end, TimeoutError):
                self.outcome.went_wrong(Kind.STUCK, f"broadcasts: {self.kept.broadcasts()[-1:]}")
            elif end is not None and not isinstance(end, asyncio.CancelledError):
                self.outcome.went_wrong(Kind.PROGRAM, repr(end))
        await self._quiet()
        # What has come due since may be left undone: nothing was open for so long.
        by = now_ms() - round(SETTLING_S * 1000)
        await self.gateways.end()
        await self._count(by)

    async def _quiet(self) -> None:
        """Wait until everything said is known, ended and shown, and stays so for a while."""
        since = time.monotonic()

        def settled() -> bool:
            nonlocal since
            if self.kept.open() or self._crowd.unheard():
                since = time.monotonic()
            return time.monotonic() - since > SETTLING_S

        try:
            # Where several talk in one place while a process stands still there, much is left to be answered.
            await until(settled, self.kept.come)
        except TimeoutError:
            unheard = sorted(self._crowd.unheard())
            self.outcome.went_wrong(Kind.STUCK, f"{self.kept.what_is_open()}, unheard: {unheard}")

    async def _count(self, by: int) -> None:
        proof = Proof(self._crowd, self._announcer, self.kept, self.outcome)
        proof.answers()
        proof.broadcasts()
        proof.due(by)
        await proof.accounts()
        conflicts = sum(side.stand_in.conflicts for side in self._sides if isinstance(side, TelegramSide))
        for kind, count in ((Kind.CONFLICT, conflicts), (Kind.SHARD, self.blows.heard_by_two())):
            if count > 0:
                self.outcome.went_wrong(kind, f"{count} times")


async def soak(
    kills: int,
    seed: int,
    people: People,
    directory: Path,
    *,
    database_url: str = "",
    processes: int = 1,
    stands_still_s: float = STANDS_STILL_S,
) -> Outcome:
    """Play it in `directory`; several processes share the database of a URL."""
    async with AsyncExitStack() as stack:
        it = await staged(stack, directory, seed, people, database_url)
        it.gateways.wanted, it.blows.stands_still_s = processes, stands_still_s
        if database_url:
            it.blows.line = line = await stack.enter_async_context(Line(database_url))
            secret = "one secret of all the processes of a soak"
            it.gateways.shared = {"database_url": line.url, "secret_key": secret}
        return await it.run(kills)


async def staged(stack: AsyncExitStack, directory: Path, seed: int, people: People, database_url: str = "") -> Soak:
    """A gateway that is not started yet, both platforms and a model, until the stack unwinds."""
    model = ModelServer()
    await model.start()
    stack.push_async_callback(model.close)
    model.reply = reply
    model.pace = Pace(first_token_s=0.03, token_s=0.02)
    sides = []
    for make in SIDES.values():
        side = make(SystemClock())
        await side.start()
        stack.push_async_callback(side.stop)
        sides.append(side)
    it = Soak(sides, model, directory / "data", seed, people, database_url)
    stack.callback(it.gateways.kill)
    return it
