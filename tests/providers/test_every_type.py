"""Every type of JSON at every field of every vendor's stream, and bytes that no JSON has: nothing costs what was said.

Pure functions over parsed events: the readers of `providers`, between the wire and the answer. What stands in the way
of the words themselves may cost the words of its own event, and nothing else.
"""

import copy
import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from google.genai import types

from bot.contracts.provider import Endpoint
from bot.domain import provider_errors
from bot.domain.events import TextDelta
from bot.domain.turns import FinishReason, Usage
from bot.standins.dialects import Anthropic, Dialect, Gemini, OpenAI
from bot.standins.model import Fault, ModelServer
from providers.answer import Answer
from providers.anthropic_events import Blocks, MessageEvents
from providers.chunks import Chunks
from providers.gemini_events import take as take_gemini
from providers.gemini_wire import cleaned
from providers.litellm import take as take_litellm
from providers.loose import Halves
from tests.providers.asking import ANTHROPIC, GEMINI, LITELLM, OPENAI, WIRED, Heard, Open, Vendor, hear
from tests.support.clock import FakeClock

# litellm 1.106 with today's pydantic.
pytestmark = pytest.mark.filterwarnings("ignore:Item .* on TypedDict class")

DEEP: Any = "x"
for _ in range(200):
    DEEP = [DEEP]
VALUES: tuple[Any, ...] = (
    None, False, True, 0, -1, 1.5, 10**19, "", "x", "\ud83d", [], {}, [None], ["x"], [{}], {"x": {}}, {"text": 7}, DEEP,
)  # fmt: skip
DROPPED = object()
WORDS = ("one ", "two ", "three")
Path = tuple[str | int, ...]


def stream_of(dialect: Dialect) -> list[Any]:
    """The events of an answer, as vendors write them."""
    said = [dialect.opening("m"), *dialect.frames("m", ["Hm."], WORDS)]
    said.append(dialect.ending("m", FinishReason.COMPLETE, Usage(3, 4)))
    lines = b"".join(said).splitlines()
    return [orjson.loads(line[6:]) for line in lines if line.startswith(b"data: {")]


def paths_in(data: Any, way: Path = ()) -> Iterator[Path]:
    yield way
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for name, value in items:
        yield from paths_in(value, (*way, name))


def put(data: Any, way: Path, value: Any) -> Any:
    if not way:
        return value
    data = copy.deepcopy(data)
    inner = data
    for step in way[:-1]:
        inner = inner[step]
    if value is DROPPED:
        del inner[way[-1]]
    else:
        inner[way[-1]] = value
    return data


def mutations(events: list[Any]) -> Iterator[tuple[int, Path, list[Any]]]:
    """One event each time with another value at one of its fields, without the field, or with one that nobody knows."""
    for number, event in enumerate(events):
        for way in paths_in(event):
            for value in (DROPPED, *VALUES) if way else VALUES:
                yield number, way, [*events[:number], put(event, way, value), *events[number + 1 :]]
            for value in VALUES:
                yield number, (*way, "?"), [*events[:number], _with(event, way, value), *events[number + 1 :]]


def _with(event: Any, way: Path, value: Any) -> Any:
    event = copy.deepcopy(event)
    inner = event
    for step in way:
        inner = inner[step]
    if isinstance(inner, dict):
        inner["nobody_knows"] = value
    return event


def end(answer: Answer, read: Callable[[Answer], None]) -> Heard:
    """What an answer comes to; any error but our own is a failure."""
    heard = Heard()
    try:
        read(answer)
    finally:
        heard.text = "".join(piece.text for piece in answer.take() if isinstance(piece, TextDelta))
    try:
        heard.finished = answer.finished()
    except provider_errors.ProviderError as error:
        heard.error = error
    return heard


def read_openai(events: list[Any]) -> Heard:
    def read(answer: Answer) -> None:
        chunks = Chunks(Endpoint("stand-in", "openai_compatible"), answer, FakeClock())
        # A half of a sign goes over the wire escaped, so not by orjson.
        chunks.feed(b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events))
        chunks.feed(b"data: [DONE]\n\n")
        chunks.finish()

    return end(Answer(), read)


def read_gemini(events: list[Any]) -> Heard:
    """As the provider does; that the library takes what was cleaned is a part of the law."""

    def read(answer: Answer) -> None:
        halves = Halves()
        for event in events:
            if isinstance(event, dict):
                said = orjson.loads(orjson.dumps(cleaned(event, halves)))
                take_gemini(types.GenerateContentResponse.model_validate(said), answer)
        answer.end()

    return end(Answer(), read)


def beside_openai(way: Path) -> bool:
    """Whether what stands at `way` is neither the words nor on the way to them."""
    on_the_way = way in ((), ("choices",), ("choices", 0))
    return not on_the_way and not {"content", "delta", "finish_reason"} & set(way)


