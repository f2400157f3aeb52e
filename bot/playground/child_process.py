"""The gateway as a child process, started again whenever it dies: so it can be killed for all to see."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from pathlib import Path

from bot.domain.clock import Clock

REST_S = 1.5
"""How long a killed gateway stays down, so that one can see it."""
MOST_REST_S = 15.0
SHORT_LIFE_S = 5.0
"""One that lives no longer than this is started again ever more slowly."""
GRACE_S = 8.0
"""How long it may take to end when it is asked to."""
LAST_WORDS = 2000


class Condition(StrEnum):
    """How the gateway is."""

    STARTING = "starting"
    RUNNING = "running"
    DOWN = "down"


class House:
    """Keeps one gateway running. `changed` is called whenever its condition changes."""

    def __init__(
        self,
        environ: Mapping[str, str],
        log: Path,
        clock: Clock,
        changed: Callable[[], None],
        front_ends: Collection[str] = (),
    ) -> None:
        self.condition = Condition.DOWN
        self.since = clock.now()
        """Since when it is in this condition (UnixMs)."""
        self.deaths = 0
        self.killed = 0
        """How many of its deaths were our doing."""
        self._environ = dict(environ)
        self._log = log
        self._clock = clock
        self._changed = changed
        self._front_ends = front_ends
        self._awaited = set(front_ends)
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The process, None while there is none."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def run(self) -> None:
        """Start it, and again whenever it ends, until cancelled; then end it, gently if it lets itself."""
        rest_s = REST_S
        try:
            while True:
                born_s = self._clock.monotonic()
                process = await self._start()
                await process.wait()
                self.deaths += 1
                self._become(Condition.DOWN)
                lived_s = self._clock.monotonic() - born_s
                rest_s = REST_S if lived_s > SHORT_LIFE_S else min(rest_s * 2, MOST_REST_S)
                await self._clock.sleep(rest_s)
        finally:
            await self._end()

    def arrived(self, front_end: str) -> None:
        """One of its front-ends has been heard of; with the last of them it runs: before, a command is lost."""
        self._awaited.discard(front_end)
        if self.condition is Condition.STARTING and not self._awaited:
            self._become(Condition.RUNNING)

    def kill(self) -> bool:
        """SIGKILL, as the kernel does when memory is short. Returns whether there was anything to kill."""
        if self._process is None or self._process.returncode is not None:
            return False
        self._process.kill()
        self.killed += 1
        return True

    def last_words(self) -> str:
        """The end of what it wrote."""
        try:
            return self._log.read_text(encoding="utf-8", errors="replace")[-LAST_WORDS:]
        except FileNotFoundError:
            return ""

    async def _start(self) -> asyncio.subprocess.Process:
        with self._log.open("ab") as log:
            # In a separate session: Ctrl-C is ours to pass on, once.
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot",
                "run",
                "--playground-room",
                str(self._log.parent.absolute()),
                env=self._environ,
                # Ours to hold: when we are killed it closes; the gateway ends then, and tidies up.
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._awaited = set(self._front_ends)
        self._become(Condition.STARTING)
        return self._process

    def _become(self, condition: Condition) -> None:
        self.condition = condition
        self.since = self._clock.now()
        self._changed()

    async def _end(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(GRACE_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
