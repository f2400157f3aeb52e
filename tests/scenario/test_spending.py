"""What the vendors may be paid in a day: held before a model is asked, counted afterwards, never taken for nothing."""

import pytest

from bot.domain.turns import Usage
from bot.settings.models import ModeTable
from bot.standins.model import Fault, Hold, Reply
from tests.scenario.test_trouble import balance
from tests.support.world import House, Someone

MODEL = {"mistral_model": "house-blend", "prices": "mistral/house-blend=0/1000"}
"""A thousandth of a dollar for each token of an answer, of which such a model has 4,096 at most."""
SPENT = "This bot has reached its spending limit for today."


def paid(house: House) -> list[tuple[int, int]]:
    """What stands in the books: millionths of a dollar, and whether that is final."""
    return house.rows("SELECT microusd, settled FROM spending ORDER BY id")


def spoken(house: House, tokens: int) -> None:
    """The next answer is so long, as its vendor says."""
    house.model.replies.append(Reply("Yes.", usage=Usage(10, tokens)))


async def test_what_is_spent_counts_until_midnight(house: House, alice: Someone, bob: Someone) -> None:
    await house.start(usd_per_day=5, **MODEL)
    spoken(house, 500)
    alice.says("one")
    await alice.sees("Yes.")
    assert paid(house) == [(500_000, 1)]
    spoken(house, 700)
    bob.says("two")
    await bob.sees("Yes.")
    bob.says("three")
    await bob.sees(SPENT)
    assert len(house.model.requests) == 2
    house.clock.advance(24 * 3600)
    spoken(house, 1)
    bob.says("four")
    await bob.sees("Yes.", times=2)
    await bob.commands("tokens")
    await bob.sees("3,800")


async def test_what_is_held_counts_while_a_model_speaks(house: House, alice: Someone, bob: Someone) -> None:
    house.model.reply = "one two three"
    house.model.hold = Hold()
    # A mode of short answers holds no more than they can cost.
    await house.start(usd_per_day=1.5, mode_tables={"regular": ModeTable(max_output_tokens=1_000)}, **MODEL)
    alice.says("one")
    await house.until(lambda: house.model.requests)
    assert house.model.requests[0].body["max_tokens"] == 1_000
    assert paid(house) == [(1_000_000, 0)]
    bob.says("two")
    await bob.sees(SPENT)
    house.model.hold = None
    await alice.commands("stop")
    await house.until(lambda: paid(house)[0][1])
    bob.says("three")
    await bob.sees("one two three")


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_a_title_holds_what_it_can_cost(house: House, alice: Someone) -> None:
    spoken(house, 500)
    house.model.replies.append(Reply("Tides", usage=Usage(10, 5)))
    # Where it held as much as an answer, it would pass the limit.
    await house.start(usd_per_day=4.2, titles=True, **MODEL)
    alice.says("one")
    await alice.sees("Yes.")
    await house.until(lambda: paid(house) == [(500_000, 1), (5_000, 1)])
    assert house.model.requests[1].body["max_tokens"] == 2_048


async def test_a_model_without_a_price_is_not_asked(house: House, alice: Someone) -> None:
    await house.start(usd_per_day=5, mistral_model="house-blend")
    alice.says("hi")
    await alice.sees("This model's price is unknown")
    assert not house.model.requests
    assert paid(house) == []
    await house.stop()
    house.model.reply = "For nothing."
    await house.start(prices="mistral/*=0/0")
    alice.says("and now?")
    await alice.sees("For nothing.")
    assert paid(house) == [(0, 1)]


async def test_a_request_costs_what_its_step_and_its_kinds_of_tokens_cost(house: House, alice: Someone) -> None:
    prices = "mistral/house-blend=1/2+cached=0.1+above1000=5/10+cached=0.5"
    await house.start(usd_per_day=5, mistral_model="house-blend", prices=prices)
    house.model.replies.append(Reply("Little.", usage=Usage(1000, 100, cached_tokens=600)))
    house.model.replies.append(Reply("Much.", usage=Usage(1001, 100, cached_tokens=601)))
    alice.says("one")
    await alice.sees("Little.")
    alice.says("two")
    await alice.sees("Much.")
    await house.until(lambda: len(paid(house)) == 2 and paid(house)[1][1])
    assert [microusd for microusd, _ in paid(house)] == [400 + 60 + 200, 2000 + 301 + 1000]


