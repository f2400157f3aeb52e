"""Anthropic's Messages on the wire: what is asked, what is kept for the next request, how a paused turn goes on."""

from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.contracts.provider import Endpoint, Prompt, PromptMessage, Provider
from bot.domain import provider_errors
from bot.domain.events import Finished
from bot.domain.messages import Author, ImagePart, InstructionPart, PassagePart, PdfPart, TextPart
from bot.domain.turns import FinishReason, Usage
from bot.standins.anthropic import wrong_with
from bot.standins.dialects import SIGNATURE
from bot.standins.model import Fault, ModelServer
from providers.answer import Answer
from providers.anthropic_events import Blocks, MessageEvents
from providers.anthropic_request import body_of
from providers.habits import Habits
from providers.shape import shaped
from tests.providers.asking import ANTHROPIC, Open, hear, prompt_of
from tests.support import material
from tests.support.clock import FakeClock

HEADERS = {"anthropic-version": "2023-06-01"}
SENT = {"Content-Type": "text/event-stream", "request-id": "req_011CSHoEeqs5C35K2UUqR7Fy"}


def events(*said: dict[str, Any]) -> bytes:
    return b"".join(b"event: %b\ndata: %b\n\n" % (one["type"].encode(), orjson.dumps(one)) for one in said)


def start(**usage: int) -> dict[str, Any]:
    return {"type": "message_start", "message": {"id": "msg_1", "role": "assistant", "content": [], "usage": usage}}


