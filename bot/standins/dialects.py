"""The wire formats that the model stand-in speaks, as pure functions from an answer to bytes."""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import orjson

from bot.domain.turns import FinishReason, Usage

_THINKING, _SAYING = 0, 1
"""The numbers of the two blocks of an answer in Anthropic's format."""
SIGNATURE = "c2lnbmVkIGJ5IHRoZSBzdGFuZC1pbg=="
"""Of the thinking there, which only comes back with it."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a request asks: the last thing the user said, and how many pictures came with it."""

    text: str
    images: int
    words: int
    """Of all messages; they stand for input tokens."""


@dataclass(frozen=True, slots=True)
class Called:
    """A call of a tool: its name, and its arguments as the model writes them."""

    tool: str
    arguments: str = "{}"

    @property
    def halves(self) -> tuple[str, str]:
        """The arguments in two pieces."""
        middle = len(self.arguments) // 2
        return self.arguments[:middle], self.arguments[middle:]


class Dialect(Protocol):
    """One vendor's way to write questions and answers."""

    name: str

    def question(self, body: Mapping[str, Any]) -> Question:
        """What `body` asks."""

    def opening(self, model: str) -> bytes:
        """What a stream begins with; may be nothing."""

    def reasoning(self, model: str, text: str) -> bytes:
        """A frame of thinking."""

    def token(self, model: str, text: str) -> bytes:
        """A frame of answer."""

    def frames(self, model: str, thoughts: Sequence[str], words: Sequence[str]) -> list[bytes]:
        """The frames of thinking, then those of the answer."""

    def image(self, model: str, data: bytes) -> bytes:
        """A frame with a PNG picture; nothing if the vendor makes none."""

    def sign_of_life(self) -> bytes:
        """What keeps a connection open while a model has nothing to say."""

    def ending(self, model: str, reason: FinishReason, usage: Usage, calls: Sequence["Called"] = ()) -> bytes:
        """What a stream ends with, the calls of tools before it."""

    def stream_error(self, message: str) -> bytes:
        """A frame that reports a failure in mid-stream."""

    def whole(
        self, model: str, text: str, reason: FinishReason, usage: Usage, calls: Sequence["Called"] = ()
    ) -> dict[str, Any]:
        """An answer that is not streamed."""

    def error(self, status: int, message: str) -> dict[str, Any]:
        """The body of a refusal."""


