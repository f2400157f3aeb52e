"""What a bot under comparison is: how it is installed, and how it is told where everything is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """What a peer finds around it."""

    home: Path
    """An empty directory of its own, which stays the same across its restarts."""
    telegram: str
    """The root of Telegram's stand-in."""
    token: str
    model: str
    """The root of the models' stand-in; for OpenAI's format with `/v1`."""
    port: int
    """A free port on the loopback, if it wants one."""
    servers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Servers of tools over standard input and output: their names, and what starts each."""


@dataclass(frozen=True, slots=True)
class Launch:
    """How a peer is started once its configuration is written."""

    command: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Peer:
    """One bot. `configure` writes into `place.home` and says how the bot is started from there."""

    name: str
    version: str
    configure: Callable[[Place, Path], Launch]
    """Takes the place and the directory in which the packages were installed."""
    packages: tuple[str, ...] = ()
    """What is installed, pinned; () where nothing is."""
    runtime: str = ""
    """Which Python the packages are installed for, as `uv` names it, or "node" with its version."""
    redirected: bool = False
    """Whether it has no setting for where Telegram is, and its requests are led to the stand-in."""

    @property
    def title(self) -> str:
        """For the head of a column."""
        return f"{self.name} {self.version}".strip()
