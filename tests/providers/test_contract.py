"""One contract, five providers. Everything goes over the wire to the stand-in for the vendors."""

import asyncio
import base64
import socket
import traceback
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any, Literal

import orjson
import pytest
from hypothesis import given, settings
from hypothesis.strategies import lists, sampled_from, tuples

from bot.contracts.provider import Endpoint, Prompt, PromptMessage, Provider, TimeLimits
from bot.domain import provider_errors
from bot.domain.events import Finished, TextDelta
from bot.domain.messages import Author, ImagePart, PassagePart, PdfPart, TextPart
from bot.domain.provider_errors import ProviderError
from bot.domain.turns import FinishReason, Usage
from bot.standins.model import Fault, ModelServer, Pace, Received, Reply
from bot.web.proxies import Proxies
from providers import open_provider
from providers.chat import words_of
from providers.habits import Habits
from providers.shape import shaped
from tests.providers.asking import (
    ALL,
    ANTHROPIC,
    GEMINI,
    KEY,
    LITELLM,
    OPENAI,
    PATIENT,
    WIRED,
    Heard,
    Open,
    Vendor,
    hear,
    prompt_of,
)
from tests.support import material
from tests.support.proxy import HttpProxy, LocalProxy, SocksProxy

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


# --- streams that go wrong ---


@pytest.mark.parametrize("kind", ["cut", "truncate", "malformed", "error"])
@over(*WIRED)
async def test_a_stream_that_breaks_keeps_what_came(
    vendor: Vendor, kind: Literal["cut", "truncate", "malformed", "error"], server: ModelServer, open_: Open
) -> None:
    heard = await fail(open_(vendor), server, Fault(kind, after_tokens=2))
    assert type(heard.error) is provider_errors.StreamBroken
    assert heard.text == "one two "