def block(index: int, begun: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": begun},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def says(index: int, text: str) -> list[dict[str, Any]]:
    return block(index, {"type": "text", "text": ""}, {"type": "text_delta", "text": text})


def thinks(index: int, text: str, signature: str = SIGNATURE) -> list[dict[str, Any]]:
    signed = {"type": "signature_delta", "signature": signature}
    begun = {"type": "thinking", "thinking": "", "signature": ""}
    return block(index, begun, {"type": "thinking_delta", "thinking": text}, signed)


def ends(word: str | None, **usage: int) -> list[dict[str, Any]]:
    delta = {"stop_reason": word, "stop_sequence": None}
    return [{"type": "message_delta", "delta": delta, "usage": usage}, {"type": "message_stop"}]


def answer_with(server: ModelServer, *said: dict[str, Any]) -> None:
    server.fail(Fault("status", status=200, body=events(*said), headers=SENT))


@pytest.fixture
def provider(open_: Open) -> Provider:
    return open_(ANTHROPIC)


# --- what is asked ---

_PDF = material.pdf(["Pier C"])
_words = st.sampled_from(("", " \n", "one", "two words ", "ab\ud83d", "long " * 700))
_parts = st.one_of(
    st.builds(TextPart, _words),
    st.builds(InstructionPart, _words),
    st.builds(PassagePart, st.just("a.pdf"), st.integers(0, 3), _words),
    st.builds(ImagePart, st.just(b"\xff\xd8\xff"), st.just("image/jpeg")),
    st.builds(PdfPart, st.sampled_from(("a.pdf", "a" * 900)), st.just(_PDF), st.just("0"), st.just(1), st.just(9)),
)
_messages = st.builds(PromptMessage, st.sampled_from(Author), st.lists(_parts, min_size=1, max_size=4).map(tuple)).map(
    lambda message: message if message.author is Author.USER else _only_text(message)
)


def _only_text(message: PromptMessage) -> PromptMessage:
    """As the product has it: only people send pictures and files."""
    return PromptMessage(message.author, tuple(part for part in message.parts if isinstance(part, TextPart)))


@given(
    messages=st.lists(_messages, max_size=12).map(tuple),
    temperature=st.one_of(st.none(), st.floats(0, 2)),
    keeps_system=st.booleans(),
    least=st.sampled_from((1, 512, 4096)),
)
@settings(max_examples=100)
def test_whatever_is_said_is_taken_by_the_vendor(
    messages: tuple[PromptMessage, ...], temperature: float | None, keeps_system: bool, least: int
) -> None:
    prompt = shaped(Prompt("m", messages, temperature=temperature), Habits(system=keeps_system))
    assert wrong_with(HEADERS, body_of(prompt, 700, least, streams=True)) is None


BACK = 20
"""From each mark the vendor looks so many blocks back for something that it keeps."""


def prefixes(body: dict[str, Any]) -> list[tuple[bytes, bool]]:
    """What there is up to each block, without the marks, and whether a mark stands there."""
    found, read = [], b""
    for content in (body.get("system", []), *(message["content"] for message in body["messages"])):
        for one in content:
            read += orjson.dumps({name: value for name, value in one.items() if name != "cache_control"})
            found.append((read, "cache_control" in one))
    return found


def marked(body: dict[str, Any]) -> list[bytes]:
    """What the vendor keeps of a request."""
    return [read for read, is_marked in prefixes(body) if is_marked]


def found_again(kept: list[bytes], body: dict[str, Any]) -> int:
    """How many bytes of a request the vendor has kept."""
    read = prefixes(body)
    near = {
        read[at][0]
        for number, (_, is_marked) in enumerate(read)
        if is_marked
        for at in range(max(0, number - BACK), number + 1)
    }
    return max((len(one) for one in near & set(kept)), default=0)


def conversation(turns: int, *, looked_up: bool = False) -> Prompt:
    """As the engine writes one: what holds for this moment alone stands at the end of the newest message."""
    said: list[PromptMessage] = [PromptMessage(Author.SYSTEM, (TextPart("Be kind. " * 300),))]
    for number in range(turns):
        is_last = number == turns - 1
        passages = (PassagePart("a.pdf", 1, f"passage {number}"),) if looked_up and is_last else ()
        now = (InstructionPart(f"[{{time}}: 12:{number:02}]"),) if is_last else ()
        said.append(PromptMessage(Author.USER, (*passages, TextPart(f"Question {number}. " * 20), *now)))
        if not is_last:
            said.append(PromptMessage(Author.ASSISTANT, (TextPart(f"Answer {number}. " * 20),)))
    return Prompt("m", tuple(said))


@pytest.mark.parametrize("looked_up", [False, True])
def test_what_one_request_keeps_the_next_one_reads(looked_up: bool) -> None:
    before = marked(body_of(conversation(1, looked_up=looked_up), 700, 512, streams=True))
    for turns in range(2, 40):
        body = body_of(conversation(turns, looked_up=looked_up), 700, 512, streams=True)
        now = marked(body)
        assert len(now) == min(3, turns + 1), "The system prompt and two messages."
        # What was looked up for one question is not there with the next.
        assert found_again(before, body) == len(before[-2 if looked_up else -1])
        before = now


def test_what_is_too_short_to_be_kept_is_not_marked() -> None:
    assert not marked(body_of(prompt_of(), 700, 512, streams=True))


async def test_the_longest_answer_is_the_models_own(server: ModelServer, provider: Provider) -> None:
    for model, most in ("claude-haiku-4-5", 64_000), ("claude-sonnet-5-5", 128_000), ("nobody-knows", 8_192):
        await hear(provider, Prompt(model, prompt_of().messages))
        assert server.requests[-1].body["max_tokens"] == most
    too_long = "max_tokens: 8192 > 4096, which is the maximum allowed number of output tokens for nobody-knows"
    server.fail(Fault("status", status=400, body={"type": "error", "error": {"message": too_long}}))
    for _ in range(2):
        await hear(provider, Prompt("nobody-knows", prompt_of().messages))
    assert server.requests[-1].body["max_tokens"] == 4096


async def test_a_temperature_of_others_is_the_hottest_here(server: ModelServer, provider: Provider) -> None:
    await hear(provider, Prompt("m", prompt_of().messages, temperature=1.7))
    assert server.requests[-1].body["temperature"] == 1
    assert not server.refused


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/messages"])
async def test_the_root_may_be_written_in_each_way(path: str, server: ModelServer, open_: Open) -> None:
    assert (await hear(open_(ANTHROPIC, root=server.url + path))).error is None
    assert server.requests[-1].path == "/v1/messages"


# --- what is answered ---


async def test_a_paused_turn_goes_on_with_what_was_thought(server: ModelServer, provider: Provider) -> None:
    found = {"type": "web_search_tool_result", "tool_use_id": "s1", "content": [{"type": "web_search_result"}]}
    search = block(
        4,
        {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}},
        {"type": "input_json_delta", "partial_json": '{"query": '},
        {"type": "input_json_delta", "partial_json": '"tides"}'},
    )
    answer_with(
        server,
        start(input_tokens=10, cache_read_input_tokens=90, output_tokens=1),
        *thinks(0, "Hm."),
        *block(1, {"type": "redacted_thinking", "data": "c2VjcmV0"}),
        *thinks(2, "Unsigned.", signature=""),
        *says(3, "Let me look.\n\n"),
        *search,
        *block(5, found),
        *ends("pause_turn", output_tokens=20),
    )
    answer_with(
        server, start(input_tokens=130, output_tokens=1), *says(0, "High at noon."), *ends("end_turn", output_tokens=7)
    )
    heard = await hear(provider)
    assert heard.text == "Let me look.\n\nHigh at noon."
    assert heard.finished == Finished(FinishReason.COMPLETE, Usage(230, 27, cached_tokens=90))
    first, second = (request.body["messages"] for request in server.requests)
    assert second[:-1] == first
    assert second[-1] == {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "Hm.", "signature": SIGNATURE},
            {"type": "redacted_thinking", "data": "c2VjcmV0"},
            {"type": "text", "text": "Let me look.\n\n"},
            {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "tides"}},
            found,
        ],
    }