def beside_gemini(way: Path) -> bool:
    """As above."""
    return way[:1] not in ((), ("candidates",)) or bool({"role", "index", "?"} & set(way))


def read_anthropic(events: list[Any]) -> Heard:
    def read(answer: Answer) -> None:
        said = MessageEvents(Endpoint("stand-in", "anthropic"), answer, FakeClock(), {}, Blocks())
        said.feed(b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events))
        said.finish()
        answer.usage = said.usage

    return end(Answer(), read)


def beside_anthropic(way: Path) -> bool:
    """As above."""
    return bool(way) and not {"type", "delta", "content_block", "text"} & set(way)


READERS: dict[str, tuple[Dialect, Callable[[list[Any]], Heard], Callable[[Path], bool]]] = {
    "openai": (OpenAI(), read_openai, beside_openai),
    "gemini": (Gemini(), read_gemini, beside_gemini),
    "anthropic": (Anthropic(), read_anthropic, beside_anthropic),
}


@pytest.mark.parametrize("name", READERS)
def test_no_type_at_any_field_costs_more_than_its_own_words(name: str) -> None:
    dialect, read, is_beside = READERS[name]
    events = stream_of(dialect)
    assert read(events).text == "".join(WORDS)
    first = [WORDS[0] in orjson.dumps(event).decode() for event in events].index(True)
    # What a block begins with stands in an event of its own.
    for number, way, odd in mutations(events):
        heard = read(odd)
        assert heard.error is None or type(heard.error) is provider_errors.StreamBroken, (way, odd)
        for word in WORDS[: number - first] + WORDS[max(0, number - first + 1) :]:
            assert word in heard.text, (way, odd)
        assert heard.error is not None or heard.text
        if is_beside(way):
            assert (heard.error, heard.text) == (None, "".join(WORDS)), (way, odd)
            assert heard.finished is not None
            assert heard.finished.reason is FinishReason.COMPLETE, (way, odd)
        if heard.finished is not None and (usage := heard.finished.usage) is not None:
            assert usage.input_tokens < 10**8 and 0 < usage.output_tokens < 10**8


@pytest.mark.parametrize(
    "field", ["content", "reasoning_content", "finish_reason", "delta", "usage", "choices", "choice"]
)
def test_no_type_of_what_litellm_hands_on_is_an_error(field: str) -> None:
    for value in VALUES:
        delta = SimpleNamespace(content="Yes.", reasoning_content=None)
        choice = SimpleNamespace(delta=delta, finish_reason="stop")
        chunk = SimpleNamespace(choices=[choice], usage=SimpleNamespace(prompt_tokens=3, completion_tokens=4))
        for holder in (chunk, choice, delta):
            if hasattr(holder, field):
                setattr(holder, field, value)
        if field == "choice":
            chunk.choices = [value]
        answer = Answer()
        take_litellm(chunk, answer)
        assert field in ("content", "delta", "choices", "choice") or answer.begun


VENDORS = ((OPENAI, OpenAI()), (GEMINI, Gemini()), (ANTHROPIC, Anthropic()))


def spoilt(body: bytes) -> dict[str, bytes]:
    """What proxies and programs of one evening make of the bytes of a stream."""
    return {
        "a byte order mark": b"\xef\xbb\xbf" + body,
        "blank lines first": b"\r\n\r\n" + body,
        "CR LF": body.replace(b"\n", b"\r\n"),
        "CR": body.replace(b"\n", b"\r"),
        "each its own": body.replace(b"\n\n", b"\r\n\n", 1).replace(b"\n\n", b"\n\r\n", 1),
        "no blank": body.replace(b"data: ", b"data:"),
        "comments": body.replace(b"\n\n", b"\n\n: keep-alive\n\n"),
        "a filler between": body.replace(b"\n\n", b"\n\n\0", 1),
        "a filler within": body.replace(b"three", b"thr\0ee"),
        "an escaped zero": body.replace(b"three", b"thr\\u0000ee"),
        "two in one line": body.replace(b"}\n\ndata: {", b"}{", 1),
        "not UTF-8": body.replace(b"three", b"th\xffree"),
        "half a sign": body.replace(b"three", b"th\\ud83dree"),
        "half of its bytes": body.replace(b"three", b"th\xf0\x9free"),
        "a whole sign in halves": body.replace(b"three", b"th\\ud83d\\ude00ree"),
    }


@pytest.mark.parametrize(("vendor", "dialect"), VENDORS, ids=["openai", "gemini", "anthropic"])
async def test_no_byte_costs_the_answer(vendor: Vendor, dialect: Dialect, server: ModelServer, open_: Open) -> None:
    provider = open_(vendor)
    said = dialect.frames("m", (), WORDS)
    body = b"".join([*said, dialect.ending("m", FinishReason.COMPLETE, Usage(3, 4))])
    for name, odd in spoilt(body).items():
        server.fail(Fault("status", status=200, body=odd, headers={"Content-Type": "text/event-stream"}))
        heard = await hear(provider)
        assert heard.error is None, name
        assert heard.finished is not None and heard.finished.reason is FinishReason.COMPLETE, name
        words = heard.text.replace("\ufffd", "").replace("😀", "")
        assert words == "".join(WORDS), name


