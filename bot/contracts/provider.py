"""What the engine needs from an endpoint. To add one, write a module in `providers/` that implements `Provider`."""

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from bot.contracts.prices import Tariff
from bot.contracts.web import Findings
from bot.domain.calls import CallPart, ResultPart
from bot.domain.efforts import Effort
from bot.domain.events import Delta, Finished
from bot.domain.messages import AudioPart, Author, ImagePart, InstructionPart, PassagePart, PdfPart, TextPart
from bot.domain.pictures import PictureWish
from bot.domain.provider_errors import EmptyAnswer, LimitSpent, ProviderError, RequestRefused, ThoughtOnly
from bot.domain.turns import FinishReason, Usage

PromptPart = TextPart | ImagePart | PdfPart | PassagePart | InstructionPart | CallPart | ResultPart
"""What a message to a model is made of; calls and results only the model's own."""


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One message as a model reads it."""

    author: Author
    parts: tuple[PromptPart, ...]


@dataclass(frozen=True, slots=True)
class ToolOffer:
    """A tool as a model sees it."""

    name: str
    """As every vendor takes it: a letter, then letters, digits, "_" and "-", at most 64 characters."""
    description: str
    schema: Mapping[str, Any]
    """Of its arguments, as JSON Schema; always an object's."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A request for one answer. The first message may be the system prompt; then user and assistant as they came."""

    model: str
    """The vendor's own name of the model, without the provider in front."""
    messages: tuple[PromptMessage, ...]
    temperature: float | None = None
    max_output_tokens: int | None = None
    conversation: str = ""
    """Equal for requests that probably share a prefix, for vendors that cache prompts."""
    effort: Effort | None = None
    """How much to think before the answer; None: as its vendor sees fit."""
    tools: tuple[ToolOffer, ...] = ()
    """What the model may call. Without any, what was called earlier is not told."""
    may_call: bool = True
    """Whether it may call now; False: it is to answer with what it has."""
    picture: PictureWish | None = None
    """A picture is wanted, of what the last message says, from the pictures in it; None: words are."""
    unfiltered: bool = False
    """Whether the vendor is asked to leave out its own filters, where it lets one."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint with its key; `name` is the part before the slash in "mistral/mistral-small"."""

    name: str
    kind: Literal["openai_compatible", "anthropic", "gemini", "litellm", "offline"]
    base_url: str = ""
    """The root that the vendor documents, e.g. "https://api.mistral.ai/v1"; "" for the client's own default."""
    api_key: str = field(default="", repr=False)
    guarded: bool = False
    """A person named it: only public addresses are allowed, and no proxy is used."""


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """How long to wait for a model, in seconds: for the first byte of the answer, between bytes, in all."""

    first_byte_s: float = 60.0
    between_s: float = 60.0
    total_s: float = 600.0


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """What a model can do and costs. None if unknown."""

    sees_images: bool = False
    reads_files: bool = False
    """Whether it takes a PDF as it is."""
    context_tokens: int | None = None
    output_tokens: int | None = None
    calls_tools: bool | None = None
    cached_from: int | None = None
    """The fewest tokens that its vendor caches."""
    efforts: tuple[Effort, ...] | None = None
    """How much it can be told to think, from the least to the most; empty if it does not think."""
    counts_thinking: bool = False
    """Whether its vendor is told how many tokens it may think, instead of how much effort it is to make."""
    tariff: Tariff | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """Model prices that the operator has set. `models` may hold "*", as in "ollama/*"."""

    models: str
    tariff: Tariff


@dataclass(frozen=True, slots=True)
class Transcript:
    """A transcript, and the usage that its vendor reported, if any."""

    text: str
    """"" if nothing is said."""
    usage: Usage | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """A text that was read aloud: in Opus and Ogg, or as plain samples of 16 bits, little-endian, of one channel."""

    data: bytes
    samples_per_s: int | None = None
    """Of plain samples; None: it is in Opus and Ogg."""


class Provider(Protocol):
    """One endpoint with one key."""

    def stream(self, prompt: Prompt) -> AsyncGenerator[Delta | Finished, None]:
        """Ask once and yield what comes; the last event is `Finished`.

        Exactly one request, and one more for each pause that the vendor makes: retries belong to the engine. Text is
        yielded as it arrives. Closing the generator closes the connection. Everything yielded before a
        `ProviderError` is valid text.

        Raises:
            ProviderError: the class says what happened; a stream that ends without the vendor's end marker
                raises `StreamBroken`, one that ends properly but without any text raises `EmptyAnswer`.
        """

    async def close(self) -> None:
        """Close every connection."""


@runtime_checkable
class Transcriber(Protocol):
    """An endpoint that transcribes recordings."""

    async def transcribe(self, model: str, audio: AudioPart, progress: Callable[[float], None]) -> Transcript:
        """Transcribe a recording. Exactly one request. What works on this machine tells its `progress`, 0 to 1.

        Raises:
            ProviderError: the class says what happened.
        """


@runtime_checkable
class Speaker(Protocol):
    """An endpoint that reads aloud."""

    async def speak(self, model: str, text: str, voice: str) -> Recording:
        """A text, read aloud; `voice` as the vendor calls it, "" for one that it has. Exactly one request.

        Raises:
            ProviderError: the class says what happened.
        """


@runtime_checkable
class Searcher(Protocol):
    """An endpoint whose models have a search of their vendor's own."""

    async def search(self, model: str, words: str) -> Findings:
        """What a model finds in the web. One request, and one more for each pause that the vendor makes.

        Raises:
            ProviderError: the class says what happened.
        """


@runtime_checkable
class KeyChecked(Protocol):
    """A configured endpoint whose key can be checked at no cost."""

    async def takes_key(self) -> bool:
        """Whether the key is accepted; False if the endpoint has no way to tell.

        Raises:
            ProviderError: `BadCredentials` if it is not; otherwise the class says what happened.
        """


@runtime_checkable
class ListsModels(Protocol):
    """An endpoint that says which models it has."""

    async def models(self) -> list[str]:
        """Their names, sorted, but of those that it says itself do not answer questions.

        Raises:
            ProviderError: the class says what happened.
        """


def unanswered(reason: FinishReason, *, thought: bool = False) -> ProviderError:
    """The error for an answer that ended for this reason and has no text; `thought`: it has thinking."""
    match reason:
        case FinishReason.FILTERED:
            return RequestRefused("The vendor's filter ended the answer before its first word.")
        case FinishReason.LENGTH:
            return LimitSpent("The model's limit for one answer ended it before its first word.")
        case _ if thought:
            return ThoughtOnly(f"The answer ended ({reason.value}) behind the thinking.")
        case _:
            return EmptyAnswer(f"The answer ended ({reason.value}) without a word.")
