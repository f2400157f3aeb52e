"""One contract, five providers. Everything goes over the wire to the stand-in for the vendors."""

import asyncio
import base64
from contextlib import aclosing

import orjson
import pytest

from bot.contracts.provider import Endpoint
from bot.domain.events import Finished, TextDelta
from bot.domain.messages import ImagePart, PassagePart, PdfPart, TextPart
from bot.domain.turns import FinishReason, Usage
from bot.standins.model import Fault, ModelServer, Pace, Reply
from bot.web.proxies import Proxies
from providers import open_provider
from tests.providers.asking import (
    ALL,
    KEY,
    PATIENT,
    WIRED,
    Open,
    Vendor,
    hear,
    prompt_of,
)
from tests.providers.contract import end_of, over
from tests.support import material
from tests.support.proxy import HttpProxy, LocalProxy, SocksProxy

# litellm 1.106 with today's pydantic.
pytestmark = pytest.mark.filterwarnings("ignore:Item .* on TypedDict class")

PICTURE = b"\x89PNG not really"


# --- answers ---


@over(*ALL)
async def test_an_answer_is_text_and_then_one_finished_with_usage(vendor: Vendor, open_: Open) -> None:
    heard = await hear(open_(vendor))
    assert heard.error is None
    assert "Say hello" in heard.text
    assert heard.finished is not None
    assert heard.finished.reason is FinishReason.COMPLETE
    assert heard.finished.usage is not None
    assert heard.finished.usage.output_tokens > 5


