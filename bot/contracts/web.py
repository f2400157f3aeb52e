"""What is asked of the web while a model answers: pages by their address, and where something can be read."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass


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
class Hit:
    """A page that was found, with some words of it."""

    title: str
    url: str
    words: str


@dataclass(frozen=True, slots=True)
class SearchEngine:
    """Where the web is searched. `ask` raises `WebFailed`."""

    name: str
    microusd: int
    """What a search costs the operator, in millionths of a dollar."""
    ask: Callable[[str], Awaitable[Sequence[Hit]]]


@dataclass(frozen=True, slots=True)
class Web:
    """The web, as far as the operator has opened it. `fetch` raises `WebFailed`."""

    fetch: Callable[[str], Awaitable[Fetched]]
    search: SearchEngine | None
