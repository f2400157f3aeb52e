"""The chat format that most vendors copied from OpenAI: how a prompt is written, and what the ends of answers mean."""

import base64
from typing import Any

from bot.provider import Prompt, PromptMessage
from bot.types import FinishReason, ImagePart, TextPart

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
    if all(isinstance(part, TextPart) for part in message.parts):
        # Not every server takes a list, and every one takes a string.
        return "\n".join(part.text for part in message.parts if isinstance(part, TextPart))
    return [_part(part) for part in message.parts]


def _part(part: TextPart | ImagePart) -> dict[str, Any]:
    match part:
        case TextPart(text):
            return {"type": "text", "text": text}
        case ImagePart(data, media_type):
            url = f"data:{media_type};base64,{base64.b64encode(data).decode()}"
            return {"type": "image_url", "image_url": {"url": url}}
