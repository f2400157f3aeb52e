"""What summaries cost, whom, and which model writes them, by the rule that the operator has set."""

import pytest

from bot.domain.turns import Usage
from bot.settings.models import ModeTable
from bot.standins.model import ModelServer, Reply
from tests.scenario.test_endpoints import own_server, use_it
from tests.scenario.test_recall import WINDOW, Voice, talk
from tests.support.recalled import all_made, is_summing, look, summing
from tests.support.world import House, Someone

__all__ = ["own_server"]

PAID = "SELECT -SUM(amount) FROM ledger WHERE kind = 'summary'"


@pytest.mark.parametrize(("billing", "price"), [("flat", 100), ("metered", 307)])
async def test_who_pays_for_summaries_pays_what_an_answer_would_cost(
    billing: str, price: int, house: House, alice: Someone
) -> None:
    Voice(house).summary = Reply("Alice likes tea.", usage=Usage(300, 7))
    await house.start(context_messages=WINDOW, summaries="person", billing=billing, tokens_start=10**6)
    await talk(alice, 0, 1, 2, 3)
    await all_made(house, 1)
    assert look(house, PAID) == price


async def test_what_nobody_can_pay_for_is_not_written(house: House, alice: Someone, bob: Someone) -> None:
    Voice(house)
    await house.start(context_messages=WINDOW, summaries="person", tokens_start=450)
    await talk(alice, 0, 1, 2, 3)
    await talk(bob, 4)
    await house.stop()
    assert not summing(house)
    assert look(house, "SELECT COUNT(*) FROM summary WHERE wanted") == 1, "It is made up for once it can be."


async def test_who_cannot_pay_for_one_is_told_so(house: House, alice: Someone) -> None:
    Voice(house)
    await house.start(context_messages=20, summaries="person", tokens_start=450)
    await talk(alice, 0, 1, 2, 3)
    await alice.commands("compact")
    await alice.sees("You have 50 tokens left and a request costs 100. Nothing was charged.")
    assert not summing(house)


async def test_the_cheapest_of_the_modes_models_writes_it(house: House, alice: Someone) -> None:
    Voice(house)
    chain = ("mistral/mistral-medium-latest", "mistral/mistral-small-latest")
    await house.start(context_messages=WINDOW, mode_tables={"regular": ModeTable(chain=chain)})
    await talk(alice, 0, 1, 2, 3)
    await all_made(house, 1)
    assert [request.model for request in summing(house)] == ["mistral-small-latest"]
    # What it may write is what is held of the day's limit, see `bot.llm.spending`.
    assert summing(house)[0].body["max_tokens"] == 8_192


async def test_a_persons_own_model_writes_theirs_for_nothing(
    house: House, alice: Someone, own_server: ModelServer
) -> None:
    voice = Voice(house)
    await house.start(context_messages=WINDOW, summaries="person", endpoint_addresses="any")
    own_server.reply = voice
    await talk(alice, 0)
    await use_it(alice, own_server)
    await talk(alice, 1, 2, 3)
    await all_made(house, 1)
    assert is_summing(own_server.requests[-1])
    assert not summing(house)
    assert look(house, PAID) == 0
