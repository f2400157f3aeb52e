"""What an operator can set but which models are asked: that is in `model_settings`."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.contracts.setting_values import BucketUrl, DatabaseAddress, Key, LowerCase, ProxyAddress, Root
from bot.domain.people import Access, Previews
from bot.domain.policy import PdfRule
from bot.domain.quiet_hours import NO_QUIET_HOURS
from bot.domain.refill import NO_REFILL
from bot.domain.summaries import SummaryRule
from bot.settings import models
from bot.settings.values import Count, Dollars, Entries, Networks, Prices, Quiet, Refilled, Users, ZoneName


class GatewaySettings(BaseSettings):
    """Access, prices, limits, files, addresses, data, secrets."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

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
    tokens_per_picture: Count = Field(
        default=400,
        description="The price of a picture with flat billing, in tokens; where answers are free, so is it.",
    )
    tokens_held: Annotated[Count, Field(gt=0)] = Field(
        default=1000,
        description="With metered billing: what is reserved for a request until the model's usage is known. People "
        "with a lower balance get no answer. No one is charged more than their balance.",
    )
    admins_free: bool = Field(default=False, description="Whether answers cost admins nothing.")
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
        "+stored=, +stored_long=, +sound=, +thought=, +drawn= (per million tokens), +picture=, +second=, +request= "
        "(for one), and +above200k=in/out with what costs something else in requests that read more than 200,000 "
        "tokens.",
    )
    rate_limit_per_minute: Count = Field(
        default=0, description="Requests that one person may make per minute; 0 for no limit."
    )
    chat_rate_limit_per_minute: Count = Field(
        default=0,
        description="Requests that one group or channel may make per minute, including its threads; 0 for no limit.",
    )

    quiet_hours: Quiet = Field(
        default=NO_QUIET_HOURS,
        description="When admins are told of troubles without a sound, such as 22:00-07:00, by each one's own time "
        "zone; none for never.",
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
    schedules_per_person: Count = Field(
        default=20,
        description="How many reminders and schedules one person may have at a time (`/remind`, `/schedule`); 0 for "
        "none.",
    )
    schedule_tokens_per_day: Count = Field(
        default=0,
        description="How many tokens the scheduled questions of one person (`/schedule`) may cost within 24 hours; 0 "
        "for no limit.",
    )
    tools: Annotated[Literal["off", "reading", "web"], LowerCase] = Field(
        default="off",
        description="What models may do by themselves while they answer: off, or reading (search the earlier sessions "
        "of the person they speak with, in private, read on in the session's documents, make the reminders they ask "
        "for, and have pictures drawn and answers read aloud) or web (that, read links that stand in the "
        "conversation, and search: see SEARCH). Servers of tools in parley.toml are offered whatever this says.",
    )
    brave_api_key: Key | None = Field(default=None, description="Brave Search API key, for TOOLS=web.")
    tavily_api_key: Key | None = Field(default=None, description="Tavily API key, for TOOLS=web.")
    searxng_url: Root | None = Field(
        default=None, description="Address of a SearXNG that answers in JSON, for TOOLS=web."
    )
    tool_calls: int = Field(default=12, ge=1, le=100, description="How many calls of tools one answer may make.")
    tool_seconds: int = Field(
        default=120, ge=1, le=3600, description="How long, in seconds, one answer may call tools."
    )
    tool_tokens: int = Field(
        default=400_000,
        ge=1,
        description="How many tokens models may read and write for one answer before they may call no more tools.",
    )
    tool_usd: Dollars = Field(
        default=1,
        description="How much models may cost for one answer before they may call no more tools, in dollars by their "
        "list prices; 0 for no limit.",
    )
    tool_approvers: Entries = Field(
        default=(),
        description="Who may decide about a tool that changes something beside the person who asked, as in ALLOWLIST.",
    )
    tool_approval_days: int = Field(
        default=7, ge=1, le=365, description="How long, in days, a person can decide about a tool."
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
    pdfs: Annotated[PdfRule, LowerCase] = Field(
        default=PdfRule.AUTO,
        description="Which PDFs of up to 20 pages go to models that take them as they are, beside their text, so that "
        "drawings, tables and handwriting are seen: auto (those with such pages, or with scans), always or off. Each "
        "page costs about what a picture does, with every request that reads it.",
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
    public_url: Root | None = Field(
        default=None,
        description="Where this gateway is reached from outside, such as https://bot.example.org; turns on links to "
        "kept files, pages for large imports and the page on which a login at a server of tools ends.",
    )
    http_host: str = Field(
        default="127.0.0.1", description="Address the gateway listens on for these, and for webhooks."
    )
    http_port: int = Field(default=8080, ge=0, le=65_535, description="Port for HTTP_HOST.")
    admin_page: bool = Field(
        default=False,
        description="Serves a page for admins at HTTP_PORT, below `/admin`: people, invitations, usage, and a log of "
        "what admins did. `/admin page` gives a link that logs in.",
    )
    admin_page_header: str = Field(
        default="",
        description="A header in which your own reverse proxy says who has logged in to it, such as X-Forwarded-Email: "
        "the address that somebody has verified with `/email`, or an id as in ADMINS. Admins then need no link.",
    )
    admin_page_proxies: Networks = Field(
        default=(),
        description="Where that proxy calls from, as addresses or networks separated by commas, such as 127.0.0.1; the "
        "header of anybody else says nothing.",
    )
    health_host: str = Field(
        default="127.0.0.1", description="Address of `/healthz`, `/readyz` and `/metrics`, for your own machines."
    )
    health_port: int = Field(
        default=0, ge=0, le=65_535, description="Port for HEALTH_HOST, such as 9464; 0 disables it."
    )
    greeting: bool = Field(
        default=True,
        description="Whether the bot says in one message, in a group or server that it is added to, what it sees there "
        "and who may use it.",
    )
    here: bool = Field(
        default=True,
        description="Whether the admins of a group or channel choose with `/here` what holds in it: mode, model, "
        "system prompt, language, what is answered and where. off: only the bot's admins do.",
    )
    here_answer_all: bool = Field(
        default=True,
        description="Whether it can be chosen with `/here` that every message of a chat is answered, not only those "
        "that name the bot. Whoever writes there pays for it.",
    )
    listen: bool = Field(
        default=True,
        description="Whether the admins of a group or channel may let the bot keep what is said beside it there, for a "
        "day at most, with `/listen on`, which the chat is told.",
    )
    undo_minutes: Count = Field(default=15, description="How long something deleted can be restored, in minutes.")

    data_dir: Path = Field(default=Path("data"), description="Directory of the database and the files.")
    database_url: DatabaseAddress | None = Field(
        default=None,
        description="Keeps everything but files in PostgreSQL, such as postgresql://parley:password@host/parley; "
        "default: SQLite, a file in DATA_DIR.",
    )
    blobs_url: BucketUrl | None = Field(
        default=None,
        description="Keeps files in a bucket that speaks S3, such as s3://bucket/prefix; default: in DATA_DIR.",
    )
    aws_endpoint_url: Root | None = Field(
        default=None, description="Where the server of BLOBS_URL is, such as https://s3.example.org; default: AWS."
    )
    aws_region: str | None = Field(default=None, description="Region of BLOBS_URL's bucket; default: us-east-1.")
    aws_access_key_id: str | None = Field(
        default=None,
        description="Who uses BLOBS_URL's bucket; default: the role of the machine, where AWS gives it one.",
    )
    aws_secret_access_key: SecretStr | None = Field(default=None, description="Their secret key.")
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
        description="Where people's own endpoints and servers may be: public addresses only, or any (inside your "
        "network, too).",
    )
    own_servers: int = Field(
        default=5,
        ge=0,
        le=20,
        description="How many servers of tools (MCP) one person may add for themselves, whatever TOOLS says: `/tools "
        "add`; 0 for none. One that is in use takes 70 MB, for at most four at a time.",
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

    def database_address(self) -> str:
        """Where PostgreSQL keeps the data; "" if SQLite does."""
        return self.database_url.get_secret_value() if self.database_url is not None else ""
