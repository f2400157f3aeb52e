"""The blows that fall on a gateway: on its one process, or on one of several or all of them."""

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

import psycopg
import structlog

from tests.crash.soak.gateways import Gateways
from tests.crash.soak.kept import Kept
from tests.crash.soak.outcome import Kind, Outcome
from tests.crash.soak.waiting import until
from tests.support.line import Line
from tests.support.sides import DiscordSide, Side

log = structlog.get_logger(__name__)

STANDS_STILL_S = 25.0
"""How long a process stands still: others have gone on long before."""

_ALONE = (0, 1)
"""The one shard of a bot that is in few servers."""
_SESSION_LOST = 1 / 3
"""How often a kill costs the session with the gateway of Discord."""


class Blows:
    """Strikes. `line`: what stands between several processes and their database."""

    def __init__(
        self, gateways: Gateways, sides: Sequence[Side], kept: Kept, outcome: Outcome, rng: random.Random
    ) -> None:
        self.line: Line | None = None
        self.stands_still_s = STANDS_STILL_S
        self._gateways = gateways
        self._listening = [side.stand_in.gateway for side in sides if isinstance(side, DiscordSide)]
        self._kept = kept
        self._outcome = outcome
        self._rng = rng
        self._unavoidable = 0
        """How often a shard was taken over from a process that stood still: its connection stays open meanwhile."""

    async def strike(self, number: int) -> bool:
        """One more, the next of its kinds; there are as many processes as before afterwards, or it is False."""
        kinds: Mapping[str, Callable[[], Awaitable[None]]] = (
            {
                "one process killed": self._one_is_killed,
                "one stands still, and comes back": self._one_stands_still,
                "one told to end": self._one_ends,
                "every connection to the database cut": self._all_are_cut_off,
                "the database's server down, and up again": self._server_goes_down,
                "each replaced by another in turn": self._all_are_replaced,
            }
            if self._kept.url
            else {"its process killed": self._it_is_killed}
        )
        name = list(kinds)[number % len(kinds)]
        self._outcome.blows[name] += 1
        # A long soak says nothing else of how far it is.
        log.info("blow", number=number + 1, what=name)
        try:
            await kinds[name]()
        except TimeoutError:
            ends = [process.exitcode for process in self._gateways.running]
            connected = self._kept.who_is_connected() if self._kept.url else []
            self._outcome.went_wrong(Kind.STUCK, f"after “{name}”: {ends}, {connected}")
            return False
        return True

    def heard_by_two(self) -> int:
        """How often two have heard of one shard of Discord's that need not have."""
        return self._doubled() - self._unavoidable

    def _doubled(self) -> int:
        return sum(gateway.doubled for gateway in self._listening)

    async def _it_is_killed(self) -> None:
        self._gateways.kill()
        await asyncio.sleep(self._rng.uniform(0, 0.3))
        for gateway in self._listening:
            # Now and then nothing is left to take up, and what was missed has to be read.
            if self._rng.random() < _SESSION_LOST:
                gateway.forget_sessions()
        await self._gateways.begin()

    async def _one_is_killed(self) -> None:
        self._gateways.running.pop(0).kill()
        self._gateways.start()

    async def _one_ends(self) -> None:
        self._gateways.start()
        await self._gateways.ended(self._gateways.running.pop(0))

    async def _one_stands_still(self) -> None:
        process = self._gateways.running.pop(0)
        before = self._doubled()
        os.kill(process.pid or 0, signal.SIGSTOP)
        await asyncio.sleep(self.stands_still_s)
        os.kill(process.pid or 0, signal.SIGCONT)
        try:
            await until(lambda: all(gateway.hearing(_ALONE) <= 1 for gateway in self._listening))
        except TimeoutError:
            self._outcome.went_wrong(Kind.SHARD, "two hear of one shard, and neither leaves")
        self._unavoidable += self._doubled() - before
        self._gateways.running.append(process)

    async def _all_are_cut_off(self) -> None:
        assert self.line is not None
        self.line.cut()

    async def _server_goes_down(self) -> None:
        """A process of the server's dies: it ends every connection, and recovers from its log."""
        others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        with psycopg.connect(self._kept.url, autocommit=True) as witness:
            for (pid,) in witness.execute(f"{others} LIMIT 1".encode()).fetchall():
                os.kill(pid, signal.SIGKILL)
                # It answers as before until it has noticed.
                await until(partial(_is_cut_off, witness))
        await until(self._server_answers)

    def _server_answers(self) -> bool:
        try:
            return bool(self._kept.rows("SELECT 1"))
        except psycopg.OperationalError:
            return False

    async def _all_are_replaced(self) -> None:
        """One after the other, as an update goes on: the new one has joined before the old one leaves."""
        for _ in range(self._gateways.wanted):
            self._gateways.start()
            await self._gateways.joined(self._gateways.running[-1])
            await self._gateways.ended(self._gateways.running.pop(0))


def _is_cut_off(witness: psycopg.Connection[Any]) -> bool:
    try:
        witness.execute("SELECT 1")
    except psycopg.OperationalError:
        return True
    return False
