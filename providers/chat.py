"""The chat format that most vendors copied from OpenAI: how a prompt is written, and what the ends of answers mean."""

import base64
import re
from typing import Any

from bot.contracts.passages import shown
from bot.contracts.provider import Prompt, PromptMessage, PromptPart
from bot.domain.messages import ImagePart, InstructionPart, PassagePart, TextPart
from bot.domain.turns import FinishReason

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


def chat_messages(prompt: Prompt) -> list[dict[str, Any]]:
    """The messages of `prompt`, for JSON."""
    return [{"role": message.author.value, "content": _content(message)} for message in prompt.messages]


def _content(message: PromptMessage) -> str | list[dict[str, Any]]:
    if not any(isinstance(part, ImagePart) for part in message.parts):
        # Not every server takes a list, and every one takes a string.
        return words_of(message)
    return [_part(part) for part in message.parts]


def words_of(message: PromptMessage) -> str:
    """The words of a message, passages in their marks, without its pictures."""
    words = (
        shown(part) if isinstance(part, PassagePart) else part.text
        for part in message.parts
        if not isinstance(part, ImagePart)
    )
    return "\n".join(words)


def _part(part: PromptPart) -> dict[str, Any]:
    match part:
        case TextPart(text) | InstructionPart(text):
            return {"type": "text", "text": text}
        case PassagePart():
            return {"type": "text", "text": shown(part)}
        case ImagePart(data, media_type):
            url = f"data:{media_type};base64,{base64.b64encode(data).decode()}"
            return {"type": "image_url", "image_url": {"url": url}}
