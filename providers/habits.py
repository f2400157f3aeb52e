"""What an endpoint does not accept beside the words: learned from its refusals, remembered per model.

A parameter is never worth an answer. What a refusal names and the request held is left out of the next one, said by
`NotTaken`; that goes on until nothing is left that could be left out.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal

from bot.contracts.provider import Prompt
from bot.domain.efforts import Effort, nearest
from bot.domain.messages import Author
from bot.domain.provider_errors import NotTaken, ProviderError
from providers import wordings
from providers.answer import Answer
from providers.refusals import Refusal
from providers.thinking import thinks

_STATUSES = frozenset({0, 200, 400, 403, 404, 405, 415, 422, 500, 501, 502})
"""Under which a parameter is refused: most say 400 or 422, gateways hand on whatever came."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How a model is asked."""

    temperature: bool = True
    length: Literal["max_tokens", "max_completion_tokens", ""] = "max_tokens"
    """What the longest answer is called; "" where it cannot be said."""
    counts: bool = True
    """Whether usage is asked for (`stream_options`)."""
    system: bool = True
    """Whether there is a system's role; otherwise its words precede the first question."""
    streams: bool = True
    names_conversation: bool = False
    """Whether requests say which ones begin alike (`prompt_cache_key`)."""
    efforts: tuple[Effort, ...] | None = None
    """How much it can be told to think, as far as it has been particular about that; empty: it is not to be told."""
    tools: bool = True
    """Whether tools are offered."""
    hands_back: bool = True
    """Whether a model's thinking goes back to it with its calls."""
    thinks: bool = False
    """Whether its template opens the thinking, so that only the mark that ends it is in the text."""


class HabitBook:
    """The habits of one endpoint's models."""

    def __init__(self, usual: Habits | None = None, *, renames: bool = False) -> None:
        """`renames`: whether the format has both names for the longest answer."""
        self._usual = usual or Habits()
        self._renames = renames
        self._known: dict[str, Habits] = {}
        self._thinks: dict[str, bool] = {}

    def of(self, model: str) -> Habits:
        """How to ask this model next."""
        opens = self._thinks[model] if model in self._thinks else thinks(model)
        return replace(self._known.get(model, self._usual), thinks=opens)

    def notice(self, model: str, answer: Answer) -> None:
        """Take from a whole answer whether the next one of this model begins with thinking."""
        if answer.thinks is not None:
            self._thinks[model] = answer.thinks

    def learn(self, prompt: Prompt, asked: Habits, refusal: Refusal) -> bool:
        """Take something from what a request with `asked` met. True if the next one will differ."""
        learned = _learned(prompt, asked, refusal) if refusal.status in _STATUSES else None
        if learned is None:
            return False
        if learned.length != asked.length and not self._renames:
            learned = replace(learned, length="")
        self._known[prompt.model] = learned
        return True

    def error(self, prompt: Prompt, asked: Habits, refusal: Refusal, endpoint: str, key: str) -> ProviderError:
        """The error for a refusal; `NotTaken` where the next request will differ."""
        error = refusal.error(endpoint, key)
        return NotTaken(str(error)) if self.learn(prompt, asked, refusal) else error


def _learned(prompt: Prompt, asked: Habits, refusal: Refusal) -> Habits | None:
    """Other habits, where the refusal names something that was sent and can be left out; the surest first."""
    if asked.counts and asked.streams and refusal.says(wordings.COUNTS):
        return replace(asked, counts=False)
    if asked.temperature and prompt.temperature is not None and refusal.says(wordings.TEMPERATURE):
        return replace(asked, temperature=False)
    if nearest(prompt.effort, asked.efforts) is not None and refusal.says(wordings.EFFORT):
        return replace(asked, efforts=_efforts_named(prompt, asked, refusal))
    if asked.length and prompt.max_output_tokens is not None and _is_about_length(refusal):
        return replace(asked, length=_next_name(asked, refusal))
    if asked.system and _has_system(prompt) and refusal.says(wordings.SYSTEM):
        return replace(asked, system=False)
    if asked.names_conversation and prompt.conversation and refusal.says(wordings.CONVERSATION):
        return replace(asked, names_conversation=False)
    if asked.hands_back and prompt.tools and refusal.says(wordings.THINKING_BACK):
        return replace(asked, hands_back=False)
    if asked.tools and prompt.tools and refusal.says(wordings.TOOLS):
        return replace(asked, tools=False)
    if asked.streams and refusal.says(wordings.STREAM):
        return replace(asked, streams=False)
    return None


def _efforts_named(prompt: Prompt, asked: Habits, refusal: Refusal) -> tuple[Effort, ...]:
    """Those that a refusal offers in the place of the one that was sent; none if it has offered some before."""
    sent = nearest(prompt.effort, asked.efforts)
    named = set(re.findall(r"['\"`]([a-z]+)['\"`]", refusal.words))
    return tuple(effort for effort in Effort if effort in named and effort is not sent and asked.efforts is None)


def _is_about_length(refusal: Refusal) -> bool:
    return refusal.says(wordings.LENGTH) and not refusal.says(wordings.LENGTH_OF_PROMPT)


def _next_name(asked: Habits, refusal: Refusal) -> Literal["max_tokens", "max_completion_tokens", ""]:
    """The other name where the refusal asks for it, else none."""
    other: Literal["max_tokens", "max_completion_tokens"] = (
        "max_tokens" if asked.length == "max_completion_tokens" else "max_completion_tokens"
    )
    return other if re.search(rf"(?<![a-z_]){other}\b", refusal.words) else ""


def _has_system(prompt: Prompt) -> bool:
    return any(message.author is Author.SYSTEM for message in prompt.messages)
