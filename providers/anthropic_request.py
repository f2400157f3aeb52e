"""A conversation as Anthropic's Messages want it, with the marks by which the growing part of it is read from a cache.

A mark asks the vendor to keep all before it for five minutes: that costs a quarter more than reading it, and reading it
again a tenth. So it pays where one conversation in three goes on within that time, and nearly every one does. An hour
would cost twice as much to keep, and most of what is asked later than that has moved on.

There are at most three marks (the vendor takes four): behind the system prompt, which other conversations have too;
behind the newest message, for the next request; and behind the person's message before it, where the last request had
its own, in case the newest one has been read differently since. What is told for this moment alone (`InstructionPart`
at the end) stands behind them.
"""

import base64
from collections.abc import Sequence
from typing import Any

import orjson

from bot.contracts.passages import announced, shown
from bot.contracts.provider import Prompt, PromptMessage, PromptPart
from bot.domain.calls import CallPart, Outcome, ResultPart
from bot.domain.efforts import Effort
from bot.domain.messages import Author, ImagePart, InstructionPart, PassagePart, PdfPart, TextPart
from providers.efforts import BUDGETS
from providers.rounds import kept_of, unrolled

_NOTHING = "…"
"""What stands for a message without words: the vendor refuses one."""
_PICTURE_TOKENS = 1_000
_SMALLEST_BUDGET = 1_024
"""Tokens. The vendor lets no model think less, if it thinks."""
_LONGEST_TITLE = 500
"""Characters of a document's title that the vendor takes."""
_HOTTEST = 1.0
"""The vendor's highest temperature. Other vendors go up to 2."""

Block = dict[str, Any]


def body_of(
    prompt: Prompt, max_tokens: int, cached_from: int, *, streams: bool, counts_thinking: bool = False
) -> dict[str, Any]:
    """The body of a request for a prompt that is shaped; less than `cached_from` tokens are not kept."""
    system = [block for message in _of(prompt, system=True) for block in _content(message)]
    spoken = [each for message in _of(prompt, system=False) for each in unrolled(message)]
    messages = [{"role": message.author.value, "content": _content(message)} for message in spoken]
    if not messages:
        # The vendor wants a question.
        messages, system = [{"role": "user", "content": system or [_text(_NOTHING)]}], []
    _mark(system, spoken, messages, cached_from)
    body: dict[str, Any] = {
        "model": prompt.model,
        "max_tokens": max_tokens,
        "messages": messages,
        "stream": streams,
    }
    if system:
        body["system"] = system
    if prompt.tools:
        body["tools"] = [
            {"name": tool.name, "description": tool.description, "input_schema": dict(tool.schema)}
            for tool in prompt.tools
        ]
        if not prompt.may_call:
            body["tool_choice"] = {"type": "none"}
    thinking = _thinking(prompt.effort, max_tokens, counted=counts_thinking)
    # A model that thinks takes no temperature but its own.
    if prompt.temperature is not None and (not thinking or prompt.effort is Effort.NONE):
        body["temperature"] = min(prompt.temperature, _HOTTEST)
    return body | thinking


def _thinking(effort: Effort | None, max_tokens: int, *, counted: bool) -> dict[str, Any]:
    """How much to think, of which half of the answer's tokens at most; nothing where that leaves too few for it."""
    if effort is None:
        return {}
    if effort is Effort.NONE:
        return {"thinking": {"type": "disabled"}}
    if counted:
        budget = min(BUDGETS[effort], max_tokens // 2)
        return {"thinking": {"type": "enabled", "budget_tokens": budget}} if budget >= _SMALLEST_BUDGET else {}
    # Without being asked to, the newer ones keep their thoughts to themselves.
    told = {"effort": Effort.LOW if effort is Effort.MINIMAL else effort}
    return {"thinking": {"type": "adaptive", "display": "summarized"}, "output_config": told}


def _of(prompt: Prompt, *, system: bool) -> list[PromptMessage]:
    return [message for message in prompt.messages if (message.author is Author.SYSTEM) is system]


def _content(message: PromptMessage) -> list[Block]:
    """The blocks of a message. An answer may not end with blanks."""
    blocks = _handed_back(message) or [block for part in message.parts if (block := _block(part)) is not None]
    if message.author is Author.ASSISTANT and blocks and "text" in blocks[-1]:
        blocks[-1]["text"] = blocks[-1]["text"].rstrip()
    return blocks or [_text(_NOTHING)]


def _block(part: PromptPart) -> Block | None:
    match part:
        case TextPart(text) | InstructionPart(text):
            return _text(text) if text.strip() else None
        case PassagePart():
            return _text(shown(part))
        case CallPart(call, tool, arguments):
            return {"type": "tool_use", "id": call, "name": tool, "input": orjson.loads(arguments)}
        case ResultPart(call, text, outcome):
            failed = {"is_error": True} if outcome is Outcome.FAILED else {}
            return {"type": "tool_result", "tool_use_id": call, "content": text, **failed}
        case ImagePart(data, media_type):
            return {"type": "image", "source": _encoded(data, media_type)}
        case PdfPart(data=data):
            # https://platform.claude.com/docs/en/build-with-claude/pdf-support; the context is told, and not quoted.
            described = {"title": part.source[:_LONGEST_TITLE], "context": announced(part)}
            return {"type": "document", "source": _encoded(data, "application/pdf"), **described}


def _encoded(data: bytes, media_type: str) -> Block:
    return {"type": "base64", "media_type": media_type, "data": base64.b64encode(data).decode()}


def _handed_back(message: PromptMessage) -> list[Block]:
    """A response that ended in calls as it came, its thinking with the signatures; [] if that was not kept."""
    calls = [part for part in message.parts if isinstance(part, CallPart)]
    blocks = kept_of(calls[0].opaque).get("blocks") if calls else None
    if not isinstance(blocks, list):
        return []
    uses = [block for block in blocks if block.get("type") == "tool_use"]
    if len(uses) != len(calls):
        return []
    numbers = iter(calls)
    return [{**block, "id": next(numbers).id} if block.get("type") == "tool_use" else block for block in blocks]


def _text(text: str) -> Block:
    return {"type": "text", "text": text}


def _mark(system: list[Block], spoken: Sequence[PromptMessage], messages: Sequence[dict[str, Any]], least: int) -> None:
    """Set the marks at places behind which enough stands that it may be kept."""
    tokens = sum(map(_at_most, system))
    if system and tokens >= least:
        _keep(system[-1])
    asked = [number for number, message in enumerate(spoken) if message.author is Author.USER][-2:]
    for number, message in enumerate(messages):
        lasting = _lasting(spoken[number], message["content"]) if number in asked else []
        tokens += sum(map(_at_most, lasting or message["content"]))
        if lasting and tokens >= least:
            _keep(lasting[-1])


def _lasting(message: PromptMessage, blocks: list[Block]) -> list[Block]:
    """The blocks of a message but those at its end that are told for this moment alone."""
    passing = 0
    for part in reversed(message.parts):
        if not isinstance(part, InstructionPart):
            break
        passing += bool(part.text.strip())
    return blocks[: len(blocks) - passing]


def _at_most(block: Block) -> int:
    """The tokens of a block at most: no text has more than it has bytes."""
    text = block.get("text") or block.get("content") or ""
    return len(text.encode(errors="replace")) if isinstance(text, str) and text else _PICTURE_TOKENS


def _keep(block: Block) -> None:
    block["cache_control"] = {"type": "ephemeral"}
