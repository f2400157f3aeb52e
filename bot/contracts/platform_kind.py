"""A platform as its folder offers it, before anything of it is opened: the value that one line in `bot.platforms` adds.

Its folder imports no library of the platform's until `open` or `load` is called.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from bot.contracts.command import Command
from bot.contracts.platform import Platform
from bot.domain.clock import Clock

S = TypeVar("S")
"""The platform's own settings: a pydantic model, whose fields become the gateway's."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a platform is reached, by its settings."""

    tokens: tuple[str, ...]
    """One for each of its bots; none: it is off."""
    api_url: str
    proxy: str | None
    """The proxy for this platform alone; None if none is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a bot is given beside its settings."""

    clock: Clock
    rng: random.Random
    commands: tuple[Command, ...]
    pacing: bool
    """Whether it keeps to the platform's published rates."""
    connector: Callable[..., Any] | None
    """Makes the aiohttp connector of its clients; None if no proxy is in the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformKind(Generic[S]):
    """A platform that bots can be on."""

    name: str
    """In small letters: in the database, in ALLOWLIST, in front of its settings."""
    title: str
    """As people write it."""
    listed: tuple[str, ...]
    """What ALLOWLIST can name there: "user" first."""
    listed_id: str = r"-?[0-9]+"
    """The form of their ids there, as a regular expression, in small letters."""
    settings: type[S]
    token_from: str
    """Where to get its token, as the end of a sentence that begins "put its token there:"."""
    way: Callable[[S], Way]
    load: Callable[[], object]
    """Import its library, which may take a second."""
    open: Callable[[S, str, Surroundings], Platform]
    """A bot by its token; no I/O. Raises SettingsError: the token is none."""
    manual: Mapping[str, Callable[[], str]] = field(default_factory=dict)
    """What generates its parts of the pages in `docs/`, by their names."""

    @property
    def token_setting(self) -> str:
        """The setting that holds its bots' tokens."""
        return f"{self.name}_bot_token".upper()