async def test_a_whole_answer_of_geminis_is_read_as_generously(server: ModelServer, open_: Open) -> None:
    provider = open_(GEMINI)
    refusal = {"error": {"code": 400, "message": "Streaming is not supported for this model"}}
    server.fail(Fault("status", status=400, body=refusal))
    assert type((await hear(provider)).error) is provider_errors.NotTaken
    said = [Gemini().token("m", word) for word in WORDS]
    stream = b"".join([*said, Gemini().ending("m", FinishReason.COMPLETE, Usage(3, 4))])
    events = [orjson.loads(line[6:]) for line in stream.splitlines() if line]
    odd = [put(event, ("modelVersion",), 7) for event in events]
    for body in (stream, orjson.dumps(events), orjson.dumps(odd), b"\n".join(map(orjson.dumps, events))):
        server.fail(Fault("status", status=200, body=body, headers={"Content-Type": "application/json"}))
        heard = await hear(provider)
        assert (heard.error, heard.text) == (None, "".join(WORDS))
    for body in (b"", b"null", b"{", b"[]"):
        server.fail(Fault("status", status=200, body=body, headers={"Content-Type": "application/json"}))
        assert type((await hear(provider)).error) is provider_errors.StreamBroken


def test_a_draft_of_a_picture_is_thinking() -> None:
    blob = {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}
    parts = [{**blob, "thought": True}, blob]
    data = {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}
    answer = Answer()
    take_gemini(types.GenerateContentResponse.model_validate(cleaned(data, Halves())), answer)
    assert len(answer.take()) == 1


@pytest.mark.parametrize("vendor", WIRED, ids=lambda vendor: vendor.kind)
async def test_what_is_no_stream_is_an_error_of_ours(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    provider = open_(vendor)
    for body in (
        b"",
        b"\0\0\0",
        b"\n\n",
        b"17",
        b"null",
        b"[]",
        b"{}",
        b'"x"',
        b"{",
        b"[{",
        b"\xff\xfe",
        b"data",
        b": x\n\n",
    ):
        server.fail(Fault("status", status=200, body=body, headers={"Content-Type": "text/event-stream"}))
        heard = await hear(provider)
        assert type(heard.error) is provider_errors.StreamBroken, body


@pytest.mark.parametrize("vendor", WIRED, ids=lambda vendor: vendor.kind)
async def test_no_encoding_is_offered_that_cannot_be_read(vendor: Vendor, server: ModelServer, open_: Open) -> None:
    await hear(open_(vendor))
    offered = server.requests[0].headers["Accept-Encoding"].replace(" ", "").split(",")
    assert set(offered) <= {"identity", "gzip", "deflate"}


PACKERS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "deflate": zlib.compress}


@pytest.mark.parametrize(
    ("vendor", "dialect"),
    [*VENDORS, (LITELLM, Anthropic())],
    ids=["openai", "gemini", "anthropic", "litellm"],
)
async def test_what_is_packed_is_unpacked(vendor: Vendor, dialect: Dialect, server: ModelServer, open_: Open) -> None:
    provider = open_(vendor)
    said = [dialect.opening("m"), *(dialect.token("m", word) for word in WORDS)]
    body = b"".join([*said, dialect.ending("m", FinishReason.COMPLETE, Usage(3, 4))])
    for coding, pack in PACKERS.items():
        headers = {"Content-Type": "text/event-stream", "Content-Encoding": coding}
        server.fail(Fault("status", status=200, body=pack(body), headers=headers))
        heard = await hear(provider)
        assert (heard.error, heard.text) == (None, "".join(WORDS)), coding
        # Not packed at all, or as nobody has asked for.
        for odd in ({**headers}, {**headers, "Content-Encoding": "br"}, {**headers, "Content-Encoding": "zstd"}):
            server.fail(Fault("status", status=200, body=body, headers=odd))
            heard = await hear(provider)
            assert heard.finished is None or heard.text == "".join(WORDS)


async def test_a_redirect_is_not_followed_with_the_key(server: ModelServer, open_: Open) -> None:
    for vendor in (OPENAI, GEMINI, ANTHROPIC):
        server.requests.clear()
        there = server.url.replace("127.0.0.1", "localhost") + vendor.path
        headers = {"Location": f"{there}/v1beta/models/some-model:streamGenerateContent?alt=sse"}
        server.fail(Fault("status", status=307, body="", headers=headers))
        heard = await hear(open_(vendor))
        assert type(heard.error) is provider_errors.WrongAddress
        assert len(server.requests) == 1
