"""What vendors, proxies and mock servers put on the wire beside the words costs no answer."""

# ruff: noqa: E501  # quotations stay whole

import itertools
import json
from typing import Any

import pytest

from bot.domain import provider_errors
from bot.domain.events import Finished
from bot.domain.turns import FinishReason, Usage
from bot.standins.model import Fault, ModelServer
from tests.providers.asking import GEMINI, OPENAI, Open, Vendor, hear

VALUES: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    10**15,
    10**19,
    1.5,
    "",
    "x",
    "7",
    [],
    [None],
    ["x"],
    [[]],
    [{}],
    {},
    {"x": {}},
    {"a": [1]},
)
FIELDS = (
    "id", "object.", "created", "model", "usage", "usage.prompt_tokens", "usage.completion_tokens",
    "usage.prompt_tokens_details", "service_tier", "x_groq", "choices.0.index", "choices.0.logprobs",
    "choices.0.delta.role", "choices.0.delta.reasoning_content", "choices.0.delta.reasoning",
    "choices.0.delta.reasoning_details", "choices.0.delta.images", "choices.0.delta.images.0",
    "choices.0.delta.images.0.image_url", "choices.0.delta.tool_calls", "choices.0.delta.annotations",
    "choices.0.delta.function_call",
)  # fmt: skip


def chunk(content: object = None, finish: object = None, **more: object) -> dict[str, object]:
    return {"id": "1", "choices": [{"index": 0, "delta": {"content": content, **more}, "finish_reason": finish}]}


def put(data: object, path: str, value: object) -> None:
    *way, last = path.rstrip(".").split(".")
    for number, step in enumerate(way):
        if isinstance(data, list):
            data = data[int(step)]
            continue
        assert isinstance(data, dict)
        following = way[number + 1] if number + 1 < len(way) else last
        data = data.setdefault(step, [None] if following == "0" else {})
    if isinstance(data, list):
        data[int(last)] = value
    elif isinstance(data, dict):
        data[last] = value


def events(*chunks: object, end: str = "data: [DONE]\n\n") -> str:
    return "".join(f"data: {each if isinstance(each, str) else json.dumps(each)}\n\n" for each in chunks) + end


def answer(server: ModelServer, body: str, status: int = 200) -> None:
    server.fail(Fault("status", status=status, body=body))


@pytest.mark.parametrize("field", FIELDS)
async def test_no_type_of_what_is_beside_the_words_costs_the_answer(
    field: str, server: ModelServer, open_: Open
) -> None:
    provider = open_(OPENAI)
    for value in VALUES:
        odd = chunk(" two")
        put(odd, field, value)
        answer(server, events(chunk("one"), odd, chunk(" three", "stop")))
        heard = await hear(provider)
        assert (heard.error, heard.text) == (None, "one two three"), value
        assert heard.finished is not None
        usage = heard.finished.usage
        assert usage is None or usage.input_tokens + usage.output_tokens < 10**8


ODD = ("", " ", "ping", "null", "[]", "17", '"x"', '{"choices":[null]}', '{"choices":[]}', '{"choices":null}',
       '{"x":NaN,"choices":[]}', "[DONE", '{"event":"keepalive"}')  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
async def test_what_is_no_event_is_passed_over(odd: str, server: ModelServer, open_: Open) -> None:
    answer(server, events(odd, chunk("one"), odd, chunk(" two", "stop"), odd))
    heard = await hear(open_(OPENAI))
    assert (heard.error, heard.text) == (None, "one two")
    assert heard.finished is not None
    assert heard.finished.reason is FinishReason.COMPLETE


@pytest.mark.parametrize("odd", ["ping", "17", "[]", "null"])
async def test_only_what_is_no_event_is_broken(odd: str, server: ModelServer, open_: Open) -> None:
    answer(server, events(odd, odd))
    assert type((await hear(open_(OPENAI))).error) is provider_errors.StreamBroken