async def test_what_costs_nothing_answers_when_the_rest_may_not(house: House, alice: Someone) -> None:
    house.model.reply = "From the other one."
    await house.start(
        usd_per_day=1,
        mistral_model="house-blend",
        prices="mistral/house-blend=0/1000,openrouter/*=0/0",
        openrouter_api_key="key",
        openrouter_base_url=f"{house.model.url}/v1",
        mode_tables={"regular": ModeTable(chain=("mistral/house-blend", "openrouter/home/cooked"))},
    )
    alice.says("hi")
    await alice.sees("From the other one.")
    assert [request.model for request in house.model.requests] == ["home/cooked"]


async def test_an_answer_that_was_cut_is_counted_and_a_failed_one_is_not(house: House, alice: Someone) -> None:
    await house.start(usd_per_day=5, **MODEL)
    house.model.reply = "one two three four five"
    house.model.fail(Fault("cut", after_tokens=3))
    alice.says("hi")
    await alice.sees("broke off here")
    ((microusd, settled),) = paid(house)
    assert settled
    assert 3_000 <= microusd <= 12_000, "As its vendor said nothing, it is the most it can have been."
    house.model.fail(Fault("status", status=401))
    alice.says("again")
    await alice.sees("The model's vendor does not accept the key.")
    assert paid(house)[1] == (0, 1)


async def test_a_question_that_was_stopped_before_the_first_word_is_counted(house: House, alice: Someone) -> None:
    house.model.hold = Hold()
    await house.start(usd_per_day=50, mistral_model="house-blend", prices="mistral/house-blend=1000/1000")
    alice.says("hi")
    await house.until(lambda: house.model.requests)
    await alice.commands("stop")
    await house.until(lambda: paid(house)[0][1])
    held = paid(house)[0][0]
    assert 0 < held < 4_096_000, "The vendor has read it, and is not known to have written anything."
    assert await balance(house) == 4000


async def test_without_a_limit_nothing_is_kept(house: House, alice: Someone) -> None:
    house.model.reply = "Yes."
    await house.start(mistral_model="house-blend")
    alice.says("hi")
    await alice.sees("Yes.")
    assert paid(house) == []


async def test_metered_an_answer_costs_what_the_model_used(house: House, alice: Someone) -> None:
    await house.start(billing="metered", show_model=True)
    await alice.commands("start")
    await alice.sees("an answer costs what the model reads and writes")
    house.model.replies.append(Reply("Yes.", usage=Usage(300, 50)))
    alice.says("one")
    await alice.sees("tokens: 350")
    await alice.commands("tokens")
    await alice.sees("You have 3,650 tokens. An answer costs what the model reads and writes")
    house.model.fail(Fault("status", status=401))
    alice.says("two")
    await alice.sees("Nothing was charged.")
    assert await balance(house) == 3650


async def test_metered_nobody_pays_more_than_they_have(house: House, alice: Someone) -> None:
    await house.start(billing="metered", tokens_start=1500)
    house.model.replies.append(Reply("A long one.", usage=Usage(90_000, 9_000)))
    alice.says("one")
    await alice.sees("A long one.")
    alice.says("two")
    await alice.sees("You have 0 tokens left, and each request reserves 1,000.")
    assert len(house.model.requests) == 1
    assert await balance(house) == 0


async def test_metered_an_answer_whose_use_nobody_tells_is_counted(house: House, alice: Someone) -> None:
    house.model.reply = " ".join(f"word{number}" for number in range(200))
    house.model.hold = Hold(100)
    await house.start(billing="metered")
    alice.says("hi")
    await alice.sees_growing("word3")
    alice.stops()
    await alice.sees("Stopped.")
    assert 3000 < await balance(house) < 4000
