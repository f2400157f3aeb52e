"""The chat format that most vendors copied from OpenAI: how a prompt is written, and what the ends of answers mean."""

import base64
import re
from collections.abc import Iterator
from typing import Any

from bot.contracts.passages import announced, shown
from bot.contracts.provider import Prompt, PromptMessage, PromptPart
from bot.domain.calls import CallPart, ResultPart, rounds_of
from bot.domain.messages import Author, ImagePart, InstructionPart, PassagePart, PdfPart, TextPart
from bot.domain.turns import FinishReason
from providers.rounds import kept_of

_REASONS = {
    FinishReason.COMPLETE: """
        stop stop_sequence stop_token eos eos_token eos_found end end_turn complete completed done finish finished
    """,
    FinishReason.LENGTH: """
        length limit model_length max_tokens max_length max_output_tokens max_completion_tokens token_limit
        model_context_window_exceeded continuation compaction
    """,
    FinishReason.FILTERED: """
        content_filter content_filtered refusal safety sensitive recitation language blocklist prohibited_content spii
        blocked guardrail_intervened model_armor escalation pup_limited_disabled error_toxic image_safety
        image_prohibited_content image_recitation
    """,
}
"""What vendors call the ends of their answers. Each other word is that of an answer that is cut."""
_MEANINGS = {word: reason for reason, words in _REASONS.items() for word in words.split()}
_SEAM = re.compile(r"(?<=[a-z])(?=[A-Z])|[ -]+")
_NOT_YET = frozenset(("", "null", "none", "not_finished", "finish_reason_unspecified"))


def finish_reason(word: object) -> FinishReason | None:
    """What a vendor's word for the end means; None: it has not ended. Only what is known to mean "done" does."""
    said = plain_word(word)
    return None if said in _NOT_YET else _MEANINGS.get(said, FinishReason.CUT)


def plain_word(word: object) -> str:
    """A vendor's word in one spelling: "endTurn", "END_TURN" and "end-turn" are "end_turn"; "?" for what is none."""
    if not word:
        return ""
    return _SEAM.sub("_", word.strip()).lower() if isinstance(word, str) else "?"


def chat_messages(prompt: Prompt, *, hands_back: bool = True) -> list[dict[str, Any]]:
    """The messages of `prompt`, for JSON. `hands_back`: whether a model's thinking goes back to it with its calls."""
    return [sent for message in prompt.messages for sent in _messages(message, hands_back=hands_back)]


def chat_tools(prompt: Prompt) -> dict[str, Any]:
    """The parameters of a request that offer tools; none if there are none."""
    if not prompt.tools:
        return {}
    tools = [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.schema)},
        }
        for tool in prompt.tools
    ]
    return {"tools": tools} if prompt.may_call else {"tools": tools, "tool_choice": "none"}


def _messages(message: PromptMessage, *, hands_back: bool) -> Iterator[dict[str, Any]]:
    rounds, rest = rounds_of(message.parts) if message.author is Author.ASSISTANT else ((), message.parts)
    for made in rounds:
        kept = kept_of(made.calls[0].opaque)
        thinking = kept.get("message") if hands_back else None
        yield {
            "role": "assistant",
            "content": words_of(PromptMessage(message.author, made.said)),
            **(thinking if isinstance(thinking, dict) else {}),
            "tool_calls": [_call(call) for call in made.calls],
        }
        for result in made.results:
            yield {"role": "tool", "tool_call_id": result.call, "content": result.text}
    if rest or not rounds:
        yield {"role": message.author.value, "content": _content(PromptMessage(message.author, rest))}


def _call(call: CallPart) -> dict[str, Any]:
    beside = kept_of(call.opaque).get("call")
    called = {"id": call.id, "type": "function", "function": {"name": call.tool, "arguments": call.arguments}}
    return {**(beside if isinstance(beside, dict) else {}), **called}


def _content(message: PromptMessage) -> str | list[dict[str, Any]]:
    if not any(isinstance(part, ImagePart | PdfPart) for part in message.parts):
        # Not every server takes a list, and every one takes a string.
        return words_of(message)
    return [block for part in message.parts for block in _blocks(part)]


def words_of(message: PromptMessage) -> str:
    """The words of a message, passages in their marks, without its pictures and files."""
    words = (
        shown(part) if isinstance(part, PassagePart) else part.text
        for part in message.parts
        if not isinstance(part, ImagePart | PdfPart | CallPart)
    )
    return "\n".join(words)


def _blocks(part: PromptPart) -> Iterator[dict[str, Any]]:
    match part:
        case TextPart(text) | InstructionPart(text) | ResultPart(_, text) | CallPart(arguments=text):
            yield {"type": "text", "text": text}
        case PassagePart():
            yield {"type": "text", "text": shown(part)}
        case ImagePart(data, media_type):
            yield {"type": "image_url", "image_url": {"url": _url(data, media_type)}}
        case PdfPart(source, data):
            # https://developers.openai.com/api/docs/guides/file-inputs: of files, chat completions take PDFs alone.
            yield {"type": "text", "text": announced(part)}
            yield {"type": "file", "file": {"filename": source, "file_data": _url(data, "application/pdf")}}


def _url(data: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"
