"""The ledger: exact under concurrency, closed once, always the sum of its entries."""

import asyncio
import random
from collections.abc import Iterator

import pytest

from bot.domain.errors import ConstraintBroken
from bot.domain.ids import PersonId, TurnId, UnixMs
from storage import ledger, people
from storage.database import Database
from storage.programs import Program
from tests.storage.conftest import ALICE, NOW, ask
from tests.storage.scene import Scene

LATER = UnixMs(NOW + 1_000)


def entries_sum(person: PersonId) -> Program[int]:
    rows = yield ("SELECT COALESCE(SUM(amount), 0) FROM ledger WHERE person = ?", (person,))
    number: int = rows[0][0]
    return number


async def person_of(database: Database) -> PersonId:
    found = await database.read(people.find(ALICE))
    assert found is not None
    return found.id


async def test_reserve_and_settle_charge_what_was_used(database: Database) -> None:
    await database.write(ask("one"))
    person = await person_of(database)
    assert await database.read(ledger.balance(person)) == 900
    await database.write(ledger.settle(TurnId(1), 30, NOW))
    assert await database.read(ledger.balance(person)) == 970


async def test_a_release_gives_everything_back(database: Database) -> None:
    await database.write(ask("one"))
    person = await person_of(database)
    await database.write(ledger.release(TurnId(1), "failed", NOW))
    assert await database.read(ledger.balance(person)) == 1000


@pytest.mark.parametrize("second", ["settle", "release"])
async def test_a_turn_is_closed_once(database: Database, second: str) -> None:
    await database.write(ask("one"))
    person = await person_of(database)
    await database.write(ledger.settle(TurnId(1), 100, NOW))
    close = ledger.settle(TurnId(1), 100, NOW) if second == "settle" else ledger.release(TurnId(1), "again", NOW)
    with pytest.raises(ConstraintBroken):
        await database.write(close)
    assert await database.read(ledger.balance(person)) == 900


async def test_a_refund_returns_a_payment_once(database: Database) -> None:
    await database.write(ask("one"))
    person = await person_of(database)
    await database.write(ledger.refund(TurnId(1), "not settled yet", NOW))
    assert await database.read(ledger.balance(person)) == 900
    await database.write(ledger.settle(TurnId(1), 40, NOW))
    await database.write(ledger.refund(TurnId(1), "could not be shown", NOW))
    await database.write(ledger.refund(TurnId(1), "could not be shown", NOW))
    assert await database.read(ledger.balance(person)) == 1000


async def test_concurrent_movements_keep_the_balance_equal_to_the_sum(database: Database) -> None:
    await database.write(ask("one", tokens=100))
    person = await person_of(database)
    rng = random.Random(7)

    def reserve_if_there(turn: TurnId) -> Program[bool]:
        if (yield from ledger.balance(person)) < 100:
            return False
        yield from ledger.reserve(person, turn, 100, NOW)
        return True

    async def request(number: int) -> None:
        turn = TurnId(number)
        if not await database.write(reserve_if_there(turn)):
            return
        assert await database.read(ledger.balance(person)) >= 0
        if rng.random() < 0.5:
            await database.write(ledger.settle(turn, rng.randrange(101), NOW))
        else:
            await database.write(ledger.release(turn, "stopped", NOW))

    await database.write(ledger.grant(person, 1_000, "gift", NOW))
    await asyncio.gather(*(request(number) for number in range(2, 60)))
    balance = await database.read(ledger.balance(person))
    assert balance == await database.read(entries_sum(person))
    assert balance >= 0


@pytest.fixture
def scene() -> Iterator[Scene]:
    """Alice, Bob and Carol have their welcome, and a gift each; Alice has paid for an answer."""
    made = Scene()
    for number, name in enumerate(("Alice", "Bob", "Carol"), 1):
        made.put("person", role="member", name=name)
        made.run(ledger.grant(PersonId(number), 100 * number, "welcome", NOW))
        made.run(ledger.grant(PersonId(number), 50, "gift", NOW))
    made.run(ledger.reserve(PersonId(1), TurnId(7), 30, NOW))
    made.run(ledger.settle(TurnId(7), 20, LATER))
    yield made
    made.close()


def test_what_is_spent_is_what_turns_hold_or_have_cost_since(scene: Scene) -> None:
    assert [scene.run(ledger.spent_since(moment)) for moment in (NOW, LATER, UnixMs(LATER + 1))] == [20, -10, 0]


def test_a_refill_brings_a_balance_to_its_amount_and_is_an_entry_only_then(scene: Scene) -> None:
    assert scene.touched(ledger.refill(PersonId(1), "a week", 130, NOW)) == {"refill": {1}}
    assert set(scene.touched(ledger.refill(PersonId(1), "the next", 131, NOW))) == {"refill", "ledger"}
    assert scene.run(ledger.balance(PersonId(1))) == 131


def test_of_the_welcome_that_is_left_which_was_not_spent_by_then(scene: Scene) -> None:
    assert [scene.run(ledger.unused_welcome(PersonId(person))) for person in (1, 2, 3)] == [100, 200, 300]
    scene.run(ledger.charge(PersonId(1), 120, "summary", NOW))
    assert scene.run(ledger.unused_welcome(PersonId(1))) == 10


def test_joining_puts_two_together_and_leaves_the_third(scene: Scene) -> None:
    scene.run(ledger.join(PersonId(1), PersonId(2), NOW))
    assert [scene.run(ledger.balance(PersonId(person))) for person in (1, 2, 3)] == [180, 0, 350]
    assert [one.amount for one in scene.run(ledger.last_movements(PersonId(3), 9))] == [50, 300]
    assert [one.amount for one in scene.run(ledger.last_movements(PersonId(1), 2))] == [-200, -20]
