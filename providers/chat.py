"""The chat format that most vendors copied from OpenAI: how a prompt is written, and what the ends of answers mean."""

import base64
from typing import Any

from bot.passages import shown
from bot.provider import Prompt, PromptMessage, PromptPart
from bot.types import FinishReason, ImagePart, PassagePart, TextPart

FINISH_REASONS = {
    "length": FinishReason.LENGTH,
    "model_length": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "content_filter": FinishReason.FILTERED,
    "refusal": FinishReason.FILTERED,
}
"""What is not named here ("stop", "eos", …) is a complete answer."""


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
        part.text if isinstance(part, TextPart) else shown(part)
        for part in message.parts
        if not isinstance(part, ImagePart)
    )
    return "\n".join(words)


def _part(part: PromptPart) -> dict[str, Any]:
    match part:
        case TextPart(text):
            return {"type": "text", "text": text}
        case PassagePart():
            return {"type": "text", "text": shown(part)}
        case ImagePart(data, media_type):
            url = f"data:{media_type};base64,{base64.b64encode(data).decode()}"
            return {"type": "image_url", "image_url": {"url": url}}
