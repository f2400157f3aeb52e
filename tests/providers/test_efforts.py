"""How much a model is told to think: what each vendor is sent, and that no answer is lost over it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.contracts.provider import Endpoint, TimeLimits
from bot.domain import provider_errors
from bot.domain.efforts import RANK, Effort, nearest
from bot.domain.model_names import ModelName
from bot.standins.anthropic import wrong_with
from bot.standins.model import Fault, ModelServer, Pace
from providers import models as table
from providers import open_provider
from providers.anthropic_request import body_of
from providers.efforts import efforts_of, patient
from providers.models import profiles
from tests.providers.asking import ANTHROPIC, GEMINI, KEY, LITELLM, OPENAI, WIRED, Open, Vendor, hear, prompt_of
from tests.support.clock import FakeClock

# litellm 1.106 with today's pydantic.
pytestmark = pytest.mark.filterwarnings("ignore:Item .* on TypedDict class")

EFFORTS = st.sampled_from(Effort)


@given(wished=EFFORTS, taken=st.frozensets(EFFORTS))
def test_the_nearest_effort_is_one_that_is_taken_and_of_two_the_cheaper(
    wished: Effort, taken: frozenset[Effort]
) -> None:
    found = nearest(wished, sorted(taken, key=RANK.__getitem__))
    if not taken:
        assert found is None
        return
    assert found in taken
    distance = abs(RANK[found] - RANK[wished])
    for other in taken:
        assert (distance, RANK[found]) <= (abs(RANK[other] - RANK[wished]), RANK[other])


def test_where_nothing_is_known_a_wish_is_sent_as_it_is_and_without_one_nothing_is() -> None:
    assert [nearest(effort, None) for effort in Effort] == list(Effort)
    assert nearest(None, None) is nearest(None, tuple(Effort)) is None


def entries() -> dict[str, Any]:
    path = table._table()
    assert path is not None
    found: dict[str, Any] = orjson.loads(Path(path).read_bytes())
    return found


def test_for_each_model_of_the_table_it_is_known_whether_and_how_much_it_thinks() -> None:
    for name, entry in entries().items():
        efforts = efforts_of(name, entry)
        assert list(efforts) == sorted(set(efforts), key=RANK.__getitem__)
        listed = entry.get("reasoning_effort_levels")
        thinks = entry.get("supports_reasoning") is True if listed is None else bool({*Effort} & {*listed})
        assert bool(efforts) is thinks, name
        refused = {effort for effort in Effort if entry.get(f"supports_{effort}_reasoning_effort") is False}
        assert not refused & set(efforts), name


@pytest.mark.parametrize(
    ("model", "taken"),
    [
        ("openai/gpt-4o", ""),
        ("openai/gpt-6-luna", "none low medium high xhigh max"),
        ("openai/gpt-5", "minimal low medium high"),
        ("openai/o3", "low medium high"),
        ("anthropic/claude-haiku-4-5", "none low medium high"),
        ("anthropic/claude-opus-4-6", "none low medium high max"),
        ("anthropic/claude-haiku-5-5", "none low medium high xhigh max"),
        ("anthropic/claude-opus-5-5", "low medium high xhigh max"),
        ("gemini/gemini-3.8-flash", "low medium high"),
        ("gemini/gemini-3.5-flash", "minimal low medium high"),
        ("gemini/gemini-2.5-flash", "none low medium high"),
        ("gemini/gemini-2.5-pro", "low medium high"),
        ("mistral/mistral-medium-latest", "none high"),
        ("mistral/mistral-small-latest", "none high"),
        ("deepseek/deepseek-v4-flash", "none low high max"),
        ("groq/openai/gpt-oss-120b", "low medium high"),
        ("offline/offline", ""),
    ],
)
async def test_what_a_model_takes(model: str, taken: str) -> None:
    name = ModelName(model)
    assert (await profiles([name]))[name].efforts == tuple(map(Effort, taken.split()))


async def test_of_an_unknown_model_nothing_is_known() -> None:
    unknown = ModelName("openai/gpt-of-tomorrow")
    assert (await profiles([unknown]))[unknown].efforts is None


def thinking(**fields: Any) -> dict[str, Any]:
    return {"thinking": fields}


ADAPTIVE = thinking(type="adaptive", display="summarized")


def level(name: str, *, told: bool = True) -> dict[str, Any]:
    return {"generationConfig": {"thinkingConfig": {"include_thoughts": told, "thinking_level": name}}}


def budget(tokens: int) -> dict[str, Any]:
    return {"generationConfig": {"thinkingConfig": {"include_thoughts": tokens > 0, "thinking_budget": tokens}}}


SENT = [
    (OPENAI, "gpt-6-luna", Effort.XHIGH, {"reasoning_effort": "xhigh"}),
    (OPENAI, "gpt-6-luna", Effort.NONE, {"reasoning_effort": "none"}),
    (GEMINI, "gemini-3.8-flash", Effort.LOW, level("LOW")),
    (GEMINI, "gemini-of-tomorrow", Effort.NONE, level("MINIMAL", told=False)),
    (GEMINI, "gemini-4-hydrogen", Effort.XHIGH, level("XHIGH")),
    (GEMINI, "gemini-2.5-flash", Effort.NONE, budget(0)),
    (GEMINI, "gemini-2.5-flash", Effort.HIGH, budget(24_576)),
    (ANTHROPIC, "claude-haiku-5-5", Effort.MAX, {**ADAPTIVE, "output_config": {"effort": "max"}}),
    (ANTHROPIC, "claude-of-tomorrow", Effort.MINIMAL, {**ADAPTIVE, "output_config": {"effort": "low"}}),
    (ANTHROPIC, "claude-haiku-5-5", Effort.NONE, thinking(type="disabled")),
    (ANTHROPIC, "claude-haiku-4-5", Effort.MEDIUM, thinking(type="enabled", budget_tokens=8_192)),
    (LITELLM, "claude-haiku-5-5", Effort.MEDIUM, {**ADAPTIVE, "output_config": {"effort": "medium"}}),
]


def held(part: Any, whole: Any) -> bool:
    """Whether all that `part` holds is in `whole`."""
    if not isinstance(part, dict):
        return bool(part == whole)
    return isinstance(whole, dict) and all(held(value, whole.get(name)) for name, value in part.items())


@pytest.mark.parametrize(("vendor", "model", "effort", "sent"), SENT)
async def test_each_vendor_is_told_in_its_own_words(
    vendor: Vendor, model: str, effort: Effort, sent: dict[str, Any], server: ModelServer, open_: Open
) -> None:
    asked = replace(prompt_of(), model=model, effort=effort, max_output_tokens=None)
    heard = await hear(open_(vendor), asked)
    assert (heard.error, len(server.requests)) == (None, 1)
    assert held(sent, server.requests[0].body), server.requests[0].body


@pytest.mark.parametrize("vendor", WIRED, ids=lambda vendor: vendor.kind)
async def test_without_a_wish_nothing_is_said_of_it(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    await hear(open_(vendor), replace(prompt_of(), model="claude-haiku-5-5"))
    sent = orjson.dumps(server.requests[0].body).decode()
    assert not any(word in sent for word in ("thinking", "effort"))


async def test_deepseek_has_a_switch_of_its_own(monkeypatch: pytest.MonkeyPatch, server: ModelServer) -> None:
    monkeypatch.setattr("providers.openai_compatible.DEEPSEEK", server.url)
    provider = open_provider(Endpoint("deepseek", "openai_compatible", server.url, KEY), TimeLimits(), FakeClock())
    for effort in Effort.NONE, Effort.MAX:
        assert (await hear(provider, replace(prompt_of(), effort=effort))).error is None
    off, on = (request.body for request in server.requests)
    assert off["thinking"] == {"type": "disabled"}
    assert "reasoning_effort" not in off
    assert on["reasoning_effort"] == "max"
    assert "thinking" not in on
    await provider.close()


@given(
    effort=st.none() | EFFORTS,
    longest=st.integers(1, 128_000),
    temperature=st.none() | st.floats(0, 2),
    model=st.sampled_from(["claude-haiku-4-5", "claude-haiku-5-5"]),
)
def test_anthropic_takes_every_effort_beside_every_length_and_temperature(
    effort: Effort | None, longest: int, temperature: float | None, model: str
) -> None:
    prompt = replace(prompt_of(), model=model, effort=effort, temperature=temperature)
    body = body_of(prompt, longest, 1_024, streams=True, counts_thinking="-4-5" in model)
    assert wrong_with({"anthropic-version": "2023-06-01"}, body) is None


REFUSALS = (
    "Unsupported parameter: 'reasoning_effort' is not supported with this model.",
    "Unrecognized request argument supplied: reasoning_effort",
    "Thinking level MEDIUM is not supported for this model.",
    "The thinking budget 0 is invalid. Please choose a value between 128 and 32768.",
    "thinking: Extra inputs are not permitted",
    "adaptive thinking is not supported on this model",
    "output_config.effort: Extra inputs are not permitted",
    "This model does not support the effort parameter.",
    "`max_tokens` must be greater than `thinking.budget_tokens`.",
    "Reasoning is mandatory for this endpoint and cannot be disabled.",
    "`reasoning_effort` is not supported with this model",
    "Unable to submit request because thinking_budget is out of range; supported values are integers from 1 to 24576.",
    "Thinking is not enabled for models/gemini-2.0-flash",
)


def refusal(words: str) -> Fault:
    return Fault("status", status=400, body={"error": {"message": words, "type": "invalid_request_error"}})


@pytest.mark.parametrize("vendor", WIRED, ids=lambda vendor: vendor.kind)
async def test_an_effort_that_is_refused_is_left_out_from_then_on(
    vendor: Vendor, server: ModelServer, open_: Open
) -> None:
    provider = open_(vendor)
    for number, words in enumerate(REFUSALS[:1] if vendor is LITELLM else REFUSALS):
        # The library sends it to a model that it knows. What is learned is learned of one model.
        model = "claude-haiku-5-5" if vendor is LITELLM else f"model-{number}"
        asked = replace(prompt_of(), model=model, effort=Effort.MEDIUM, temperature=None)
        server.fail(refusal(words))
        assert type((await hear(provider, asked)).error) is provider_errors.NotTaken, words
        for _ in range(2):
            assert (await hear(provider, asked)).error is None, words
            sent = orjson.dumps(server.requests[-1].body).decode()
            assert not any(word in sent for word in ("thinking", "effort"))


OFFERED = (
    "Unsupported value: 'minimal' is not supported with this model. Supported values are: 'low', 'high' and 'max'."
)


async def test_of_the_efforts_that_a_refusal_offers_the_nearest_is_sent_and_each_later_wish_is_one_of_them(
    server: ModelServer, open_: Open
) -> None:
    provider = open_(OPENAI)
    server.fail(refusal(f"reasoning_effort: {OFFERED}"))
    asked = replace(prompt_of(), effort=Effort.MINIMAL)
    assert type((await hear(provider, asked)).error) is provider_errors.NotTaken
    for effort in Effort.MINIMAL, Effort.MEDIUM, Effort.XHIGH:
        await hear(provider, replace(asked, effort=effort))
    sent = [request.body["reasoning_effort"] for request in server.requests]
    assert sent == ["minimal", "low", "low", "high"]
    server.fail(refusal(f"reasoning_effort: {OFFERED}"))
    assert type((await hear(provider, asked)).error) is provider_errors.NotTaken
    await hear(provider, asked)
    assert "reasoning_effort" not in server.requests[-1].body


@given(EFFORTS, EFFORTS)
def test_the_more_is_thought_the_longer_is_waited(one: Effort, other: Effort) -> None:
    limits = TimeLimits()
    less, more = (patient(limits, effort) for effort in sorted((one, other), key=RANK.__getitem__))
    assert limits.first_byte_s <= less.first_byte_s <= more.first_byte_s
    assert limits.between_s <= less.between_s <= more.between_s
    assert limits.total_s == more.total_s


@pytest.mark.parametrize("vendor", [OPENAI, GEMINI, ANTHROPIC], ids=lambda vendor: vendor.kind)
async def test_a_silence_in_which_much_is_thought_ends_no_answer(
    vendor: Vendor, server: ModelServer, open_: Open
) -> None:
    limits, server.pace = TimeLimits(first_byte_s=0.3, between_s=5, total_s=20), Pace(first_token_s=0.6)
    provider = open_(vendor, limits)
    assert type((await hear(provider)).error) is provider_errors.ProviderTimeout
    assert (await hear(provider, replace(prompt_of(), effort=Effort.MAX))).error is None
