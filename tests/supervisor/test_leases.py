"""Who may do what one process alone may: never two at once, and another one soon after the first is gone."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.domain.errors import Replaced
from bot.supervisor.leases import SharedLeases
from bot.supervisor.membership import BEAT_S, DEAD_S, HOLD_S, LOOK_S, Life, Membership, Watcher
from storage import leases, processes
from storage.database import Database, open_database
from storage.processes import Process
from tests.support.clock import FakeClock, settle

NAME = "receive"
WORKERS = st.integers(0, 2)


class Interleaved(RuleBasedStateMachine):
    """Three processes. Each step of each may come at any moment, or never, as if it was suspended."""

    @initialize()
    def all_join(self) -> None:
        self.now_s = 0.0
        self.kept = {f"w{number}": 0 for number in range(3)}
        """The table `process`: names and beats."""
        self.names = [f"w{number}" for number in range(3)]
        self.lives = [Life() for _ in range(3)]
        self.watchers = [Watcher() for _ in range(3)]
        self.showing: dict[int, float] = {}
        """Who has asked to show that it lives, and when."""
        self.burying: list[Process] = []
        self.holder = ""
        for life in self.lives:
            life.shown(self.now_s)

    @rule(seconds=st.sampled_from([0.1, LOOK_S, BEAT_S, HOLD_S - 0.2, DEAD_S, 90.0]))
    def time_passes(self, seconds: float) -> None:
        self.now_s += seconds

    @rule(worker=WORKERS)
    def looks(self, worker: int) -> None:
        seen = [Process(name, "", beat, False) for name, beat in self.kept.items() if name != self.names[worker]]
        self.burying += self.watchers[worker].dead(seen, self.now_s)

    @precondition(lambda self: self.burying)
    @rule(data=st.data())
    def buries(self, data: st.DataObject) -> None:
        dead = data.draw(st.sampled_from(self.burying))
        self.burying.remove(dead)
        if self.kept.get(dead.name) == dead.beat:
            del self.kept[dead.name]

    @rule(worker=WORKERS)
    def asks_to_show(self, worker: int) -> None:
        self.showing.setdefault(worker, self.now_s)

    @precondition(lambda self: self.showing)
    @rule(data=st.data(), is_told=st.booleans())
    def shows(self, data: st.DataObject, is_told: bool) -> None:
        worker = data.draw(st.sampled_from(sorted(self.showing)))
        asked_at_s = self.showing.pop(worker)
        name = self.names[worker]
        if name not in self.kept:
            self.lives[worker].over()
            return
        self.kept[name] += 1
        if is_told:
            self.lives[worker].shown(asked_at_s)

    @rule(worker=WORKERS)
    def takes(self, worker: int) -> None:
        name = self.names[worker]
        if name in self.kept and (self.holder == name or self.holder not in self.kept):
            self.holder = name

    @rule(worker=WORKERS)
    def begins_anew(self, worker: int) -> None:
        if self.names[worker] not in self.kept:
            self.names[worker] += "'"
            self.kept[self.names[worker]] = 0
            self.lives[worker] = Life()
            self.lives[worker].shown(self.now_s)
            self.showing.pop(worker, None)

    @invariant()
    def nobody_relies_on_what_was_taken_from_it(self) -> None:
        for name, life in zip(self.names, self.lives, strict=True):
            assert name in self.kept or life.left_s(self.now_s) <= 0


TestInterleaved = Interleaved.TestCase
TestInterleaved.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)


def test_after_the_database_was_away_nobody_thinks_the_others_dead() -> None:
    watcher, process = Watcher(), Process("other", "", 7, False)
    assert watcher.dead([process], 0.0) == []
    assert watcher.dead([process], 60.0) == [], "Nobody could show anything meanwhile."
    now_s = 60.0
    while not watcher.dead([process], now_s := now_s + LOOK_S):
        assert now_s < 60.0 + DEAD_S
    assert watcher.dead([replace(process, beat=8)], now_s + LOOK_S) == []


@asynccontextmanager
async def process(url: str, directory: Path) -> AsyncIterator[Database]:
    """The database as a process of its own has it."""
    async with await open_database(directory, url=url, shared=True) as database:
        yield database


class Fleet:
    """Processes on one database, each with a connection of its own, on one clock."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.at_work: list[str] = []
        self.most = 0
        """How many worked at once."""
        self.databases: dict[str, Database] = {}
        self.tasks: dict[str, list[asyncio.Task[None]]] = {}

    async def begin(self, who: str, database: Database) -> None:
        self.databases[who] = database
        membership = Membership(database, self.clock)
        await membership.join()
        shared = SharedLeases(database, membership, self.clock)
        self.tasks[who] = [
            asyncio.create_task(membership.show()),
            asyncio.create_task(membership.watch(lambda dead: self._bury(who, dead))),
            asyncio.create_task(shared.while_held(NAME, lambda _: self._work(who))),
        ]

    async def _bury(self, who: str, dead: Process) -> None:
        await self.databases[who].write(processes.remove(dead.name, dead.beat))

    async def _work(self, who: str) -> None:
        self.at_work.append(who)
        self.most = max(self.most, len(self.at_work))
        try:
            await asyncio.Event().wait()
        finally:
            self.at_work.remove(who)

    async def end(self, who: str) -> None:
        for task in self.tasks.pop(who):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def suspend(self, who: str) -> None:
        """From now on it only works, as a process that stands still with all its connections open."""
        show, watch, _ = self.tasks[who]
        show.cancel()
        watch.cancel()

    async def until(self, who: str, within_s: float) -> None:
        for _ in range(int(within_s / 0.5)):
            await self.clock.advance(0.5)
            for _ in range(4):
                for database in self.databases.values():
                    # What they have asked for meanwhile is done.
                    with contextlib.suppress(Replaced):
                        await database.write(leases.every())
                    await database.read(leases.every())
                await settle()
            if self.at_work == [who]:
                return
        raise AssertionError(f"{self.at_work} instead of {who}")


