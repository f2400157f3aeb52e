"""The chain of models: whom it asks, how long it waits, whom it leaves alone."""

import json
from collections.abc import Mapping, Sequence

import pytest

from bot.contracts.provider import ModelProfile, TimeLimits
from bot.domain.efforts import Effort
from bot.domain.events import Finished, Started
from bot.domain.model_names import ModelName
from bot.domain.provider_errors import (
    BadCredentials,
    Overloaded,
    ProviderTimeout,
    QuotaSpent,
    ThoughtOnly,
    ToolWanted,
)
from bot.domain.turns import FinishReason
from bot.llm.chain import ATTEMPTS
from bot.llm.health import FAILURES_BEFORE_REST, REST_S
from bot.llm.profiles import Profiles
from bot.standins.model import Fault
from tests.llm.kitchen import OVERLOADED, Kitchen, refusal, words


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