class OpenAI:
    """Chat completions, as most vendors copied them."""

    name = "openai"
    _REASONS: ClassVar = {FinishReason.LENGTH: "length", FinishReason.FILTERED: "content_filter"}

    def question(self, body: Mapping[str, Any]) -> Question:
        return _question([message.get("content") for message in body["messages"]], "image_url")

    def opening(self, model: str) -> bytes:
        return self._frame(model, {"role": "assistant", "content": ""})

    def reasoning(self, model: str, text: str) -> bytes:
        return self._frame(model, {"reasoning_content": text})

    def token(self, model: str, text: str) -> bytes:
        return self._frame(model, {"content": text})

    def frames(self, model: str, thoughts: Sequence[str], words: Sequence[str]) -> list[bytes]:
        return [self.reasoning(model, text) for text in thoughts] + [self.token(model, text) for text in words]

    def image(self, model: str, data: bytes) -> bytes:
        url = f"data:image/png;base64,{b64encode(data).decode()}"
        return self._frame(model, {"images": [{"type": "image_url", "image_url": {"url": url}}]})

    def sign_of_life(self) -> bytes:
        return b": processing\n\n"

    def ending(self, model: str, reason: FinishReason, usage: Usage, calls: Sequence[Called] = ()) -> bytes:
        counts = {**_base(model), "choices": [], "usage": self._usage(usage)}
        called = b"".join(self._frame(model, {"tool_calls": [piece]}) for piece in self._pieces(calls))
        word = "tool_calls" if calls else self._REASONS.get(reason, "stop")
        return called + self._frame(model, {}, word) + _event(counts) + b"data: [DONE]\n\n"

    @staticmethod
    def _pieces(calls: Sequence[Called]) -> Iterator[dict[str, Any]]:
        """The calls as they stream, the pieces of parallel ones by turns."""
        for index, call in enumerate(calls):
            function = {"name": call.tool, "arguments": call.halves[0]}
            yield {"index": index, "id": f"call{index:05}", "type": "function", "function": function}
        for index, call in enumerate(calls):
            yield {"index": index, "function": {"arguments": call.halves[1]}}

    def stream_error(self, message: str) -> bytes:
        return _event({"error": {"message": message, "code": 502}})

    def whole(
        self, model: str, text: str, reason: FinishReason, usage: Usage, calls: Sequence[Called] = ()
    ) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": text}
        if calls:
            message["tool_calls"] = [
                {
                    "id": f"call{index:05}",
                    "type": "function",
                    "function": {"name": call.tool, "arguments": call.arguments},
                }
                for index, call in enumerate(calls)
            ]
        word = "tool_calls" if calls else self._REASONS.get(reason, "stop")
        choice = {"index": 0, "message": message, "finish_reason": word}
        return {**_base(model), "object": "chat.completion", "choices": [choice], "usage": self._usage(usage)}

    def error(self, status: int, message: str) -> dict[str, Any]:
        return {"error": {"message": message, "type": "stand_in_error", "code": str(status)}}

    def _frame(self, model: str, delta: dict[str, Any], finish: str | None = None) -> bytes:
        return _event({**_base(model), "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    def _usage(self, usage: Usage) -> dict[str, Any]:
        return {
            "prompt_tokens": usage.input_tokens,
            "completion_tokens": usage.output_tokens,
            "total_tokens": usage.input_tokens + usage.output_tokens,
            "prompt_tokens_details": {
                "cached_tokens": usage.cached_tokens,
                "cache_write_tokens": usage.stored_tokens,
                "audio_tokens": usage.sound_tokens,
            },
            "completion_tokens_details": {"reasoning_tokens": usage.thought_tokens, "image_tokens": usage.drawn_tokens},
        }


class Gemini:
    """`generateContent` and `streamGenerateContent?alt=sse`."""

    name = "gemini"
    _REASONS: ClassVar = {FinishReason.LENGTH: "MAX_TOKENS", FinishReason.FILTERED: "SAFETY"}
    _STATUS: ClassVar = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}

    def question(self, body: Mapping[str, Any]) -> Question:
        return _question([content.get("parts") for content in body["contents"]], "inlineData")

    def opening(self, model: str) -> bytes:
        return b""

    def reasoning(self, model: str, text: str) -> bytes:
        return _event(self._answer(model, [{"text": text, "thought": True}]))

    def token(self, model: str, text: str) -> bytes:
        return _event(self._answer(model, [{"text": text}]))

    def frames(self, model: str, thoughts: Sequence[str], words: Sequence[str]) -> list[bytes]:
        return [self.reasoning(model, text) for text in thoughts] + [self.token(model, text) for text in words]

    def image(self, model: str, data: bytes) -> bytes:
        part = {"inlineData": {"mimeType": "image/png", "data": b64encode(data).decode()}}
        return _event(self._answer(model, [part]))

    def sign_of_life(self) -> bytes:
        return b"\r\n"  # Google's library takes a comment for broken JSON.

    def ending(self, model: str, reason: FinishReason, usage: Usage, calls: Sequence[Called] = ()) -> bytes:
        called = _event(self._answer(model, self._called(calls))) if calls else b""
        return called + _event(self.whole(model, "", reason, usage))

    @staticmethod
    def _called(calls: Sequence[Called]) -> list[dict[str, Any]]:
        """The calls as parts, the first of them signed."""
        parts: list[dict[str, Any]] = [
            {"functionCall": {"name": call.tool, "args": orjson.loads(call.arguments)}} for call in calls
        ]
        if parts:
            parts[0]["thoughtSignature"] = SIGNATURE
        return parts

    def stream_error(self, message: str) -> bytes:
        return _event(self.error(503, message))

    def whole(
        self, model: str, text: str, reason: FinishReason, usage: Usage, calls: Sequence[Called] = ()
    ) -> dict[str, Any]:
        answer = self._answer(model, [{"text": text}, *self._called(calls)])
        answer["candidates"][0]["finishReason"] = self._REASONS.get(reason, "STOP")
        answer["usageMetadata"] = {
            "promptTokenCount": usage.input_tokens,
            "cachedContentTokenCount": usage.cached_tokens,
            "candidatesTokenCount": usage.output_tokens - usage.thought_tokens,
            "thoughtsTokenCount": usage.thought_tokens,
            "totalTokenCount": usage.input_tokens + usage.output_tokens,
            "promptTokensDetails": [
                {"modality": "TEXT", "tokenCount": usage.input_tokens - usage.sound_tokens},
                {"modality": "AUDIO", "tokenCount": usage.sound_tokens},
            ],
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": usage.drawn_tokens}],
        }
        return answer

    def error(self, status: int, message: str) -> dict[str, Any]:
        return {"error": {"code": status, "message": message, "status": self._STATUS.get(status, "UNKNOWN")}}

    def _answer(self, model: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
        return {"candidates": [{"index": 0, "content": {"role": "model", "parts": parts}}], "modelVersion": model}


class Anthropic:
    """Messages: named events, each with its type inside as well."""

    name = "anthropic"
    _REASONS: ClassVar = {FinishReason.LENGTH: "max_tokens", FinishReason.FILTERED: "refusal"}

    def question(self, body: Mapping[str, Any]) -> Question:
        return _question([message.get("content") for message in body["messages"]], "image")

    def opening(self, model: str) -> bytes:
        message = {**self._message(model), "content": [], "stop_reason": None}
        message["usage"] = {"input_tokens": 0, "output_tokens": 1}
        return self._named("message_start", {"message": message}) + self.sign_of_life()

    def reasoning(self, model: str, text: str) -> bytes:
        return self._delta(_THINKING, {"type": "thinking_delta", "thinking": text})

    def token(self, model: str, text: str) -> bytes:
        return self._delta(_SAYING, {"type": "text_delta", "text": text})

    def frames(self, model: str, thoughts: Sequence[str], words: Sequence[str]) -> list[bytes]:
        thinking = {"type": "thinking", "thinking": "", "signature": ""}
        signed = self._delta(_THINKING, {"type": "signature_delta", "signature": SIGNATURE})
        thought = [self.reasoning(model, text) for text in thoughts]
        said = [self.token(model, text) for text in words]
        if thought:
            thought[0] = self._begun(_THINKING, thinking) + thought[0]
            thought[-1] += signed + self._named("content_block_stop", {"index": _THINKING})
        if said:
            said[0] = self._begun(_SAYING, {"type": "text", "text": ""}) + said[0]
        return thought + said

    def image(self, model: str, data: bytes) -> bytes:
        return b""

    def sign_of_life(self) -> bytes:
        return self._named("ping", {})

    def ending(self, model: str, reason: FinishReason, usage: Usage, calls: Sequence[Called] = ()) -> bytes:
        word = "tool_use" if calls else self._REASONS.get(reason, "end_turn")
        delta = {"stop_reason": word, "stop_sequence": None}
        called = b""
        for index, call in enumerate(calls, _SAYING + 1):
            called += self._begun(index, {"type": "tool_use", "id": f"toolu_{index}", "name": call.tool, "input": {}})
            for half in call.halves:
                called += self._delta(index, {"type": "input_json_delta", "partial_json": half})
            called += self._named("content_block_stop", {"index": index})
        return (
            self._named("content_block_stop", {"index": _SAYING})
            + called
            + self._named("message_delta", {"delta": delta, "usage": self._usage(usage)})
            + self._named("message_stop", {})
        )

    def stream_error(self, message: str) -> bytes:
        return self._named("error", {"error": {"type": "overloaded_error", "message": message}})

    def whole(
        self, model: str, text: str, reason: FinishReason, usage: Usage, calls: Sequence[Called] = ()
    ) -> dict[str, Any]:
        called = [
            {"type": "tool_use", "id": f"toolu_{index}", "name": call.tool, "input": orjson.loads(call.arguments)}
            for index, call in enumerate(calls, _SAYING + 1)
        ]
        return {
            **self._message(model),
            "content": [{"type": "text", "text": text}, *called],
            "stop_reason": "tool_use" if calls else self._REASONS.get(reason, "end_turn"),
            "usage": self._usage(usage),
        }

    def error(self, status: int, message: str) -> dict[str, Any]:
        return {"type": "error", "error": {"type": "stand_in_error", "message": message}}

    def _message(self, model: str) -> dict[str, Any]:
        return {"id": "msg_1", "type": "message", "role": "assistant", "model": model, "stop_sequence": None}

    def _usage(self, usage: Usage) -> dict[str, Any]:
        # What was read from the cache, or put there, stands beside what was read.
        return {
            "input_tokens": usage.input_tokens - usage.cached_tokens - usage.stored_tokens,
            "cache_read_input_tokens": usage.cached_tokens,
            "cache_creation_input_tokens": usage.stored_tokens,
            "cache_creation": {
                "ephemeral_5m_input_tokens": usage.stored_tokens - usage.stored_long_tokens,
                "ephemeral_1h_input_tokens": usage.stored_long_tokens,
            },
            "output_tokens": usage.output_tokens,
        }

    def _begun(self, index: int, block: dict[str, Any]) -> bytes:
        return self._named("content_block_start", {"index": index, "content_block": block})

    def _delta(self, index: int, delta: dict[str, Any]) -> bytes:
        return self._named("content_block_delta", {"index": index, "delta": delta})

    def _named(self, kind: str, data: dict[str, Any]) -> bytes:
        return b"event: " + kind.encode() + b"\n" + _event({"type": kind, **data})


def _base(model: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_795_176_000, "model": model}


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(data) + b"\n\n"


def _question(contents: list[Any], image_key: str) -> Question:
    """`contents` are strings, or lists of parts that hold their words as "text", as the three formats do alike."""
    messages = [_parts(content) for content in contents]
    last = messages[-1] if messages else []
    return Question(
        text="\n".join(part["text"] for part in last if "text" in part),
        images=sum(image_key in part or part.get("type") == image_key for part in last),
        words=sum(len(part["text"].split()) for parts in messages for part in parts if "text" in part),
    )


def _parts(content: Any) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [{"text": content}]
    return list(content or ())
