"""Why there is no answer, where the vendor has said that it ended and not a word has come."""

from bot.contracts.provider import unanswered
from bot.domain.provider_errors import (
    LanguageRefused,
    NotAllowed,
    ProviderError,
    SourceRepeated,
    StreamBroken,
    ToolWanted,
)
from bot.domain.turns import FinishReason
from providers.chat import plain_word

CALLING = frozenset(
    {
        "tool_calls",
        "tool_call",
        "tool_use",
        "function_call",
        "malformed_function_call",
        "unexpected_tool_call",
        "too_many_tool_calls",
    }
)
"""How an answer ends that waits for a tool, or has called one wrongly."""
_ACCOUNT = frozenset({"pup_limited_disabled"})
"""Google has limited the account for what it was used for."""
_REFUSED = {"recitation": SourceRepeated, "language": LanguageRefused}


def why_empty(reason: FinishReason, word: object, *, thought: bool, called: bool) -> ProviderError:
    """The error for an answer that ended for this reason, called `word` by the vendor, before its first word.

    `thought`: whether the model has thought; `called`: whether it has called a tool that was not offered.
    """
    said = plain_word(word)
    if called or said in CALLING:
        return ToolWanted("The model called a tool instead of answering, and none was offered.")
    if said in _ACCOUNT:
        return NotAllowed("The vendor has limited the account.")
    if reason is FinishReason.CUT:
        return StreamBroken("The answer ended before its first word, and not because it was done.")
    if said in _REFUSED:
        return _REFUSED[said](f"The vendor ended the answer before its first word: {said}.")
    return unanswered(reason, thought=thought)