async def test_a_turn_paused_twice_hands_back_all_of_it_and_for_ever_is_cut(
    server: ModelServer, provider: Provider
) -> None:
    for _ in range(20):
        answer_with(
            server, start(input_tokens=1), *thinks(0, "Hm."), *says(1, "word "), *ends("pause_turn", output_tokens=2)
        )
    heard = await hear(provider)
    assert heard.finished is not None and heard.finished.reason is FinishReason.CUT
    assert len(server.requests) == 9
    handed = server.requests[-1].body["messages"][-1]["content"]
    assert [one["type"] for one in handed] == ["thinking", "text"] * 8
    assert handed[-1]["text"] == "word"
    assert not server.refused


async def test_a_pause_that_cannot_be_gone_on_with_keeps_what_was_said(server: ModelServer, provider: Provider) -> None:
    answer_with(server, start(input_tokens=1), *says(0, "As far as it"), *ends("pause_turn", output_tokens=2))
    server.fail(Fault("status", status=529))
    heard = await hear(provider)
    assert heard.text == "As far as it"
    assert type(heard.error) is provider_errors.StreamBroken


IN_STREAM = {
    "overloaded_error": provider_errors.Overloaded,
    "api_error": provider_errors.Overloaded,
    "timeout_error": provider_errors.Overloaded,
    "rate_limit_error": provider_errors.RateLimited,
    "authentication_error": provider_errors.BadCredentials,
    "billing_error": provider_errors.NoCredit,
    "permission_error": provider_errors.BadCredentials,
    "not_found_error": provider_errors.ModelMissing,
    "request_too_large": provider_errors.ContextTooLong,
    "invalid_request_error": provider_errors.RequestRefused,
    "error_of_tomorrow": provider_errors.Overloaded,
}


@pytest.mark.parametrize("kind", IN_STREAM)
async def test_an_error_in_mid_stream_is_what_it_would_have_been_before(
    kind: str, server: ModelServer, provider: Provider
) -> None:
    failed = {"type": "error", "error": {"type": kind, "message": "Sorry"}, "request_id": "req_1"}
    answer_with(server, start(input_tokens=1), {"type": "ping"}, failed)
    heard = await hear(provider)
    assert type(heard.error) is IN_STREAM[kind]
    assert "req_011CSHoEeqs5C35K2UUqR7Fy" in heard.error.facts
    answer_with(server, start(input_tokens=1), *says(0, "As far"), failed)
    heard = await hear(provider)
    assert heard.text == "As far"
    assert type(heard.error) is provider_errors.StreamBroken
    assert "req_011CSHoEeqs5C35K2UUqR7Fy" in heard.error.facts


ENDS: dict[str | None, tuple[FinishReason | None, type[provider_errors.ProviderError]]] = {
    "end_turn": (FinishReason.COMPLETE, provider_errors.EmptyAnswer),
    "stop_sequence": (FinishReason.COMPLETE, provider_errors.EmptyAnswer),
    "max_tokens": (FinishReason.LENGTH, provider_errors.LimitSpent),
    "model_context_window_exceeded": (FinishReason.LENGTH, provider_errors.LimitSpent),
    "compaction": (FinishReason.LENGTH, provider_errors.LimitSpent),
    "refusal": (FinishReason.FILTERED, provider_errors.RequestRefused),
    "tool_use": (FinishReason.CUT, provider_errors.ToolWanted),
    "a_word_of_tomorrow": (FinishReason.CUT, provider_errors.StreamBroken),
    None: (None, provider_errors.StreamBroken),
}