async def test_another_takes_over_within_15_seconds_never_beside_the_first_which_writes_nothing_more(
    postgres_url: str, tmp_path: Path
) -> None:
    fleet = Fleet()
    async with process(postgres_url, tmp_path / "1") as one, process(postgres_url, tmp_path / "2") as two:
        await fleet.begin("first", one)
        await fleet.until("first", 1)
        await fleet.begin("second", two)
        with pytest.raises(AssertionError):
            await fleet.until("second", 30)
        assert fleet.at_work == ["first"], "Who lives keeps it."
        fleet.suspend("first")
        await fleet.until("second", 15)
        while len(await two.read(processes.every())) > 1:
            await fleet.until("second", 1)
        with pytest.raises(Replaced):
            await one.write(processes.beat(one.process))
        assert one.replaced.is_set()
        await fleet.end("second")
        assert [lease.holder for lease in await two.read(leases.every())] == [None], "It is given back at once."
        assert fleet.most == 1
        await fleet.end("first")


async def test_nothing_of_a_process_that_was_removed_is_kept(postgres_url: str, tmp_path: Path) -> None:
    async with process(postgres_url, tmp_path / "1") as one, process(postgres_url, tmp_path / "2") as two:
        for database in (one, two):
            await Membership(database, FakeClock()).join()
        assert await two.write(processes.remove(one.process, 0))
        assert not await two.write(processes.remove(one.process, 0))
        with pytest.raises(Replaced):
            await one.write(leases.take(NAME, one.process))
        assert await one.read(leases.every()) == []


def test_how_long_another_is_silent_is_counted_from_its_last_sign() -> None:
    watcher = Watcher()
    for beat, now_s in ((1, 10.0), (1, 12.0), (1, 14.0)):
        watcher.dead([Process("a", "", beat, False)], now_s)
    assert watcher.silent_s(15.0) == {"a": 5.0}
    watcher.dead([Process("a", "", 2, False), Process("b", "", 0, False)], 16.0)
    assert watcher.silent_s(17.0) == {"a": 1.0, "b": 1.0}
