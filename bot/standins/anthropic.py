"""What Anthropic's Messages refuse, in the words of the real API."""

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.standins.dialects import SIGNATURE
from bot.standins.pdf_rules import wrong_with_document
from bot.standins.tool_rules import NAME

MOST_MARKS = 4
MOST_OUTPUT = 128_000
SMALLEST_BUDGET = 1_024
EFFORTS = ("low", "medium", "high", "xhigh", "max")
COUNTING = re.compile(r"^claude-(?:3|(?:opus|sonnet|haiku)-4(?:-[0-5])?(?:-\d{8})?$)")
"""Models that are told how many tokens they may think."""
PICTURES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_PARAMETERS = frozenset((
    "model", "messages", "max_tokens", "system", "temperature", "top_p", "top_k", "stop_sequences", "stream",
    "metadata", "tools", "tool_choice", "thinking", "output_config", "service_tier", "container",
    "context_management", "mcp_servers", "inference_geo", "cache_control",
))  # fmt: skip
_BLOCK_FIELDS: Mapping[str, frozenset[str]] = {
    "text": frozenset({"type", "text", "cache_control", "citations"}),
    "image": frozenset({"type", "source", "cache_control"}),
    "document": frozenset({"type", "source", "title", "context", "citations", "cache_control"}),
    "thinking": frozenset({"type", "thinking", "signature"}),
    "redacted_thinking": frozenset({"type", "data"}),
    "tool_use": frozenset({"type", "id", "name", "input", "cache_control"}),
    "tool_result": frozenset({"type", "tool_use_id", "content", "is_error", "cache_control"}),
}


def wrong_with(headers: Mapping[str, str], body: dict[str, Any]) -> str | None:
    """The message with which a request is refused; None if it is accepted."""
    return next(_wrong(headers, body), None)


def _wrong(headers: Mapping[str, str], body: dict[str, Any]) -> Iterator[str]:
    if "anthropic-version" not in headers:
        yield "anthropic-version: header is required"
    yield from _wrong_parameters(body)
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        yield "messages: at least one message is required"
        return
    if messages[0].get("role") != "user":
        yield 'messages: first message must use the "user" role'
    system = body.get("system")
    if isinstance(system, list):
        for number, block in enumerate(system):
            yield from _wrong_block(block, f"system.{number}", "system")
    for number, message in enumerate(messages):
        yield from _wrong_message(message, number, is_last=number == len(messages) - 1)
    yield from _wrong_uses(messages)
    marks = sum("cache_control" in block for block in _blocks(body))
    if marks > MOST_MARKS:
        yield f"A maximum of {MOST_MARKS} blocks with cache_control may be provided. Found {marks}."


def _wrong_parameters(body: dict[str, Any]) -> Iterator[str]:
    for name in body.keys() - _PARAMETERS:
        yield f"{name}: Extra inputs are not permitted"
    longest = body.get("max_tokens")
    if longest is None:
        yield "max_tokens: Field required"
    elif type(longest) is not int or longest < 1:
        yield "max_tokens: Input should be greater than or equal to 1"
    elif longest > MOST_OUTPUT:
        yield (
            f"max_tokens: {longest} > {MOST_OUTPUT}, which is the maximum allowed number of output tokens for "
            f"{body.get('model')}"
        )
    temperature = body.get("temperature")
    if temperature is not None and not 0 <= temperature <= 1:
        yield "temperature: range: 0..1"
    yield from _wrong_thinking(body)
    effort = (body.get("output_config") or {}).get("effort")
    if effort is not None and effort not in EFFORTS:
        yield f"output_config.effort: Input should be {', '.join(map(repr, EFFORTS))}"


def _wrong_thinking(body: dict[str, Any]) -> Iterator[str]:
    thinking, model = body.get("thinking") or {}, str(body.get("model"))
    kind = thinking.get("type", "disabled")
    if kind not in ("enabled", "disabled", "adaptive"):
        yield (
            f"thinking: Input tag '{kind}' found using 'type' does not match any of the expected tags: 'adaptive', "
            "'disabled', 'enabled'"
        )
    if thinking.get("display") not in (None, "summarized", "omitted"):
        yield "thinking.adaptive.display: Input should be 'summarized' or 'omitted'"
    if kind == "adaptive" and COUNTING.match(model):
        yield "adaptive thinking is not supported on this model"
    if kind == "enabled":
        yield from _wrong_budget(thinking.get("budget_tokens"), body.get("max_tokens"))
    if kind != "disabled" and body.get("temperature") not in (None, 1):
        yield "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode."


def _wrong_budget(budget: Any, longest: Any) -> Iterator[str]:
    if not isinstance(budget, int) or budget < SMALLEST_BUDGET:
        yield f"thinking.enabled.budget_tokens: Input should be greater than or equal to {SMALLEST_BUDGET}"
    elif isinstance(longest, int) and budget >= longest:
        yield "`max_tokens` must be greater than `thinking.budget_tokens`."