WORDS = {
    "an object": (chunk({"type": "text", "text": "Yes."}), "Yes."),
    "strings": (chunk(["Ye", "s."]), "Yes."),
    "output text": (chunk([{"type": "output_text", "text": "Yes."}]), "Yes."),
    "the old text": ({"choices": [{"text": "Yes.", "index": 0}]}, "Yes."),
    "a raw tab": ('{"choices":[{"delta":{"content":"a\tb"}}]}', "a\tb"),
    "NaN beside": ('{"x":NaN,"choices":[{"delta":{"content":"Yes."}}]}', "Yes."),
    "the model's refusal": (chunk(None, refusal="I would rather not."), "I would rather not."),
    "a broken picture": (chunk("Yes.", images=[{"image_url": {"url": "data:image/png;base64,A"}}]), "Yes."),
}


@pytest.mark.parametrize(("odd", "text"), WORDS.values(), ids=WORDS)
async def test_words_in_another_form_are_words(odd: object, text: str, server: ModelServer, open_: Open) -> None:
    answer(server, events(odd, chunk(None, "stop")))
    heard = await hear(open_(OPENAI))
    assert (heard.error, heard.text) == (None, text)


async def test_halves_of_a_sign_are_put_together(server: ModelServer, open_: Open) -> None:
    halves = [
        f'{{"choices":[{{"delta":{{"content":"{half}"}}}}]}}' for half in ("a\\ud83d", "\\ude00b", "\\ud83d", "c")
    ]
    answer(server, events(*halves, chunk(None, "stop")))
    assert (await hear(open_(OPENAI))).text == "a😀b\ufffdc"


@pytest.mark.parametrize("end", ["[DONE]", "[DONE] ", " [done]", "DONE"])
async def test_done_is_done(end: str, server: ModelServer, open_: Open) -> None:
    answer(server, events(chunk("Yes."), end=f"data: {end}\n\n"))
    assert (await hear(open_(OPENAI))).finished == Finished(FinishReason.COMPLETE)


DONE = "stop", "STOP", "eos", "end_turn", "stop_sequence"
FULL = "length", "max_tokens", "MAX_TOKENS", "max_output_tokens", "model_context_window_exceeded"
HELD = "content_filter", "SAFETY", "sensitive", "refusal"
CUT = ("insufficient_system_resource", "network_error", "cancelled", "timeout", "error", "error_finish", "pause_turn",
       "repetition_truncation", "tool_calls", "anything new", 7, {"a": 1})  # fmt: skip


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        *itertools.product(DONE, [FinishReason.COMPLETE]),
        *itertools.product(FULL, [FinishReason.LENGTH]),
        *itertools.product(HELD, [FinishReason.FILTERED]),
        *itertools.product(CUT, [FinishReason.CUT]),
    ],
)
async def test_only_what_means_done_is_done(
    word: object, reason: FinishReason, server: ModelServer, open_: Open
) -> None:
    answer(server, events(chunk("As far as it"), chunk(None, word)))
    heard = await hear(open_(OPENAI))
    assert (heard.error, heard.finished) == (None, Finished(reason))


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("stop", FinishReason.COMPLETE),
        ("max_output_tokens", FinishReason.LENGTH),
        ("network_error", FinishReason.CUT),
        ("a_word_of_tomorrow", FinishReason.CUT),
    ],
)
async def test_litellms_stop_is_not_believed(word: str, reason: FinishReason, server: ModelServer, open_: Open) -> None:
    answer(server, events(chunk("As far as it"), chunk(None, word)))
    heard = await hear(open_(Vendor("litellm", name="openai", path="/v1")))
    assert heard.error is None and heard.finished is not None
    assert heard.finished.reason is reason


async def test_an_end_without_a_reason_is_none(server: ModelServer, open_: Open) -> None:
    answer(server, events(chunk("As far"), chunk(None, ""), end=""))
    assert type((await hear(open_(OPENAI))).error) is provider_errors.StreamBroken


