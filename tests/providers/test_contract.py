"""One contract, four providers. Everything goes over the wire to the stand-in for the vendors."""

import asyncio
import base64
import socket
import traceback
from contextlib import aclosing
from typing import Literal

import orjson
import pytest

from bot import errors
from bot.events import Finished, TextDelta
from bot.playground.model import Fault, ModelServer, Pace, Received, Reply
from bot.provider import Provider, TimeLimits
from bot.types import FinishReason, ImagePart, TextPart, Usage
from tests.providers.asking import ALL, ANTHROPIC, GEMINI, KEY, OPENAI, WIRED, Heard, Open, Vendor, hear, prompt_of

# litellm 1.106 with today's pydantic.
pytestmark = pytest.mark.filterwarnings("ignore:Item .* on TypedDict class")

PICTURE = b"\x89PNG not really"
HASTY_S = 0.2


async def fail(provider: Provider, server: ModelServer, fault: Fault) -> Heard:
    """What comes of a call that meets `fault`; the call is one request, whatever happens."""
    server.reply = "one two three four"
    server.fail(fault)
    heard = await hear(provider)
    assert len(server.requests) == 1
    assert heard.finished is None
    return heard


async def end_of(request: Received) -> str:
    await asyncio.wait_for(request.ended.wait(), 5)
    return request.state


def over(*vendors: Vendor) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vendor", vendors, ids=lambda vendor: vendor.kind)


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
async def test_the_first_text_is_yielded_at_once(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    server.fail(Fault("stall", after_tokens=1))
    async with aclosing(open_(vendor).stream(prompt_of())) as events:
        assert isinstance(await asyncio.wait_for(anext(events), 10), TextDelta)


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
    await asyncio.wait_for(begun.wait(), 10)
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
    await asyncio.wait_for(asked.wait(), 10)
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


# --- streams that go wrong ---


@pytest.mark.parametrize("kind", ["cut", "truncate", "malformed", "error"])
@over(*WIRED)
async def test_a_stream_that_breaks_keeps_what_came(
    vendor: Vendor, kind: Literal["cut", "truncate", "malformed", "error"], server: ModelServer, open_: Open
) -> None:
    heard = await fail(open_(vendor), server, Fault(kind, after_tokens=2))
    assert type(heard.error) is errors.StreamBroken
    assert heard.text == "one two "


@over(*WIRED)
async def test_an_answer_without_a_word_is_no_answer(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    heard = await fail(open_(vendor), server, Fault("empty"))
    assert type(heard.error) is errors.EmptyAnswer


@over(*WIRED)
async def test_a_filter_before_the_first_word_is_a_refusal(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    server.reply = Reply("", reason=FinishReason.FILTERED)
    heard = await hear(open_(vendor))
    assert type(heard.error) is errors.RequestRefused


@over(*WIRED)
async def test_a_connection_that_breaks_before_the_first_byte(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    heard = await fail(open_(vendor), server, Fault("reset"))
    assert type(heard.error) is errors.ProviderUnreachable


@over(*WIRED)
async def test_nobody_listens(vendor: Vendor, open_: Open) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        heard = await hear(open_(vendor, root=f"http://127.0.0.1:{taken.getsockname()[1]}"))
    assert type(heard.error) is errors.ProviderUnreachable


# --- time ---


@pytest.mark.parametrize(
    ("limits", "fault", "says"),
    [
        (TimeLimits(HASTY_S, 20, 20), Fault("slow", delay_s=20), "No answer|Nothing more"),
        (TimeLimits(20, HASTY_S, 20), Fault("stall", after_tokens=2), "Nothing more"),
        (TimeLimits(20, 20, HASTY_S * 3), Fault("slow", delay_s=HASTY_S), "No end"),
    ],
    ids=["first byte", "between", "total"],
)
@over(*WIRED)
async def test_waiting_has_a_limit(
    vendor: Vendor, limits: TimeLimits, fault: Fault, says: str, server: ModelServer, open_: Open
) -> None:
    await hear(open_(vendor))  # what libraries do once, at their first call, must not count
    server.requests.clear()
    heard = await fail(open_(vendor, limits), server, fault)
    assert type(heard.error) is errors.ProviderTimeout
    with pytest.raises(errors.ProviderTimeout, match=says):
        raise heard.error
    assert await end_of(server.requests[0]) == "left"


# --- refusals ---


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, errors.RequestRefused),
        (401, errors.BadCredentials),
        (402, errors.NoCredit),
        (403, errors.BadCredentials),
        (404, errors.ModelMissing),
        (413, errors.ContextTooLong),
        (422, errors.RequestRefused),
        (429, errors.RateLimited),
        (500, errors.Overloaded),
        (503, errors.Overloaded),
        (529, errors.Overloaded),
    ],
)
@over(*WIRED)
async def test_a_status_has_its_error(
    vendor: Vendor, status: int, expected: type[errors.ProviderError], server: ModelServer, open_: Open
) -> None:
    heard = await fail(open_(vendor), server, Fault("status", status=status))
    assert type(heard.error) is expected
    assert heard.error.retry_after_s is None
    assert heard.error.tell == expected.default_tell


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("value", "seconds"), [("7", 7.0), ("Fri, 20 Nov 2026 12:00:30 GMT", 30.0), ("soon", None)])
@over(*WIRED)
async def test_the_vendor_says_how_long_to_wait(
    vendor: Vendor, value: str, seconds: float | None, status: int, server: ModelServer, open_: Open
) -> None:
    fault = Fault("status", status=status, headers={"Retry-After": value})
    heard = await fail(open_(vendor), server, fault)
    assert heard.error is not None
    assert heard.error.retry_after_s == seconds


