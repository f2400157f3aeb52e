"""How much a model may be told to think, from its entry in litellm's table, and what that means in tokens and time."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from bot.contracts.provider import TimeLimits
from bot.domain.efforts import RANK, USUAL, Effort

BUDGETS = {
    Effort.NONE: 0,
    Effort.MINIMAL: 1_024,
    Effort.LOW: 2_048,
    Effort.MEDIUM: 8_192,
    Effort.HIGH: 24_576,
    Effort.XHIGH: 24_576,
    Effort.MAX: 24_576,
}
"""Tokens, for models that count them. The least and the most are what Anthropic's and Google's models all take."""
PATIENCE = {Effort.HIGH: 3.0, Effort.XHIGH: 5.0, Effort.MAX: 5.0}
"""How many times as long a silence may be: some vendors say nothing at all while their models think."""
_OLD_GEMINI = ("gemini-2", "gemini/gemini-2")


def efforts_of(model: str, entry: Mapping[str, Any]) -> tuple[Effort, ...]:
    """What `model` ("provider/model") takes, from the least to the most; empty if it does not think."""
    listed = entry.get("reasoning_effort_levels")
    if isinstance(listed, list):
        return tuple(effort for effort in Effort if effort in listed)
    if entry.get("supports_reasoning") is not True:
        return ()
    found = {Effort.LOW, Effort.HIGH, Effort.MAX} if _is_deepseek(entry) else set(USUAL)
    found.update(effort for effort in Effort if entry.get(f"supports_{effort}_reasoning_effort") is True)
    found.update(_untold(model, entry))
    found.difference_update(effort for effort in Effort if entry.get(f"supports_{effort}_reasoning_effort") is False)
    return tuple(sorted(found, key=RANK.__getitem__))


def counts_thinking(model: str, entry: Mapping[str, Any]) -> bool:
    """Whether its vendor is told how many tokens it may think, instead of how much effort it is to make."""
    if entry.get("supports_reasoning") is not True:
        return False
    return model.startswith(_OLD_GEMINI) or (_is_claude(model) and entry.get("supports_adaptive_thinking") is not True)


def _untold(model: str, entry: Mapping[str, Any]) -> Iterator[Effort]:
    """What the table does not say, and vendors document."""
    if _is_deepseek(entry) or (_is_claude(model) and entry.get("thinking_always_on") is not True):
        yield Effort.NONE
    if "gemini" in model and "flash" in model:
        # Of the older ones a flash can do without thinking, of the newer ones it thinks the least there is.
        yield Effort.NONE if model.startswith(_OLD_GEMINI) else Effort.MINIMAL


def _is_claude(model: str) -> bool:
    return "claude" in model


def _is_deepseek(entry: Mapping[str, Any]) -> bool:
    return entry.get("litellm_provider") == "deepseek"


def patient(limits: TimeLimits, effort: Effort | None) -> TimeLimits:
    """The time limits for an answer before which so much is thought."""
    times = PATIENCE.get(effort, 1.0) if effort is not None else 1.0
    return replace(limits, first_byte_s=limits.first_byte_s * times, between_s=limits.between_s * times)
