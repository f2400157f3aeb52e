"""What model vendors are paid in a day, by their list prices, under a limit enforced in advance.

Before a model is asked, the most that the request can cost is held; when it is over, what it came to takes the place of
that. So no number of requests at once goes beyond the limit, but for answers longer than `LONGEST_HELD`, or than they
were told to be, where an endpoint cannot be told. A price that nobody knows is not taken for nothing: under a limit
such a model is not asked, until the operator has said what it costs or that it is free.
"""

import math
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import structlog

from bot.contracts.prices import Beside, Tariff
from bot.contracts.provider import ModelProfile, PromptMessage, Transcript
from bot.contracts.web import Findings
from bot.domain.clock import Clock
from bot.domain.efforts import Effort
from bot.domain.errors import StorageError
from bot.domain.events import Event, Finished, ReasoningDelta, TextDelta, ToolCalled
from bot.domain.messages import ImagePart, PdfPart
from bot.domain.model_names import ModelName
from bot.domain.provider_errors import BudgetSpent, EmptyAnswer, ProviderError, ProviderTimeout, StreamBroken, Unpriced
from bot.domain.turns import Usage
from bot.llm.fitting import ANSWER_ROOM, usage_at_most
from bot.llm.profiles import Profiles
from bot.telemetry.metrics import Metrics
from bot.texts.moments import midnight
from storage import spending
from storage.database import Database
from storage.programs import Program
from storage.spending import SpendingId

log = structlog.get_logger(__name__)

_MILLION = 1_000_000
_STORAGE_WAIT_S = 1.0
_MAY_COST = (ProviderTimeout, StreamBroken, EmptyAnswer)
"""Failures after which a vendor may have read the question, and want to be paid for that."""
LONGEST_HELD = 16_384
"""Tokens of an answer that are held at most, though some models may write eight times as much: it would be a dollar for
each question. A longer answer is counted when it is done."""
HELD_BY_EFFORT = {Effort.HIGH: 32_768, Effort.XHIGH: 65_536, Effort.MAX: 65_536}
"""The same where a model is told to think that much: what it thinks is paid like what it writes."""
SOUND_TOKENS_PER_S = 32
"""Gemini counts that many, and nobody more."""
FOUND_TOKENS = 20_000
"""Of what one search of a vendor's finds, for its model to read: about ten pages of it."""
SPOKEN_TOKENS_PER_S = 25
"""Of a recording that a model makes: Gemini counts that many, OpenAI about 21 by its price of a minute."""


@dataclass(slots=True)
class Request:
    """One request to a model: what it was given, what came, and what is held for it."""

    model: ModelName
    messages: Sequence[PromptMessage]
    seconds: float = 0.0
    """Of a recording, at most; as long as its vendor has not said how many it has counted."""
    letters: int = 0
    """Of the text, if it is to be read aloud."""
    searches: int = 0
    """Of the web, at most; as long as its vendor has not said how many it has made."""
    effort: Effort | None = None
    """How much it was told to think."""
    longest: int | None = None
    """How many tokens its answer may have, as it was told; None: as many as its model writes."""
    held: SpendingId | None = None
    usage: Usage | None = None
    is_timed: bool = False
    """The vendor has said how long the recording is, and nothing of tokens."""
    pieces: list[str] = field(default_factory=list)
    """What the model has said."""
    refused: bool = False
    """The vendor did not begin to answer."""

    @property
    def beside(self) -> Beside:
        """What it has in it besides text."""
        return replace(beside_in(self.messages, self.seconds), letters=self.letters, searches=self.searches)

    def heard(self, event: Event) -> None:
        """Some of the answer has come, or its end with what it used."""
        if isinstance(event, TextDelta | ReasoningDelta):
            self.pieces.append(event.text)
        elif isinstance(event, ToolCalled):
            self.pieces.append(event.call.arguments)
        elif isinstance(event, Finished) and event.usage is not None:
            self.usage = event.usage

    def transcribed(self, transcript: Transcript) -> None:
        """The answer has come, and is a recording in words."""
        self.pieces.append(transcript.text)
        self.usage = transcript.usage
        if transcript.seconds is not None:
            self.seconds, self.is_timed = transcript.seconds, transcript.usage is None

    def searched(self, findings: Findings) -> None:
        """The answer has come, and is what was found in the web."""
        self.pieces.append(findings.text)
        self.usage, self.searches = findings.usage, findings.searches

    def spoke(self, seconds: float) -> None:
        """The answer has come, and is a recording of so many seconds. No vendor says what it has counted."""
        written = math.ceil(seconds * SPOKEN_TOKENS_PER_S)
        self.usage = Usage(usage_at_most(self.messages, ()).input_tokens, written)

    def used(self) -> Usage:
        """What the vendor said; where it said nothing, the most it can have been. What was refused costs nothing."""
        if self.usage is not None:
            return self.usage
        return Usage(0, 0) if self._is_free else self.at_most(usage_at_most((), self.pieces).output_tokens)

    def at_most(self, written: int) -> Usage:
        """What it uses at most where the answer has that many tokens."""
        sound = math.ceil(self.seconds * SOUND_TOKENS_PER_S)
        read = usage_at_most(self.messages, ()).input_tokens + sound + self.searches * FOUND_TOKENS
        return Usage(read, written, sound_tokens=sound)

    def cost(self, tariff: Tariff) -> int | None:
        """What it has cost, or the most it can have, in millionths of a dollar; None if the price is not known."""
        if self._is_free:
            return 0
        if self.usage is not None or (self.is_timed and tariff.second is not None):
            return tariff.cost(self.usage, self.beside)
        return tariff.most(self.used(), self.beside)

    @property
    def _is_free(self) -> bool:
        return self.usage is None and self.refused and not self.pieces


