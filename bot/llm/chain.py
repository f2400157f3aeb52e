"""Asking the models of a chain, one after the other, until one answers.

All of Parley's retries are here, so they do not multiply: no client retries by itself. A model is asked again when its
error says that this may help, after the time the vendor asked for, or after a back-off with jitter. The next model of
the chain is tried only while the person has not seen a word; after that, what has come is the answer, marked as cut. A
model that keeps failing is left alone for a while, so that people do not wait for it again and again.
"""

import random
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

import structlog

from bot.contracts.provider import Prompt, PromptMessage, Provider, ToolOffer, Transcriber, Transcript, unanswered
from bot.domain.clock import Clock
from bot.domain.efforts import Effort, nearest
from bot.domain.errors import ParleyError
from bot.domain.events import Delta, Event, Finished, ImageMade, ReasoningDelta, Started, TextDelta, ToolCalled
from bot.domain.messages import AudioPart
from bot.domain.model_names import OWN, ModelName
from bot.domain.provider_errors import (
    BadCredentials,
    Blind,
    ContextTooLong,
    ModelMissing,
    NoCredit,
    NotTaken,
    PictureRefused,
    ProviderError,
    QuotaSpent,
    RequestRefused,
    StreamBroken,
    TurnedAway,
    WrongAddress,
)
from bot.domain.turns import FinishReason
from bot.llm.fitting import (
    SMALLEST_WINDOW,
    budget_of,
    fewer_within,
    fit,
    halved,
    is_small,
    newest,
    too_long,
    without_older_pictures,
)
from bot.llm.own_endpoints import Opened
from bot.llm.profiles import Profiles
from bot.llm.sound import seconds_in
from bot.llm.spending import Request, Spending
from bot.rendering.pages import shows
from bot.telemetry.metrics import Metrics

log = structlog.get_logger(__name__)

ATTEMPTS = 3
"""How often one model is asked for one answer."""

MOST_NOT_TAKEN = 8
"""How often a request is sent again without something that the endpoint does not take; a provider learns less."""

BACK_OFF_S = 0.5
"""The first wait; it doubles with each attempt, and varies by half in both directions."""

LONGEST_WAIT_S = 20.0
"""If a vendor asks for a longer wait, the next model is tried instead; a person is waiting."""

FAILURES_BEFORE_REST = 3
REST_S = 30.0
"""How long a model that failed so often in a row is left alone; doubled each time, up to the longest."""

LONGEST_REST_S = 600.0

DAY_S = 86_400.0
SHORTEST_DAY_S = 3_600.0
"""A vendor's day may be another than that of UTC: at midnight it is asked once an hour."""

LONGEST_ASKED_REST_S = DAY_S
"""However long a vendor asks to be left alone, a day later it is asked again."""

_LASTING = (BadCredentials, NoCredit, ModelMissing, QuotaSpent, TurnedAway, WrongAddress)
"""Failures that do not pass by themselves: the model is set aside at once."""


@dataclass(slots=True)
class _Health:
    failures: int = 0
    rests: int = 0
    rested_at: float = 0.0
    """On the monotonic clock, in seconds: when it may be asked again."""


