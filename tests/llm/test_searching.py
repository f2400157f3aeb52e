"""Models that search: held before, paid per search after, and never asked again where their vendor has no search."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bot.contracts.prices import Beside, Tariff
from bot.contracts.provider import Price
from bot.contracts.web import Findings, Hit
from bot.domain.model_names import ModelName
from bot.domain.provider_errors import BudgetSpent, ModelMissing, Overloaded, ProviderError, RequestRefused
from bot.domain.turns import Usage
from bot.llm.profiles import Profiles
from bot.llm.searching import HELD, ModelSearch
from bot.llm.spending import FOUND_TOKENS, SpendingLimit
from bot.telemetry.metrics import Metrics
from providers.models import profiles as look_up
from providers.tariffs import tariff_of
from storage.database import Database
from storage.programs import Program
from tests.support.clock import FakeClock
from tests.support.new_data import open_new

GPT, GEMINI, CLAUDE = map(ModelName, ("openai/gpt-6-luna", "gemini/gemini-3.8-flash", "anthropic/claude-haiku-5-5"))
FOUND = Findings("Twice a day.", (Hit("Tides", "https://example.org/tides", ""),), 2, Usage(1000, 10))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with await open_new(tmp_path) as database:
        yield database


class Vendors:
    """Endpoints that find, or do not."""

    def __init__(self, **ends: Findings | ProviderError) -> None:
        self._ends = ends
        self.asked: list[str] = []

    def open(self, name: str) -> "Vendor":
        return Vendor(self, name)

    def find(self, name: str) -> Findings:
        self.asked.append(name)
        end = self._ends[name]
        if isinstance(end, ProviderError):
            raise end
        return end


class Vendor:
    """One of them."""

    def __init__(self, vendors: Vendors, name: str) -> None:
        self._vendors = vendors
        self._name = name

    async def search(self, model: str, words: str) -> Findings:
        return self._vendors.find(self._name)


def search_of(
    database: Database, vendors: Vendors, models: Sequence[ModelName], usd: float = 0, prices: Sequence[Price] = ()
) -> ModelSearch:
    clock, metrics = FakeClock(), Metrics()
    spending = SpendingLimit(
        database, Profiles(look_up, {}, prices), clock, metrics, usd_per_day=usd, on_refused=lambda: None
    )
    return ModelSearch(vendors.open, spending, models)  # type: ignore[arg-type]


async def spent(database: Database) -> list[tuple[str, int]]:
    def rows() -> Program[list[tuple[str, int]]]:
        found = yield ("SELECT model, microusd FROM spending", ())
        return [(row[0], row[1]) for row in found]

    return await database.read(rows())


async def test_each_search_is_paid_for_beside_the_tokens(database: Database) -> None:
    search = search_of(database, Vendors(openai=FOUND), [GPT], usd=1)
    assert await search.search("tides", "openai") == FOUND
    tariff = (await look_up([GPT]))[GPT].tariff
    assert tariff is not None
    without = tariff.cost(FOUND.usage, Beside())
    assert without is not None
    assert await spent(database) == [(GPT, without + 2 * 10_000)]


async def test_the_most_is_held_before(database: Database) -> None:
    # Five searches are 50,000 millionths of a dollar, and what they find is read.
    vendors = Vendors(openai=FOUND)
    with pytest.raises(BudgetSpent):
        await search_of(database, vendors, [GPT], usd=HELD * 0.01).search("tides", "")
    assert vendors.asked == []
    assert FOUND_TOKENS * HELD == 100_000


async def test_the_answering_models_vendor_is_asked_first_and_the_next_where_it_fails(database: Database) -> None:
    vendors = Vendors(openai=FOUND, gemini=Overloaded("busy"), anthropic=FOUND)
    search = search_of(database, vendors, [GPT, GEMINI, CLAUDE])
    await search.search("tides", "anthropic")
    await search.search("tides", "gemini")
    await search.search("tides", "mistral")
    assert vendors.asked == ["anthropic", "gemini", "openai", "openai"]
    assert search.models == [GPT, GEMINI, CLAUDE]


async def test_who_has_no_search_is_asked_once(database: Database) -> None:
    vendors = Vendors(openai=RequestRefused("no such tool"), gemini=Overloaded("busy"))
    search = search_of(database, vendors, [GPT, GEMINI])
    for _ in range(2):
        with pytest.raises(ProviderError):
            await search.search("tides", "")
    assert vendors.asked == ["openai", "gemini", "gemini"]
    assert search.models == [GEMINI]
    with pytest.raises(ModelMissing):
        await search_of(database, vendors, []).search("tides", "")


async def test_an_operators_price_of_tokens_leaves_that_of_searches() -> None:
    priced = Profiles(look_up, {}, [Price(GPT, Tariff.flat(5, 5)), Price("*", Tariff.flat(0, 0))])
    found = await priced.of([GPT, GEMINI])
    assert [found[model].tariff.search for model in (GPT, GEMINI)] == [10_000_000_000, 0]  # type: ignore[union-attr]


def test_where_the_table_names_no_price_the_vendors_counts() -> None:
    tokens = {"input_cost_per_token": 1e-6, "output_cost_per_token": 1e-6}
    for vendor, microusd in (("openai", 10_000), ("anthropic", 10_000), ("gemini", 14_000), ("other", 0)):
        tariff = tariff_of("new", {**tokens, "litellm_provider": vendor})
        assert tariff is not None
        assert tariff.cost(Usage(0, 0), Beside(searches=1)) == microusd
