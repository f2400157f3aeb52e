"""What a request to a model is counted as: what its vendor says, or the most it can have been, or nothing."""

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import pytest

from bot.contracts.prices import Rates, Tariff
from bot.contracts.provider import ModelProfile, PromptMessage, Transcript
from bot.domain.calls import CallPart
from bot.domain.efforts import Effort
from bot.domain.events import Event, Finished, ImageMade, ReasoningDelta, TextDelta, ToolCalled
from bot.domain.messages import Author, TextPart
from bot.domain.model_names import ModelName
from bot.domain.provider_errors import (
    BadCredentials,
    BudgetSpent,
    EmptyAnswer,
    ProviderError,
    ProviderTimeout,
    StreamBroken,
    Unpriced,
)
from bot.domain.turns import FinishReason, Usage
from bot.llm.fitting import ANSWER_ROOM
from bot.llm.profiles import Profiles
from bot.llm.spending import LONGEST_HELD, Request, SpendingLimit, held_tokens
from bot.telemetry.metrics import Metrics
from storage.database import Database
from storage.programs import Program
from tests.support.clock import FakeClock
from tests.support.new_data import open_new

MODEL, UNPRICED = ModelName("p/m"), ModelName("p/unpriced")
MESSAGES = (PromptMessage(Author.USER, (TextPart("How are you today?"),)),)
MILLION = 1_000_000
A_DOLLAR_A_TOKEN = Tariff.flat(MILLION * MILLION, MILLION * MILLION)
BY_THE_SECOND = Tariff(second=MILLION * MILLION)
BOTH = Tariff((Rates(MILLION * MILLION, MILLION * MILLION),), second=2 * MILLION * MILLION)
USED = Usage(7, 5)


def request(*events: Event, refused: bool = False) -> Request:
    made = Request(MODEL, MESSAGES, refused=refused)
    for event in events:
        made.heard(event)
    return made


READ = request().at_most(0).input_tokens
"""What the question is at most."""


def written(made: Request) -> int:
    return made.used().output_tokens


def test_what_the_vendor_says_counts_and_else_what_came() -> None:
    told = request(TextDelta("one two"), Finished(FinishReason.COMPLETE, USED))
    assert (told.used(), told.cost(A_DOLLAR_A_TOKEN)) == (USED, 12 * MILLION)
    assert request(TextDelta("one two"), Finished(FinishReason.COMPLETE, None)).used().input_tokens == READ
    assert request(Finished(FinishReason.COMPLETE, USED), ImageMade(b"", "image/png")).used() == USED
    words = written(request(TextDelta("one two")))
    assert words > 0
    # Thinking is paid like words, and so is what tools are called with.
    assert written(request(ReasoningDelta("one two"))) == words
    assert written(request(ToolCalled(CallPart("a", "look", "one two")))) == words
    assert request(TextDelta("one two")).cost(A_DOLLAR_A_TOKEN) == (READ + words) * MILLION


def test_only_what_was_refused_before_the_first_word_costs_nothing() -> None:
    assert (request(refused=True).used(), request(refused=True).cost(A_DOLLAR_A_TOKEN)) == (Usage(0, 0), 0)
    assert request().cost(A_DOLLAR_A_TOKEN) == READ * MILLION
    assert written(request(TextDelta("one"), refused=True)) > 0
    told = request(Finished(FinishReason.COMPLETE, USED), refused=True)
    assert (told.used(), told.cost(A_DOLLAR_A_TOKEN)) == (USED, 12 * MILLION)


@pytest.mark.parametrize(
    ("transcript", "tariff", "dollars"),
    [
        (Transcript("one", USED), A_DOLLAR_A_TOKEN, 12),
        (Transcript("one", USED, seconds=3), BOTH, 12),
        (Transcript("one", seconds=3), BY_THE_SECOND, 3),
        (Transcript("one", seconds=3), BOTH, 6),
    ],
)
def test_a_recording_costs_what_its_vendor_has_counted(transcript: Transcript, tariff: Tariff, dollars: int) -> None:
    made = Request(MODEL, (), seconds=60)
    made.transcribed(transcript)
    assert made.cost(tariff) == dollars * MILLION