class Chain:
    """All configured models, and how they have been doing.

    `open_provider` gives the provider of a name ("mistral"), opened when first used.
    """

    def __init__(
        self,
        open_provider: Callable[[str], Provider],
        profiles: Profiles,
        clock: Clock,
        rng: random.Random,
        metrics: Metrics,
        spending: Spending,
        heard: Callable[[str, ProviderError | None], None],
    ) -> None:
        """`heard` is told of each vendor of the operator that has answered, or how it failed."""
        self._metrics = metrics
        self._spending = spending
        self._heard = heard
        self._open_provider = open_provider
        self._profiles = profiles
        self._clock = clock
        self._rng = rng
        self._health: dict[str, _Health] = {}
        self._blind: set[str] = set()
        """Models that have said they cannot see pictures."""

    async def stream(
        self,
        models: Sequence[str],
        messages: tuple[PromptMessage, ...],
        temperature: float | None,
        own: Opened | None = None,
        *,
        conversation: str = "",
        effort: Effort | None = None,
        tools: tuple[ToolOffer, ...] = (),
        may_call: bool = True,
    ) -> AsyncGenerator[Event, None]:
        """Ask the models ("provider/model") in order and yield what the first that answers says.

        `own` is what a person's own model among them leads to; `conversation`, `tools` and `may_call` as in `Prompt`; a
        model that takes no tools is asked without. Each model is told the effort nearest to `effort` that it takes.

        Yields `Started` for each model asked, then its deltas, last `Finished`. An answer that breaks off after its
        first word ends with `Finished(CUT)`.

        Raises:
            ProviderError: of the model that was preferred, when none answered.
        """
        first_error: ProviderError | None = None
        for model in self._willing(models):
            said = _Said()
            try:
                fitted = await self._fitted(model, messages)
                thought = await self._effort(model, effort)
                prompt = Prompt(
                    model, fitted, temperature, conversation=conversation, effort=thought,
                    tools=await self._offered(model, tools), may_call=may_call,
                )  # fmt: skip
                holding = self._spending.request(_shown(model), fitted, effort=thought, ours=not _is_own(model))
                async with holding as request:
                    async with aclosing(self._ask(prompt, own, request)) as events:
                        async for event in events:
                            said.hear(event)
                            yield event
                    return
            except ProviderError as error:
                if said.shows:
                    log.warning("answer_cut", model=_shown(model), error=type(error).__name__, detail=error)
                    yield Finished(FinishReason.CUT)
                    return
                first_error = first_error or (error.for_owner() if _is_own(model) else error)
        if first_error is None:
            raise ModelMissing("The chain holds no model.")
        raise first_error

    async def transcribe(self, models: Sequence[str], audio: AudioPart) -> tuple[str, str]:
        """What is said in a recording, and the model that wrote it down.

        Raises:
            ProviderError: of the model that was preferred, when none did.
        """
        first_error: ProviderError | None = None
        for model in self._willing(models):
            try:
                return await self._transcript(model, audio), model
            except ProviderError as error:
                first_error = first_error or error
        raise first_error or ModelMissing("No model transcribes speech.")

    async def _transcript(self, model: str, audio: AudioPart) -> str:
        name = ModelName.of(model)
        provider = self._open_provider(name.provider)
        if not isinstance(provider, Transcriber):
            raise ModelMissing(f"{name.provider!r} does not transcribe speech.")
        attempt = 1
        while True:
            try:
                async with self._spending.request(model, (), seconds=seconds_in(audio.data)) as request:
                    transcript = await _transcribed(provider, name.model, audio)
                    request.transcribed(transcript)
            except ProviderError as error:
                self._note_failure(model, error)
                wait_s = self._wait_s(error, attempt)
                if wait_s is None:
                    raise
            else:
                self._note_success(model)
                return transcript.text
            await self._clock.sleep(wait_s)
            attempt += 1

    def _willing(self, models: Sequence[str]) -> Sequence[str]:
        """The models that are not resting; all of them when all are."""
        now = self._clock.monotonic()
        rested = [model for model in models if self._health.get(model, _Health()).rested_at <= now]
        return rested or models

    async def _effort(self, model: str, wished: Effort | None) -> Effort | None:
        """What a model is told of how much to think."""
        if wished is None or _is_own(model):
            return wished
        return nearest(wished, (await self._profiles.of([model]))[model].efforts)

    def _opened(self, prompt: Prompt, own: Opened | None) -> tuple[Provider, Prompt]:
        """Whom a prompt for a model ("provider/model") is sent to, and as what."""
        name = ModelName.of(prompt.model)
        if own is None or not name.is_own:
            return self._open_provider(name.provider), replace(prompt, model=name.model)
        temperature = prompt.temperature if own.model.temperature is None else own.model.temperature
        longest = own.model.max_tokens
        return own.provider, replace(prompt, model=own.model.name, temperature=temperature, max_output_tokens=longest)

    async def _ask(self, asked: Prompt, own: Opened | None, request: Request) -> AsyncGenerator[Event, None]:
        """Ask one model ("provider/model"), again where that may help and nothing has been said yet."""
        model = asked.model
        provider, asked = self._opened(asked, own)
        attempt, asking = 1, _Asking(model, asked.messages, asked.max_output_tokens, self._blind)
        while True:
            prompt = replace(asked, messages=asking.messages, max_output_tokens=asking.max_tokens)
            said = _Said()
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
                if not said.stands and asking.otherwise(error):
                    continue
                self._note_failure(model, error)
                raise
            except ProviderError as error:
                self._note_failure(model, error)
                wait_s = self._wait_s(error, attempt)
                log.warning(
                    "model_failed", model=_shown(model), attempt=attempt, error=type(error).__name__, detail=error,
                    again_in_s=None if said.stands or wait_s is None else round(wait_s, 2),
                )  # fmt: skip
                if said.stands or wait_s is None:
                    raise
            else:
                self._note_success(model)
                return
            await self._clock.sleep(wait_s)
            attempt += 1

    async def _offered(self, model: str, tools: tuple[ToolOffer, ...]) -> tuple[ToolOffer, ...]:
        """What this model is offered of these: nothing if it is known to take none."""
        if not tools or ModelName.of(model).is_offline:
            return ()
        return () if (await self._profiles.of([model]))[model].calls_tools is False else tools

    async def _fitted(self, model: str, messages: tuple[PromptMessage, ...]) -> tuple[PromptMessage, ...]:
        """As much of the conversation as this model can read."""
        learned = self._profiles.learned(model)
        if is_small(messages, min(SMALLEST_WINDOW, learned or SMALLEST_WINDOW)):
            return messages
        profile = (await self._profiles.of([model]))[model]
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

    def _note_success(self, model: str) -> None:
        self._health.pop(model, None)
        if not _is_own(model):
            self._heard(ModelName.of(model).provider, None)

    def _note_failure(self, model: str, error: ProviderError) -> None:
        self._metrics.model_failed(_shown(model), error)
        if not _is_own(model):
            self._heard(ModelName.of(model).provider, error)
        if not error.model_at_fault:
            return
        health = self._health.setdefault(model, _Health())
        health.failures += 1
        asked_s = min(error.retry_after_s or 0.0, LONGEST_ASKED_REST_S)
        if health.failures >= FAILURES_BEFORE_REST or isinstance(error, _LASTING) or asked_s > LONGEST_WAIT_S:
            rest_s = max(asked_s or self._days_rest_s(error), min(REST_S * 2.0**health.rests, LONGEST_REST_S))
            health.failures = 0
            health.rests += 1
            health.rested_at = self._clock.monotonic() + rest_s
            log.warning("model_rests", model=_shown(model), rest_s=round(rest_s))

    def _days_rest_s(self, error: ProviderError) -> float:
        """Until the day is over, where its limit is reached and nobody says when the next one begins."""
        if not isinstance(error, QuotaSpent):
            return 0.0
        return max(SHORTEST_DAY_S, DAY_S - self._clock.now() / 1000 % DAY_S)


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


