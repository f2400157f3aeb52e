"""What is known of models comes from a table that is there already."""

import pytest

from bot.contracts.prices import Rates, Tariff
from bot.contracts.provider import ModelProfile
from providers.models import profiles


async def profile(model: str) -> ModelProfile:
    return (await profiles([model]))[model]


async def test_a_model_with_its_vendor_in_front() -> None:
    assert await profile("mistral/mistral-small-latest") == ModelProfile(
        sees_images=True,
        reads_files=False,
        context_tokens=262_144,
        output_tokens=262_144,
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
