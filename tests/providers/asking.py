"""How the tests ask a provider, and what they hear."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.contracts.provider import Prompt, PromptMessage, Provider, TimeLimits
from bot.domain import provider_errors
from bot.domain.events import Finished, ReasoningDelta, TextDelta
from bot.domain.messages import Author, ImagePart, PassagePart, PdfPart, TextPart

KEY = "sk-very-secret-0123456789"
PATIENT = TimeLimits(first_byte_s=20, between_s=20, total_s=40)


@dataclass(frozen=True, slots=True)
class Vendor:
    """A provider, and how it is reached at the stand-in."""

    kind: Literal["openai_compatible", "anthropic", "gemini", "litellm", "offline"]
    name: str = "stand-in"
    path: str = ""


OPENAI = Vendor("openai_compatible", path="/v1")
GEMINI = Vendor("gemini")
ANTHROPIC = Vendor("anthropic")
LITELLM = Vendor("litellm", name="anthropic")
OFFLINE = Vendor("offline")
WIRED = (OPENAI, GEMINI, ANTHROPIC, LITELLM)
ALL = (*WIRED, OFFLINE)


Open = Callable[..., Provider]
"""Takes a vendor, and perhaps time limits and another root than the stand-in's."""


def prompt_of(*parts: TextPart | ImagePart | PdfPart | PassagePart) -> Prompt:
    return Prompt(
        "some-model",
        (
            PromptMessage(Author.SYSTEM, (TextPart("Be kind."),)),
            PromptMessage(Author.USER, (TextPart("First question"),)),
            PromptMessage(Author.ASSISTANT, (TextPart("First answer"),)),
            PromptMessage(Author.USER, parts or (TextPart("Say hello"),)),
        ),
        temperature=0.5,
        max_output_tokens=700,
    )


@dataclass(slots=True)
class Heard:
    """All that came of one call."""

    text: str = ""
    reasoning: str = ""
    finished: Finished | None = None
    error: provider_errors.ProviderError | None = None


async def hear(provider: Provider, prompt: Prompt | None = None) -> Heard:
    heard = Heard()
    try:
        async for event in provider.stream(prompt or prompt_of()):
            assert heard.finished is None, "Finished is the last event."
            match event:
                case TextDelta(text):
                    assert text
                    heard.text += text
                case ReasoningDelta(text):
                    assert text
                    heard.reasoning += text
                case Finished():
                    heard.finished = event
    except provider_errors.ProviderError as error:
        heard.error = error
    return heard