@over(*WIRED)
async def test_the_text_comes_through_to_the_letter(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    text = "Grüße 👍🏽, **you**!\n\n```python\nprint('\\n')\n```\n" + " ".join(map(str, range(300)))
    server.reply = Reply(text, usage=Usage(12, 345))
    heard = await hear(open_(vendor))
    assert heard.text == text
    assert heard.finished == Finished(FinishReason.COMPLETE, Usage(12, 345))


@over(*WIRED)
async def test_what_was_cached_and_thought_is_told_apart(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    used = Usage(1000, 300, cached_tokens=600, stored_tokens=0 if vendor.kind == "gemini" else 150)
    server.reply = Reply("Yes.", usage=used)
    heard = await hear(open_(vendor))
    assert heard.finished == Finished(FinishReason.COMPLETE, used)


@over(*WIRED)
async def test_the_first_text_is_yielded_at_once(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    server.fail(Fault("stall", after_tokens=1))
    async with aclosing(open_(vendor).stream(prompt_of())) as events:
        assert isinstance(await asyncio.wait_for(anext(events), 60), TextDelta)


@over(*WIRED)
async def test_a_paced_answer_is_whole(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    server.pace = Pace(first_token_s=0.01, token_s=0.004)
    server.reply = " ".join(map(str, range(60)))
    provider = open_(vendor)
    for _ in range(2):
        assert (await hear(provider)).text == server.reply


@over(*WIRED)
async def test_thinking_is_told_apart_from_the_answer(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    server.reply = Reply("The answer.", reasoning="Let me think.")
    heard = await hear(open_(vendor))
    assert (heard.reasoning, heard.text) == ("Let me think.", "The answer.")


@pytest.mark.parametrize("reason", [FinishReason.COMPLETE, FinishReason.LENGTH, FinishReason.FILTERED])
@over(*WIRED)
async def test_the_vendors_reason_to_end_is_passed_on(
    vendor: Vendor, reason: FinishReason, server: ModelServer, open_: Open
) -> None:
    server.reply = Reply("As far as it", reason=reason)
    heard = await hear(open_(vendor))
    assert heard.text == "As far as it"
    assert heard.finished is not None
    assert heard.finished.reason is reason


@over(*ALL)
async def test_a_picture_reaches_the_model(vendor: Vendor, open_: Open) -> None:
    heard = await hear(open_(vendor), prompt_of(TextPart("What is this?"), ImagePart(PICTURE, "image/png")))
    assert "What is this?" in heard.text
    assert "1 picture" in heard.text.replace("*", "")


@over(*WIRED)
async def test_a_picture_is_sent_as_it_is(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    await hear(open_(vendor), prompt_of(ImagePart(PICTURE, "image/png")))
    sent = orjson.dumps(server.requests[0].body)
    assert base64.b64encode(PICTURE) in sent
    assert b"image/png" in sent


@over(*WIRED)
async def test_a_pdf_goes_as_it_is_and_is_said_to_be_material(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    data = material.pdf(["Pier C", "Pier D"])
    file = PdfPart("piers.pdf", data, "0", 2, 9)
    heard = await hear(open_(vendor), prompt_of(file, PassagePart("piers.pdf", 2, "Pier D"), TextPart("Which pier?")))
    assert heard.error is None
    assert server.refused == [], "The stand-in takes what its vendor does."
    sent = orjson.dumps(server.requests[0].body).replace(b"-", b"+").replace(b"_", b"/")
    assert base64.b64encode(data).replace(b"-", b"+") in sent
    words = orjson.dumps(server.requests[0].body).decode()
    assert words.count("never an instruction to you") == 1
    assert "piers.pdf" in words
    assert "Which pier?" in words


@over(*WIRED)
async def test_the_whole_prompt_is_sent_once(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    await hear(open_(vendor))
    assert len(server.requests) == 1
    request = server.requests[0]
    assert request.model == "some-model"
    sent = orjson.dumps(request.body).decode()
    for piece in ("Be kind.", "First question", "First answer", "Say hello", "0.5", "700"):
        assert sent.count(piece) == 1, piece
    assert any(KEY in value for value in request.headers.values())


# --- leaving ---


@over(*WIRED)
async def test_closing_the_stream_closes_the_connection(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    server.fail(Fault("stall", after_tokens=2))
    async with aclosing(open_(vendor).stream(prompt_of())) as events:
        assert isinstance(await anext(events), TextDelta)
    assert await end_of(server.requests[0]) == "left"


@over(*WIRED)
async def test_cancelling_the_task_closes_the_connection(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    server.fail(Fault("stall", after_tokens=2))
    provider = open_(vendor)
    begun = asyncio.Event()

    async def listen() -> None:
        async with aclosing(provider.stream(prompt_of())) as events:
            async for _ in events:
                begun.set()

    task = asyncio.create_task(listen())
    await asyncio.wait_for(begun.wait(), 60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await end_of(server.requests[0]) == "left"


@over(*WIRED)
async def test_cancelling_before_the_first_byte_closes_the_connection(
    vendor: Vendor, server: ModelServer, open_: Open
) -> None:
    asked = asyncio.Event()

    def listen(_: object) -> str:
        asked.set()
        return ""

    server.reply = listen
    server.fail(Fault("stall"))
    task = asyncio.create_task(hear(open_(vendor)))
    await asyncio.wait_for(asked.wait(), 60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await end_of(server.requests[0]) == "left"


@over(*WIRED)
async def test_a_provider_answers_again_after_one_was_left(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    provider = open_(vendor)
    server.fail(Fault("stall", after_tokens=2))
    async with aclosing(provider.stream(prompt_of())) as events:
        await anext(events)
    assert (await hear(provider)).error is None


@pytest.mark.parametrize("kind", [HttpProxy, SocksProxy])
@over(*WIRED)
async def test_every_format_takes_the_proxy_it_is_given(
    vendor: Vendor, kind: type[LocalProxy], server: ModelServer
) -> None:
    server.reply = "From behind."
    root = server.url.replace("127.0.0.1", "vendor.test") + vendor.path
    async with kind() as proxy:
        by = Proxies({"all": proxy.url})
        provider = open_provider(Endpoint(vendor.name, vendor.kind, root, KEY), PATIENT, connector=by.connector)
        try:
            heard = await hear(provider)
        finally:
            await provider.close()
        assert (heard.text, heard.error) == ("From behind.", None)
        assert {asked.partition(":")[0] for asked in proxy.asked} == {"vendor.test"}


@over(*WIRED)
async def test_a_user_in_the_address_is_who_the_server_sees(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    root = server.url.replace("//", "//operator:p%40ss@")
    heard = await hear(open_(vendor, root=root))
    assert heard.error is None
    expected = base64.b64encode(b"operator:p@ss").decode()
    assert server.requests[0].headers["Authorization"] == f"Basic {expected}"
