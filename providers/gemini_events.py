"""What Gemini's events say: text, thoughts, pictures, calls, and what was used."""

from base64 import b64encode
from collections.abc import Sequence

from google.genai import types

from bot.domain.provider_errors import RequestRefused
from bot.domain.turns import Usage
from providers.answer import Answer
from providers.usage import usage_of


def take(chunk: types.GenerateContentResponse, answer: Answer) -> None:
    """Tell an answer what an event says."""
    if (usage := chunk.usage_metadata) is not None and usage.prompt_token_count is not None:
        answer.usage = _usage(usage)
    if (feedback := chunk.prompt_feedback) is not None and feedback.block_reason is not None:
        answer.break_off(RequestRefused(f"The prompt was blocked: {feedback.block_reason.value}."))
    if not chunk.candidates:
        return
    candidate = chunk.candidates[0]
    for part in (candidate.content.parts if candidate.content else None) or ():
        answer.call(part.function_call)
        if (call := part.function_call) is not None:
            signature = b64encode(part.thought_signature).decode() if part.thought_signature else ""
            beside = {name: value for name, value in (("id", call.id), ("signature", signature)) if value}
            answer.calls.whole(call.id, call.name, call.args, beside)
        elif part.thought:
            answer.add_reasoning(part.text or "")
        elif part.inline_data is not None and part.inline_data.data:
            answer.add_image(part.inline_data.data, part.inline_data.mime_type or "image/png")
        else:
            answer.add_text(part.text or "")
    if candidate.finish_reason is not None:
        answer.ended(candidate.finish_reason.value)


def _usage(counts: types.GenerateContentResponseUsageMetadata) -> Usage | None:
    # Thinking is written, and what a tool has brought is read, beside the counts that have these names.
    thought = counts.thoughts_token_count or 0
    return usage_of(
        (counts.prompt_token_count or 0) + (counts.tool_use_prompt_token_count or 0),
        (counts.candidates_token_count or 0) + thought,
        cached=counts.cached_content_token_count,
        sound=_of_kind(counts.prompt_tokens_details, types.MediaModality.AUDIO),
        thought=thought,
        drawn=_of_kind(counts.candidates_tokens_details, types.MediaModality.IMAGE),
    )


def _of_kind(details: Sequence[types.ModalityTokenCount] | None, kind: types.MediaModality) -> int:
    return sum(detail.token_count or 0 for detail in details or () if detail.modality is kind)
