"""How soon what a process had begun goes on elsewhere, and how soon an answer stops wherever it is written."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import psycopg

from bot.standins.model import Hold
from tests.bench.cluster import Setup, set_up
from tests.bench.loads import Crowd
from tests.bench.stage import ANSWER_S, Stage, TelegramTheatre
from tests.support.postgres import Server

BEGUN_TOKENS = 20
"""So much of an answer is there when its process is struck, or when it is stopped."""


class Begun:
    """Answers that have begun and wait: when the model was asked for each, and whether whoever asked is still there."""

    def __init__(self, ready: Stage) -> None:
        self._ready = ready
        self.asked: dict[str, list[float]] = defaultdict(list)
        ready.answer_tokens = 2 * BEGUN_TOKENS
        ready.model.hold = Hold(BEGUN_TOKENS)
        self._answer = ready.model.reply
        ready.model.reply = self._reply

    def _reply(self, body: Mapping[str, Any]) -> Any:
        said = str(body["messages"][-1]["content"])
        self.asked[said].append(time.monotonic())
        assert callable(self._answer)
        return self._answer(body)

    async def until_asked(self, turns: int) -> None:
        """Wait until the model was asked so often in all."""
        await _until(lambda: sum(map(len, self.asked.values())) >= turns and self._all_begun())

    def _all_begun(self) -> bool:
        return all(
            request.state != "running" or request.tokens_sent >= BEGUN_TOKENS for request in self._ready.model.requests
        )

    def again(self, since: float) -> list[float]:
        """For each turn that was asked for again: how long after `since`."""
        return [times[1] - since for times in self.asked.values() if len(times) > 1]


async def taken_over(server: Server, people: int, *, killed: bool) -> list[float]:
    """How long after the end of one of three processes each of its turns is asked for again, in seconds."""
    values = {} if killed else {"SHUTDOWN_GRACE_S": "0"}
    async with set_up(Setup("", 3, on_server=True), server, people, **values) as (ready, bots, url):
        begun = Begun(ready)
        talking = asyncio.create_task(Crowd(ready, bots, seed=1).talk(1))
        await begun.until_asked(people)
        struck = bots.processes.pop()
        with psycopg.connect(url) as connection:
            label = f"%/{struck.pid}"
            [(lost,)] = connection.execute(
                "SELECT COUNT(*) FROM turn JOIN process ON name = worker WHERE state = 'running' AND label LIKE %s",
                (label,),
            ).fetchall()
        since = time.monotonic()
        if killed:
            struck.kill()
        else:
            await struck.stop()
        await begun.until_asked(people + lost)
        hold = ready.model.hold
        assert hold is not None
        hold.over.set()
        await talking
        await bots.stop()
    return begun.again(since)


async def stopped(server: Server, people: int, processes: int) -> list[float]:
    """How long after a press the process that writes an answer has let go of its model, in seconds."""
    async with set_up(Setup("", processes, on_server=True), server, people) as (ready, bots, _):
        theatre = ready.theatre
        assert isinstance(theatre, TelegramTheatre)
        ready.model.reply, ready.model.hold = "word " * 2 * BEGUN_TOKENS, Hold(BEGUN_TOKENS)
        for person in ready.people:
            theatre.say(person, f"for {person}")
        await _until(lambda: sum(request.tokens_sent >= BEGUN_TOKENS for request in ready.model.requests) == people)
        asked = {str(request.body["messages"][-1]["content"]): request for request in ready.model.requests}
        times = []
        for person in ready.people:
            await _until(partial(theatre.stop_growing, person))
            since = time.monotonic()
            await asyncio.wait_for(asked[f"for {person}"].ended.wait(), ANSWER_S)
            times.append(time.monotonic() - since)
        await bots.stop()
    return times


async def _until(look: Callable[[], object]) -> None:
    """Look now and then until it is so. Raises TimeoutError."""
    until = time.monotonic() + ANSWER_S
    while not look():
        if time.monotonic() > until:
            raise TimeoutError
        await asyncio.sleep(0.005)