class SpendingLimit:
    """Enforces the limit, if there is one, and counts."""

    def __init__(
        self,
        database: Database,
        profiles: Profiles,
        clock: Clock,
        metrics: Metrics,
        *,
        usd_per_day: float,
        on_refused: Callable[[], None],
    ) -> None:
        """`usd_per_day`: 0 for no limit. `on_refused` is called whenever a request would pass it."""
        self._database = database
        self._profiles = profiles
        self._clock = clock
        self._metrics = metrics
        self._cap = round(usd_per_day * _MILLION)
        self._on_refused = on_refused

    @asynccontextmanager
    async def request(
        self,
        model: ModelName,
        messages: Sequence[PromptMessage],
        *,
        seconds: float = 0.0,
        letters: int = 0,
        searches: int = 0,
        effort: Effort | None = None,
        longest: int | None = None,
        ours: bool = True,
    ) -> AsyncIterator[Request]:
        """Around one request to a model; the caller tells it what came. `ours`: whether the operator pays the vendor.

        `seconds`: of a recording, at most. `letters`: of a text that is to be read aloud. `searches`: of the web, at
        most. `effort`: how much the model is told to think. `longest`: how many tokens it may take for both.

        Raises:
            Unpriced: there is a limit, and nobody knows what this model costs.
            BudgetSpent: the limit would be passed.
        """
        request = Request(model, messages, seconds, letters, searches, effort, longest)
        if self._cap and ours:
            request.held = await self._hold(request)
        try:
            yield request
        except ProviderError as error:
            request.refused = not isinstance(error, _MAY_COST)
            raise
        finally:
            await self._end(request)

    async def _hold(self, request: Request) -> SpendingId:
        """Reserve the most that the request can cost."""
        profile, model = await self._profile(request.model), request.model
        tariff = profile.tariff
        written = held_tokens(profile, request.effort, request.longest)
        most = tariff.most(request.at_most(written), request.beside) if tariff is not None else None
        if most is None:
            raise Unpriced(
                f"Model {model!r} has no price. Set it: `PRICES={model}=IN/OUT` (dollars per million tokens); "
                f"`{model}=0/0` declares it free."
            )
        now = self._clock.now()
        held = await self._keep(lambda: spending.hold(model, most, self._cap, midnight(now), now))
        if held is None:
            self._on_refused()
            raise BudgetSpent(f"{model!r} may cost ${most / _MILLION:g}: USD_PER_DAY would be exceeded.")
        return held

    async def _keep(self, hold: Callable[[], Program[SpendingId | None]]) -> SpendingId | None:
        """While the database refuses writes, the question waits like everything else."""
        while True:
            try:
                return await self._database.write(hold())
            except StorageError as error:
                log.error("spending_waits", error=error)
            await self._clock.sleep(_STORAGE_WAIT_S)

    async def _end(self, request: Request) -> None:
        tariff = (await self._profile(request.model)).tariff
        paid = None if tariff is None else request.cost(tariff)
        self._metrics.used(request.model, request.used(), None if paid is None else paid / _MILLION)
        if request.held is None or paid is None:
            return
        try:
            await self._database.write(spending.settle(request.held, paid))
        except StorageError as error:
            log.error("spending_stays_held", model=request.model, error=error)

    async def _profile(self, model: ModelName) -> ModelProfile:
        return (await self._profiles.of([model]))[model]


def beside_in(messages: Sequence[PromptMessage], seconds: float = 0.0) -> Beside:
    """What messages have in them besides text; `seconds`: of a recording."""
    parts = [part for message in messages for part in message.parts]
    pages = sum(part.pages for part in parts if isinstance(part, PdfPart))
    return Beside(sum(isinstance(part, ImagePart) for part in parts) + pages, seconds)


def held_tokens(profile: ModelProfile, effort: Effort | None, longest: int | None = None) -> int:
    """The tokens of an answer that are held, its thinking among them; vendors count both in `longest`."""
    most = HELD_BY_EFFORT.get(effort, LONGEST_HELD) if effort is not None else LONGEST_HELD
    thinks = effort not in (None, Effort.NONE)
    written = min(filter(None, (profile.output_tokens, longest)), default=most if thinks else ANSWER_ROOM)
    return min(written, most)
