"""What the events of Anthropic's Messages say, and what of a turn goes back to its model when it goes on."""

from collections.abc import Mapping
from typing import Any

import orjson

from bot.contracts.provider import Endpoint
from bot.domain.clock import Clock
from bot.domain.turns import Usage
from providers.answer import Answer
from providers.chat import plain_word
from providers.events import Events
from providers.loose import error_in, values_in, words_of_content
from providers.rounds import repaired
from providers.usage import chat_usage

_STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""What an error within a stream would have been as a response: there it has a word in place of the status."""
_PAUSE = "pause_turn"
_CALL = "tool_use"
_CALLS = frozenset((_CALL, "mcp_tool_use"))


class MessageEvents(Events):
    """One response."""

    def __init__(
        self, endpoint: Endpoint, answer: Answer, clock: Clock, headers: Mapping[str, str], blocks: "Blocks"
    ) -> None:
        """`blocks` are those of the turn so far."""
        super().__init__(endpoint, answer, clock, headers)
        self.paused = False
        """Whether the vendor wants to be asked to go on."""
        self.usage: Usage | None = None
        self._blocks = blocks
        self._blocks.next_response()
        self._counts: dict[str, Any] = {}

    def _error_in(self, event: dict[str, Any]) -> Any:
        kind = event.get("type")
        if kind != "error" and isinstance(kind, str) and kind.startswith(("message", "content_block", "ping")):
            return None
        error = error_in(event)
        if isinstance(error, dict) and isinstance(word := error.get("type"), str) and word in _STATUSES:
            return {**error, "status": _STATUSES[word]}
        return error

    def _take_event(self, event: dict[str, Any]) -> None:
        match event.get("type"):
            case "content_block_delta":
                self._take_delta(event.get("index"), event.get("delta"))
            case "content_block_start":
                self._begin_block(event.get("index"), event.get("content_block"))
            case "content_block_stop" | "ping":
                pass
            case "message_start":
                message = event.get("message")
                self._count(message.get("usage") if isinstance(message, dict) else None)
            case "message_delta":
                self._end(event.get("delta"), event.get("usage"))
            case "message_stop":
                self.done = True
            case "message":
                self._take_message(event)
            case _:
                self._unknown = self._unknown or event
                return
        self._has_read = True

    def _take_delta(self, index: Any, delta: Any) -> None:
        if not isinstance(delta, dict):
            return
        if isinstance(text := delta.get("text"), str):
            self._answer.add_text(text)
        elif thought := delta.get("thinking"):
            self._answer.add_reasoning(words_of_content(thought))
        elif (more := delta.get("partial_json")) and self._blocks.kind(index) == _CALL:
            self._answer.calls.piece((self._blocks.response, index), None, None, more)
        self._blocks.add(index, delta)

    def _begin_block(self, index: Any, block: Any) -> None:
        if not isinstance(block, dict):
            return
        kind = block.get("type")
        self._answer.call(isinstance(kind, str) and kind in _CALLS)
        if isinstance(text := block.get("text"), str):
            self._answer.add_text(text)
        elif thought := block.get("thinking"):
            self._answer.add_reasoning(words_of_content(thought))
        if kind == _CALL:
            given = block.get("input") or None
            self._answer.calls.piece((self._blocks.response, index), block.get("id"), block.get("name"), given)
        self._blocks.begin(index, block)

    def _end(self, delta: Any, usage: Any) -> None:
        self._count(usage)
        word = delta.get("stop_reason") if isinstance(delta, dict) else None
        self._answer.ended(word)
        self.paused = self.paused or plain_word(word) == _PAUSE

    def _take_message(self, message: dict[str, Any]) -> None:
        """An answer that came in one piece."""
        content = message.get("content")
        for index, block in enumerate(content if isinstance(content, list) else [{"text": words_of_content(content)}]):
            self._begin_block(index, block)
        self._end(message, message.get("usage"))

    def _count(self, usage: Any) -> None:
        """The later counts are of all so far, and of what they leave out the earlier ones hold."""
        if isinstance(usage, dict):
            self._counts |= {name: count for name, count in usage.items() if count is not None}
            self.usage = chat_usage(self._counts)


class Blocks:
    """What a model has said in a turn, as it has to be handed back to go on: its thinking only with its signature."""

    def __init__(self) -> None:
        self._blocks: list[dict[str, Any]] = []
        self._open: dict[int, int] = {}
        """Where the blocks of this response are."""
        self._pieces: list[dict[str, list[str]]] = []
        self.response = 0
        """Which response of the turn it is."""

    def next_response(self) -> None:
        """The numbers of blocks begin again."""
        self._open.clear()
        self.response += 1

    def kind(self, index: Any) -> Any:
        """What an open block is."""
        at = self._open.get(index) if isinstance(index, int) else None
        return self._blocks[at].get("type") if at is not None else None

    def begin(self, index: Any, block: dict[str, Any]) -> None:
        """A block as it began."""
        if isinstance(index, int):
            self._open[index] = len(self._blocks)
            self._blocks.append(block)
            self._pieces.append({})

    def add(self, index: Any, delta: dict[str, Any]) -> None:
        """More of a block."""
        at = self._open.get(index) if isinstance(index, int) else None
        if at is None:
            return
        for name in ("text", "thinking", "signature", "partial_json"):
            if isinstance(piece := delta.get(name), str):
                self._pieces[at].setdefault(name, []).append(piece)

    def handed_back(self) -> list[dict[str, Any]]:
        """All blocks so far, the last without blanks behind it, as the vendor wants an answer to end."""
        found = [whole for pair in zip(self._blocks, self._pieces, strict=True) if (whole := _whole(*pair))]
        if found and isinstance(text := found[-1].get("text"), str):
            found[-1]["text"] = text.rstrip()
        return found


def _whole(block: dict[str, Any], pieces: dict[str, list[str]]) -> dict[str, Any] | None:
    """A block with all its pieces; None for one that the vendor would not take back."""
    whole = dict(block)
    for name, more in pieces.items():
        if name == "partial_json":
            whole["input"] = next(iter(values_in("".join(more).encode(errors="replace"))[0]), {})
        else:
            begun = block.get(name)
            whole[name] = (begun if isinstance(begun, str) else "") + "".join(more)
    match whole.get("type"):
        case "text":
            return {"type": "text", "text": whole["text"]} if _is_said(whole.get("text")) else None
        case "thinking":
            return whole if _is_said(whole.get("signature")) else None
        case "redacted_thinking":
            return whole if _is_said(whole.get("data")) else None
        case str():
            return whole
        case _:
            return None


def _is_said(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def encode(body: dict[str, Any]) -> bytes:
    """A request's body. A lone surrogate, which a model may have sent, is not JSON."""
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError:
        return orjson.dumps(repaired(body))
