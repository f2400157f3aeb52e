"""A platform as its folder exports it, before a bot is opened: the value that one line in `bot.platforms` adds.

Its folder does not import the platform's library until `open` or `load` is called.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from bot.contracts.command import Command
from bot.contracts.leases import FOREVER, Hold
from bot.contracts.news import NOBODY, News
from bot.contracts.platform import Platform
from bot.domain.clock import Clock

S = TypeVar("S")
"""The platform's own settings: a pydantic model, whose fields become the gateway's."""


@dataclass(frozen=True, slots=True)
class Way:
    """How the settings say that a platform is reached."""

    tokens: tuple[str, ...]
    """One for each bot; none turns the platform off."""
    api_url: str
    proxy: str | None
    """The proxy for this platform alone; None if none is set."""
    calls: bool = False
    """Whether it calls the gateway with what people say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a bot receives besides its settings."""

    clock: Clock
    rng: random.Random
    commands: tuple[Command, ...]
    pacing: bool
    """Whether it observes the platform's published rate limits."""
    hold: Hold = FOREVER
    """This process among those that speak for the same bot."""
    news: News = NOBODY
    """What these tell each other."""
    language: str = ""
    """In which it speaks to everybody; "" for each person's own."""
    token_in: str
    """Where its token is written, as sentences name it: "`TELEGRAM_BOT_TOKEN`"."""
    connector: Callable[..., Any] | None
    """Creates the aiohttp connector of its clients; None if no proxy is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformKind(Generic[S]):
    """A platform that bots can run on."""

    name: str
    """In lower case, as in the database, in ALLOWLIST and as the prefix of its settings."""
    title: str
    """As people write it."""
    listed: tuple[str, ...]
    """What ALLOWLIST can name there: "user" first."""
    listed_id: str = r"-?[0-9]+"
    """The form of their ids there, as a regular expression, in lower case."""
    settings: type[S]
    token_from: str
    """Where to get its token, as the end of a sentence that begins "put its token there:"."""
    way: Callable[[S], Way]
    load: Callable[[], object]
    """Import its library, which may take a second."""
    open: Callable[[S, str, Surroundings], Platform]
    """Creates a bot from its token; no I/O. Raises SettingsError if the token is malformed."""
    manual: Mapping[str, Callable[[], str]] = field(default_factory=dict)
    """Generators of its parts of the pages in `docs/`, by part name."""

    @property
    def token_setting(self) -> str:
        """The setting that holds its bots' tokens."""
        return f"{self.name}_bot_token".upper()
