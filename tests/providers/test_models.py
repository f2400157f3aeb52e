"""What is known of models comes from a table that is there already."""

import pytest

from bot.contracts.prices import Rates, Tariff
from bot.contracts.provider import ModelProfile
from bot.domain.efforts import Effort
from bot.domain.model_names import ModelName
from providers.models import answering, profiles


async def profile(model: str) -> ModelProfile:
    return (await profiles([ModelName(model)]))[ModelName(model)]


async def test_a_model_with_its_vendor_in_front() -> None:
    assert await profile("mistral/mistral-small-latest") == ModelProfile(
        sees_images=True,
        reads_files=False,
        context_tokens=262_144,
        output_tokens=262_144,
        calls_tools=True,
        efforts=(Effort.NONE, Effort.HIGH),
        tariff=Tariff((Rates(150_000, 600_000, cached=15_000),)),
    )


async def test_a_model_that_the_table_lists_without_its_vendor() -> None:
    found = await profile("openai/gpt-4o")
    assert found.tariff is not None
    assert found.tariff.steps[0].read == 2_500_000
    assert found.reads_files


@pytest.mark.parametrize("model", ["openai/no-such-model", "mistral/gpt-4o", "nonsense", "", "/", "sample_spec/x"])
async def test_an_unknown_model_has_an_empty_profile(model: str) -> None:
    assert await profile(model) == ModelProfile()


@pytest.mark.parametrize(
    ("vendor", "answers", "others"),
    [
        (
            "openai",
            ["gpt-6-luna", "gpt-4o", "o3", "gpt-of-tomorrow"],
            [
                *("gpt-4o-transcribe", "gpt-realtime", "tts-1", "text-embedding-3-small", "gpt-image-2", "sora-2"),
                *("omni-moderation-latest", "o3-pro", "gpt-image-of-tomorrow", "whisper-of-tomorrow"),
            ],
        ),
        (
            "gemini",
            ["gemini-3.8-flash", "gemini-3-pro-image", "gemini-of-tomorrow"],
            ["gemini-embedding-001", "imagen-4.0-generate-001", "gemini-3.8-flash-tts", "gemini-3.8-live", "lyria-3.5"],
        ),
        ("groq", ["openai/gpt-oss-120b"], ["whisper-large-v3", "canopylabs/orpheus-v1-english"]),
        ("mistral", ["mistral-small-latest"], ["mistral-ocr-latest", "voxtral-mini-latest", "mistral-embed"]),
        ("anthropic", ["claude-haiku-5-5", "claude-of-tomorrow"], []),
    ],
)
async def test_only_models_that_answer_are_left(vendor: str, answers: list[str], others: list[str]) -> None:
    assert await answering(vendor, [*others, *answers]) == answers


async def test_of_many_models_is_known_what_is_known_of_each() -> None:
    written = ("openai/gpt-4o", "mistral/mistral-small-latest", "anthropic/claude-haiku-5-5", "openai/no-such-model")
    models = [ModelName(model) for model in written]
    others = [ModelName(f"openrouter/of-tomorrow-{number}") for number in range(20)]
    many = await profiles([*models, *others])
    assert {model: many[model] for model in models} == {model: await profile(model) for model in models}
