"""A chain of models over a real endpoint, on a clock that stands still."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from bot.contracts.provider import Endpoint, ModelProfile, PromptMessage, Provider, TimeLimits
from bot.domain.efforts import Effort
from bot.domain.events import Event, TextDelta
from bot.domain.messages import Author, TextPart
from bot.domain.model_names import ModelName
from bot.llm.chain import Chain
from bot.llm.own_endpoints import Opened
from bot.llm.profiles import Profiles
from bot.llm.spending import SpendingLimit
from bot.standins.model import Fault, ModelServer
from bot.telemetry.metrics import Metrics
from providers import open_provider
from storage.database import Database
from tests.support.clock import FakeClock
from tests.support.new_data import open_new

READER = ModelName("reader/one")
"""The one model of which something is known: it takes PDFs."""


async def little_known(models: Sequence[ModelName]) -> Mapping[ModelName, ModelProfile]:
    return {model: ModelProfile(reads_files=model == READER) for model in models}


QUESTION = (PromptMessage(Author.USER, (TextPart("hi"),)),)
OVERLOADED = Fault("status", status=503)


class Kitchen:
    """A chain over a real endpoint, on a clock that stands still."""

    def __init__(self, model: ModelServer, clock: FakeClock, database: Database) -> None:
        self.model = model
        self.clock = clock
        self._providers: dict[str, Provider] = {}
        profiles, metrics = Profiles(little_known, {}), Metrics()
        spending = SpendingLimit(database, profiles, clock, metrics, usd_per_day=0, on_refused=lambda: None)
        self.chain = Chain(self.open_provider, profiles, clock, random.Random(3), metrics, spending, lambda *_: None)

    limits = TimeLimits()

    def open_provider(self, name: str) -> Provider:
        if name not in self._providers:
            endpoint = Endpoint(name, "openai_compatible", f"{self.model.url}/v1", "key")
            self._providers[name] = open_provider(endpoint, self.limits, self.clock)
        return self._providers[name]

    async def ask(
        self,
        *models: str,
        messages: tuple[PromptMessage, ...] = QUESTION,
        temperature: float | None = None,
        own: Opened | None = None,
        effort: Effort | None = None,
    ) -> list[Event]:
        """All events of one answer; the clock runs whenever the chain waits."""

        chain = [ModelName(model) for model in models]

        async def collect() -> list[Event]:
            return [event async for event in self.chain.stream(chain, messages, temperature, own, effort=effort)]

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


@asynccontextmanager
async def open_kitchen(directory: Path) -> AsyncIterator[Kitchen]:
    model = ModelServer()
    await model.start()
    model.reply = "Yes."
    async with await open_new(directory) as database:
        kitchen = Kitchen(model, FakeClock(), database)
        yield kitchen
        await kitchen.close()
    await model.close()


def words(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def said(*texts: str) -> tuple[PromptMessage, ...]:
    """A conversation by turns, a question last."""
    authors = [Author.USER, Author.ASSISTANT] * len(texts)
    last = len(texts) % 2 == 0
    return tuple(PromptMessage(authors[number + last], (TextPart(text),)) for number, text in enumerate(texts))


def refusal(words: str, status: int = 400) -> Fault:
    return Fault("status", status=status, body={"error": {"message": words}})
