"""The chain of models: whom it asks, how long it waits, whom it leaves alone."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import pytest

from bot.chain import ATTEMPTS, FAILURES_BEFORE_REST, REST_S, Chain
from bot.errors import BadCredentials, Overloaded
from bot.events import Event, Finished, Started, TextDelta
from bot.metrics import Metrics
from bot.playground.model import Fault, ModelServer
from bot.profiles import Profiles
from bot.provider import Endpoint, ModelProfile, PromptMessage, Provider, TimeLimits
from bot.spending import Spending
from bot.types import Author, FinishReason, TextPart
from providers import open_provider
from storage.database import Database, open_database
from tests.clock import FakeClock


async def nobody_knows(models: Sequence[str]) -> Mapping[str, ModelProfile]:
    return {model: ModelProfile() for model in models}


QUESTION = (PromptMessage(Author.USER, (TextPart("hi"),)),)
OVERLOADED = Fault("status", status=503)


class Kitchen:
    """A chain over a real endpoint, on a clock that stands still."""

    def __init__(self, model: ModelServer, clock: FakeClock, database: Database) -> None:
        self.model = model
        self.clock = clock
        self._providers: dict[str, Provider] = {}
        profiles, metrics = Profiles(nobody_knows, {}), Metrics()
        spending = Spending(database, profiles, clock, metrics, usd_per_day=0)
        self.chain = Chain(self._open, profiles, clock, random.Random(3), metrics, spending)

    def _open(self, name: str) -> Provider:
        if name not in self._providers:
            endpoint = Endpoint(name, "openai_compatible", f"{self.model.url}/v1", "key")
            self._providers[name] = open_provider(endpoint, TimeLimits())
        return self._providers[name]

    async def ask(self, *models: str) -> list[Event]:
        """All events of one answer; the clock runs whenever the chain waits."""

        async def collect() -> list[Event]:
            return [event async for event in self.chain.stream(models, QUESTION, None)]

        task = asyncio.create_task(collect())
        while not task.done():
            await asyncio.wait((task,), timeout=0.02)
            await self.clock.advance(0.5)
        return task.result()

    def asked(self) -> list[str]:
        return [request.model for request in self.model.requests]

    async def close(self) -> None:
        for provider in self._providers.values():
            await provider.close()


@pytest.fixture
async def kitchen(tmp_path: Path) -> AsyncIterator[Kitchen]:
    model = ModelServer()
    await model.start()
    model.reply = "Yes."
    async with await open_database(tmp_path) as database:
        kitchen = Kitchen(model, FakeClock(), database)
        yield kitchen
        await kitchen.close()
    await model.close()


def words(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def test_a_passing_failure_is_tried_again(kitchen: Kitchen) -> None:
    kitchen.model.fail(OVERLOADED)
    assert words(await kitchen.ask("a/one")) == "Yes."
    assert kitchen.asked() == ["one", "one"]


async def test_the_next_model_is_asked_when_one_goes_on_failing(kitchen: Kitchen) -> None:
    kitchen.model.fail(*[OVERLOADED] * ATTEMPTS)
    events = await kitchen.ask("a/one", "b/two")
    assert words(events) == "Yes."
    assert kitchen.asked() == ["one"] * ATTEMPTS + ["two"]
    assert [event.model for event in events if isinstance(event, Started)][-1] == "b/two"


async def test_what_does_not_pass_is_not_tried_again(kitchen: Kitchen) -> None:
    kitchen.model.fail(Fault("status", status=401))
    assert words(await kitchen.ask("a/one", "b/two")) == "Yes."
    assert kitchen.asked() == ["one", "two"]


async def test_the_vendors_wait_is_kept(kitchen: Kitchen) -> None:
    kitchen.model.fail(Fault("status", status=429, headers={"Retry-After": "9"}))
    before = kitchen.clock.monotonic()
    assert words(await kitchen.ask("a/one", "b/two")) == "Yes."
    assert kitchen.clock.monotonic() - before >= 9
    assert kitchen.asked() == ["one", "one"]


async def test_a_wait_too_long_for_a_person_goes_to_the_next_model_and_is_remembered(kitchen: Kitchen) -> None:
    kitchen.model.fail(Fault("status", status=429, headers={"Retry-After": "120"}))
    await kitchen.ask("a/one", "b/two")
    await kitchen.ask("a/one", "b/two")
    assert kitchen.asked() == ["one", "two", "two"]
    await kitchen.clock.advance(121)
    await kitchen.ask("a/one", "b/two")
    assert kitchen.asked()[-1] == "one"


async def test_a_model_that_keeps_failing_is_left_alone_for_a_while(kitchen: Kitchen) -> None:
    assert ATTEMPTS >= FAILURES_BEFORE_REST
    kitchen.model.fail(*[OVERLOADED] * ATTEMPTS)
    await kitchen.ask("a/one", "b/two")
    kitchen.model.requests.clear()
    await kitchen.ask("a/one", "b/two")
    assert kitchen.asked() == ["two"]
    await kitchen.clock.advance(REST_S)
    await kitchen.ask("a/one", "b/two")
    assert kitchen.asked() == ["two", "one"]


async def test_when_all_rest_all_are_asked_all_the_same(kitchen: Kitchen) -> None:
    kitchen.model.fail(Fault("status", status=401))
    with pytest.raises(BadCredentials):
        await kitchen.ask("a/one")
    assert words(await kitchen.ask("a/one")) == "Yes."


async def test_after_the_first_word_no_other_model_is_asked(kitchen: Kitchen) -> None:
    kitchen.model.reply = "one two three four five"
    kitchen.model.fail(Fault("cut", after_tokens=2))
    events = await kitchen.ask("a/one", "b/two")
    assert kitchen.asked() == ["one"]
    assert words(events)
    assert events[-1] == Finished(FinishReason.CUT)


async def test_the_error_that_is_told_is_that_of_the_preferred_model(kitchen: Kitchen) -> None:
    kitchen.model.fail(*[OVERLOADED] * ATTEMPTS, Fault("status", status=401))
    with pytest.raises(Overloaded):
        await kitchen.ask("a/one", "b/two")