async def _transcribed(provider: Transcriber, model: str, audio: AudioPart) -> Transcript:
    """As `_within_border`, for what is written down."""
    try:
        return await provider.transcribe(model, audio)
    except ParleyError:
        raise
    except Exception as error:
        log.exception("provider_broke")
        raise StreamBroken(f"A provider failed with {type(error).__name__}.") from error


class _Said:
    """What one model has said so far. A model that is asked again starts from nothing."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self.has_thought = False
        """Whether there was thinking before it."""
        self._has_drawn = False
        self.has_called = False
        """Whether it has called a tool, and waits for what comes of it."""

    def hear(self, event: Event) -> None:
        """Take one more event."""
        if isinstance(event, TextDelta):
            self._pieces.append(event.text)
        elif isinstance(event, ReasoningDelta):
            self.has_thought = True
        elif isinstance(event, ImageMade):
            self._has_drawn = True
        elif isinstance(event, ToolCalled):
            self.has_called = True
        elif isinstance(event, Started):
            self._pieces.clear()
            self.has_thought = self._has_drawn = self.has_called = False

    @property
    def shows(self) -> bool:
        """Whether there is an answer to be seen, as far as it has come."""
        return self._has_drawn or shows("".join(self._pieces))

    @property
    def stands(self) -> bool:
        """Whether asking again would throw away what was paid for: an answer, or the thinking before it."""
        return self.has_thought or self.shows


class _Asking:
    """What one model is asked, and what is left out of it when the model refuses."""

    def __init__(
        self, model: str, messages: tuple[PromptMessage, ...], max_tokens: int | None, blind: set[str]
    ) -> None:
        self._model = model
        self._blind = blind
        self._guessed = False
        self._not_taken = 0
        self.max_tokens = max_tokens
        self.messages = (without_older_pictures(messages) or messages) if model in blind else messages

    def otherwise(self, error: ProviderError) -> bool:
        """Whether to ask again at once, for something that may well be answered."""
        if isinstance(error, NotTaken):
            self._not_taken += 1
            return self._not_taken <= MOST_NOT_TAKEN
        if isinstance(error, Blind):
            self._blind.add(self._model)
        before = len(self.messages)
        if isinstance(error, ContextTooLong) and self._is_answer_shortened(error.limit_tokens):
            return True
        fewer = self._fewer(error)
        if fewer is None:
            return False
        log.info(
            "context_shortened", model=_shown(self._model), before=before, after=len(fewer), error=type(error).__name__
        )
        self.messages = fewer
        return True

    def _is_answer_shortened(self, limit: int | None) -> bool:
        """Whether the room that was asked for the answer was what is too long, and is less now."""
        if limit is None or self.max_tokens is None or self.max_tokens <= limit // 4:
            return False
        self.max_tokens = limit // 4
        return True

    def _fewer(self, error: ProviderError) -> tuple[PromptMessage, ...] | None:
        match error:
            case ContextTooLong():
                limit = error.limit_tokens
                fewer = fewer_within(self.messages, limit) if limit is not None else None
                fewer = fewer or halved(self.messages)
                if fewer is None:
                    too_long(error)
                return fewer
            case PictureRefused():
                return without_older_pictures(self.messages)
            case RequestRefused() if error.unexplained and not self._guessed:
                # The reason is unknown. If it is in earlier messages, the conversation can continue without them.
                self._guessed = True
                fewer = halved(self.messages)
                return (without_older_pictures(fewer) or fewer) if fewer is not None else None
            case _:
                return None


def _shown(model: str) -> str:
    """The model as figures name it: what a person calls an endpoint of their own is theirs."""
    return OWN if _is_own(model) else model


def _is_own(model: str) -> bool:
    """Whether a person pays its vendor themselves."""
    return ModelName.of(model).is_own
