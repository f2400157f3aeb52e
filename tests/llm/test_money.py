"""Money under everything at once: no balance below zero by a race, every balance the sum of its entries."""

import asyncio
import itertools
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.ids import TurnId, UnixMs
from bot.domain.incoming import Inbound
from bot.domain.messages import TextPart
from bot.domain.model_names import ModelName
from bot.domain.people import Access, Identity
from bot.domain.places import Place
from bot.domain.policy import Policy
from bot.domain.refill import Refill
from bot.domain.sessions import Mode, Modes
from bot.domain.turns import TurnState
from bot.incoming.messages import Intake
from bot.turns.turn_queue import TurnQueue
from storage import ledger, linking, people, spending, turns
from storage.database import Database
from storage.programs import Program
from tests.support.new_data import open_new

NOW = UnixMs(1_795_176_000_000)
PRICE = 100
MODES = {"regular": Mode("regular", "", (ModelName("vendor/model"),), "")}

PEOPLE = 3
step = st.one_of(
    st.tuples(st.just("ask"), st.integers(0, PEOPLE - 1), st.integers(0, 2)),
    st.tuples(st.just("settle"), st.integers(1, 12), st.sampled_from((0, 30, 100, 170, 900))),
    st.tuples(st.sampled_from(("release", "refund")), st.integers(1, 12), st.just(0)),
    st.tuples(st.just("grant"), st.integers(0, PEOPLE - 1), st.sampled_from((50, 100))),
    st.tuples(st.just("join"), st.integers(0, PEOPLE - 1), st.integers(0, PEOPLE - 1)),
    st.tuples(st.just("part"), st.integers(0, PEOPLE - 1), st.just(0)),
    st.tuples(st.just("again"), st.integers(0, PEOPLE - 1), st.just(0)),
)
steps = st.lists(step, max_size=40)
steps_over_weeks = st.lists(
    st.one_of(step, st.tuples(st.just("later"), st.integers(0, PEOPLE - 1), st.sampled_from((-9, -1, 1, 9)))),
    max_size=40,
)


class Bank:
    """A database, and people who spend."""

    def __init__(self, database: Database, policy: Policy) -> None:
        self.database = database
        self.intake = Intake(policy, TurnQueue(policy))
        self.metered = policy.metered
        self.keys = itertools.count(1)
        self.now = NOW
        self.last: dict[int, Inbound] = {}

    def act(self, what: str, first: int, second: int) -> Coroutine[Any, Any, object]:
        """One step, to be run beside others."""
        match what:
            case "ask":
                self.last[first] = said = message(first, second, next(self.keys))
                return self.database.write(self.intake.accept([said], self.now))
            case "again":  # The platform delivers a message twice.
                said = self.last.get(first) or message(first, 0, next(self.keys))
                return self.database.write(self.intake.accept([said, said], self.now))
            case "later":  # The clock is turned, in days, in either direction.
                self.now = UnixMs(self.now + second * 86_400_000)
                said = message(first, 0, next(self.keys))
                return self.database.write(self.intake.accept([said], self.now))
            case "part":
                return self.database.write(_part(first))
            case "settle" | "release" | "refund":
                return self.database.write(
                    _close(TurnId(first), what, second if self.metered or second == 0 else PRICE)
                )
            case "grant":
                return self.database.write(_grant(first, second))
            case _:
                return self.database.write(_join(first, second))


def identity(person: int) -> Identity:
    return Identity("telegram", str(person), f"Person {person}")


def message(person: int, chat: int, key: int) -> Inbound:
    place = Place("telegram", "1", str(person if chat == 0 else -chat))
    return Inbound(str(key), place, identity(person), str(key), (TextPart(f"words {key}"),), NOW)


def _close(turn: TurnId, how: str, used: int) -> Program[None]:
    """What the engine and the delivery do, each at most once and only from the states that they do it from."""
    state = yield from turns.state_of(turn)
    if how == "refund":
        if state is TurnState.ANSWERED:
            yield from ledger.refund(turn, "could not be shown", NOW)
        return
    if state not in (TurnState.QUEUED, TurnState.RUNNING):
        return
    if how == "settle":
        yield from ledger.settle(turn, used, NOW)
        yield ("UPDATE turn SET state = 'answered' WHERE id = ?", (turn,))
    else:
        yield from turns.end(turn, TurnState.FAILED, NOW)
        yield from ledger.release(turn, "failed", NOW)


def _grant(person: int, amount: int) -> Program[None]:
    if (found := (yield from people.find(identity(person)))) is not None:
        yield from ledger.grant(found.id, amount, "a gift", NOW)


