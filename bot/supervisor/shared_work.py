"""Work that is shared among processes: taken up where this one is told of it, and given away when it ends.

What is told comes by the database's own notifications; who hears none, because a connection was cut or goes through a
pooler that passes none on, finds the same by looking every `LOOK_S`.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from typing import Any

import structlog

from bot.contracts.leases import ALONE, Leases
from bot.domain.clock import SystemClock
from bot.domain.errors import StorageError
from bot.domain.ids import SessionId
from bot.gateway.workload import Workload
from bot.supervisor.leases import SharedLeases
from bot.supervisor.membership import LOOK_S, Membership
from bot.supervisor.news import NEWS, SharedNews
from bot.watching.processes import ProcessWatch
from storage import keepers, processes
from storage.database import Database
from storage.outbox import OutboxPage
from storage.processes import Process
from storage.programs import Program

log = structlog.get_logger(__name__)

_GIVE_EVERY_S = 0.3
"""How often a process that is ending looks for chats in which it is done."""


class SharedWork:
    """This process's part of the work. `start` once the gateway has, `leave` before it stops, `close` after that."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # Others are real processes: nobody else's time counts among them.
        self._clock = SystemClock()
        self.membership = Membership(database, self._clock)
        self.leases: Leases = SharedLeases(database, self.membership, self._clock)
        self.news = SharedNews(database)
        self._recover: Callable[[], Program[object]] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._looking = asyncio.Event()
        self._told: list[str] = []
        self._turn_told = asyncio.Event()

    async def join(self) -> None:
        """Be one of the processes. Raises StorageError."""
        await self.membership.join()
        self._begin(self.membership.show())

    def start(self, work: Workload, watch: ProcessWatch) -> None:
        """Take up what comes; `watch` is told of the other processes."""
        self._recover = work.recover
        self._begin(self.membership.watch(lambda process: self._bury(process, work, watch)))
        self._begin(self._database.listen(self.hear))
        self._begin(self._look(work, watch))
        self._begin(self._look_at_turns(work))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))

    def hear(self, told: str) -> None:
        """Another process has told this; "": something may have been missed."""
        match json.loads(told or "null"):
            case [kind, about, *details] if kind == NEWS:
                self.news.heard(about, details)
            case ["turn", _]:
                self._turn_told.set()
            case ["chat", _, _, _] | ["session", _]:
                self._told.append(told)
                self._looking.set()
            case _:
                # Nothing, or something that only a later version understands.
                self._told.append("")
                self._looking.set()

    async def _look(self, work: Workload, watch: ProcessWatch) -> None:
        """Take up what was told, at once, and everything now and then."""
        everything_at_s = 0.0
        while True:
            told, self._told = self._told, []
            self._looking.clear()
            try:
                now_s = self._clock.monotonic()
                if "" in told or now_s >= everything_at_s:
                    everything_at_s = now_s + LOOK_S
                    await self._take_up_everything(work, watch)
                else:
                    sessions, chats = _parted(told)
                    work.go_on_with(sessions)
                    for (platform, bot), each in chats.items():
                        await work.go_on_in(platform, bot, each)
            except StorageError as error:
                log.warning("work_not_seen", error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, everything_at_s - self._clock.monotonic())):
                    await self._looking.wait()

    async def _look_at_turns(self, work: Workload) -> None:
        """See what others want of the turns that run here: whoever has pressed Stop waits behind nothing else."""
        while True:
            await self._turn_told.wait()
            self._turn_told.clear()
            try:
                await work.look_at_turns()
            except StorageError as error:
                log.warning("turns_not_seen", error=type(error).__name__)

    async def _take_up_everything(self, work: Workload, watch: ProcessWatch) -> None:
        if await self._database.read(keepers.without_keeper()):
            await self._database.write(keepers.find_keepers())
        watch.look(self.membership.processes())
        await work.go_on()

    async def _bury(self, process: Process, work: Workload, watch: ProcessWatch) -> None:
        """Share out what a silent process was doing, unless it has shown meanwhile that it lives."""

        def bury() -> Program[list[OutboxPage] | None]:
            if not (yield from processes.remove(process.name, process.beat)):
                return None
            pages = yield from work.recover()
            yield from keepers.find_keepers()
            return pages

        if (pages := await self._database.write(bury())) is not None:
            log.warning("process_dead", dead=process.name, where=process.label)
            watch.died(process.label, self.membership.processes())
            await work.go_on(pages)

    async def leave(self) -> None:
        """Give away at once what this process is not at, and the rest as it is done with it."""

        def leaving() -> Program[None]:
            yield from processes.note_leaving(self.membership.name)
            yield from keepers.give_to_others(self.membership.name)

        with contextlib.suppress(StorageError):
            await self._database.write(leaving())
        self._begin(self._give_away())

    async def _give_away(self) -> None:
        while True:
            await self._clock.sleep(_GIVE_EVERY_S)
            with contextlib.suppress(StorageError):
                await self._database.write(keepers.give_to_others(self.membership.name))

    async def close(self) -> None:
        """Leave the processes: others continue with what is left."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.news.close()
        await self.membership.leave(self._recover)


def _parted(told: Iterable[str]) -> tuple[list[SessionId], Mapping[tuple[str, str], list[str]]]:
    """The sessions in which a turn waits, and the chats of each bot in which there is something to do; each once."""
    sessions: list[SessionId] = []
    chats: dict[tuple[str, str], list[str]] = {}
    for kind, *about in map(json.loads, dict.fromkeys(told)):
        if kind == "session":
            sessions += about
        else:
            platform, bot, chat = about
            chats.setdefault((platform, bot), []).append(chat)
    return sessions, chats


@contextlib.asynccontextmanager
async def shared_work(database: Database) -> AsyncIterator[SharedWork | None]:
    """This process as one of several, where the database can be shared; else None."""
    if not database.process:
        yield None
        return
    work = SharedWork(database)
    try:
        yield work
    finally:
        await work.close()


def leases_of(work: SharedWork | None) -> Leases:
    """Under what this process does what one alone may."""
    return work.leases if work is not None else ALONE