@pytest.mark.parametrize("word", ENDS)
async def test_each_end_means_what_it_says(word: str | None, server: ModelServer, provider: Provider) -> None:
    reason, kind = ENDS[word]
    answer_with(server, start(input_tokens=1), *says(0, "As far as it"), *ends(word, output_tokens=4))
    heard = await hear(provider)
    assert heard.text == "As far as it"
    assert (heard.finished.reason if heard.finished else None) is reason
    answer_with(server, start(input_tokens=1), *ends(word, output_tokens=1))
    assert type((await hear(provider)).error) is kind


async def test_unknown_events_are_skipped(server: ModelServer, provider: Provider) -> None:
    odd = {"type": "block_of_tomorrow", "data": {"text": "no"}}
    answer_with(
        server,
        {"type": "ping"},
        start(input_tokens=3, cache_creation_input_tokens=7),
        {"type": "event_of_tomorrow", "index": 0},
        *block(0, odd, {"type": "delta_of_tomorrow", "data": 7}),
        *says(1, "Yes."),
        *ends("end_turn", output_tokens=2),
    )
    heard = await hear(provider)
    assert (heard.text, heard.error) == ("Yes.", None)
    assert heard.finished == Finished(FinishReason.COMPLETE, Usage(10, 2, stored_tokens=7))


async def test_what_is_kept_for_an_hour_is_told_apart(server: ModelServer, provider: Provider) -> None:
    kept: dict[str, Any] = {"cache_creation": {"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 70}}
    answer_with(
        server,
        start(input_tokens=5, cache_creation_input_tokens=100, **kept),
        *says(0, "Yes."),
        *ends("end_turn", output_tokens=2),
    )
    heard = await hear(provider)
    assert heard.finished == Finished(FinishReason.COMPLETE, Usage(105, 2, stored_tokens=100, stored_long_tokens=70))


async def test_the_limits_own_headers_say_how_long_to_wait(server: ModelServer, provider: Provider) -> None:
    limits = {
        "anthropic-ratelimit-requests-remaining": "49",
        "anthropic-ratelimit-requests-reset": "2026-11-20T12:05:00Z",
        "anthropic-ratelimit-input-tokens-remaining": "0",
        "anthropic-ratelimit-input-tokens-reset": "2026-11-20T12:00:13Z",
        "request-id": "req_011CSHoEeqs5C35K2UUqR7Fy",
    }
    server.fail(Fault("status", status=429, headers=limits))
    heard = await hear(provider)
    assert type(heard.error) is provider_errors.RateLimited
    assert heard.error.retry_after_s == 13
    assert "request-id=req_011CSHoEeqs5C35K2UUqR7Fy" in heard.error.facts


def read(body: bytes, pieces: Sequence[int] = ()) -> tuple[str, FinishReason | None, bool]:
    answer = Answer()
    said = MessageEvents(Endpoint("stand-in", "anthropic"), answer, FakeClock(), {}, Blocks())
    for begin, end in zip((0, *pieces), (*pieces, len(body)), strict=True):
        said.feed(body[begin:end])
    said.finish()
    text = "".join(getattr(piece, "text", "") for piece in answer.take())
    return text, answer.reason, answer.begun


def test_a_stream_cut_at_any_byte_is_never_taken_for_whole() -> None:
    last = events(*ends("end_turn", output_tokens=9))
    body = events(start(input_tokens=1), {"type": "ping"}, *says(0, "Grüße 👍🏽"), *says(1, ", you."))
    whole = "Grüße 👍🏽, you."
    for cut in range(len(body + last) + 1):
        text, reason, begun = read((body + last)[:cut])
        assert whole.startswith(text)
        assert begun is bool(text)
        if reason is FinishReason.COMPLETE:
            assert text == whole and b"end_turn" in (body + last)[:cut]


def test_a_stream_may_come_in_pieces_of_any_size() -> None:
    body = events(start(input_tokens=1), *says(0, "Grüße 👍🏽"), *ends("end_turn", output_tokens=9))
    for size in (1, 2, 3, 7, 100):
        assert read(body, range(size, len(body), size)) == ("Grüße 👍🏽", FinishReason.COMPLETE, True)
