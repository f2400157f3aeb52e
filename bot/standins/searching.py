"""Vendors' own search of the web: what their APIs refuse of a request for it, and how they tell what was found.

The forms are those of the types that openai, litellm (Anthropic's) and google-genai are generated from.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

_RESPONSES = frozenset((
    "model", "input", "tools", "tool_choice", "max_tool_calls", "max_output_tokens", "store", "include", "instructions",
    "reasoning", "stream", "temperature",
))  # fmt: skip
READ = 4_000
"""Tokens of a page that was found, as they are counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What every search finds: words, and pages by title and address."""

    text: str = "Nothing much."
    pages: tuple[tuple[str, str], ...] = ()
    searches: int = 1
    pauses: int = 0
    """How often Anthropic's turn is paused before it ends."""


def wants_search(body: Mapping[str, Any]) -> bool:
    """Whether a request has the vendor's own search among its tools."""
    return any("googleSearch" in tool or _is_anthropics(tool) for tool in body.get("tools") or ())


def _is_anthropics(tool: Mapping[str, Any]) -> bool:
    return str(tool.get("type")).startswith("web_search_")


# OpenAI


def wrong_with_response(body: Mapping[str, Any]) -> str | None:
    """Why OpenAI's Responses refuse a request; None if it is taken."""
    return next(_wrong_response(body), None)


def _wrong_response(body: Mapping[str, Any]) -> Iterator[str]:
    for name in body.keys() - _RESPONSES:
        yield f"Unknown parameter: '{name}'."
    if not isinstance(body.get("input"), str) or not body["input"].strip():
        yield "Missing required parameter: 'input'."
    for number, tool in enumerate(body.get("tools") or ()):
        if tool.get("type") not in ("web_search", "web_search_2025_08_26", "function"):
            yield f"Invalid value: '{tool.get('type')}'. tools[{number}].type"
        for name in tool.keys() - {"type", "filters", "search_context_size", "user_location"}:
            yield f"Unknown parameter: 'tools[{number}].{name}'."
    if body.get("max_output_tokens", 16) < 16:
        yield "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16."


def as_response(model: str, finding: Finding) -> dict[str, Any]:
    """An answer of the Responses."""
    text, notes = finding.text, list[dict[str, Any]]()
    for title, url in finding.pages:
        cited = f" ([{title}]({url}))"
        notes.append({
            "type": "url_citation", "start_index": len(text) + 1, "end_index": len(text) + len(cited), "url": url,
            "title": title,
        })  # fmt: skip
        text += cited
    calls = [
        {
            "type": "web_search_call",
            "id": f"ws_{number}",
            "status": "completed",
            "action": {"type": "search", "query": "words", "queries": ["words"]},
        }
        for number in range(finding.searches)
    ]
    opened = {"type": "web_search_call", "id": "ws_x", "status": "completed", "action": {"type": "open_page"}}
    said = {"type": "output_text", "text": text, "annotations": notes, "logprobs": []}
    message = {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [said]}
    read = READ * len(finding.pages)
    return {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "model": model,
        "output": [{"type": "reasoning", "id": "rs_1", "summary": []}, *calls, opened, message],
        "usage": {
            "input_tokens": read,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": len(text.split()),
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": read + len(text.split()),
        },
    }


# Anthropic


def wrong_with_anthropics(body: Mapping[str, Any]) -> str | None:
    """Why Messages refuse a request with their search; None if it is taken."""
    return next(_wrong_anthropics(body), None)


