"""What is asked of the web while a model answers: pages by their address, and where something can be read."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.domain.turns import Usage

PAGES = ("text/html", "application/xhtml+xml")
"""The media types of pages."""


class WebFailed(Exception):
    """Nothing was brought; `str` says why, for the model."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What stands at an address."""

    url: str
    """Where it was found in the end."""
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Leads:
    """Where a page leads: absolute addresses, in its order, each once."""

    frames: tuple[str, ...] = ()
    """The pages within it that are of its own site."""
    links: tuple[tuple[str, str], ...] = ()
    """Words and address of each."""
    more: int = 0
    """Links that were left out, since they are too many."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A page that was found, with some words of it."""

    title: str
    url: str
    words: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A search that a vendor wants to be offered to people with what it has found."""

    words: str
    url: str
    """Where it is made."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a model has found with the search of its vendor."""

    text: str
    """In the model's words."""
    pages: tuple[Hit, ...]
    """Those that it names, or was shown."""
    searches: int
    """How often its vendor has searched for it."""
    usage: Usage | None = None
    """None: its vendor has not said."""
    suggested: tuple[Suggestion, ...] = ()


class SearchingModels(Protocol):
    """Models that search with the search of their vendors."""

    @property
    def models(self) -> Sequence[str]:
        """Those that can, as far as is known."""

    async def search(self, words: str, first: str) -> Findings:
        """What the first of them finds that finds anything; those of the vendor `first` are asked first.

        Raises:
            ProviderError: of the one that was asked first, when none did.
        """


@dataclass(frozen=True, slots=True)
class SearchEngine:
    """Where the web is searched. `ask` raises `WebFailed`."""

    name: str
    microusd: int
    """What a search costs the operator, in millionths of a dollar."""
    ask: Callable[[str], Awaitable[Sequence[Hit]]]


Fetch = Callable[[str], Awaitable[Fetched]]
"""Brings what stands at an address. Raises `WebFailed`."""

LeadsOf = Callable[[Fetched], Awaitable[Leads]]
"""Where a page leads; nowhere if it cannot be read."""


@dataclass(frozen=True, slots=True)
class Web:
    """The web, as far as the operator has opened it."""

    fetch: Fetch
    engine: SearchEngine | None
