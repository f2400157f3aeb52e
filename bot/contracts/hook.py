"""An address of the gateway where a platform's servers deliver what people say."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One such address. Whoever serves it answers 401, 413, 200 or 503; no answer has a body that must arrive."""

    path: str
    """Below the gateway's own address, with its first slash."""
    admits: Callable[[Mapping[str, str]], bool]
    """Whether a request with these headers is the platform's; asked before anything of its body is read."""
    most_bytes: int
    """How long a body may be."""
    take: Callable[[bytes], Awaitable[bool]]
    """Whether everything in a body is kept now. If not, the platform has to deliver it again."""


@runtime_checkable
class Hooked(Protocol):
    """A platform that may bring what people say by calling the gateway."""

    @property
    def hook(self) -> Hook | None:
        """Where it calls; None if this bot asks for what there is instead."""
