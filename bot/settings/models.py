"""The built-in models: vendors' API roots, default models, the built-in modes.

Each default is a model that its vendor offered without an end date in November 2026 (source: the table that
litellm bundles; a test compares).
"""

from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from bot.contracts.setting_values import Key, Root, WrongValue
from bot.domain.efforts import Effort
from bot.domain.model_names import OFFLINE, ModelName
from bot.domain.sessions import Mode
from bot.settings.values import Entries, Patterns

MISTRAL_ROOT = "https://api.mistral.ai/v1"
OPENROUTER_ROOT = "https://openrouter.ai/api/v1"
OPENAI_ROOT = "https://api.openai.com/v1"
DEEPSEEK_ROOT = "https://api.deepseek.com"
GROQ_ROOT = "https://api.groq.com/openai/v1"

MISTRAL_MODEL = "mistral-medium-latest"
GEMINI_MODEL = "gemini-3.8-flash"
OPENAI_MODEL = "gpt-6-luna"
ANTHROPIC_MODEL = "claude-haiku-5-5"
DEEPSEEK_MODEL = "deepseek-v4-flash"
GROQ_MODEL = "openai/gpt-oss-120b"
OPENROUTER_MODEL = "openrouter/auto"
UNCENSORED_MODEL = "nousresearch/hermes-4-70b"

HEARING = tuple(
    map(ModelName, ("groq/whisper-large-v3-turbo", "openai/gpt-4o-mini-transcribe", "mistral/voxtral-mini-latest"))
)
"""Models that transcribe voice messages; those of vendors with a key are used."""
SPEAKING = tuple(map(ModelName, ("openai/gpt-4o-mini-tts", "gemini/gemini-3.8-flash-tts")))
"""Models that read aloud; those of vendors with a key are used."""

DRAWING = tuple(map(ModelName, ("gemini/gemini-3.1-flash-image", "openai/gpt-image-2")))
"""Models that draw pictures; those of vendors with a key are used."""

OFFLINE_CHAIN = (ModelName.joined(OFFLINE, OFFLINE),)
VENDORS = frozenset(
    (
        "mistral",
        "openrouter",
        "gemini",
        "openai",
        "anthropic",
        "deepseek",
        "groq",
        "ollama",
        "vllm",
        "lmstudio",
        OFFLINE,
    )
)

REGULAR = "regular"
UNCENSORED = "uncensored"
DOCUMENTS = "documents"

BUILT_IN_MODES = (
    Mode(
        name=REGULAR,
        description="Everyday questions",
        chain=(),
        system_prompt=(
            "You are a helpful assistant in a chat. Answer in the language the person writes in. "
            "Be clear and to the point; use Markdown where it helps."
        ),
    ),
    Mode(
        name=UNCENSORED,
        description="A model with fewer restraints, for adults, in private",
        chain=(),
        system_prompt="You are a frank assistant in a private chat between adults. Answer directly.",
        private_only=True,
        needs_consent=True,
        unfiltered=True,
    ),
    Mode(
        name=DOCUMENTS,
        description="Answers from the files you send",
        chain=(),
        system_prompt="You answer questions about documents. Answer in the language the person writes in.",
        from_documents=True,
    ),
)


class ModeTable(BaseModel):
    """`[modes.NAME]` of `parley.toml`: a new mode, or changes to a built-in one.

    The docstring of a field is also its line in `docs/parley-toml.md`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    description: str | None = None
    """What `/mode` says about it."""
    chain: tuple[str, ...] | None = None
    """Models as "provider/model", the first choice first; without it, those of `regular`."""
    system_prompt: str | None = None
    """What its models are told."""
    temperature: float | None = Field(default=None, ge=0, le=2)
    """0 to 2: the higher, the freer; default: the model's own."""
    effort: Effort | None = None
    """How much its models think first: "none", "minimal", "low", "medium", "high", "xhigh" or "max"; of those that a
    model does not have, the nearest that it has. Default: the model's own."""
    max_output_tokens: int | None = Field(default=None, ge=16, le=1_000_000)
    """How long one answer may become, in tokens, what the model thinks among them; who reads it can have it continued.
    Default: the model's own limit."""
    private_only: bool | None = None
    """Only in private chats, and in Discord's age-restricted channels."""
    needs_consent: bool | None = None
    """Ask once whether the person is an adult and wants this."""
    unfiltered: bool | None = None
    """Vendors are asked to leave out their own filters, as far as they let one: Gemini's for words and pictures,
    OpenAI's for pictures."""
    from_documents: bool | None = None
    """Answers come strictly from the session's documents, if it has any."""
    role: Literal["member", "admin"] | None = None
    """The least role that may use it: "member" or "admin"."""
    allow: Entries | None = None
    """Who may use it, as in ALLOWLIST: "telegram:user:4711", "discord:role:99"; without it, everyone of that role."""
    enabled: bool = True
    """`false` closes a mode, even a built-in one."""


class EndpointTable(BaseModel):
    """`[endpoints.NAME]` of `parley.toml`: another address where models are asked.

    The docstring of a field is also its line in `docs/parley-toml.md`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: Literal["openai_compatible", "anthropic", "gemini", "litellm"] = "openai_compatible"
    """How it is asked: "openai_compatible", "anthropic", "gemini", or "litellm" for what only that library reaches."""
    base_url: Root | None = None
    """Its address; "openai_compatible" needs one. "anthropic" is asked at its `/v1/messages`."""
    api_key: Key | None = None
    """The key, if this file is to hold it."""
    models: Patterns = ()
    """Which of the models that it lists `/model` offers beside those of the modes: `["llama*", "!*-vision"]`."""
    context_tokens: int | None = Field(default=None, gt=0)
    """How much its models can read, in tokens, if that is not known of them."""
    sees_images: bool = False
    """Whether its models look at pictures."""
    api_key_env: str | None = None
    """The environment variable (or line of `.env`) that holds the key, to keep it out of this file."""


def endpoint_root(given: str | None, documented_path: str) -> str:
    """The root as given; a bare host gets the path its vendor documents ("http://localhost:11434" means its "/v1")."""
    if not given or urlsplit(given).path:
        return given or ""
    return given + documented_path


def chain_entry(vendor: str, model: str) -> ModelName:
    """ "vendor/model"; a model that already has its vendor in front, as other programs write it, stays.

    OpenRouter names its models "maker/model", and some are its own: only three parts show that the vendor is in front.
    """
    named = ModelName(model)
    if named.provider == vendor and named.model and (vendor != "openrouter" or ModelName(named.model).model):
        return named
    return ModelName.joined(vendor, model.removeprefix("models/") if vendor == "gemini" else model)


def check_chain(chain: tuple[str, ...], known: frozenset[str], name: str) -> None:
    """Every entry names a provider that exists, whether it has a key or not.

    Raises:
        WrongValue: one does not, or the chain is empty.
    """
    if not chain:
        raise WrongValue("is empty.", 'Name at least one model, such as "mistral/mistral-small-latest".', name=name)
    for entry in chain:
        named = ModelName(entry)
        if not named.model:
            raise WrongValue(
                f"holds {entry!r}, which is not a provider and a model.",
                'Write both, such as "mistral/mistral-small-latest".',
                name=name,
            )
        if named.provider not in known:
            raise WrongValue(
                f"holds {entry!r}, but there is no provider {named.provider!r}.",
                f"Use one of {', '.join(sorted(known))}, or describe it as [endpoints.{named.provider}] "
                "in parley.toml.",
                name=name,
            )