def test_a_recording_of_which_nothing_is_said_costs_the_most_it_can() -> None:
    made = Request(MODEL, (), seconds=60)
    made.transcribed(Transcript("one"))
    assert made.cost(BY_THE_SECOND) == 60 * MILLION
    assert (made.cost(BOTH) or 0) > 1_000 * MILLION, "It may count as many tokens as any vendor counts."
    timed = Request(MODEL, (), seconds=60)
    timed.transcribed(Transcript("one", seconds=3))
    assert (timed.cost(A_DOLLAR_A_TOKEN) or 0) > 90 * MILLION, "Its tokens are not known; how long it is, is."


@pytest.mark.parametrize(
    ("effort", "longest", "held"),
    [
        (None, None, ANSWER_ROOM),
        (Effort.NONE, None, ANSWER_ROOM),
        (Effort.LOW, None, LONGEST_HELD),
        (None, 100_000, LONGEST_HELD),
        (None, 100, 100),
        (Effort.HIGH, 100_000, 32_768),
        (Effort.XHIGH, 100_000, 65_536),
        (Effort.MAX, None, 65_536),
        (Effort.MAX, 100, 100),
    ],
)
def test_more_is_held_for_who_thinks_and_never_more_than_a_model_writes(
    effort: Effort | None, longest: int | None, held: int
) -> None:
    assert held_tokens(ModelProfile(output_tokens=longest), effort) == held


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with await open_new(tmp_path) as database:
        yield database


def limit(database: Database, *, usd_per_day: float) -> SpendingLimit:
    async def look_up(models: Sequence[ModelName]) -> Mapping[ModelName, ModelProfile]:
        priced = ModelProfile(tariff=A_DOLLAR_A_TOKEN, output_tokens=10)
        return {model: priced if model == MODEL else ModelProfile() for model in models}

    return SpendingLimit(
        database, Profiles(look_up, {}), FakeClock(), Metrics(), usd_per_day=usd_per_day, on_refused=lambda: None
    )


def books() -> Program[list[tuple[int, bool]]]:
    rows = yield ("SELECT microusd, settled FROM spending ORDER BY id", ())
    return [(microusd, bool(settled)) for microusd, settled in rows]


async def test_the_most_is_held_first_and_then_what_it_came_to(database: Database) -> None:
    most = READ + 10
    limits = limit(database, usd_per_day=most + 12)
    async with limits.request(MODEL, MESSAGES) as first:
        assert await database.read(books()) == [(most * MILLION, False)]
        first.heard(Finished(FinishReason.COMPLETE, USED))
    assert await database.read(books()) == [(12 * MILLION, True)]
    # What is left is just enough for one more.
    async with limits.request(MODEL, MESSAGES):
        with pytest.raises(BudgetSpent):
            async with limits.request(MODEL, MESSAGES):
                pass
    with pytest.raises(Unpriced):
        async with limits.request(UNPRICED, MESSAGES):
            pass


async def test_nothing_is_written_without_a_limit_or_for_what_somebody_else_pays(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[object] = []

    async def note(_self: Database, program: object) -> None:
        written.append(program)

    monkeypatch.setattr(Database, "write", note)
    async with limit(database, usd_per_day=0).request(MODEL, MESSAGES):
        pass
    async with limit(database, usd_per_day=1).request(UNPRICED, MESSAGES, ours=False):
        pass
    assert written == []


@pytest.mark.parametrize(
    ("error", "costs"), [(BadCredentials, False), (ProviderTimeout, True), (StreamBroken, True), (EmptyAnswer, True)]
)
async def test_a_failure_costs_where_the_question_may_have_been_read(
    database: Database, error: type[ProviderError], costs: bool
) -> None:
    with pytest.raises(error):
        async with limit(database, usd_per_day=1_000).request(MODEL, MESSAGES):
            raise error("It failed.")
    assert await database.read(books()) == [(READ * MILLION if costs else 0, True)]
