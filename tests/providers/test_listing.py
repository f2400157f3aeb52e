"""The vendors' lists of models, each in its own form, and what they say themselves of what a model is for."""

from typing import Any

import orjson
import pytest

from bot.contracts.provider import ListsModels
from bot.domain import provider_errors
from bot.standins.model import MODELS, ModelServer
from tests.providers.asking import ANTHROPIC, GEMINI, OPENAI, Open, Vendor
from tests.providers.test_every_type import VALUES, paths_in, put

ENTRIES: dict[str, list[dict[str, Any]]] = {
    "mistral": [
        {"id": "answers", "capabilities": {"completion_chat": True}},
        {"id": "embeds", "capabilities": {"completion_chat": False}},
    ],
    "openrouter": [
        {"id": "answers", "architecture": {"output_modalities": ["text", "image"]}},
        {"id": "paints", "architecture": {"output_modalities": ["image"]}},
    ],
    "gemini": [
        {"name": "answers", "supportedGenerationMethods": ["generateContent", "countTokens"]},
        {"name": "embeds", "supportedGenerationMethods": ["embedContent"]},
    ],
    "together": [{"id": "answers", "type": "chat"}, {"id": "embeds", "type": "embedding"}],
    "lmstudio": [{"id": "answers", "type": "vlm"}, {"id": "embeds", "type": "embeddings"}],
    "groq": [{"id": "answers", "active": True}, {"id": "gone", "active": False}],
    "anthropic": [{"id": "answers", "type": "model", "display_name": "Claude", "capabilities": {"batch": {}}}],
}


@pytest.fixture
def lister(open_: Open) -> ListsModels:
    provider = open_(OPENAI)
    assert isinstance(provider, ListsModels)
    return provider


@pytest.mark.parametrize("vendor", [OPENAI, GEMINI, ANTHROPIC], ids=lambda vendor: vendor.kind)
async def test_each_vendor_lists_its_models(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    provider = open_(vendor)
    assert isinstance(provider, ListsModels)
    assert await provider.models() == list(MODELS)
    server.keys = frozenset({"another"})
    with pytest.raises(provider_errors.BadCredentials):
        await provider.models()


@pytest.mark.parametrize("vendor", ENTRIES)
async def test_what_a_vendor_says_answers_nobody_is_left_out(
    vendor: str, server: ModelServer, lister: ListsModels
) -> None:
    server.listed = {"data": ENTRIES[vendor]}
    assert await lister.models() == ["answers"]


async def test_no_type_at_any_field_of_a_list_is_more_than_an_error_of_ours(
    server: ModelServer, lister: ListsModels
) -> None:
    listed = {"object": "list", "data": [ENTRIES["mistral"][0], ENTRIES["openrouter"][0] | {"id": "other"}]}
    for way in paths_in(listed):
        for value in VALUES:
            if value == "\ud83d":
                continue
            server.listed = orjson.dumps(put(listed, way, value))
            try:
                names = await lister.models()
            except provider_errors.ProviderError:
                assert way in ((), ("data",)) or isinstance(value, str)
            else:
                assert way[:1] != ("object",) or names == ["answers", "other"]
