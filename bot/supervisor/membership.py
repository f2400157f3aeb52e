"""Being one of several processes on one database, and noticing the end of another.

Each has a random name and shows again and again that it lives. It relies on that for `HOLD_S`, counted from before it
asked to show it. Whoever has seen no change for `DEAD_S`, counted from after it looked, removes it, in a transaction
that finds it as it was seen. So the one has stopped before another goes on with what it was doing, however slow the
database is and whatever their clocks show: each counts on its own, and none is compared with another's.

One that was stopped in between and comes back, or was cut off from the database for long, is no longer one of them:
none of its transactions is kept (see `storage.drivers.postgres`), and it has to start over under another name.
"""

import os
import socket
from collections.abc import Awaitable, Callable, Sequence

import structlog

from bot.domain.clock import Clock
from bot.domain.errors import Replaced, StorageError
from storage import keepers, processes
from storage.database import Database
from storage.processes import Process
from storage.programs import Program

log = structlog.get_logger(__name__)

DEAD_S = 10.0
"""So long a process is silent before others go on with what it was doing. With `LOOK_S` twice, that is within 15 s."""
HOLD_S = 8.0
"""So long a sign of life counts. What is left until `DEAD_S` is for stopping, and for clocks that do not run alike."""
BEAT_S = 2.5
LOOK_S = 2.0

_GAP_S = 3 * LOOK_S
"""Whoever has not looked for so long knows nothing of the time before: the database may have been away for all."""


class Life:
    """How long a process may rely on being thought alive, without I/O. Times are of its own monotonic clock."""

    def __init__(self) -> None:
        self._certain_until_s = float("-inf")

    def shown(self, asked_at_s: float) -> None:
        """A sign of life was kept that was asked for at that moment."""
        self._certain_until_s = max(self._certain_until_s, asked_at_s + HOLD_S)

    def over(self) -> None:
        """It is no longer one of the processes."""
        self._certain_until_s = float("-inf")

    def left_s(self, now_s: float) -> float:
        """For how much longer nobody else goes on with what it does."""
        return self._certain_until_s - now_s


class Watcher:
    """Which processes have been silent for too long, without I/O."""

    def __init__(self) -> None:
        self._since_s: dict[str, tuple[int, float]] = {}
        """By name: the last beat, and since when it has been seen."""
        self._looked_s = float("-inf")

    def silent_s(self, now_s: float) -> dict[str, float]:
        """How long each has shown no sign of life, by its name."""
        return {name: now_s - since_s for name, (_, since_s) in self._since_s.items()}

    def dead(self, seen: Sequence[Process], now_s: float) -> list[Process]:
        """Those to remove; `now_s` is from after they were seen."""
        if now_s - self._looked_s > _GAP_S:
            self._since_s.clear()
        self._looked_s = now_s
        before, self._since_s = self._since_s, {}
        dead = []
        for process in seen:
            beat, since_s = before.get(process.name, (None, now_s))
            since_s = since_s if beat == process.beat else now_s
            self._since_s[process.name] = (process.beat, since_s)
            if now_s - since_s >= DEAD_S:
                dead.append(process)
        return dead


class Membership:
    """This process among the others."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.name = database.process
        self._database = database
        self._clock = clock
        self._life = Life()
        self._watcher = Watcher()
        self._processes = 1

    def processes(self) -> int:
        """How many there are, as last seen."""
        return self._processes

    def silent_s(self) -> dict[str, float]:
        """See `bot.contracts.leases.Hold`."""
        return self._watcher.silent_s(self._clock.monotonic())

    def left_s(self) -> float:
        """For how much longer no other process goes on with what this one does; see `bot.contracts.leases.Hold`."""
        return self._life.left_s(self._clock.monotonic())

    async def join(self) -> None:
        """Be one of them. Raises StorageError."""
        asked_at_s = self._clock.monotonic()
        label = f"{socket.gethostname()}/{os.getpid()}"

        def joined() -> Program[int]:
            yield from processes.join(self.name, label, self._clock.now())
            return len((yield from processes.every()))

        self._processes = await self._database.write(joined())
        self._database.fence()
        self._life.shown(asked_at_s)
        log.info("process_joined", process=self.name)

    async def leave(self, recover: Callable[[], Program[object]] | None = None) -> None:
        """Give back all that this holds, so that others go on with it at once. Nothing can be written after it."""
        self._life.over()

        def left() -> Program[None]:
            if (yield from processes.remove(self.name)):
                if recover is not None:
                    yield from recover()
                yield from keepers.find_keepers()

        try:
            await self._database.write(left())
        except StorageError as error:
            log.warning("process_not_left", error=type(error).__name__)

    async def show(self) -> None:
        """Show again and again that this process lives. Ends with Replaced when it is thought dead.

        However much waits to be written, and whoever is held up while writing, the sign comes.
        """
        while True:
            asked_at_s = self._clock.monotonic()
            try:
                await self._database.beside(processes.beat(self.name))
            except Replaced:
                self._life.over()
                raise
            except StorageError as error:
                log.warning("sign_of_life_not_kept", error=type(error).__name__)
            else:
                self._life.shown(asked_at_s)
            await self._clock.sleep(BEAT_S)

    async def watch(self, bury: Callable[[Process], Awaitable[None]]) -> None:
        """Look again and again whether the others live, and `bury` those that do not."""
        while True:
            try:
                seen = await self._database.read(processes.every())
                others = [process for process in seen if process.name != self.name]
                dead = self._watcher.dead(others, self._clock.monotonic())
                self._processes = max(1, len(seen) - len(dead))
                for process in dead:
                    await bury(process)
            except Replaced:
                raise
            except StorageError as error:
                log.warning("others_not_seen", error=type(error).__name__)
            await self._clock.sleep(LOOK_S)

    async def lapse(self) -> None:
        """Wait until it is no longer certain that others consider this process alive."""
        while (left_s := self.left_s()) > 0:
            await self._clock.sleep(left_s)
