"""Who may do what one process alone may: never two at once, and another one soon after the first is gone."""

import asyncio
import random
import sqlite3
from collections.abc import Generator
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.supervisor.leases import HOLD_S, LEASE_S, LOOK_S, Claim, Leases
from storage import leases
from storage.database import open_database
from storage.leases import Seen
from tests.support.clock import FakeClock, settle

T = TypeVar("T")
MIGRATION = Path(leases.__file__).parent / "migrations" / "0019_lease.sql"
NAME = "receive"
WORKERS = st.integers(0, 2)


class Interleaved(RuleBasedStateMachine):
    """Three processes at one lease. Each step of each may come at any moment, or never, as if it was suspended."""

    def __init__(self) -> None:
        super().__init__()
        self.database = sqlite3.connect(":memory:", isolation_level=None)
        self.database.executescript(MIGRATION.read_text())
        self.now_s = 0.0
        self.claims = [Claim(f"w{number}") for number in range(3)]
        self.wants: dict[int, tuple[Seen | None, float]] = {}
        """Who has decided to take it: what they saw, and when they asked."""
        self.renewing: dict[int, float] = {}
        """Who is renewing it, and when they asked."""

    def run(self, program: Generator[Any, Any, T]) -> T:
        rows = None
        while True:
            try:
                rows = self.database.execute(*program.send(rows)).fetchall()
            except StopIteration as end:
                value: T = end.value
                return value

    @rule(seconds=st.sampled_from([0.1, LOOK_S, HOLD_S - 0.2, LEASE_S, 90.0]))
    def time_passes(self, seconds: float) -> None:
        self.now_s += seconds

    @rule(worker=WORKERS)
    def looks(self, worker: int) -> None:
        claim = self.claims[worker]
        if claim.holds(self.now_s) or worker in self.renewing:
            return
        seen = self.run(leases.look(NAME))
        if claim.may_take(seen, self.now_s):
            self.wants[worker] = (seen, self.now_s)

    @precondition(lambda self: self.wants)
    @rule(data=st.data())
    def takes(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(sorted(self.wants)))
        seen, asked_at_s = self.wants.pop(worker)
        if self.run(leases.take(NAME, f"w{worker}", seen)):
            self.claims[worker].taken(asked_at_s)

    @rule(worker=WORKERS)
    def asks_to_renew(self, worker: int) -> None:
        if self.claims[worker].holds(self.now_s):
            self.renewing.setdefault(worker, self.now_s)

    @precondition(lambda self: self.renewing)
    @rule(data=st.data(), is_told=st.booleans())
    def renews(self, data: st.DataObject, is_told: bool) -> None:
        worker = data.draw(st.sampled_from(sorted(self.renewing)))
        asked_at_s = self.renewing.pop(worker)
        if self.run(leases.renew(NAME, f"w{worker}")):
            if is_told:
                self.claims[worker].taken(asked_at_s)
        else:
            self.claims[worker].lost()

    @rule(worker=WORKERS)
    def stops(self, worker: int) -> None:
        self.claims[worker].lost()
        self.wants.pop(worker, None)
        self.renewing.pop(worker, None)
        self.run(leases.give_back(NAME, f"w{worker}"))

    @rule(worker=WORKERS)
    def dies_and_begins_anew(self, worker: int) -> None:
        # A name is drawn at each start; here the old one has to be nobody's, which only its row remembers.
        self.claims[worker] = Claim(f"w{worker}")
        self.wants.pop(worker, None)
        self.renewing.pop(worker, None)
        self.database.execute("UPDATE lease SET holder = 'dead' WHERE holder = ?", (f"w{worker}",))

    @invariant()
    def one_at_most(self) -> None:
        assert sum(claim.holds(self.now_s) for claim in self.claims) <= 1

    def teardown(self) -> None:
        self.database.close()


TestInterleaved = Interleaved.TestCase
TestInterleaved.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


async def test_another_takes_over_within_15_seconds_and_never_beside_the_first(tmp_path: Path) -> None:
    clock = FakeClock()
    at_work: list[str] = []
    most = 0  # At once.

    async def work(who: str) -> None:
        nonlocal most
        at_work.append(who)
        most = max(most, len(at_work))
        try:
            await asyncio.Event().wait()
        finally:
            at_work.remove(who)

    async with await open_database(tmp_path / "data") as database:

        def begin(who: str) -> asyncio.Task[None]:
            # From each its own random source: a name is drawn, never derived from anything.
            mine = Leases(database, clock, random.Random(who))
            return asyncio.create_task(mine.while_held(NAME, lambda: work(who)))

        async def done() -> None:
            """What has been begun by now is done: one looks, takes, and begins to work."""
            for _ in range(3):
                await database.read(leases.look(NAME))
                await database.write(leases.look(NAME))
                await settle()

        async def until(who: str, within_s: float) -> None:
            for _ in range(int(within_s / 0.25)):
                await clock.advance(0.25)
                await done()
                if at_work == [who]:
                    return
            raise AssertionError(f"{at_work} instead of {who}")

        first = begin("first")
        await until("first", 1)
        second = begin("second")
        for _ in range(120):
            await clock.advance(0.5)
            await done()
        assert at_work == ["first"], "Who lives keeps it."
        # It dies: nothing of it runs any more, and nothing is given back.
        assert await database.write(leases.take(NAME, "dead", await database.read(leases.look(NAME))))
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await until("second", 15)
        third = begin("third")
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        await until("third", 2 * LOOK_S)
        assert most == 1
        third.cancel()
        await asyncio.gather(third, return_exceptions=True)
