"""The settings themselves: one frozen class, and what follows from it. Making one reads nothing; `load` does."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.contracts.platform_kind import PlatformKind
from bot.contracts.provider import Endpoint, ModelProfile, TimeLimits
from bot.contracts.setting_values import DatabaseAddress, Key, LowerCase, ProxyAddress, Root, WrongValue, WrongValues
from bot.domain.model_names import OFFLINE, OWN, ModelName
from bot.domain.people import Access, Previews, Role
from bot.domain.refill import NO_REFILL
from bot.domain.sessions import Mode
from bot.domain.summaries import SummaryRule
from bot.platforms import PLATFORMS
from bot.settings import models
from bot.settings.home import Origin
from bot.settings.models import EndpointTable, ModeTable, chain_entry, endpoint_root
from bot.settings.values import (
    Count,
    Dollars,
    Entries,
    Patterns,
    Prices,
    Refilled,
    Seconds,
    Users,
    ZoneName,
    check_listed,
)


def _models_of(vendor: str, example: str) -> Any:
    said = f"Which of the models that {vendor} lists /model offers beside those of the modes, such as {example}."
    return Field(default=(), description=said)


class _Settings(BaseSettings):
    """Everything an operator can set. A field's name in capitals is its name in the environment and in `.env`."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    platforms: ClassVar[tuple[PlatformKind[Any], ...]] = ()
    """The platforms whose settings are included."""

    proxy: ProxyAddress | None = Field(
        default=None,
        description="The proxy for all outgoing connections: http://, https:// or socks5://host:port, with "
        "user:password@ before the host if it needs them. Without it, the environment's HTTPS_PROXY, "
        "HTTP_PROXY and ALL_PROXY count; `none` uses no proxy. NO_PROXY makes exceptions.",
    )
    pacing: bool = Field(
        default=True,
        description="Keep to the platforms' published rates; off for your own Bot API server and for benchmarks.",
    )
    exactly_once: bool = Field(
        default=False,
        description="If an answer can only be sent as a new message, send a placeholder first and edit it: an answer"
        " can never come twice, and each costs one more call.",
    )

    access: Annotated[Access, LowerCase] = Field(
        default=Access.INVITE,
        description="Who may talk to the bot: open (everyone), allowlist (those in ALLOWLIST), invite (anyone with a"
        " code), approval (those an admin admits).",
    )
    allowlist: Entries = Field(
        default=(),
        description="Who is let in, as platform:kind:id, separated by commas: telegram:user:1, telegram:chat:-1001, "
        "discord:guild:2, discord:role:3.",
    )
    admins: Users = Field(default=(), description="Admins from the start, as platform:user:id, separated by commas.")
    tokens_start: Count = Field(default=4000, description="Balance of a new account, in tokens.")
    billing: Annotated[Literal["flat", "metered"], LowerCase] = Field(
        default="flat",
        description="What an answer costs: flat (TOKENS_PER_REQUEST) or metered (as many tokens as the model read "
        "and wrote).",
    )
    tokens_per_request: Count = Field(
        default=100, description="The price of an answer with flat billing, in tokens; 0 makes answers free."
    )
    tokens_held: Annotated[Count, Field(gt=0)] = Field(
        default=1000,
        description="With metered billing: what is reserved for a request until the model's usage is known. People "
        "with a lower balance get no answer. No one is charged more than their balance.",
    )
    refill: Refilled = Field(
        default=NO_REFILL,
        description="none, weekly:N or monthly:N: anyone with fewer than N tokens when a week (from Monday) or a "
        "month begins (UTC) has N again.",
    )
    tokens_per_day: Count = Field(
        default=0, description="Daily limit for everyone together (UTC), in tokens; 0 for no limit."
    )
    usd_per_day: Dollars = Field(
        default=0,
        description="Daily limit for what the models may cost (UTC), in dollars by their list prices; 0 for no "
        "limit. Models with unknown prices are then not used.",
    )
    prices: Prices = Field(
        default=(),
        description="Model prices where they are unknown or wrong: provider/model=in/out in dollars per million "
        "tokens, separated by commas; ollama/*=0/0 declares a whole endpoint free. Behind it may stand +cached=, "
        "+stored=, +sound=, +thought=, +drawn= (per million tokens), +picture=, +second=, +request= (for one), and "
        "+above200k=in/out with what costs something else in requests that read more than 200,000 tokens.",
    )
    rate_limit_per_minute: Count = Field(
        default=0, description="Requests that one person may make per minute; 0 for no limit."
    )
    chat_rate_limit_per_minute: Count = Field(
        default=0,
        description="Requests that one group or channel may make per minute, including its threads; 0 for no limit.",
    )

    default_mode: Annotated[str, LowerCase] = Field(default=models.REGULAR, description="The mode of a new account.")
    system_prompt: str = Field(
        default="", description="What every model is told, in every mode, before that mode's own system prompt."
    )
    timezone: ZoneName | None = Field(
        default=None,
        description="The time zone of people who have not chosen one, such as Europe/Berlin; default: this machine's.",
    )
    context_messages: int = Field(
        default=36,
        ge=1,
        le=1000,
        description="How many of a session's last messages a model reads, at most. When there are more, it goes on "
        "from the last quarter of them, so that most requests begin as the one before, which vendors charge less for.",
    )
    context_tokens: Count = Field(
        default=0,
        description="How many tokens a model reads of a session, at most; 0 for as many as the model can.",
    )
    summaries: Annotated[SummaryRule, LowerCase] = Field(
        default=SummaryRule.OPERATOR,
        description="When messages leave what a model reads of a session, the cheapest model of its mode sums them up, "
        "and the summary is read in their place: operator (at no cost to people), person (each summary costs them "
        "what an answer does) or off.",
    )
    memory_tokens: Count = Field(
        default=800,
        description="How many tokens of what a person chose to have remembered (`/memory`) a model reads with each "
        "request, in private chats; 0 for nothing.",
    )
    titles: bool = Field(
        default=True, description="Let the model write a session's title; off takes the first words instead."
    )
    show_reasoning: bool = Field(
        default=False, description="Show a model's reasoning, as a folded quote above its answer."
    )
    previews: Annotated[Previews, LowerCase] = Field(
        default=Previews.DRAFTS,
        description="How an answer is shown while it is being written: `drafts` (in Telegram's private chats, where "
        "some apps show the draft beside the answer for seconds), `edits` (a message that grows, as everywhere else) "
        "or `off`.",
    )
    rich_messages: Literal["auto", "always", "never"] = Field(
        default="auto",
        description="When answers on Telegram are rich messages, with real tables, formulas and up to 32,768 "
        "characters; older apps show a placeholder for those. `auto`: when an answer needs one.",
    )
    show_model: bool = Field(
        default=False, description="Show below each answer which model wrote it, and what it cost."
    )
    max_file_mb: int = Field(
        default=25, ge=1, le=2000, description="Largest file accepted, in MB; the platform's limit applies too."
    )
    max_pages: int = Field(default=500, ge=1, le=5000, description="How many pages of a document are read, at most.")
    max_scans: int = Field(
        default=100,
        ge=0,
        le=5000,
        description="How many of these may be scans, which a model or the local engine has to read.",
    )
    file_quota_mb: int = Field(
        default=500,
        ge=1,
        description="How much space one person's files may take, in MB; the oldest are removed first, their text "
        "stays.",
    )
    file_days: Count = Field(
        default=90,
        description="How long files are kept, in days; 0 keeps them for good. Their extracted text is kept either way.",
    )
    vision_model: str | None = Field(
        default=None,
        description="The model that describes pictures when the mode's models cannot see; default: Gemini, if a key "
        "is set.",
    )
    transcription_model: str | None = Field(
        default=None,
        description="The model that transcribes voice messages, such as groq/whisper-large-v3-turbo; default: the "
        "first vendor with a key that can.",
    )
    public_url: Root | None = Field(
        default=None,
        description="Where this gateway is reached from outside, such as https://bot.example.org; turns on links to "
        "kept files and pages for large imports.",
    )
    http_host: str = Field(
        default="127.0.0.1", description="Address the gateway listens on for these, and for webhooks."
    )
    http_port: int = Field(default=8080, ge=0, le=65_535, description="Port for HTTP_HOST.")
    health_host: str = Field(
        default="127.0.0.1", description="Address of `/healthz`, `/readyz` and `/metrics`, for your own machines."
    )
    health_port: int = Field(
        default=0, ge=0, le=65_535, description="Port for HEALTH_HOST, such as 9464; 0 disables it."
    )
    undo_minutes: Count = Field(default=15, description="How long something deleted can be restored, in minutes.")

    data_dir: Path = Field(default=Path("data"), description="Directory of the database and the files.")
    database_url: DatabaseAddress | None = Field(
        default=None,
        description="Keeps everything but files in PostgreSQL, such as postgresql://parley:password@host/parley; "
        "default: SQLite, a file in DATA_DIR.",
    )
    sqlite_synchronous: Annotated[Literal["normal", "full"], LowerCase] = Field(
        default="normal",
        description="normal: every commit survives a killed process; full: a power cut as well, but each commit waits "
        "for the disk.",
    )
    workers: int = Field(default=256, ge=1, le=100_000, description="Maximum number of answers generated at once.")
    at_once_per_person: int = Field(
        default=4, ge=1, le=100_000, description="Maximum for one person; what else they ask is queued."
    )
    at_once_per_chat: int = Field(
        default=8, ge=1, le=100_000, description="Maximum for one chat, including its threads."
    )
    shutdown_grace_s: Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)] = Field(
        default=20,
        description="How long a stopping gateway lets running answers finish, in seconds; the rest resume at the "
        "next start.",
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], LowerCase] = Field(
        default="info",
        description="Minimum log level: debug, info, warning, error. Only debug also logs what vendors and platforms"
        " say in errors, which can repeat what people wrote.",
    )
    log_format: Annotated[Literal["readable", "json"], LowerCase] = Field(
        default="readable", description="Format of log lines: readable, json."
    )

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
    smtp_host: str | None = Field(
        default=None, description="Mail server that sends codes, so that people can verify an address: /email."
    )
    smtp_port: int = Field(default=587, ge=1, le=65_535, description="SMTP port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="How the connection to SMTP_HOST is protected: starttls, tls, or none (this machine only).",
    )
    smtp_user: str | None = Field(default=None, description="SMTP user, if it needs one.")
    smtp_password: SecretStr | None = Field(default=None, description="SMTP password.")
    smtp_from: str | None = Field(default=None, description="Sender address of the mails.")
    endpoint_addresses: Literal["public", "any"] = Field(
        default="public",
        description="Where people's own endpoints may be: public addresses only, or any (inside your network, too).",
    )
    secret_key: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Encrypts people's own API keys; without it, a file in DATA_DIR is made and used.",
    )
    secret_key_old: SecretStr | None = Field(
        default=None, description="The previous SECRET_KEY, until `parley rotate-key` has run."
    )
    backup_passphrase: SecretStr | None = Field(
        default=None, description="Encrypts the archives of `parley backup`; keep it elsewhere as well."
    )
    model_first_byte_s: Seconds = Field(
        default=60, description="How long a model may take to begin its answer, in seconds."
    )
    model_between_s: Seconds = Field(default=60, description="Longest pause within an answer, in seconds.")
    model_total_s: Seconds = Field(default=600, description="Longest total time of an answer, in seconds.")

    mode_tables: dict[str, ModeTable] = Field(default={}, exclude=True)
    """`[modes.NAME]` of `parley.toml`; only a file can hold them."""
    endpoint_tables: dict[str, EndpointTable] = Field(default={}, exclude=True)
    """`[endpoints.NAME]` of `parley.toml`."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what the caller passes: settings made in a test depend on nothing around them."""
        return (init_settings,)

    origin: Origin = Field(default=Origin(), exclude=True)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        wrong: list[WrongValue] = []
        for check, *given in self._checks():
            try:
                check(*given)
            except WrongValue as error:
                wrong.append(error)
        if wrong:
            raise WrongValues(wrong)
        return self

    def _checks(self) -> Iterator[tuple[Callable[..., None], *tuple[object, ...]]]:
        known = models.VENDORS | self.endpoint_tables.keys()
        yield check_listed, self.allowlist, self.platforms, "ALLOWLIST"
        yield check_listed, self.admins, self.platforms, "ADMINS"
        for name, endpoint in self.endpoint_tables.items():
            yield _check_endpoint, name, endpoint
        for name, mode in self.mode_tables.items():
            yield _check_mode_name, name
            yield check_listed, mode.allow or (), self.platforms, f"modes.{name}.allow"
            if mode.chain is not None:
                yield models.check_chain, mode.chain, frozenset(known), f"modes.{name}.chain"
        for name, entry in (("VISION_MODEL", self.vision_model), ("TRANSCRIPTION_MODEL", self.transcription_model)):
            if entry is not None:
                yield models.check_chain, (entry,), frozenset(known), name
        yield _check_default_mode, self.default_mode, tuple(self.modes())

    def bots(self) -> Iterator[tuple[PlatformKind[Any], str]]:
        """Every configured bot: its platform and its token."""
        return ((one, token) for one in self.platforms for token in one.way(self).tokens)

    def database_address(self) -> str:
        """Where PostgreSQL keeps the data; "" if SQLite does."""
        return self.database_url.get_secret_value() if self.database_url is not None else ""

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

    def modes(self) -> dict[str, Mode]:
        """The enabled modes, the built-in ones first, each with a chain of models that can be asked."""
        endpoints = self.endpoints()
        return {
            name: replace(
                mode,
                chain=_askable(mode.chain, endpoints),
                system_prompt="\n\n".join(filter(None, (self.system_prompt.strip(), mode.system_prompt))),
            )
            for name, mode in self._modes_as_named().items()
        }

    def named_chains(self) -> dict[str, tuple[str, ...]]:
        """For each enabled mode, the models that it names, whether they can be asked or not."""
        return {name: mode.chain for name, mode in self._modes_as_named().items()}

    def _modes_as_named(self) -> dict[str, Mode]:
        chains = self._built_in_chains()
        found = {mode.name: replace(mode, chain=chains[mode.name]) for mode in models.BUILT_IN_MODES}
        for name, table in self.mode_tables.items():
            base = found.get(name) or Mode(name, name, chains[models.REGULAR], "")
            said = table.model_dump(exclude_none=True, exclude={"enabled", "role", "allow"})
            role = Role(table.role) if table.role is not None else base.role
            allow = frozenset(map(str, table.allow)) if table.allow is not None else base.allow
            found[name] = replace(base, **said, role=role, allow=allow)
        closed = {name for name, table in self.mode_tables.items() if not table.enabled}
        return {name: mode for name, mode in found.items() if name not in closed}

    def profiles(self) -> dict[str, ModelProfile]:
        """What the operator has said about the models of an endpoint, by its name."""
        return {
            name: ModelProfile(context_tokens=table.context_tokens, sees_images=table.sees_images)
            for name, table in self.endpoint_tables.items()
            if table.context_tokens is not None or table.sees_images
        }

    def seeing(self) -> tuple[str, ...]:
        """The models that describe pictures if a mode's own cannot see."""
        named = (self.vision_model,) if self.vision_model else (chain_entry("gemini", self.gemini_text_model),)
        return self._open(named)

    def reading(self) -> tuple[str, ...]:
        """The models that read scanned pages."""
        return self._open((chain_entry("gemini", self.gemini_file_model),))

    def hearing(self) -> tuple[str, ...]:
        """The models that transcribe recordings."""
        if self.transcription_model:
            return self._open((self.transcription_model,))
        return self._open((chain_entry("gemini", self.gemini_file_model), *models.HEARING))

    def _open(self, entries: tuple[str, ...]) -> tuple[str, ...]:
        endpoints = self.endpoints()
        return tuple(entry for entry in entries if ModelName.of(entry).provider in endpoints)

    def time_limits(self) -> TimeLimits:
        """How long to wait for a model."""
        return TimeLimits(self.model_first_byte_s, self.model_between_s, self.model_total_s)

    def _built_in_chains(self) -> dict[str, tuple[str, ...]]:
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


