"""What vendors keep of a conversation: found again by its bytes, told in words of their own, paid by its own price."""

import random
from pathlib import Path
from typing import Any

import orjson
import pytest

from bot.contracts.bots import Bots
from bot.contracts.prices import Rates, Tariff
from bot.contracts.provider import Price, Prompt
from bot.domain.model_names import ModelName
from bot.domain.people import RoleRules
from bot.domain.turns import Usage
from bot.llm.chain import Chain
from bot.llm.profiles import Profiles
from bot.llm.spending import SpendingLimit
from bot.standins.model import ModelServer, Reply
from bot.telemetry.metrics import Metrics
from providers.models import profiles
from storage import spending
from tests.providers.asking import ANTHROPIC, GEMINI, LITELLM, OPENAI, WIRED, Open, Vendor, hear
from tests.providers.test_anthropic import conversation
from tests.support.clock import FakeClock
from tests.support.new_data import open_new

# litellm 1.106 with today's pydantic.
pytestmark = pytest.mark.filterwarnings("ignore:Item .* on TypedDict class")

PRICES = Tariff((Rates(10_000_000, 50_000_000, cached=1_000_000, stored=12_500_000, stored_long=20_000_000),))
USED = {
    # Of 1,000 tokens 600 from the cache; those who say what they have put there have put 100, Anthropic 40 for an hour.
    OPENAI: (Usage(1000, 100, cached_tokens=600, stored_tokens=100), 300 * 10 + 600 * 1 + 100 * 12.5 + 100 * 50),
    GEMINI: (Usage(1000, 100, cached_tokens=600), 400 * 10 + 600 * 1 + 100 * 50),
    ANTHROPIC: (
        Usage(1000, 100, cached_tokens=600, stored_tokens=100, stored_long_tokens=40),
        300 * 10 + 600 * 1 + 60 * 12.5 + 40 * 20 + 100 * 50,
    ),
    LITELLM: (Usage(1000, 100, cached_tokens=600, stored_tokens=100), 300 * 10 + 600 * 1 + 100 * 12.5 + 100 * 50),
}


@pytest.mark.parametrize("vendor", WIRED, ids=lambda vendor: vendor.kind)
async def test_what_came_from_a_cache_is_counted_and_paid_by_its_own_price(
    vendor: Vendor, server: ModelServer, open_: Open, tmp_path: Path
) -> None:
    usage, dollars = USED[vendor]
    server.reply = Reply("Yes.", usage=usage)
    database = await open_new(tmp_path)
    clock, metrics, priced = FakeClock(), Metrics(), Profiles(profiles, {}, [Price("*", PRICES)])
    paying = SpendingLimit(database, priced, clock, metrics, usd_per_day=100, on_refused=lambda: None)
    chain = Chain(lambda _: open_(vendor), priced, clock, random.Random(1), metrics, paying, lambda *_: None)
    async for _ in chain.stream([ModelName("vendor/some-model")], conversation(3).messages, None):
        pass
    try:
        assert await database.read(spending.spent_since(0)) == dollars
        told = (await metrics.scrape(database, Bots(), RoleRules(frozenset(), frozenset(), False))).decode()
    finally:
        await database.close()
    figures = dict(line.rsplit(" ", 1) for line in told.splitlines() if not line.startswith("#"))
    of_model = 'model="vendor/some-model"'
    assert figures[f'parley_model_tokens_total{{direction="input",{of_model}}}'] == "1000.0"
    assert figures[f'parley_model_cache_tokens_total{{{of_model},use="read"}}'] == "600.0"
    assert float(figures.get(f'parley_model_cache_tokens_total{{{of_model},use="stored"}}', 0)) == usage.stored_tokens


def without_marks(message: Any) -> bytes:
    """A message as it is found again: a mark says what to keep, and is nothing that is read."""
    return orjson.dumps(_unmarked(message))


def _unmarked(value: Any) -> Any:
    if isinstance(value, list):
        return [_unmarked(one) for one in value]
    if isinstance(value, dict):
        return {name: _unmarked(one) for name, one in value.items() if name != "cache_control"}
    return value


@pytest.mark.parametrize("vendor", [OPENAI, GEMINI, ANTHROPIC], ids=lambda vendor: vendor.kind)
async def test_on_the_wire_a_request_begins_as_the_one_before_it(
    vendor: Vendor, server: ModelServer, open_: Open
) -> None:
    provider = open_(vendor)
    before: list[bytes] = []
    for turns in range(1, 12):
        await hear(provider, Prompt("some-model", conversation(turns).messages))
        body = server.requests[-1].body
        head = without_marks(body.get("system") or body.get("systemInstruction") or "")
        now = [head, *map(without_marks, body.get("messages") or body["contents"])]
        assert now[: len(before)] == before
        # The newest message says what holds for its moment alone.
        before = now[:-1]