ERRORS = {
    "object": ({"object": "error", "message": "Something failed", "code": 50000}, provider_errors.Overloaded),
    "type": ({"type": "error", "error": {"message": "Overloaded", "type": "overloaded_error"}}, provider_errors.Overloaded),
    "words": ({"error": "model 'x' not found"}, provider_errors.ModelMissing),
    "too long": ({"error": {"code": "context_length_exceeded", "message": "Too long."}}, provider_errors.ContextTooLong),
    "no credit": ({"error": {"code": "insufficient_quota", "message": "Your quota."}}, provider_errors.NoCredit),
    "rate": ({"error": {"code": "rate_limit_exceeded", "message": "Slow down."}}, provider_errors.RateLimited),
    "filter": ({"error": {"code": "content_filter", "message": "Filtered."}}, provider_errors.RequestRefused),
    "MiniMax": ({"choices": None, "base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}, provider_errors.NoCredit),
    "Cloudflare": ({"success": False, "result": None, "errors": [{"code": 1, "message": "Authentication error"}]}, provider_errors.BadCredentials),
    "Baidu": ({"error_code": 18, "error_msg": "Open api qps request limit reached: too many requests"}, provider_errors.RateLimited),
    "Tencent": ({"Response": {"Error": {"Code": "InvalidParameter", "Message": "context length exceeded"}}}, provider_errors.ContextTooLong),
    "FastAPI": ({"detail": [{"loc": ["body", "model"], "msg": "The model `x` does not exist"}]}, provider_errors.ModelMissing),
    "a problem": ({"title": "Too Many Requests", "status": 429}, provider_errors.RateLimited),
    "unknown": ({"what": "ever"}, provider_errors.StreamBroken),
}  # fmt: skip


NO_ERRORS: tuple[object, ...] = (
    None,
    "",
    {},
    [],
    False,
    0,
    {"code": 0, "message": ""},
    {"code": None},
    {"code": "0", "message": "success"},
)


@pytest.mark.parametrize("whole", [False, True], ids=["events", "body"])
async def test_an_error_that_says_there_is_none_costs_nothing(whole: bool, server: ModelServer, open_: Open) -> None:
    provider = open_(OPENAI)
    for blank in NO_ERRORS:
        beside = {"error": blank, "base_resp": {"status_code": 0, "status_msg": ""}}
        message = {"choices": [{"message": {"content": "one two"}, "finish_reason": "stop"}], **beside}
        answer(
            server,
            json.dumps(message) if whole else events({**chunk("one"), **beside}, {**chunk(" two", "stop"), **beside}),
        )
        heard = await hear(provider)
        assert (heard.error, heard.text) == (None, "one two"), blank


async def test_what_is_no_event_hides_no_reason(server: ModelServer, open_: Open) -> None:
    answer(server, events("ping", chunk(None, reasoning="Hm."), chunk(None, "length")))
    assert type((await hear(open_(OPENAI))).error) is provider_errors.LimitSpent


@pytest.mark.parametrize("whole", [False, True], ids=["event", "body"])
@pytest.mark.parametrize(("said", "expected"), ERRORS.values(), ids=ERRORS)
async def test_an_error_is_an_error_in_any_form(
    said: object, expected: type[Exception], whole: bool, server: ModelServer, open_: Open
) -> None:
    answer(server, json.dumps(said) if whole else events(said))
    assert type((await hear(open_(OPENAI))).error) is expected


MESSAGE = {"choices": [{"message": {"role": "assistant", "content": "Yes."}, "finish_reason": "stop"}],
           "usage": {"input_tokens": 3, "output_tokens": 4}}  # fmt: skip
OLLAMA = (
    {"message": {"content": "Ye"}, "done": False},
    {"message": {"content": "s."}, "done": False},
    {"message": {"content": ""}, "done": True, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 4},
)
RESPONSES = (
    {"type": "response.created", "response": {}},
    {"type": "response.output_text.delta", "delta": "Yes."},
    {"type": "response.completed", "response": {"usage": {"input_tokens": 3, "output_tokens": 4}}},
)
BODIES = {
    "a whole answer": json.dumps(MESSAGE),
    "a whole answer on lines": json.dumps(MESSAGE, indent=2),
    "a line each": "\n".join(map(json.dumps, OLLAMA)) + "\n",
    "responses": events(*RESPONSES, end=""),
}


@pytest.mark.parametrize("status", [200, 201])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_the_first_bytes_decide_what_a_body_is(body: str, status: int, server: ModelServer, open_: Open) -> None:
    answer(server, body, status)
    heard = await hear(open_(OPENAI))
    assert (heard.error, heard.text) == (None, "Yes.")
    assert heard.finished == Finished(FinishReason.COMPLETE, Usage(3, 4))


async def test_a_page_for_people_is_no_answer(server: ModelServer, open_: Open) -> None:
    answer(server, "<!doctype html><title>Log in</title>")
    assert type((await hear(open_(OPENAI))).error) is provider_errors.WrongAddress


async def test_a_long_header_costs_nothing(server: ModelServer, open_: Open) -> None:
    server.fail(Fault("status", status=200, body=events(chunk("Yes.", "stop")), headers={"X-Policy": "a" * 20_000}))
    assert (await hear(open_(OPENAI))).text == "Yes."


async def test_what_is_torn_in_the_middle_is_not_called_whole(server: ModelServer, open_: Open) -> None:
    answer(server, events(chunk("one"), '{"choices": [{"delta": {"content": tw', chunk(" three", "stop")))
    heard = await hear(open_(OPENAI))
    assert heard.finished == Finished(FinishReason.CUT)


def gemini(text: str, finish: str | None = None) -> str:
    return json.dumps({"candidates": [{"content": {"parts": [{"text": text}]}, "finishReason": finish}]})


BETWEEN = {
    "comment": ": keep-alive\n\n", "bare comment": ":\n", "event name": "event: ping\n", "id": "id: 7\n\n",
    "retry": "retry: 100\n\n", "no data": "data:\n\n", "a word": "data: ping\n\n", "null": "data: null\n\n",
    "a list": "data: []\n\n", "done": "data: [DONE]\n\n",
}  # fmt: skip


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("odd", BETWEEN.values(), ids=BETWEEN)
async def test_gemini_behind_a_gateway_is_heard_to_its_end(
    odd: str, end: str, server: ModelServer, open_: Open
) -> None:
    said = f"{odd}data: {gemini('one')}\n\n{odd}data:{gemini(' two')}\n\n{odd}data: {gemini(' three', 'STOP')}\n\n{odd}"
    body = said.replace("\n", end)
    server.fail(Fault("status", status=200, body=body, headers={"Content-Type": "text/event-stream"}))
    heard = await hear(open_(GEMINI))
    assert (heard.error, heard.text) == (None, "one two three")
    assert heard.finished == Finished(FinishReason.COMPLETE)


def numbered(*pieces: tuple[int, str | None, str | None]) -> list[dict[str, Any]]:
    """Chunks of choices: index, words, the reason to end."""
    return [{"choices": [{"index": n, "delta": {"content": said}, "finish_reason": end}]} for n, said, end in pieces]


SEVERAL: dict[str, tuple[list[dict[str, Any]], str]] = {
    "in turn": (
        numbered((0, "One", None), (1, "No", None), (0, " two.", None), (1, "!", None), (0, None, "stop")),
        "One two.",
    ),
    "several pieces of the other": (
        numbered(
            (0, "One", None), (1, "No", None), (0, " two", None), (1, "x", None), (1, "y", None), (0, ".", "stop")
        ),
        "One two.",
    ),
    "the other ends first": (
        numbered((0, "One", None), (1, "No", None), (0, " two", None), (1, None, "stop"), (0, ".", "stop")),
        "One two.",
    ),
    "one behind the other": (
        numbered((0, "One two.", None), (0, None, "stop"), (1, "No", None), (1, None, "stop")),
        "One two.",
    ),
    "in one event": (
        [
            {"choices": [{"index": 1, "delta": {"content": "No"}}, {"index": 0, "delta": {"content": "One two."}}]},
            *numbered((1, "!", "stop"), (0, None, "stop")),
        ],
        "One two.",
    ),
    "an index for each piece": (
        numbered((0, "One", None), (1, " two", None), (2, ".", None), (3, None, "stop")),
        "One two.",
    ),
    "an index for each block": (
        numbered((0, "", None), (1, "One", None), (1, " two.", None), (1, None, "stop")),
        "One two.",
    ),
    "the last piece has its own": (numbered((0, "One", None), (1, " two.", "stop")), "One two."),
}


@pytest.mark.parametrize(("chunks", "text"), SEVERAL.values(), ids=SEVERAL)
async def test_of_several_answers_one_is_read_and_of_one_all_of_it(
    chunks: list[dict[str, Any]], text: str, server: ModelServer, open_: Open
) -> None:
    answer(server, events(*chunks))
    heard = await hear(open_(OPENAI))
    assert (heard.error, heard.text) == (None, text)
    assert heard.finished is not None and heard.finished.reason is FinishReason.COMPLETE
