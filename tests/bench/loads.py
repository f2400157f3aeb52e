"""How people talk: all at once without a pause, or now and then."""

import asyncio
import itertools
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.bench.stage import Added, Stage
from tests.bench.subject import Working


@dataclass(frozen=True, slots=True)
class Load:
    """What a number of turns did to the bot."""

    turns: int
    wall_s: float
    cpu_s: float
    calls: int
    added: tuple[Added, ...]

    @property
    def cpu_ms_per_turn(self) -> float:
        """CPU time of the bot, per turn."""
        return 1000 * self.cpu_s / self.turns

    @property
    def turns_per_s(self) -> float:
        """Turns done, per second of wall time."""
        return self.turns / self.wall_s


class Crowd:
    """Everybody on the stage; each waits for an answer before speaking again."""

    def __init__(self, stage: Stage, bot: Working, seed: int, first: int = 0) -> None:
        """`first`: the number of its first turn, where another crowd has talked before on the same stage."""
        self._stage = stage
        self._bot = bot
        # Both bots meet the same pauses in the same order.
        self._rng = random.Random(seed)
        self._numbers: Iterator[int] = itertools.count(first)

    async def talk(self, turns: int, pause_s: float = 0.0, people: int | None = None) -> Load:
        """Everybody (or so many) takes `turns` turns, with pauses of up to `pause_s` before each."""
        stage, bot = self._stage, self._bot
        talking = stage.people[:people]
        pauses = [[self._rng.uniform(0, pause_s) for _ in range(turns)] for _ in talking]
        cpu_s, calls, began = bot.cpu_s(), stage.calls, time.monotonic()
        async with asyncio.TaskGroup() as everybody:
            tasks = [everybody.create_task(self._one(*each)) for each in zip(talking, pauses, strict=True)]
        added = tuple(itertools.chain.from_iterable(task.result() for task in tasks))
        wall_s = time.monotonic() - began
        await _quiet(bot)
        return Load(len(added), wall_s, bot.cpu_s() - cpu_s, stage.calls - calls, added)

    async def _one(self, person: int, pauses: list[float]) -> list[Added]:
        added = []
        for pause in pauses:
            await asyncio.sleep(pause)
            added.append(await self._stage.turn(person, next(self._numbers)))
        return added


async def _quiet(bot: Working) -> None:
    """Wait until the bot has finished what it does behind its answers, so that it is counted with them."""
    before = -1.0
    while (now := bot.cpu_s()) != before:
        before = now
        await asyncio.sleep(0.2)
