"""The chain of models: whom it asks, how long it waits, whom it leaves alone."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.contracts.provider import Endpoint, ModelProfile, PromptMessage, Provider, TimeLimits
from bot.domain.efforts import Effort
from bot.domain.events import Event, Finished, Started, TextDelta
from bot.domain.ids import PersonId
from bot.domain.messages import Author, ImagePart, PassagePart, PdfPart, TextPart
from bot.domain.model_names import ModelName
from bot.domain.provider_errors import (
    BadCredentials,
    Blind,
    ContextTooLong,
    Overloaded,
    ProviderTimeout,
    QuotaSpent,
    RequestRefused,
    ThoughtOnly,
    ToolWanted,
)
from bot.domain.turns import FinishReason
from bot.llm.chain import ATTEMPTS, Chain
from bot.llm.health import FAILURES_BEFORE_REST, REST_S
from bot.llm.own_endpoints import Opened
from bot.llm.profiles import Profiles
from bot.llm.spending import SpendingLimit
from bot.standins.model import Fault, ModelServer
from bot.telemetry.metrics import Metrics
from providers import open_provider
from providers.openai_compatible import OpenAICompatible
from storage.database import Database
from storage.endpoints import OwnEndpoint, OwnModel
from tests.support import material
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


@pytest.fixture
async def kitchen(tmp_path: Path) -> AsyncIterator[Kitchen]:
    async with open_kitchen(tmp_path) as kitchen:
        yield kitchen


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


def said(*texts: str) -> tuple[PromptMessage, ...]:
    """A conversation by turns, a question last."""
    authors = [Author.USER, Author.ASSISTANT] * len(texts)
    last = len(texts) % 2 == 0
    return tuple(PromptMessage(authors[number + last], (TextPart(text),)) for number, text in enumerate(texts))


def refusal(words: str, status: int = 400) -> Fault:
    return Fault("status", status=status, body={"error": {"message": words}})


def lengths(kitchen: Kitchen) -> list[int]:
    return [len(request.body["messages"]) for request in kitchen.model.requests]


LONG = said(*"abcdefghijk")
TOO_LONG = refusal("maximum prompt length is 131072 but the request contains 537812 tokens")


async def test_a_conversation_that_is_too_long_is_halved_until_it_fits(kitchen: Kitchen) -> None:
    kitchen.model.fail(TOO_LONG, TOO_LONG)
    assert words(await kitchen.ask("a/one", messages=LONG)) == "Yes."
    assert lengths(kitchen) == [11, 5, 1]
    assert kitchen.model.requests[-1].body["messages"][-1]["content"] == "k"


CALLS = {"tool_calls": [{"index": 0, "id": "1", "type": "function", "function": {"name": "search", "arguments": "{}"}}]}


def instead_of_words(delta: Mapping[str, object], finish: str) -> Fault:
    event = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return Fault("status", status=200, body=f"data: {json.dumps(event)}\n\ndata: [DONE]\n\n")


async def test_a_tool_that_nobody_offered_is_no_answer_and_the_next_model_is_asked(kitchen: Kitchen) -> None:
    called = instead_of_words(CALLS, "tool_calls")
    kitchen.model.fail(called)
    assert words(await kitchen.ask("a/one", "b/two")) == "Yes."
    assert kitchen.asked() == ["one", "one"]
    kitchen.model.fail(*[called] * ATTEMPTS)
    assert words(await kitchen.ask("a/one", "b/two")) == "Yes."
    assert kitchen.asked()[-1] == "two"
    kitchen.model.fail(*[called] * ATTEMPTS)
    with pytest.raises(ToolWanted, match="none was offered"):
        await kitchen.ask("a/one")


async def test_thinking_alone_is_no_answer_and_is_not_paid_twice(kitchen: Kitchen) -> None:
    thought = instead_of_words({"reasoning_content": "Hm."}, "stop")
    kitchen.model.fail(thought)
    assert words(await kitchen.ask("a/one", "b/two")) == "Yes."
    assert kitchen.asked() == ["one", "two"]
    kitchen.model.fail(thought)
    with pytest.raises(ThoughtOnly):
        await kitchen.ask("a/one")


WINDOW_OF_4096 = refusal("This model's maximum context length is 4096 tokens. However, your messages resulted in 9000.")


async def test_a_window_that_the_vendor_states_is_kept_from_then_on(kitchen: Kitchen) -> None:
    conversation = said(*["word " * 750] * 21)
    kitchen.model.fail(WINDOW_OF_4096)
    for _ in range(2):
        assert words(await kitchen.ask("a/one", messages=conversation)) == "Yes."
    assert lengths(kitchen) == [21, 3, 3]
    await kitchen.ask("a/other", messages=conversation)
    assert lengths(kitchen)[-1] == 21


async def test_a_window_is_only_ever_lowered(kitchen: Kitchen) -> None:
    conversation = said(*["word " * 750] * 21)
    kitchen.model.fail(WINDOW_OF_4096)
    await kitchen.ask("a/one", messages=conversation)
    for more in "131072", "16384":
        kitchen.model.fail(refusal(f"This model's maximum context length is {more} tokens."))
        await kitchen.ask("a/one", messages=conversation)
    kitchen.model.requests.clear()
    await kitchen.ask("a/one", messages=conversation)
    assert lengths(kitchen) == [3]


async def test_a_question_that_may_fit_a_learned_window_is_asked(kitchen: Kitchen) -> None:
    question = (PromptMessage(Author.USER, (TextPart("word " * 3750),)),)
    kitchen.model.fail(WINDOW_OF_4096)
    await kitchen.ask("a/one", messages=said(*["word " * 750] * 21))
    assert words(await kitchen.ask("a/one", messages=question)) == "Yes."


async def test_an_answer_that_is_asked_too_long_is_asked_shorter(kitchen: Kitchen) -> None:
    kitchen.model.fail(refusal("maximum context length is 4096 tokens. However, you requested 4596 tokens (500 in the "
                               "messages, 4096 in the completion)."))  # fmt: skip
    own = OwnModel(1, OwnEndpoint(1, PersonId(1), "mine", "", "", ""), "big", None, 4096)
    provider = kitchen.open_provider("a")
    assert isinstance(provider, OpenAICompatible)
    await kitchen.ask("own/1", own=Opened(provider, own))
    assert [request.body["max_tokens"] for request in kitchen.model.requests] == [4096, 1024]


async def test_one_message_that_is_too_long_alone_says_so(kitchen: Kitchen) -> None:
    kitchen.model.fail(*[TOO_LONG] * 9)
    with pytest.raises(ContextTooLong) as caught:
        await kitchen.ask("a/one", messages=LONG)
    assert "Your message is longer" in caught.value.tell


async def test_a_refusal_that_nobody_understands_gets_one_try_with_half_of_the_conversation(kitchen: Kitchen) -> None:
    kitchen.model.fail(refusal("Bad thing 17"))
    assert words(await kitchen.ask("a/one", messages=LONG)) == "Yes."
    assert lengths(kitchen)[0] == 11 > lengths(kitchen)[1]
    kitchen.model.requests.clear()
    kitchen.model.fail(refusal("Bad thing 17"), refusal("Bad thing 17"))
    with pytest.raises(RequestRefused):
        await kitchen.ask("a/one", messages=LONG)
    assert len(kitchen.model.requests) == 2
    kitchen.model.fail(refusal("Bad thing 17"))
    with pytest.raises(RequestRefused):
        await kitchen.ask("a/one")
    assert len(kitchen.model.requests) == 3


async def test_what_a_filter_refuses_is_not_asked_twice(kitchen: Kitchen) -> None:
    kitchen.model.fail(refusal("Content Exists Risk"))
    with pytest.raises(RequestRefused):
        await kitchen.ask("a/one", messages=LONG)
    assert len(kitchen.model.requests) == 1


async def test_what_is_not_taken_beside_the_words_is_left_out_at_once_and_remembered(kitchen: Kitchen) -> None:
    kitchen.model.fail(
        refusal("Unsupported value: 'temperature' does not support 0.5 with this model."),
        refusal("Unknown parameter: 'stream_options'"),
        refusal("Your organization must be verified to stream this model."),
    )
    assert words(await kitchen.ask("a/one", temperature=0.5)) == "Yes."
    assert len(kitchen.model.requests) == 4
    assert words(await kitchen.ask("a/one", temperature=0.5)) == "Yes."
    assert len(kitchen.model.requests) == 5
    assert not {"temperature", "stream_options"} & kitchen.model.requests[-1].body.keys()


TAKEN = {"a/none": (), "a/two": (Effort.NONE, Effort.HIGH), "a/unknown": None}


async def what_they_take(models: Sequence[ModelName]) -> Mapping[ModelName, ModelProfile]:
    return {model: ModelProfile(efforts=TAKEN[model]) for model in models}


@pytest.mark.parametrize(
    ("model", "wished", "sent"),
    [
        ("a/none", Effort.HIGH, None),
        ("a/two", Effort.MAX, "high"),
        ("a/two", Effort.LOW, "none"),
        ("a/unknown", Effort.MAX, "max"),
        ("a/unknown", None, None),
    ],
)
async def test_a_model_is_told_the_nearest_effort_that_it_takes(
    kitchen: Kitchen, model: str, wished: Effort | None, sent: str | None
) -> None:
    kitchen.chain._profiles = Profiles(what_they_take, {})
    assert words(await kitchen.ask(model, effort=wished)) == "Yes."
    assert kitchen.model.requests[-1].body.get("reasoning_effort") == sent


BLIND = refusal("Failed to deserialize: unknown variant `image_url`, expected `text`")
PICTURE = ImagePart(b"x", "image/png")


async def test_an_older_picture_does_not_close_a_conversation_to_a_model_that_does_not_see(kitchen: Kitchen) -> None:
    first, *others = said("What is this?", "A cat.", "And now?")
    seen = (PromptMessage(Author.USER, (PICTURE, *first.parts)), *others)
    kitchen.model.fail(BLIND)
    assert words(await kitchen.ask("a/one", messages=seen)) == "Yes."
    assert words(await kitchen.ask("a/one", messages=seen)) == "Yes."
    assert ["image_url" in str(request.body) for request in kitchen.model.requests] == [True, False, False]


async def test_one_persons_picture_takes_a_model_away_from_nobody(kitchen: Kitchen) -> None:
    question = (PromptMessage(Author.USER, (PICTURE, TextPart("What is this?"))),)
    for fault in BLIND, refusal("No endpoints found that support image input", 404):
        kitchen.model.fail(fault)
        with pytest.raises(Blind):
            await kitchen.ask("a/one", messages=question)
        kitchen.model.requests.clear()
        assert words(await kitchen.ask("a/one", "b/two")) == "Yes."
        assert kitchen.asked() == ["one"]


PLAN = PdfPart("plan.pdf", material.pdf(["Pier C"]), "plan", 1, 9)


def with_a_pdf(pdf: PdfPart = PLAN) -> tuple[PromptMessage, ...]:
    """A question about a PDF that came with an earlier one."""
    first, *others = said("And this?", "A plan.", "Which pier?")
    return (PromptMessage(Author.USER, (pdf, PassagePart(pdf.source, 1, "Pier C"), *first.parts)), *others)


def sent_pdfs(kitchen: Kitchen) -> list[bool]:
    for request in kitchen.model.requests:
        assert "Pier C" in str(request.body), "Its text is always there."
    return ["file_data" in str(request.body) for request in kitchen.model.requests]


async def test_a_pdf_itself_goes_to_models_that_are_known_to_take_it(kitchen: Kitchen) -> None:
    kitchen.model.fail(*(OVERLOADED,) * ATTEMPTS)
    assert words(await kitchen.ask(READER, "a/two", messages=with_a_pdf())) == "Yes."
    assert sent_pdfs(kitchen) == [True] * ATTEMPTS + [False]


@pytest.mark.parametrize(
    "fault",
    [
        refusal("The PDF specified was not valid."),
        refusal("A maximum of 100 PDF pages may be provided."),
        refusal("Invalid value: 'file'. Supported values are: 'text' and 'image_url'."),
        refusal("No endpoints found that support file input", 404),
        refusal("Provider does not support PDF files", 500),
        refusal("Something about this request is wrong."),
        refusal("Request too large", 413),
        refusal("prompt is too long: 210000 tokens > 200000 maximum"),
    ],
)
async def test_a_pdf_that_is_refused_is_read_as_text_from_then_on(fault: Fault, kitchen: Kitchen) -> None:
    kitchen.model.fail(fault)
    for _ in range(2):
        assert words(await kitchen.ask(READER, messages=with_a_pdf())) == "Yes."
    other = PdfPart("map.pdf", PLAN.data, "map", 1, 9)
    assert words(await kitchen.ask(READER, messages=with_a_pdf(other))) == "Yes."
    assert sent_pdfs(kitchen) == [True, False, False, True], "Another one is not to blame."
    assert all(len(request.body["messages"]) == 3 for request in kitchen.model.requests), "Nothing else was left out."
    assert kitchen.model.refused == []


async def test_what_leaves_no_room_for_what_was_said_is_read_as_text(kitchen: Kitchen) -> None:
    atlas = PdfPart("atlas.pdf", PLAN.data, "atlas", 20, 9)
    assert words(await kitchen.ask(READER, messages=with_a_pdf(atlas))) == "Yes."
    assert sent_pdfs(kitchen) == [False], "Twenty pages are more than this model is taken to read."
    assert len(kitchen.model.requests[0].body["messages"]) == 3


async def test_a_days_limit_is_not_asked_again_and_the_model_rests(kitchen: Kitchen) -> None:
    kitchen.model.fail(refusal("Rate limit reached on requests per day (RPD). Please try again in 3h2m.", 429))
    with pytest.raises(QuotaSpent) as caught:
        await kitchen.ask("a/one")
    assert kitchen.asked() == ["one"]
    assert "4 hours" in caught.value.tell.format(**caught.value.values)
    await kitchen.ask("a/one", "b/two")
    assert kitchen.asked() == ["one", "two"]


GOOGLES_DAY = """{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "You exceeded your current quota.",
  "details": [{"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{
    "quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "quotaValue": "250"}]},
  {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "25s"}]}}"""


@pytest.mark.parametrize("said", ["free-models-per-day: limit reached", GOOGLES_DAY], ids=["unknown", "google"])
async def test_a_day_that_is_spent_is_not_asked_again_on_that_day(kitchen: Kitchen, said: str) -> None:
    fault = Fault("status", status=429, body=said) if said is GOOGLES_DAY else refusal(said, 429)
    kitchen.model.fail(fault)
    await kitchen.ask("a/one", "b/two")
    await kitchen.clock.advance(3 * 3600)
    await kitchen.ask("a/one", "b/two")
    assert kitchen.asked() == ["one", "two", "two"]
    await kitchen.clock.advance(21 * 3600)
    await kitchen.ask("a/one", "b/two")
    assert kitchen.asked()[-1] == "one"


async def test_a_wait_said_in_words_is_kept(kitchen: Kitchen) -> None:
    kitchen.model.fail(refusal("Rate limit reached. Please try again in 3.967s.", 429))
    before = kitchen.clock.monotonic()
    assert words(await kitchen.ask("a/one", "b/two")) == "Yes."
    assert 3.9 < kitchen.clock.monotonic() - before < 6
    assert kitchen.asked() == ["one", "one"]


async def test_after_a_time_out_the_same_model_is_not_asked_again(kitchen: Kitchen) -> None:
    kitchen.limits = TimeLimits(0.2, 0.2, 5)
    kitchen.model.fail(Fault("stall"))
    assert words(await kitchen.ask("a/one", "b/two")) == "Yes."
    assert kitchen.asked() == ["one", "two"]
    kitchen.model.fail(Fault("slow", delay_s=20))
    with pytest.raises(ProviderTimeout):
        await kitchen.ask("a/one")
    assert len(kitchen.asked()) == 3
