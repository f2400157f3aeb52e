"""Which models can be asked, where, and how long they are waited for."""

from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.contracts.provider import Endpoint, ModelProfile, TimeLimits
from bot.contracts.setting_values import Key, LowerCase, Root
from bot.domain.model_names import OFFLINE, ModelName
from bot.settings import models
from bot.settings.models import EndpointTable, chain_entry, endpoint_root
from bot.settings.values import Models, Patterns, Seconds


def _models_of(vendor: str, example: str) -> Any:
    said = f"Which of the models that {vendor} lists /model offers beside those of the modes, such as {example}."
    return Field(default=(), description=said)


class ModelSettings(BaseSettings):
    """The vendors' keys, addresses and models, and the operator's own endpoints."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    mistral_api_key: Key | None = Field(default=None, description="Mistral API key; first choice in `regular` mode.")
    mistral_base_url: Root = Field(default=models.MISTRAL_ROOT, description="Root of Mistral's API.")
    mistral_model: str = Field(default=models.MISTRAL_MODEL, description="Model used at Mistral.")
    openrouter_api_key: Key | None = Field(
        default=None, description="OpenRouter API key; answers in `uncensored` mode."
    )
    openrouter_base_url: Root = Field(default=models.OPENROUTER_ROOT, description="Root of OpenRouter's API.")
    uncensored_model: str = Field(default=models.UNCENSORED_MODEL, description="OpenRouter model of `uncensored` mode.")
    openrouter_model: str = Field(
        default=models.OPENROUTER_MODEL,
        description="OpenRouter model of the other modes, used if no vendor before it answers.",
    )
    google_api_key: Key | None = Field(
        default=None,
        description="Gemini API key; first choice in `documents` mode. Also reads pictures, scans and voice messages.",
    )
    gemini_api_key: Key | None = Field(
        default=None, description="Another name for GOOGLE_API_KEY; this one counts if both are set."
    )
    gemini_base_url: Root | None = Field(default=None, description="Root of Gemini's API, without the version.")
    gemini_text_model: str = Field(default=models.GEMINI_MODEL, description="Gemini model that answers.")
    gemini_file_model: str = Field(
        default=models.GEMINI_MODEL, description="Gemini model that reads scans and transcribes voice messages."
    )
    openai_api_key: Key | None = Field(default=None, description="OpenAI API key; answers if no vendor before it does.")
    openai_base_url: Root = Field(
        default=models.OPENAI_ROOT, description="Root of OpenAI's API, or of any compatible one."
    )
    openai_model: str = Field(default=models.OPENAI_MODEL, description="Model used at OpenAI.")
    anthropic_api_key: Key | None = Field(
        default=None, description="Anthropic API key; answers if no vendor before it does."
    )
    anthropic_base_url: Root | None = Field(default=None, description="Root of Anthropic's API, without the version.")
    anthropic_model: str = Field(default=models.ANTHROPIC_MODEL, description="Model used at Anthropic.")
    deepseek_api_key: Key | None = Field(
        default=None, description="DeepSeek API key; answers if no vendor before it does."
    )
    deepseek_base_url: Root = Field(default=models.DEEPSEEK_ROOT, description="Root of DeepSeek's API.")
    deepseek_model: str = Field(default=models.DEEPSEEK_MODEL, description="Model used at DeepSeek.")
    groq_api_key: Key | None = Field(
        default=None, description="Groq API key; answers if no vendor before it does. Also transcribes voice messages."
    )
    groq_base_url: Root = Field(default=models.GROQ_ROOT, description="Root of Groq's API.")
    groq_model: str = Field(default=models.GROQ_MODEL, description="Model used at Groq.")
    ollama_base_url: Root | None = Field(
        default=None, description="Ollama on your own machine, such as http://localhost:11434."
    )
    ollama_model: str | None = Field(default=None, description="Ollama model, used if no vendor answers.")
    vllm_base_url: Root | None = Field(
        default=None, description="vLLM on your own machine, such as http://localhost:8000."
    )
    vllm_model: str | None = Field(default=None, description="vLLM model, used if no vendor answers.")
    lmstudio_base_url: Root | None = Field(
        default=None, description="LM Studio on your own machine, such as http://localhost:1234."
    )
    lmstudio_model: str | None = Field(default=None, description="LM Studio model, used if no vendor answers.")
    mistral_models: Patterns = _models_of("Mistral", "mistral-*,!*-2*")
    openrouter_models: Patterns = _models_of("OpenRouter", "anthropic/*,google/*")
    gemini_models: Patterns = _models_of("Gemini", "gemini-*")
    openai_models: Patterns = _models_of("OpenAI", "gpt-*,o*")
    anthropic_models: Patterns = _models_of("Anthropic", "claude-*")
    deepseek_models: Patterns = _models_of("DeepSeek", "*")
    groq_models: Patterns = _models_of("Groq", "*")
    ollama_models: Patterns = _models_of("Ollama", "*")
    vllm_models: Patterns = _models_of("vLLM", "*")
    lmstudio_models: Patterns = _models_of("LM Studio", "*")
    vision_model: str | None = Field(
        default=None,
        description="The model that describes pictures when the mode's models cannot see; default: Gemini, if a key "
        "is set.",
    )
    transcription_model: Models = Field(
        default=(),
        description="The model that transcribes voice messages, such as groq/whisper-large-v3-turbo, or "
        "offline/whisper, which understands English on this machine (`make speech`); several, by commas, are asked in "
        "order; default: the vendors with a key that can.",
    )
    speech_model: Models = Field(
        default=(),
        description="The model that reads answers aloud, at Gemini or an endpoint that speaks OpenAI's format, such as "
        "gemini/gemini-3.8-flash-tts, or offline/piper, which reads English on this machine (`make speech`); several, "
        "by commas, are asked in order; default: OpenAI's or Gemini's, the first with a key.",
    )
    speech_voice: str = Field(
        default="",
        description="The voice it reads with, as its vendor calls it, such as nova or Puck; default: alloy at OpenAI, "
        "Kore at Gemini.",
    )

    image_model: str | None = Field(
        default=None,
        description="The model that draws pictures, such as openai/gpt-image-2; default: the first vendor with a key "
        "that can.",
    )

    search: Annotated[Literal["vendor", "engine"], LowerCase] = Field(
        default="vendor",
        description="Who searches the web for TOOLS=web: vendor (the search that vendors of models have of their own, "
        "at OpenAI, Gemini and Anthropic, as far as keys are set; that of the answering model first; where none works, "
        "the engine) or engine (only Brave, Tavily or SearXNG).",
    )
    search_model: str | None = Field(
        default=None,
        description="The model that searches with its vendor's search, such as gemini/gemini-3.8-flash; default: those "
        "that answer at OpenAI, Gemini and Anthropic.",
    )

    model_first_byte_s: Seconds = Field(
        default=60, description="How long a model may take to begin its answer, in seconds."
    )
    model_between_s: Seconds = Field(default=60, description="Longest pause within an answer, in seconds.")
    model_total_s: Seconds = Field(default=600, description="Longest total time of an answer, in seconds.")

    endpoint_tables: dict[str, EndpointTable] = Field(default={}, exclude=True)
    """`[endpoints.NAME]` of `parley.toml`; only a file can hold them."""

    def endpoints(self) -> dict[str, Endpoint]:
        """Where models can be asked: vendors with a key, the operator's own endpoints, and always `offline`."""
        keyed: tuple[tuple[str, Literal["openai_compatible", "anthropic", "gemini"], str, SecretStr | None], ...] = (
            ("mistral", "openai_compatible", endpoint_root(self.mistral_base_url, "/v1"), self.mistral_api_key),
            (
                "openrouter",
                "openai_compatible",
                endpoint_root(self.openrouter_base_url, "/api/v1"),
                self.openrouter_api_key,
            ),
            ("gemini", "gemini", self.gemini_base_url or "", self.gemini_api_key or self.google_api_key),
            ("openai", "openai_compatible", endpoint_root(self.openai_base_url, "/v1"), self.openai_api_key),
            ("anthropic", "anthropic", self.anthropic_base_url or "", self.anthropic_api_key),
            ("deepseek", "openai_compatible", self.deepseek_base_url, self.deepseek_api_key),
            ("groq", "openai_compatible", endpoint_root(self.groq_base_url, "/openai/v1"), self.groq_api_key),
        )
        local = (("ollama", self.ollama_base_url), ("vllm", self.vllm_base_url), ("lmstudio", self.lmstudio_base_url))
        found = {name: Endpoint(name, kind, root, key.get_secret_value()) for name, kind, root, key in keyed if key}
        found |= {name: Endpoint(name, "openai_compatible", endpoint_root(root, "/v1")) for name, root in local if root}
        for name, table in self.endpoint_tables.items():
            key = table.api_key.get_secret_value() if table.api_key else ""
            found[name] = Endpoint(name, table.kind, table.base_url or "", key)
        return found | {OFFLINE: Endpoint(OFFLINE, "offline")}

    def listed(self) -> dict[str, tuple[str, ...]]:
        """Which of the models that an endpoint lists may be chosen, by its name."""
        said = {name: getattr(self, f"{name}_models", ()) for name in models.VENDORS}
        said |= {name: table.models for name, table in self.endpoint_tables.items()}
        return {name: patterns for name, patterns in said.items() if patterns and name in self.endpoints()}

    def profiles(self) -> dict[str, ModelProfile]:
        """What the operator has said about the models of an endpoint, by its name."""
        return {
            name: ModelProfile(context_tokens=table.context_tokens, sees_images=table.sees_images)
            for name, table in self.endpoint_tables.items()
            if table.context_tokens is not None or table.sees_images
        }

    def seeing(self) -> tuple[ModelName, ...]:
        """The models that describe pictures if a mode's own cannot see."""
        named = (
            (ModelName(self.vision_model),) if self.vision_model else (chain_entry("gemini", self.gemini_text_model),)
        )
        return self._open(named)

    def reading(self) -> tuple[ModelName, ...]:
        """The models that read scanned pages."""
        return self._open((chain_entry("gemini", self.gemini_file_model),))

    def hearing(self) -> tuple[ModelName, ...]:
        """The models that transcribe recordings."""
        if self.transcription_model:
            return self._open(tuple(map(ModelName, self.transcription_model)))
        return self._open((chain_entry("gemini", self.gemini_file_model), *models.HEARING))

    def speaking(self) -> tuple[ModelName, ...]:
        """The models that read answers aloud."""
        found = self._open(tuple(map(ModelName, self.speech_model)) or models.SPEAKING)
        # A voice is one vendor's.
        return found[:1] if self.speech_voice else found

    def drawing(self) -> tuple[ModelName, ...]:
        """The models that draw pictures; the built-in one where there are no others."""
        return (
            self._open((ModelName(self.image_model),) if self.image_model else models.DRAWING) or models.OFFLINE_CHAIN
        )

    def searching(self) -> tuple[ModelName, ...]:
        """The models that search the web with their vendors' own search."""
        if self.search == "engine":
            return ()
        named = (
            ("openai", self.openai_model),
            ("gemini", self.gemini_text_model),
            ("anthropic", self.anthropic_model),
        )
        usual = tuple(chain_entry(vendor, model) for vendor, model in named)
        return self._open((ModelName(self.search_model),) if self.search_model else usual)

    def _open(self, entries: tuple[ModelName, ...]) -> tuple[ModelName, ...]:
        endpoints = self.endpoints()
        return tuple(entry for entry in entries if entry.provider in endpoints)

    def time_limits(self) -> TimeLimits:
        """How long to wait for a model."""
        return TimeLimits(self.model_first_byte_s, self.model_between_s, self.model_total_s)

    def built_in_chains(self) -> dict[str, tuple[ModelName, ...]]:
        """The chains of the built-in modes, by their names, whether their models can be asked or not."""
        gemini = chain_entry("gemini", self.gemini_text_model)
        named = (
            ("mistral", self.mistral_model),
            ("gemini", self.gemini_text_model),
            ("openai", self.openai_model),
            ("anthropic", self.anthropic_model),
            ("deepseek", self.deepseek_model),
            ("groq", self.groq_model),
            ("openrouter", self.openrouter_model),
            ("ollama", self.ollama_model),
            ("vllm", self.vllm_model),
            ("lmstudio", self.lmstudio_model),
        )
        everyone = tuple(chain_entry(vendor, model) for vendor, model in named if model)
        return {
            models.REGULAR: everyone,
            models.UNCENSORED: (chain_entry("openrouter", self.uncensored_model),),
            models.DOCUMENTS: (gemini, *(entry for entry in everyone if entry != gemini)),
        }