def _part(person: int) -> Program[None]:
    found = yield from people.find(identity(person))
    if found is not None and len((yield from people.identities(found.id))) > 1:
        yield from linking.part(identity(person), NOW)


def _join(first: int, second: int) -> Program[None]:
    one, other = (yield from people.find(identity(first))), (yield from people.find(identity(second)))
    if one is not None and other is not None and one.id != other.id:
        yield from linking.join(one.id, other.id, NOW)


def entries() -> Program[list[tuple[int, int | None, str, int, int]]]:
    return (yield ("SELECT person, turn, kind, amount, balance FROM ledger ORDER BY id", ()))


async def spend(plan: list[tuple[str, int, int]], policy: Policy) -> list[tuple[int, int | None, str, int, int]]:
    """Do everything in the plan, ten steps at a time at once; gives the ledger."""
    with tempfile.TemporaryDirectory() as directory:
        async with await open_new(Path(directory) / "data") as database:
            bank = Bank(database, policy)
            for number in range(0, len(plan), 10):
                await asyncio.gather(*(bank.act(*step) for step in plan[number : number + 10]))
            return await database.read(entries())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps, st.booleans())
def test_no_balance_is_below_zero_and_each_is_its_sum(plan: list[tuple[str, int, int]], metered: bool) -> None:
    policy = Policy(
        modes=Modes(MODES, "regular"),
        access=Access.OPEN,
        tokens_start=250,
        tokens_per_request=PRICE,
        metered=metered,
        tokens_held=PRICE,
    )
    sums: dict[int, int] = {}
    closed: dict[int, set[str]] = {}
    for person, turn, kind, amount, balance in asyncio.run(spend(plan, policy)):
        sums[person] = sums.get(person, 0) + amount
        assert balance == sums[person]
        assert balance >= 0
        if turn is not None:
            assert kind not in closed.setdefault(turn, set())
            closed[turn].add(kind)
            assert not {"settle", "release"} <= closed[turn]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_nobody_spends_more_than_a_days_cap(plan: list[tuple[str, int, int]]) -> None:
    policy = Policy(
        modes=Modes(MODES, "regular"),
        access=Access.OPEN,
        tokens_start=1000,
        tokens_per_request=PRICE,
        tokens_per_day=350,
    )
    spent = 0
    for _, turn, _, amount, _ in asyncio.run(spend(plan, policy)):
        spent -= amount if turn is not None else 0
        assert spent <= 350


CAP = 1_000


async def hold_at_once(amounts: list[int], settled: list[int]) -> tuple[list[int | None], int]:
    """Hold all amounts at once, some of which are settled for less meanwhile; gives what was held, and the sum left."""
    with tempfile.TemporaryDirectory() as directory:
        async with await open_new(Path(directory) / "data") as database:

            async def one(amount: int, used: int) -> int | None:
                held = await database.write(spending.hold("some/model", amount, CAP, NOW, NOW))
                assert await database.read(spending.spent_since(NOW)) <= CAP
                if held is not None and used < amount:
                    await database.write(spending.settle(held, used))
                return held

            held = await asyncio.gather(*(one(*pair) for pair in zip(amounts, settled, strict=True)))
            return held, await database.read(spending.spent_since(NOW))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 600)), min_size=1, max_size=20))
def test_no_requests_at_once_pass_the_limit_for_vendors(plan: list[tuple[int, int]]) -> None:
    amounts = [amount for amount, _ in plan]
    held, left = asyncio.run(hold_at_once(amounts, [min(pair) for pair in plan]))
    assert left <= CAP
    assert left == sum(min(pair) for pair, number in zip(plan, held, strict=True) if number is not None)
    assert held[0] is not None, "What fits is not refused."


FULL = 150


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps_over_weeks)
def test_a_refill_fills_to_the_amount_and_once_in_a_week(plan: list[tuple[str, int, int]]) -> None:
    policy = Policy(
        modes=Modes(MODES, "regular"),
        access=Access.OPEN,
        tokens_start=0,
        tokens_per_request=PRICE,
        refill=Refill("weekly", FULL),
    )
    filled = 0
    for _, _, kind, amount, balance in asyncio.run(spend(plan, policy)):
        assert balance >= 0
        if kind == "refill":
            filled += 1
            assert amount > 0
    weeks = len({policy.refill.period(moment) for moment in moments_of(plan)})
    assert filled <= weeks * PEOPLE


def moments_of(plan: list[tuple[str, int, int]]) -> list[UnixMs]:
    """What the clock shows at one time or another."""
    now, found = NOW, [NOW]
    for what, _, days in plan:
        if what == "later":
            now = UnixMs(now + days * 86_400_000)
            found.append(now)
    return found
