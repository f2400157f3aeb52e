"""Asking the models of a chain, one after the other, until one answers.

All of Parley's retries are here, so they do not multiply: no client retries by itself. A model is asked again when its
error says that this may help, after the time the vendor asked for, or after a back-off with jitter. The next model of
the chain is tried only while the person has not seen a word; after that, what has come is the answer, marked as cut. A
model that keeps failing is left alone for a while, so that people do not wait for it again and again.
"""

import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import TypeVar

import structlog

from bot.contracts.provider import (
    Prompt,
    PromptMessage,
    Provider,
    Recording,
    Speaker,
    ToolOffer,
    Transcriber,
    unanswered,
)
from bot.domain.clock import Clock
from bot.domain.efforts import Effort, nearest
from bot.domain.errors import ParleyError
from bot.domain.events import Delta, Event, Finished, Started
from bot.domain.messages import AudioPart, Author, TextPart
from bot.domain.model_names import ModelName
from bot.domain.pictures import PictureWish
from bot.domain.provider_errors import (
    ContextTooLong,
    ModelMissing,
    NotTaken,
    ProviderError,
    RequestRefused,
    StreamBroken,
)
from bot.domain.turns import FinishReason, Usage
from bot.llm.fitting import SMALLEST_WINDOW, budget_of, fit, is_small, newest, pdfs_in, without_pdfs
from bot.llm.health import LONGEST_WAIT_S, Health, shown
from bot.llm.own_endpoints import Opened
from bot.llm.partial_answer import PartialAnswer
from bot.llm.profiles import Profiles
from bot.llm.sound import seconds_in, seconds_of
from bot.llm.spending import Request, SpendingLimit, beside_in
from bot.llm.trimming import Refused, Trimmed
from bot.telemetry.metrics import Metrics

T = TypeVar("T")

log = structlog.get_logger(__name__)

ATTEMPTS = 3
"""How often one model is asked for one answer."""

BACK_OFF_S = 0.5
"""The first wait; it doubles with each attempt, and varies by half in both directions."""


