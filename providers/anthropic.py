"""Anthropic's Messages, over aiohttp; any endpoint that speaks them.

The vendor wants to be told how long an answer may be; so it is what the model can write at most. A turn that the vendor
pauses is continued: what the model has said goes back to it as it came, its thinking with the signatures.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Any

import aiohttp

from bot.contracts.provider import Endpoint, ModelProfile, Prompt, TimeLimits
from bot.contracts.web import Findings
from bot.domain.clock import Clock
from bot.domain.events import Delta, Finished
from bot.domain.model_names import ModelName
from bot.domain.provider_errors import NotTaken, ProviderError, StreamBroken
from bot.domain.turns import Usage
from providers import Connect
from providers.answer import Answer
from providers.anthropic_events import Blocks, MessageEvents, encode
from providers.anthropic_request import body_of
from providers.anthropic_search import AnthropicSearch
from providers.connection import Body, Connection
from providers.efforts import patient
from providers.habits import HabitBook, Habits
from providers.listing import names_in
from providers.login import split_login
from providers.models import profiles
from providers.patience import Patience
from providers.refusals import Refusal
from providers.shape import shaped
from providers.usage import together

ANTHROPIC = "https://api.anthropic.com"
VERSION = "2023-06-01"
"""Of the format. There has been no later one."""
TABLED = "anthropic"
"""What stands before its models' names in the table of what models can do."""
LONGEST_PAGE = 1_000
"""Models in one page of the list, at most."""
MOST_PAUSES = 8
"""How often one answer is continued."""
UNKNOWN_ANSWER = 8_192
"""Tokens that a model nobody knows is taken to write at most."""
UNKNOWN_CACHE = 1_024
"""Tokens that the cache of a model nobody knows is taken to want at least."""


class Anthropic:
    """One endpoint with one key; a `Provider`."""

    def __init__(self, endpoint: Endpoint, limits: TimeLimits, clock: Clock, connector: Connect | None = None) -> None:
        self._endpoint = endpoint
        self._limits = limits
        self._clock = clock
        root, login = split_login((endpoint.base_url or ANTHROPIC).rstrip("/"))
        self._root = root.removesuffix("/messages").removesuffix("/v1")
        headers = {"x-api-key": endpoint.api_key, "anthropic-version": VERSION, "Authorization": login}
        self._connection = Connection(endpoint, headers, clock, connector)
        self._habits = HabitBook()
        self._profiles: dict[str, ModelProfile] = {}
        self._told: dict[str, int] = {}
        """How long an answer may be at most, by the vendor's own account."""

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Delta | Finished, None]:
        """See `bot.contracts.provider.Provider.stream`. A pause of the vendor's is one more request."""
        patience = Patience(patient(self._limits, prompt.effort))
        asked = await self._asked(prompt)
        answer = Answer(opened=asked.habits.thinks, offered=bool(prompt.tools))
        blocks = Blocks()
        used: list[Usage | None] = []
        for _ in range(1 + MOST_PAUSES):
            response = await self._ask(asked, patience, answer)
            answer.goes_on()
            events = MessageEvents(self._endpoint, answer, self._clock, response.headers, blocks)
            try:
                body = Body(response, patience, answer)
                if not asked.habits.streams:
                    events.take_whole(await body.read_whole())
                while not events.done and (data := await body.read()):
                    events.feed(data)
                    for delta in answer.take():
                        yield delta
                    if answer.reason is not None:
                        patience.ending()
                events.finish()
                await body.drain()
            finally:
                response.close()
            used.append(events.usage)
            if not events.paused or not asked.goes_on(blocks):
                break
        answer.usage = together(used)
        self._habits.notice(prompt.model, answer)
        answer.give_calls(_made_by(prompt.model), {"blocks": blocks.handed_back()} if answer.calls else None)
        for delta in answer.take():
            yield delta
        yield answer.finished()

    async def models(self) -> list[str]:
        """See `bot.contracts.provider.ListsModels.models`."""
        address = f"{self._root}/v1/models?limit={LONGEST_PAGE}"
        data = await self._connection.whole("GET", address, Patience(self._limits))
        return sorted(names_in(data, self._connection, self._endpoint.name, self._clock.now()))

    async def takes_key(self) -> bool:
        """See `bot.contracts.provider.KeyChecked.takes_key`."""
        await self._connection.whole("GET", f"{self._root}/v1/models", Patience(self._limits))
        return bool(self._endpoint.api_key)

    async def search(self, model: str, words: str) -> Findings:
        """See `bot.contracts.provider.Searcher.search`."""
        search, patience = AnthropicSearch(model, words, self._endpoint.name), Patience(self._limits)
        for _ in range(1 + MOST_PAUSES):
            address, body = f"{self._root}/v1/messages", search.asked()
            search.take(await self._connection.whole("POST", address, patience, body, slow=True))
            if search.over:
                break
        return search.found()

    async def close(self) -> None:
        """Release every connection."""
        await self._connection.close()

    async def _asked(self, prompt: Prompt) -> "_Asked":
        """What is sent for `prompt`."""
        profile = self._profiles.get(prompt.model)
        if profile is None:
            name = ModelName.joined(TABLED, prompt.model)
            profile = self._profiles[prompt.model] = (await profiles([name]))[name]
        habits = self._habits.of(prompt.model)
        most = self._told.get(prompt.model) or profile.output_tokens or UNKNOWN_ANSWER
        longest = min(prompt.max_output_tokens or most, most)
        sent = shaped(prompt, habits, _made_by(prompt.model))
        body = body_of(
            sent,
            longest,
            profile.cached_from or UNKNOWN_CACHE,
            streams=habits.streams,
            counts_thinking=profile.counts_thinking,
        )
        return _Asked(replace(prompt, max_output_tokens=longest), habits, body, body["messages"])

    async def _ask(self, asked: "_Asked", patience: Patience, answer: Answer) -> aiohttp.ClientResponse:
        try:
            address, body = f"{self._root}/v1/messages", encode(asked.body)
            response = await self._connection.ask(address, body, patience, streams=asked.habits.streams)
            if isinstance(response, Refusal):
                raise self._refused(asked, response)
        except ProviderError as error:
            if not answer.begun:
                raise
            raise StreamBroken(f"The answer could not be gone on with: {error}") from error
        return response

    def _refused(self, asked: "_Asked", refusal: Refusal) -> ProviderError:
        prompt, longest = asked.prompt, asked.prompt.max_output_tokens or UNKNOWN_ANSWER
        error = self._habits.error(prompt, asked.habits, refusal, self._endpoint.name, self._endpoint.api_key)
        if isinstance(error, NotTaken) and self._habits.of(prompt.model).length != asked.habits.length:
            # It has to be said, so less of it.
            told = refusal.limit_tokens
            self._told[prompt.model] = told if told is not None and told < longest else max(1, longest // 2)
        return error


def _made_by(model: str) -> str:
    """See `CallPart.made_by`."""
    return f"anthropic/{model}"


@dataclass(slots=True)
class _Asked:
    """What was asked for, with which habits, and the request for it."""

    prompt: Prompt
    habits: Habits
    body: dict[str, Any]
    question: list[dict[str, Any]]
    """The messages before the answer."""

    def goes_on(self, blocks: Blocks) -> bool:
        """Whether there is something to go on with; then the request is for that."""
        said = blocks.handed_back()
        self.body["messages"] = [*self.question, {"role": "assistant", "content": said}]
        return bool(said)