@over(*WIRED)
async def test_an_answer_without_a_word_is_no_answer(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    heard = await fail(open_(vendor), server, Fault("empty"))
    assert type(heard.error) is provider_errors.EmptyAnswer


@over(*WIRED)
async def test_a_filter_before_the_first_word_is_a_refusal(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    server.reply = Reply("", reason=FinishReason.FILTERED)
    heard = await hear(open_(vendor))
    assert type(heard.error) is provider_errors.RequestRefused


@over(*WIRED)
async def test_a_connection_that_breaks_before_the_first_byte(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    heard = await fail(open_(vendor), server, Fault("reset"))
    assert type(heard.error) is provider_errors.ProviderUnreachable


@over(*WIRED)
async def test_nobody_listens(vendor: Vendor, open_: Open) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        heard = await hear(open_(vendor, root=f"http://127.0.0.1:{taken.getsockname()[1]}"))
    assert type(heard.error) is provider_errors.ProviderUnreachable


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
    assert type(heard.error) is provider_errors.ProviderTimeout
    with pytest.raises(provider_errors.ProviderTimeout, match=says):
        raise heard.error
    assert await end_of(server.requests[0]) == "left"


# --- refusals ---


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, provider_errors.RequestRefused),
        (401, provider_errors.BadCredentials),
        (402, provider_errors.NoCredit),
        (403, provider_errors.BadCredentials),
        (404, provider_errors.ModelMissing),
        (413, provider_errors.ContextTooLong),
        (422, provider_errors.RequestRefused),
        (429, provider_errors.RateLimited),
        (500, provider_errors.Overloaded),
        (503, provider_errors.Overloaded),
        (529, provider_errors.Overloaded),
    ],
)
@over(*WIRED)
async def test_a_status_has_its_error(
    vendor: Vendor, status: int, expected: type[ProviderError], server: ModelServer, open_: Open
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
            provider_errors.ContextTooLong,
        ),
        (OPENAI, 400, openai_error("3051", "Prompt is too long for this model."), provider_errors.ContextTooLong),
        (OPENAI, 429, openai_error("insufficient_quota", "You exceeded your current quota."), provider_errors.NoCredit),
        (OPENAI, 400, openai_error("content_filter", "The response was filtered."), provider_errors.RequestRefused),
        (OPENAI, 400, openai_error("400", "foo/bar is not a valid model ID"), provider_errors.ModelMissing),
        (OPENAI, 403, openai_error("403", "Your input was flagged by moderation."), provider_errors.RequestRefused),
        (OPENAI, 502, "<html><h1>Bad gateway</h1></html>", provider_errors.Overloaded),
        (OPENAI, 302, "", provider_errors.WrongAddress),
        (
            GEMINI,
            400,
            gemini_error("INVALID_ARGUMENT", "The input token count (1200000) exceeds the maximum number of tokens."),
            provider_errors.ContextTooLong,
        ),
        (
            GEMINI,
            400,
            gemini_error("INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
            provider_errors.BadCredentials,
        ),
        (GEMINI, 502, "<html><h1>Bad gateway</h1></html>", provider_errors.Overloaded),
        (
            LITELLM,
            400,
            anthropic_error("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
            provider_errors.ContextTooLong,
        ),
        (
            ANTHROPIC,
            400,
            anthropic_error("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
            provider_errors.ContextTooLong,
        ),
        (
            ANTHROPIC,
            400,
            anthropic_error("invalid_request_error", "Your credit balance is too low to access the API."),
            provider_errors.NoCredit,
        ),
        (ANTHROPIC, 502, "<html><h1>Bad gateway</h1></html>", provider_errors.Overloaded),
    ],
)
async def test_telling_words_make_the_difference(
    vendor: Vendor,
    status: int,
    body: object,
    expected: type[ProviderError],
    server: ModelServer,
    open_: Open,
) -> None:
    heard = await fail(open_(vendor), server, Fault("status", status=status, body=body))
    assert type(heard.error) is expected


async def test_gemini_says_in_its_own_way_how_long_to_wait(server: ModelServer, open_: Open) -> None:
    detail = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7.5s"}
    body = gemini_error("RESOURCE_EXHAUSTED", "You exceeded your current quota.", detail)
    heard = await fail(open_(GEMINI), server, Fault("status", status=429, body=body))
    assert type(heard.error) is provider_errors.RateLimited
    assert heard.error.retry_after_s == 7.5


@over(*WIRED)
async def test_a_key_that_the_vendor_repeats_is_in_no_log(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    body = {"error": {"message": f"Incorrect key {KEY} " + "and so on " * 200, "type": "authentication_error"}}
    heard = await fail(open_(vendor), server, Fault("status", status=401, body=body))
    assert type(heard.error) is provider_errors.BadCredentials
    assert KEY not in "".join(traceback.format_exception(heard.error))
    assert len(str(heard.error)) < 400
    assert "Incorrect" not in heard.error.tell


# --- the form of a conversation, and what stands beside the words ---

SAID = Author.USER, Author.ASSISTANT, Author.SYSTEM


def conversation(*said: tuple[Author, str]) -> Prompt:
    messages = tuple(PromptMessage(author, (TextPart(text),)) for author, text in said)
    return Prompt("some-model", messages, temperature=0.5, max_output_tokens=700)


def roles_in(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Role and words of each message on the wire, in whichever of the three formats."""
    found = []
    for message in body.get("messages") or body["contents"]:
        content = message.get("content", message.get("parts"))
        words = content if isinstance(content, str) else "\n".join(part.get("text", "[picture]") for part in content)
        found.append((message["role"], words))
    return found


@given(said=lists(tuples(sampled_from(SAID), sampled_from(("", " \n", "one", "two words"))), min_size=1, max_size=12))
@settings(max_examples=300)
def test_every_conversation_takes_turns_on_the_wire(said: list[tuple[Author, str]]) -> None:
    messages = (*said, (Author.USER, "the question"))
    for keeps_system in (True, False):
        shape = shaped(conversation(*messages), Habits(system=keeps_system)).messages
        head = shape[:1] if shape[0].author is Author.SYSTEM else ()
        spoken = shape[len(head) :]
        assert keeps_system or not head
        assert [message.author for message in spoken] == [SAID[number % 2] for number in range(len(spoken))]
        assert spoken[-1].author is Author.USER
        assert all(words_of(message).strip() for message in shape)
        assert words_of(spoken[-1]).endswith("the question")


@over(*WIRED)
async def test_neighbours_of_one_role_are_one_message(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    user, model = Author.USER, Author.ASSISTANT
    asked = conversation((user, "A"), (user, "B"), (model, "C"), (model, ""), (model, "D"), (user, "E"), (user, "F"))
    await hear(open_(vendor), asked)
    sent = roles_in(server.requests[0].body)
    assert [role for role, _ in sent][::2] == ["user", "user"]
    assert [words for _, words in sent] == ["A\n\nB", "C\n\nD", "E\n\nF"]


TEMPERATURE_REFUSALS = (
    "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) value is supported.",
    "Unsupported parameter: 'temperature' is not supported with this model.",
    "`temperature` is deprecated for this model.",
    "temperature: range: 0..1",
)
LENGTH_REFUSALS = (
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    "max_tokens: 700 > 512, which is the maximum allowed number of output tokens for this model",
    "max_tokens is too large: 700. This model supports at most 512 completion tokens, whereas you provided 700.",
    '{"detail":[{"type":"extra_forbidden","loc":["body","max_tokens"],"msg":"Extra inputs are not permitted"}]}',
)
SYSTEM_REFUSALS = (
    "System role not supported",
    "Developer instruction is not enabled for models/gemma-3-27b-it",
    "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
    "Conversation roles must alternate user/assistant/user/assistant/...",
    "unknown variant `system`, expected `user` or `assistant`",
)
STREAM_REFUSALS = (
    "Your organization must be verified to stream this model.",
    "Streaming is not supported for this model",
    "This model does not support streaming.",
    "Unsupported value: 'stream' is not supported with this model",
)


@pytest.mark.parametrize(
    ("words", "gone"),
    [
        *((words, ("0.5",)) for words in TEMPERATURE_REFUSALS),
        *((words, ('"max_tokens":700', "maxOutputTokens")) for words in LENGTH_REFUSALS),
        *((words, ('"system"', "systemInstruction")) for words in SYSTEM_REFUSALS),
        *((words, ('"stream":true', "streamGenerateContent")) for words in STREAM_REFUSALS),
        ("Unknown parameter: 'stream_options'.", ("stream_options",)),
    ],
)
@over(*WIRED)
async def test_what_is_refused_beside_the_words_is_left_out_from_then_on(
    vendor: Vendor, words: str, gone: tuple[str, ...], server: ModelServer, open_: Open
) -> None:
    if gone == ("stream_options",) and vendor is not OPENAI:
        pytest.skip("Only OpenAI's format has it.")
    provider = open_(vendor)
    body = words if words.startswith("{") else {"error": {"message": words, "type": "invalid_request_error"}}
    server.reply = "Here you are."
    server.fail(Fault("status", status=400, body=orjson.loads(body) if isinstance(body, str) else body))
    refused = await hear(provider)
    assert type(refused.error) is provider_errors.NotTaken
    for _ in range(2):
        heard = await hear(provider)
        assert (heard.text, heard.error) == ("Here you are.", None)
        sent = orjson.dumps(server.requests[-1].body).decode() + server.requests[-1].path
        assert not any(name in sent for name in gone)
        assert "Be kind." in sent


async def test_the_longest_answer_has_two_names_and_one_that_is_refused_twice_has_none(
    server: ModelServer, open_: Open
) -> None:
    provider = open_(OPENAI)
    for words in LENGTH_REFUSALS[0], "Unknown parameter: 'max_completion_tokens'":
        server.fail(Fault("status", status=400, body=openai_error("unsupported_parameter", words)))
        assert type((await hear(provider)).error) is provider_errors.NotTaken
    assert (await hear(provider)).error is None
    lengths = [[name for name in request.body if "tokens" in name] for request in server.requests]
    assert lengths == [["max_tokens"], ["max_completion_tokens"], []]


@over(*WIRED)
async def test_after_the_vendors_last_word_only_a_moment_is_waited(
    vendor: Vendor, server: ModelServer, open_: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.patience.FOR_COUNTS_S", HASTY_S)
    server.reply = "Done."
    server.fail(Fault("hanging"))
    heard = await asyncio.wait_for(hear(open_(vendor)), 60)
    assert (heard.text, heard.error) == ("Done.", None)


@over(OPENAI, GEMINI, ANTHROPIC)  # litellm keeps its bytes to itself
async def test_a_sign_of_life_extends_the_wait_up_to_the_total(
    vendor: Vendor, server: ModelServer, open_: Open
) -> None:
    await hear(open_(vendor))  # what libraries do once, at their first call, must not count
    server.reply = "At last."
    server.fail(Fault("thinking", delay_s=HASTY_S / 4, after_tokens=12))
    heard = await hear(open_(vendor, TimeLimits(HASTY_S, HASTY_S, 20)))
    assert (heard.text, heard.error) == ("At last.", None)
    server.fail(Fault("thinking", delay_s=HASTY_S / 4, after_tokens=1000))
    heard = await hear(open_(vendor, TimeLimits(HASTY_S, HASTY_S, HASTY_S * 4)))
    assert type(heard.error) is provider_errors.ProviderTimeout


# --- the way there ---


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