class Chain:
    """All configured models, and how they have been doing.

    `open_provider` returns the provider of a name ("mistral"), opened when first used.
    """

    def __init__(
        self,
        open_provider: Callable[[str], Provider],
        profiles: Profiles,
        clock: Clock,
        rng: random.Random,
        metrics: Metrics,
        spending: SpendingLimit,
        heard: Callable[[str, ProviderError | None], None],
    ) -> None:
        """`heard` is told of each vendor of the operator that has answered, or how it failed."""
        self._health = Health(clock, metrics, heard)
        self._spending = spending
        self._open_provider = open_provider
        self._profiles = profiles
        self._clock = clock
        self._rng = rng
        self._refused = Refused()

    async def stream(
        self,
        models: Sequence[ModelName],
        messages: tuple[PromptMessage, ...],
        temperature: float | None,
        own: Opened | None = None,
        *,
        conversation: str = "",
        effort: Effort | None = None,
        longest: int | None = None,
        tools: tuple[ToolOffer, ...] = (),
        may_call: bool = True,
        picture: PictureWish | None = None,
        unfiltered: bool = False,
    ) -> AsyncGenerator[Event, None]:
        """Ask the models ("provider/model") in order and yield what the first that answers says.

        `own` is what a person's own model among them leads to; `conversation`, `tools`, `may_call`, `picture` and
        `unfiltered` as in `Prompt`; `longest` in tokens; a model that takes no tools is asked without. Each model is
        told the effort nearest to `effort` that it takes.

        Yields `Started` for each model asked, then its deltas, last `Finished`. An answer that breaks off after its
        first word ends with `Finished(CUT)`.

        Raises:
            ProviderError: of the model that was preferred, when none answered.
        """
        first_error: ProviderError | None = None
        for model in self._health.willing(models):
            said = PartialAnswer()
            try:
                fitted = await self._fitted(model, messages)
                thought = await self._effort(model, effort)
                prompt = Prompt(
                    model.model, fitted, temperature, longest, conversation=conversation, effort=thought,
                    tools=await self._offered(model, tools), may_call=may_call, picture=picture, unfiltered=unfiltered,
                )  # fmt: skip
                holding = self._spending.request(
                    shown(model), fitted, effort=thought, longest=longest, ours=not model.is_own
                )
                async with holding as request:
                    async with aclosing(self._ask(model, prompt, own, request)) as events:
                        async for event in events:
                            said.hear(event)
                            yield event
                    return
            except ProviderError as error:
                if said.shows:
                    log.warning("answer_cut", model=shown(model), error=type(error).__name__, detail=error)
                    yield Finished(FinishReason.CUT)
                    return
                first_error = first_error or (error.for_owner() if model.is_own else error)
        if first_error is None:
            raise ModelMissing("The chain holds no model.")
        raise first_error

    async def transcribe(
        self, models: Sequence[ModelName], audio: AudioPart, progress: Callable[[float], None]
    ) -> tuple[str, ModelName]:
        """What is said in a recording, and the model that wrote it down; `progress` as in `Transcriber`.

        Raises:
            ProviderError: of the model that was preferred, when none did.
        """
        first_error: ProviderError | None = None
        for model in self._health.willing(models):
            try:
                return await self._again(model, partial(self._transcript, model, audio, progress)), model
            except ProviderError as error:
                first_error = first_error or error
        raise first_error or ModelMissing("No model transcribes speech.")

    async def _transcript(self, model: ModelName, audio: AudioPart, progress: Callable[[float], None]) -> str:
        provider = self._open_provider(model.provider)
        if not isinstance(provider, Transcriber):
            raise ModelMissing(f"{model.provider!r} does not transcribe speech.")
        async with self._spending.request(model, (), seconds=seconds_in(audio.data)) as request:
            transcript = await within_border_of(provider.transcribe(model.model, audio, progress))
            request.transcribed(transcript)
            return transcript.text

    async def speak(self, models: Sequence[ModelName], text: str, voice: str) -> Recording:
        """A text, read aloud by the first of the models that does.

        Raises:
            ProviderError: of the model that was preferred, when none did.
        """
        first_error: ProviderError | None = None
        for model in self._health.willing(models):
            try:
                return await self._again(model, partial(self._spoken, model, text, voice))
            except ProviderError as error:
                first_error = first_error or error
        raise first_error or ModelMissing("No model reads aloud.")

    async def _spoken(self, model: ModelName, text: str, voice: str) -> Recording:
        provider = self._open_provider(model.provider)
        if not isinstance(provider, Speaker):
            raise ModelMissing(f"{model.provider!r} does not read aloud.")
        told = (PromptMessage(Author.USER, (TextPart(text),)),)
        async with self._spending.request(model, told, letters=len(text)) as request:
            recording = await within_border_of(provider.speak(model.model, text, voice))
            request.spoke(seconds_of(recording))
            return recording

    async def _again(self, model: ModelName, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask a model for something that comes whole, again where that may help."""
        attempt = 1
        while True:
            try:
                given = await ask()
            except ProviderError as error:
                self._health.note_failure(model, error)
                wait_s = self._wait_s(error, attempt)
                if wait_s is None:
                    raise
            else:
                self._health.note_success(model)
                return given
            await self._clock.sleep(wait_s)
            attempt += 1

    async def _effort(self, model: ModelName, wished: Effort | None) -> Effort | None:
        """What a model is told of how much to think."""
        if wished is None or model.is_own:
            return wished
        return nearest(wished, (await self._profiles.of([model]))[model].efforts)

    def _opened(self, model: ModelName, prompt: Prompt, own: Opened | None) -> tuple[Provider, Prompt]:
        """Whom a prompt for a model is sent to, and as what."""
        if own is None or not model.is_own:
            return self._open_provider(model.provider), prompt
        temperature = prompt.temperature if own.model.temperature is None else own.model.temperature
        longest = prompt.max_output_tokens if own.model.max_tokens is None else own.model.max_tokens
        return own.provider, replace(prompt, model=own.model.name, temperature=temperature, max_output_tokens=longest)

    async def _ask(
        self, model: ModelName, asked: Prompt, own: Opened | None, request: Request
    ) -> AsyncGenerator[Event, None]:
        """Ask one model, again where that may help and nothing has been said yet."""
        provider, asked = self._opened(model, asked, own)
        attempt, trimmed = 1, Trimmed(model, asked.messages, asked.max_output_tokens, self._refused)
        while True:
            prompt = replace(asked, messages=trimmed.messages, max_output_tokens=trimmed.max_tokens)
            said = PartialAnswer()
            yield Started(model)
            try:
                async with aclosing(_within_border(provider.stream(prompt))) as events:
                    async for event in events:
                        said.hear(event)
                        request.heard(event)
                        if isinstance(event, Finished) and not said.shows and not said.has_called:
                            raise unanswered(event.reason, thought=said.has_thought)
                        yield event
            except (ContextTooLong, RequestRefused, NotTaken) as error:
                if isinstance(error, ContextTooLong) and error.limit_tokens is not None:
                    self._profiles.learn(model, error.limit_tokens)
                if not said.stands and trimmed.otherwise(error):
                    continue
                self._health.note_failure(model, error)
                raise
            except ProviderError as error:
                self._health.note_failure(model, error)
                wait_s = self._wait_s(error, attempt)
                log.warning(
                    "model_failed", model=shown(model), attempt=attempt, error=type(error).__name__, detail=error,
                    again_in_s=None if said.stands or wait_s is None else round(wait_s, 2),
                )  # fmt: skip
                if said.stands or wait_s is None:
                    raise
            else:
                self._health.note_success(model)
                return
            await self._clock.sleep(wait_s)
            attempt += 1

    async def cost_microusd(self, model: ModelName, usage: Usage, messages: Sequence[PromptMessage] = ()) -> int | None:
        """What a request to this model has cost, in millionths of a dollar; None if nobody knows its price."""
        if model.is_offline:
            return 0
        tariff = (await self._profiles.of([model]))[model].tariff
        return tariff.cost(usage, beside_in(messages)) if tariff is not None else None

    async def _offered(self, model: ModelName, tools: tuple[ToolOffer, ...]) -> tuple[ToolOffer, ...]:
        """What this model is offered of these: nothing if it is known to take none."""
        if not tools or model.is_offline:
            return ()
        return () if (await self._profiles.of([model]))[model].calls_tools is False else tools

    async def _fitted(self, model: ModelName, messages: tuple[PromptMessage, ...]) -> tuple[PromptMessage, ...]:
        """As much of the conversation as this model can read."""
        learned = self._profiles.learned(model)
        if is_small(messages, min(SMALLEST_WINDOW, learned or SMALLEST_WINDOW)):
            return messages
        profile = (await self._profiles.of([model]))[model]
        pdfs = pdfs_in(messages)
        if refused := self._refused.pdfs(model, pdfs) if profile.reads_files else pdfs:
            messages = without_pdfs(messages, refused)
        try:
            return fit(messages, budget_of(profile))
        except ContextTooLong:
            if learned is None:
                raise
            # What was learned is exact, and the size of the newest message an estimate: its vendor is to say.
            return newest(messages)

    def _wait_s(self, error: ProviderError, attempt: int) -> float | None:
        """How long to wait before the next attempt; None: no further one."""
        if not error.worth_retrying or attempt >= ATTEMPTS:
            return None
        if error.retry_after_s:
            return error.retry_after_s if error.retry_after_s <= LONGEST_WAIT_S else None
        return BACK_OFF_S * 2.0 ** (attempt - 1) * self._rng.uniform(0.5, 1.5)


async def _within_border(events: AsyncGenerator[Delta | Finished, None]) -> AsyncGenerator[Delta | Finished, None]:
    """The border of a provider: whatever goes wrong behind it is a `ProviderError` before it."""
    try:
        async with aclosing(events):
            async for event in events:
                yield event
    except ParleyError:
        raise
    except Exception as error:
        log.exception("provider_broke")
        raise StreamBroken(f"A provider failed with {type(error).__name__}.") from error


async def within_border_of(given: Awaitable[T]) -> T:
    """As `_within_border`, for what comes whole."""
    try:
        return await given
    except ParleyError:
        raise
    except Exception as error:
        log.exception("provider_broke")
        raise StreamBroken(f"A provider failed with {type(error).__name__}.") from error