def openai_error(code: str, message: str) -> object:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}


def gemini_error(status: str, message: str, *details: dict[str, str]) -> object:
    return {"error": {"code": 400, "message": message, "status": status, "details": list(details)}}


def anthropic_error(kind: str, message: str) -> object:
    return {"type": "error", "error": {"type": kind, "message": message}}


@pytest.mark.parametrize(
    ("vendor", "status", "body", "expected"),
    [
        (
            OPENAI,
            400,
            openai_error("context_length_exceeded", "This model's maximum context length is 8192 tokens."),
            errors.ContextTooLong,
        ),
        (OPENAI, 400, openai_error("3051", "Prompt is too long for this model."), errors.ContextTooLong),
        (OPENAI, 429, openai_error("insufficient_quota", "You exceeded your current quota."), errors.NoCredit),
        (OPENAI, 400, openai_error("content_filter", "The response was filtered."), errors.RequestRefused),
        (OPENAI, 400, openai_error("400", "foo/bar is not a valid model ID"), errors.ModelMissing),
        (OPENAI, 403, openai_error("403", "Your input was flagged by moderation."), errors.RequestRefused),
        (OPENAI, 502, "<html><h1>Bad gateway</h1></html>", errors.Overloaded),
        (OPENAI, 302, "", errors.WrongAddress),
        (
            GEMINI,
            400,
            gemini_error("INVALID_ARGUMENT", "The input token count (1200000) exceeds the maximum number of tokens."),
            errors.ContextTooLong,
        ),
        (
            GEMINI,
            400,
            gemini_error("INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
            errors.BadCredentials,
        ),
        (GEMINI, 502, "<html><h1>Bad gateway</h1></html>", errors.Overloaded),
        (
            ANTHROPIC,
            400,
            anthropic_error("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
            errors.ContextTooLong,
        ),
        (
            ANTHROPIC,
            400,
            anthropic_error("invalid_request_error", "Your credit balance is too low to access the API."),
            errors.NoCredit,
        ),
        (ANTHROPIC, 502, "<html><h1>Bad gateway</h1></html>", errors.Overloaded),
    ],
)
async def test_telling_words_make_the_difference(
    vendor: Vendor, status: int, body: object, expected: type[errors.ProviderError], server: ModelServer, open_: Open
) -> None:
    heard = await fail(open_(vendor), server, Fault("status", status=status, body=body))
    assert type(heard.error) is expected


async def test_gemini_says_in_its_own_way_how_long_to_wait(server: ModelServer, open_: Open) -> None:
    detail = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7.5s"}
    body = gemini_error("RESOURCE_EXHAUSTED", "You exceeded your current quota.", detail)
    heard = await fail(open_(GEMINI), server, Fault("status", status=429, body=body))
    assert type(heard.error) is errors.RateLimited
    assert heard.error.retry_after_s == 7.5


@over(*WIRED)
async def test_a_key_that_the_vendor_repeats_is_in_no_log(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    body = {"error": {"message": f"Incorrect key {KEY} " + "and so on " * 200, "type": "authentication_error"}}
    heard = await fail(open_(vendor), server, Fault("status", status=401, body=body))
    assert type(heard.error) is errors.BadCredentials
    assert KEY not in "".join(traceback.format_exception(heard.error))
    assert len(str(heard.error)) < 400
    assert "Incorrect" not in heard.error.tell
