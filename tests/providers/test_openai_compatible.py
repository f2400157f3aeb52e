"""What vendors made of OpenAI's wire format."""

from types import SimpleNamespace

import orjson
import pytest

from bot.domain import provider_errors
from bot.domain.events import Finished, ReasoningDelta, TextDelta
from bot.domain.turns import FinishReason, Usage
from bot.standins.model import Fault, ModelServer
from providers.answer import Answer
from providers.litellm import take, take_whole
from providers.openai_compatible import OpenAICompatible
from tests.providers.asking import OPENAI, Open, hear


def stream_of(*chunks: object, end: str = "data: [DONE]\n\n") -> Fault:
    body = "".join(f"data: {orjson.dumps(chunk).decode()}\n\n" for chunk in chunks)
    return Fault("status", status=200, body=body + end)


def delta(content: object = None, finish: str | None = None, **more: object) -> object:
    return {"choices": [{"index": 0, "delta": {"content": content, **more}, "finish_reason": finish}]}


async def test_mistrals_lists_of_parts_are_text_and_thinking(server: ModelServer, open_: Open) -> None:
    thinking = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm. "}]}]
    server.fail(
        stream_of(
            delta(thinking),
            delta([{"type": "text", "text": "Yes"}, {"type": "reference", "reference_ids": [1]}]),
            delta(", really.", finish="stop"),
        )
    )
    heard = await hear(open_(OPENAI))
    assert (heard.reasoning, heard.text) == ("Hm. ", "Yes, really.")
    assert heard.finished == Finished(FinishReason.COMPLETE)


PARTS = {
    "text": ([{"type": "text", "text": "Yes."}], "", "Yes."),
    "output text": ([{"type": "output_text", "text": "Yes."}], "", "Yes."),
    "strings": (["Ye", "s."], "", "Yes."),
    "a refusal": ([{"type": "refusal", "refusal": "I would rather not."}], "", "I would rather not."),
    "thinking": ([{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Yes."}], "Hm.", "Yes."),
    "thinking in parts": (
        [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "Yes."}],
        "Hm.",
        "Yes.",
    ),
    "reasoning": (
        [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]}, {"type": "text", "text": "Yes."}],
        "Hm.",
        "Yes.",
    ),
    "an object": ({"type": "text", "text": "Yes."}, "", "Yes."),
    "text within text": ([{"type": "text", "text": {"value": "Yes."}}], "", "Yes."),
    "others beside": ([7, None, [], {}, {"type": "reference"}, {"type": "text", "text": "Yes."}], "", "Yes."),
}


@pytest.mark.parametrize("whole", [False, True], ids=["stream", "whole"])
@pytest.mark.parametrize(("content", "thought", "text"), PARTS.values(), ids=PARTS)
async def test_a_content_of_parts_is_read_part_by_part(
    content: object, thought: str, text: str, whole: bool, server: ModelServer, open_: Open
) -> None:
    answer = {"choices": [{"message": {"content": content}, "finish_reason": "stop"}]}
    one = Fault("status", status=200, body=orjson.dumps(answer).decode())
    server.fail(one if whole else stream_of(delta(content), delta(finish="stop")))
    heard = await hear(open_(OPENAI))
    assert (heard.error, heard.reasoning, heard.text) == (None, thought, text)


@pytest.mark.parametrize(("content", "thought", "text"), PARTS.values(), ids=PARTS)
def test_a_content_of_parts_is_read_alike_through_litellm(content: object, thought: str, text: str) -> None:
    said = SimpleNamespace(content=content, reasoning_content=None)
    for choice in SimpleNamespace(delta=said), SimpleNamespace(message=said):
        choice.finish_reason = "stop"
        heard, chunk = Answer(), SimpleNamespace(choices=[choice], usage=None)
        (take if hasattr(choice, "delta") else take_whole)(chunk, heard)
        pieces = heard.take()
        assert "".join(piece.text for piece in pieces if isinstance(piece, ReasoningDelta)) == thought
        assert "".join(piece.text for piece in pieces if isinstance(piece, TextDelta)) == text


async def test_openrouters_reasoning_is_reasoning(server: ModelServer, open_: Open) -> None:
    server.fail(stream_of(delta("", reasoning="Hm."), delta("Yes."), delta(finish="length")))
    heard = await hear(open_(OPENAI))
    assert (heard.reasoning, heard.text) == ("Hm.", "Yes.")
    assert heard.finished == Finished(FinishReason.LENGTH)


@pytest.mark.parametrize("end", ["", "data: [DONE]", "data: [DONE]\n"])
async def test_the_finish_reason_is_enough_of_an_end(end: str, server: ModelServer, open_: Open) -> None:
    usage = {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}
    server.fail(stream_of(delta("Yes."), delta(finish="stop"), usage, end=end))
    assert (await hear(open_(OPENAI))).finished == Finished(FinishReason.COMPLETE, Usage(3, 4))