def _wrong_uses(messages: list[dict[str, Any]]) -> Iterator[str]:
    """Each call is answered by the message behind it, at its beginning, and by no other."""
    waiting: list[str] = []
    known: set[str] = set()
    for number, message in enumerate(messages):
        blocks = [block for block in message.get("content") or () if isinstance(block, dict)]
        answered = [block["tool_use_id"] for block in blocks if block.get("type") == "tool_result"]
        if missing := [call for call in waiting if call not in answered]:
            yield (
                f"messages.{number - 1}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                f"{', '.join(missing)}"
            )
        if any(call not in waiting for call in answered):
            yield f"messages.{number}: unexpected `tool_use_id` found in `tool_result` blocks"
        uses = [block for block in blocks if block.get("type") == "tool_use"]
        if uses and message.get("role") != "assistant":
            yield f"messages.{number}: `tool_use` blocks can only be in `assistant` messages"
        for block in uses:
            if block["id"] in known:
                yield f"messages.{number}: `tool_use` ids must be unique"
            known.add(block["id"])
        waiting = [block["id"] for block in uses]
    if waiting:
        yield f"messages.{len(messages) - 1}: `tool_use` ids were found without `tool_result` blocks: {waiting}"


def _wrong_message(message: dict[str, Any], number: int, *, is_last: bool) -> Iterator[str]:
    role, content = message.get("role"), message.get("content")
    if role not in ("user", "assistant"):
        yield f"messages.{number}.role: Input should be 'user' or 'assistant'"
    for name in message.keys() - {"role", "content"}:
        yield f"messages.{number}.{name}: Extra inputs are not permitted"
    if not content and not (is_last and role == "assistant"):
        yield (
            f"messages.{number}: all messages must have non-empty content except for the optional final assistant "
            "message"
        )
    blocks = content if isinstance(content, list) else []
    for place, block in enumerate(blocks):
        yield from _wrong_block(block, f"messages.{number}.content.{place}", str(role))
    last = content if isinstance(content, str) else blocks[-1].get("text", "") if blocks else ""
    if is_last and role == "assistant" and last != last.rstrip():
        yield "messages: final assistant content cannot end with trailing whitespace"


def _wrong_block(block: dict[str, Any], place: str, role: str) -> Iterator[str]:
    kind = block.get("type")
    for name in block.keys() - _BLOCK_FIELDS.get(str(kind), frozenset(block)):
        yield f"{place}.{kind}.{name}: Extra inputs are not permitted"
    match kind:
        case "text" if not block.get("text"):
            yield f"{place.partition('.')[0]}: text content blocks must be non-empty"
        case "text" if not block["text"].strip():
            yield f"{place.partition('.')[0]}: text content blocks must contain non-whitespace text"
        case "image" if role != "user":
            yield f"{place}: `image` blocks are only permitted in user messages"
        case "image" | "document":
            yield from _wrong_source(block.get("source") or {}, place, str(kind))
            yield from wrong_with_document(block, place, role) if kind == "document" else ()
        case "thinking" if block.get("signature") != SIGNATURE:
            yield f"{place}: Invalid `signature` in `thinking` block"
        case "thinking" | "redacted_thinking" if role != "assistant":
            yield f"{place}: `{kind}` blocks may only be in assistant messages"
        case "tool_use" if not re.fullmatch("[a-zA-Z0-9_-]+", str(block.get("id"))):
            yield f"{place}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"
        case "tool_use" if not NAME.fullmatch(str(block.get("name"))) or not isinstance(block.get("input"), dict):
            yield f"{place}.tool_use: Input should be a valid dictionary, the name match '^[a-zA-Z0-9_-]{{1,64}}$'"
        case None:
            yield f"{place}: Input tag '{kind}' found using 'type' does not match any of the expected tags"


def _wrong_source(source: dict[str, Any], place: str, kind: str) -> Iterator[str]:
    allowed = PICTURES if kind == "image" else ("application/pdf",)
    if source.get("type") == "base64" and source.get("media_type") not in allowed:
        yield f"{place}.{kind}.source.base64.media_type: Input should be {', '.join(map(repr, allowed))}"
    elif source.get("type") == "base64" and not re.fullmatch("[A-Za-z0-9+/]+={0,2}", str(source.get("data"))):
        yield f"{place}.{kind}.source.base64.data: Invalid base64 data"
    elif source.get("type") == "base64" and not base64.b64decode(source["data"]):
        yield f"{place}.{kind}.source.base64: {kind} cannot be empty"


def _blocks(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    contents = [body.get("system"), *(message.get("content") for message in body["messages"])]
    for content in contents:
        yield from (block for block in (content if isinstance(content, list) else ()) if isinstance(block, dict))