def _wrong_anthropics(body: Mapping[str, Any]) -> Iterator[str]:
    for number, tool in enumerate(body["tools"]):
        if not _is_anthropics(tool):
            continue
        if tool["type"] not in ("web_search_20250305", "web_search_20260209"):
            kind = tool["type"]
            yield f"tools.{number}: Input tag '{kind}' found using 'type' does not match any of the expected tags"
        if tool.get("name") != "web_search":
            yield f"tools.{number}.{tool['type']}.name: Input should be 'web_search'"
        allowed = {"type", "name", "max_uses", "allowed_domains", "blocked_domains", "user_location", "cache_control"}
        for name in tool.keys() - allowed:
            yield f"tools.{number}.{tool['type']}.{name}: Extra inputs are not permitted"
    for number, message in enumerate(body["messages"]):
        used = [block["id"] for block in _blocks(message) if block.get("type") == "server_tool_use"]
        for block in _blocks(message):
            if block.get("type") != "web_search_tool_result":
                continue
            if block.get("tool_use_id") not in used:
                yield f"messages.{number}: `web_search_tool_result` without its `server_tool_use`"
            for result in block["content"]:
                if not result.get("encrypted_content"):
                    yield f"messages.{number}.web_search_result.encrypted_content: Field required"


def _blocks(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    content = message.get("content")
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def as_message(body: Mapping[str, Any], finding: Finding) -> dict[str, Any]:
    """An answer of the Messages: the first of them searches, the last one says what it has found."""
    sent = sum(block.get("type") == "server_tool_use" for each in body["messages"] for block in _blocks(each))
    over = sent >= finding.pauses
    results = [
        {"type": "web_search_result", "url": url, "title": title, "encrypted_content": "c2VhbGVk", "page_age": None}
        for title, url in finding.pages
    ]
    used = {"type": "server_tool_use", "id": f"srvtoolu_{sent}", "name": "web_search", "input": {"query": "words"}}
    shown = {"type": "web_search_tool_result", "tool_use_id": used["id"], "content": results}
    cited = [
        {
            "type": "web_search_result_location", "url": url, "title": title, "encrypted_index": "c2VhbGVk",
            "cited_text": f"Of {title}.",
        }
        for title, url in finding.pages[:1]
    ]  # fmt: skip
    said = [{"type": "text", "text": finding.text, "citations": cited}] if over else []
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "stop_sequence": None,
        "content": [used, shown, *said],
        "stop_reason": "end_turn" if over else "pause_turn",
        "usage": {
            "input_tokens": READ * len(finding.pages),
            "output_tokens": len(finding.text.split()),
            "server_tool_use": {"web_search_requests": finding.searches},
        },
    }


# Gemini


def wrong_with_geminis(body: Mapping[str, Any]) -> str | None:
    """Why Gemini refuses a request with Google Search; None if it is taken."""
    tools = body["tools"]
    if any("functionDeclarations" in tool for tool in tools):
        return "Built-in tools ({google_search}) and Function Calling cannot be combined in the same request."
    extra = {name for tool in tools for name in tool.get("googleSearch") or {}}
    return f"Unknown name \"{min(extra)}\" at 'tools[0].google_search': Cannot find field." if extra else None


def as_grounded(model: str, finding: Finding) -> bytes:
    """An answer of Gemini's, as it streams: the words, then what they are grounded in."""
    queries = [f"words {number}" for number in range(finding.searches)]
    chips = "".join(f'<a class="chip" href="https://vertexaisearch.example/{query}">{query}</a>' for query in queries)
    grounds = {
        "webSearchQueries": queries,
        "groundingChunks": [{"web": {"uri": url, "title": title}} for title, url in finding.pages],
        "groundingSupports": [],
        # What its terms want to be shown.
        "searchEntryPoint": {"renderedContent": f'<div class="container">{chips}</div>'},
    }
    read = READ * len(finding.pages)
    chunks: list[dict[str, Any]] = [
        {"candidates": [{"index": 0, "content": {"role": "model", "parts": [{"text": finding.text}]}}]},
        {
            "candidates": [
                {
                    "index": 0,
                    "content": {"role": "model", "parts": [{"text": ""}]},
                    "finishReason": "STOP",
                    "groundingMetadata": grounds,
                }
            ],
            "usageMetadata": {
                "promptTokenCount": 20,
                "toolUsePromptTokenCount": read,
                "candidatesTokenCount": len(finding.text.split()),
                "totalTokenCount": 20 + read + len(finding.text.split()),
            },
        },
    ]
    return b"".join(b"data: " + orjson.dumps({**chunk, "modelVersion": model}) + b"\n\n" for chunk in chunks)