def with_platforms(platforms: Sequence[PlatformKind[Any]]) -> "type[Settings]":
    """The settings, those of these platforms first."""
    # Python looks for a field's place in the last base first.
    bases = (_Settings, *(one.settings for one in reversed(platforms)))
    return type(
        "Settings", bases, {"platforms": tuple(platforms), "__doc__": _Settings.__doc__, "__module__": __name__}
    )


if TYPE_CHECKING:
    Settings = _Settings
else:
    Settings = with_platforms(PLATFORMS)


def _askable(chain: tuple[str, ...], endpoints: dict[str, Endpoint]) -> tuple[str, ...]:
    return tuple(entry for entry in chain if ModelName.of(entry).provider in endpoints) or models.OFFLINE_CHAIN


def _check_endpoint(name: str, endpoint: EndpointTable) -> None:
    if name in (OFFLINE, OWN) or not re.fullmatch(r"[a-z0-9_-]{1,32}", name):
        raise WrongValue(
            "is not a name for an endpoint.",
            "Use up to 32 of a-z, 0-9, _ and -, but neither offline nor own.",
            name=f"endpoints.{name}",
        )
    if endpoint.kind == "openai_compatible" and endpoint.base_url is None:
        raise WrongValue(
            "is missing.", "Write the address, such as https://api.example.com/v1.", name=f"endpoints.{name}.base_url"
        )


def _check_mode_name(name: str) -> None:
    if not re.fullmatch(r"[a-z0-9_-]{1,24}", name):
        raise WrongValue("is not a name for a mode.", "Use up to 24 of a-z, 0-9, _ and -.", name=f"modes.{name}")


def _check_default_mode(mode: str, modes: Sequence[str]) -> None:
    if mode not in modes:
        raise WrongValue(
            f"is {mode!r}, which is not a mode.", f"Choose one of {', '.join(modes)}.", name="DEFAULT_MODE"
        )