async def test_the_last_event_may_lack_its_empty_line(server: ModelServer, open_: Open) -> None:
    server.fail(stream_of(delta("Yes."), end=f"data: {orjson.dumps(delta('!', finish='stop')).decode()}"))
    heard = await hear(open_(OPENAI))
    assert heard.text == "Yes.!"
    assert heard.error is None


async def test_what_is_torn_after_the_finish_reason_is_no_loss(server: ModelServer, open_: Open) -> None:
    server.fail(stream_of(delta("Yes."), delta(finish="stop"), end='data: {"usage": {"prom'))
    heard = await hear(open_(OPENAI))
    assert heard.text == "Yes."
    assert heard.finished == Finished(FinishReason.COMPLETE)


@pytest.mark.parametrize(
    ("chunk", "expected"),
    [
        ({"error": {"message": "Provider returned error", "code": 429}}, provider_errors.RateLimited),
        ({"error": {"message": "Upstream trouble", "code": "server_error"}}, provider_errors.Overloaded),
        ({"error": {"message": "context length exceeded", "code": 400}}, provider_errors.ContextTooLong),
        (delta(finish="error"), provider_errors.StreamBroken),
        ([1, 2], provider_errors.StreamBroken),
        ({"choices": [{"delta": {"content": 7}}]}, provider_errors.EmptyAnswer),
        ({"choices": {"a": 1}}, provider_errors.StreamBroken),
    ],
)
async def test_an_error_inside_the_stream_before_any_text(
    chunk: object, expected: type[provider_errors.ProviderError], server: ModelServer, open_: Open
) -> None:
    server.fail(stream_of(chunk))
    assert type((await hear(open_(OPENAI))).error) is expected


LONG_NAME = "hf.co/unsloth/some-model-with-a-long-name-" + "x" * 200 + ":UD-Q4_K_XL"
LISTS = {
    "data": {"object": "list", "data": [{"id": "b"}, {"id": "a"}]},
    "models": {"models": [{"name": "a", "model": "a:latest"}, {"model": "b"}]},
    "bare": ["b", "a"],
    "bare objects": [{"id": "b"}, {"name": "a"}],
    "names": {"data": ["a", "b"]},
    "filed": {"data": {"a": {"owned_by": "x"}, "b": {}}},
    "one within the other": {"data": {"models": [{"id": "a"}, {"id": "b"}]}},
    "result": {"result": [{"name": "a"}, {"name": "b"}], "success": True},
    "twice": {"data": [{"id": "a"}, {"id": "a"}, {"id": " b "}, {"id": "b"}]},
    "others beside": {"data": [{"id": "a"}, None, 7, {}, {"id": None}, {"id": 3}, [], "", " ", {"id": "b"}]},
    "nulls beside": {"data": [{"id": "a"}, {"id": "b"}], "error": None, "models": None},
    "marks before": b'\xef\xbb\xbf {"data":[{"id":"a"},{"id":"b","x":NaN}]}',
    "a line each": b'{"data":[{"id":"a"},{"id":"b"}]}\n{"x":1}\n',
}


@pytest.mark.parametrize("listed", LISTS.values(), ids=LISTS)
async def test_a_list_of_models_is_read_in_any_of_its_forms(listed: object, server: ModelServer, open_: Open) -> None:
    server.listed = listed
    provider = open_(OPENAI)
    assert isinstance(provider, OpenAICompatible)
    assert await provider.models() == ["a", "b"]


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ({"data": None}, []),
        ({"data": []}, []),
        ([], []),
        ({"data": "gpt"}, ["gpt"]),
        ({"data": [{"id": LONG_NAME}]}, [LONG_NAME]),
        ({}, provider_errors.StreamBroken),
        (None, provider_errors.StreamBroken),
        (7, provider_errors.StreamBroken),
        (b"", provider_errors.StreamBroken),
        (b"{", provider_errors.StreamBroken),
        (b"\xff\xfe", provider_errors.StreamBroken),
        (b"<!doctype html><title>Log in</title>", provider_errors.WrongAddress),
        ({"error": {"message": "Incorrect API key provided", "code": 401}}, provider_errors.BadCredentials),
    ],
)
async def test_what_is_no_list_of_models_says_what_it_is(
    listed: object, expected: list[str] | type[provider_errors.ProviderError], server: ModelServer, open_: Open
) -> None:
    server.listed = listed
    provider = open_(OPENAI)
    assert isinstance(provider, OpenAICompatible)
    if isinstance(expected, list):
        assert await provider.models() == expected
    else:
        with pytest.raises(expected):
            await provider.models()


async def test_usage_is_asked_for(server: ModelServer, open_: Open) -> None:
    await hear(open_(OPENAI))
    assert server.requests[0].body["stream_options"] == {"include_usage": True}
    assert server.requests[0].headers["Authorization"].startswith("Bearer ")
