"""Pictures: what vendors are asked for one, what comes, what it is counted as, and what is no picture."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.contracts.provider import Prompt, PromptMessage, Provider
from bot.domain.events import Delta, Finished, ImageMade
from bot.domain.messages import Author, ImagePart, TextPart
from bot.domain.pictures import Format, PictureWish
from bot.domain.provider_errors import ProviderError, RequestRefused, StreamBroken
from bot.domain.turns import FinishReason, Usage
from bot.standins.model import ModelServer
from bot.standins.model.drawing import DRAWN, READ, square
from providers import openai_images
from tests.providers.asking import GEMINI, OFFLINE, OPENAI, Open, Vendor

DRAWS_BY_LITELLM = Vendor("litellm", name="openai", path="/v1")
SOURCE = ImagePart(square(5), "image/png")


def wish(*sources: ImagePart, model: str = "gpt-image-2", words: str = "a fox", **how: Any) -> Prompt:
    asked = PromptMessage(Author.USER, (*sources, TextPart(words)))
    return Prompt(model, (asked,), picture=PictureWish(bool(sources), **how))


async def drawn(provider: Provider, prompt: Prompt) -> list[Delta | Finished]:
    return [event async for event in provider.stream(prompt)]


@pytest.mark.parametrize("sources", [(), (SOURCE,), (SOURCE,) * 4])
@pytest.mark.parametrize("how", [{}, *({"format": one} for one in Format)])
async def test_a_picture_is_drawn(
    open_: Open, server: ModelServer, sources: tuple[ImagePart, ...], how: dict[str, Any]
) -> None:
    events = await drawn(open_(OPENAI), wish(*sources, **how))
    used = Usage(READ * (1 + len(sources)), DRAWN, drawn_tokens=DRAWN)
    assert events == [ImageMade(square(1), "image/png"), Finished(FinishReason.COMPLETE, used)]
    assert len(server.requests) == 1
    assert server.requests[-1].body["sources"] == len(sources)


@pytest.mark.parametrize("vendor", [OPENAI, DRAWS_BY_LITELLM])
async def test_what_the_filter_refuses_is_a_refusal(open_: Open, vendor: Vendor) -> None:
    with pytest.raises(RequestRefused):
        await drawn(open_(vendor), wish(words="something forbidden"))


@pytest.mark.parametrize("sources", [(), (SOURCE,) * 2])
async def test_what_only_litellm_knows_draws_too(
    open_: Open, server: ModelServer, sources: tuple[ImagePart, ...]
) -> None:
    events = await drawn(open_(DRAWS_BY_LITELLM), wish(*sources, format=Format.WIDE))
    used = Usage(READ * (1 + len(sources)), DRAWN, drawn_tokens=DRAWN)
    assert events == [ImageMade(square(1), "image/png"), Finished(FinishReason.COMPLETE, used)]
    (asked,) = server.requests
    assert (asked.body["model"], asked.body["size"]) == ("gpt-image-2", "1536x1024")
    assert asked.body["sources"] == len(sources)


async def test_older_models_are_asked_for_the_picture_itself(open_: Open, server: ModelServer) -> None:
    # The stand-in draws as gpt-image does, and refuses what that refuses.
    with pytest.raises(ProviderError):
        await drawn(open_(OPENAI), wish(model="dall-e-3"))
    assert server.requests[-1].body["response_format"] == "b64_json"


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"data": []},
        {"data": [{"url": "https://example.org/a.png"}]},
        {"data": [{"b64_json": "no base64!"}]},
        {"data": [{"b64_json": "PGh0bWw+"}]},
        {"data": {"b64_json": ""}},
    ],
)
def test_what_is_no_picture_is_none(answer: object) -> None:
    with pytest.raises(StreamBroken):
        openai_images.drawn(json.dumps(answer).encode(), "stand-in")


async def test_gemini_is_told_that_a_picture_is_wanted_and_its_shape(open_: Open, server: ModelServer) -> None:
    await drawn(open_(GEMINI), wish(SOURCE, model="gemini-3.1-flash-image", format=Format.WIDE))
    config = server.requests[-1].body["generationConfig"]
    assert config["responseModalities"] == ["TEXT", "IMAGE"]
    assert config["imageConfig"] == {"aspectRatio": "3:2"}
    assert server.refused == []


@pytest.mark.parametrize("unfiltered", [False, True])
async def test_filters_are_left_out_where_that_is_wanted_and_can_be(
    open_: Open, server: ModelServer, unfiltered: bool
) -> None:
    await drawn(open_(OPENAI), replace(wish(), unfiltered=unfiltered))
    assert server.requests[-1].body.get("moderation") == ("low" if unfiltered else None)
    await drawn(open_(GEMINI), replace(wish(model="gemini-3.1-flash-image"), unfiltered=unfiltered))
    told = server.requests[-1].body.get("safetySettings", [])
    assert [each["threshold"] for each in told] == ["OFF"] * (4 if unfiltered else 0)
    assert server.refused == []


async def test_the_built_in_model_draws_what_it_can(open_: Open) -> None:
    picture, finished = await drawn(open_(OFFLINE), wish())
    assert isinstance(picture, ImageMade)
    assert isinstance(finished, Finished)
