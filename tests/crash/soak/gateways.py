"""The gateway's processes, started and ended as an operator does it."""

import asyncio
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess
from typing import Any

from tests.crash.soak.kept import Kept
from tests.crash.soak.outcome import Kind, Outcome
from tests.crash.soak.waiting import PATIENCE_S, until
from tests.crash.victim import start
from tests.support.sides import Side


class Gateways:
    """The processes that run."""

    def __init__(self, sides: Sequence[Side], model_url: str, kept: Kept, outcome: Outcome) -> None:
        self.running: list[BaseProcess] = []
        """The one that has run longest first."""
        self.wanted = 1
        """How many there are to be."""
        self.shared: Mapping[str, str] = {}
        """What several are told beside."""
        self._sides = sides
        self._kept = kept
        self._outcome = outcome
        self._before: list[int] = []
        self._settings: dict[str, Any] = {
            "mistral_api_key": "key",
            "mistral_base_url": f"{model_url}/v1",
            "data_dir": str(kept.data),
            "access": "open",
            "pacing": False,
            "titles": False,
            "greeting": False,
            "tokens_start": 10_000_000,
            "log_level": "warning",
        }
        for side in sides:
            self._settings |= side.settings()

    def told(self, settings: Mapping[str, Any]) -> None:
        """Have whatever is started from now on know these settings as well."""
        self._settings |= settings

    async def begin(self) -> None:
        """Start as many as there are to be, and wait until they listen."""
        for _ in range(self.wanted):
            self.start()
        await self.arrived()

    def start(self) -> None:
        """Start one more."""
        self._before = [side.arrivals() for side in self._sides]
        self.running.append(start({**self._settings, **self.shared}, again=bool(self._kept.url)))

    async def arrived(self) -> None:
        """Wait until it listens on both platforms."""
        await until(
            lambda: all(side.arrivals() > before for side, before in zip(self._sides, self._before, strict=True))
        )

    async def joined(self, process: BaseProcess) -> None:
        """Wait until it is one of those that share the database."""
        # Rows are no measure: one that is taken for dead goes, and comes back under another name.
        sql = f"SELECT COUNT(*) FROM process WHERE label LIKE '%/{process.pid}'"  # noqa: S608
        await until(lambda: self._kept.number(sql))

    def kill(self) -> None:
        """Kill all of them."""
        for process in self.running:
            process.kill()
            process.join()
        self.running.clear()

    async def ended(self, process: BaseProcess) -> None:
        """Tell one to end, and wait for that."""
        process.terminate()
        await self._left(process)

    async def end(self) -> None:
        """Tell all of them to end at once, and wait for that."""
        for process in self.running:
            process.terminate()
        for process in self.running:
            await self._left(process)
        self.running.clear()

    async def _left(self, process: BaseProcess) -> None:
        await asyncio.to_thread(process.join, PATIENCE_S)
        if process.exitcode != 0:
            self._outcome.went_wrong(Kind.PROGRAM, f"one ended with status {process.exitcode}")
