"""Whether a key is taken is found out without spending anything, with every vendor."""

import pytest

from bot.contracts.provider import Endpoint, KeyChecked
from bot.domain.provider_errors import BadCredentials
from bot.standins.model import ModelServer
from providers import open_provider
from tests.providers.asking import ANTHROPIC, GEMINI, KEY, OPENAI, PATIENT, Vendor
from tests.support.clock import FakeClock

OPENROUTER = Vendor("openai_compatible", name="openrouter", path="/api/v1")


@pytest.mark.parametrize(
    "vendor", [OPENAI, OPENROUTER, GEMINI, ANTHROPIC], ids=["openai", "openrouter", "gemini", "anthropic"]
)
async def test_a_right_key_is_told_from_a_wrong_one_for_nothing(server: ModelServer, vendor: Vendor) -> None:
    server.keys = frozenset({KEY})
    for key in (KEY, "sk-of-another"):
        provider = open_provider(
            Endpoint(vendor.name, vendor.kind, server.url + vendor.path, key), PATIENT, FakeClock()
        )
        assert isinstance(provider, KeyChecked)
        try:
            if key == KEY:
                assert await provider.takes_key()
            else:
                with pytest.raises(BadCredentials) as refused:
                    await provider.takes_key()
                assert key not in str(refused.value)
        finally:
            await provider.close()
    assert not server.requests, "A question has been asked, which costs."


async def test_where_nothing_is_given_away_nothing_is_asked(server: ModelServer) -> None:
    provider = open_provider(Endpoint("cohere", "litellm", server.url, KEY), PATIENT, FakeClock())
    assert isinstance(provider, KeyChecked)
    assert not await provider.takes_key()
