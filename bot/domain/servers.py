"""Servers of tools, as their operator or owner has set them up, and what they say that they can do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from bot.domain.ids import PersonId


class Judgement(StrEnum):
    """What a tool may do."""

    READS = "reads"
    """It has no effect: it runs when a model calls it."""
    ASKS = "asks"
    """It has an effect, or may: somebody has to allow each call."""
    NEVER = "never"
    """No model hears of it."""


@dataclass(frozen=True, slots=True)
class ServedTool:
    """A tool, in its server's words."""

    name: str
    description: str
    schema: str
    """What it takes: a JSON schema, its keys sorted, so that the same schema is the same text."""
    says_it_reads: bool
    says_it_repeats: bool = False
    """Called twice with the same arguments, it has its effect once."""


def own_key(number: int) -> str:
    """The name under which what a person's own server has is kept: no server of the operator's can have it."""
    return f"own/{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRules:
    """One server: how it is reached, for whom, and what its tools may do."""

    name: str
    owner: PersonId | None = None
    """Whose own it is: it is offered to nobody else. None: it is the operator's."""
    number: int = 0
    """Of a person's own."""
    command: tuple[str, ...] = ()
    """A program that speaks over its standard input and output; empty: it is reached at `url`."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """All that the program finds in its environment beside PATH, HOME and LANG."""
    url: str = ""
    token: str = field(default="", repr=False)
    """What opens it: sent as a bearer token."""
    only_public: bool = False
    """Whether every address that it leads to has to be public."""
    modes: frozenset[str] = frozenset()
    """In which modes its tools are offered; empty: in all."""
    private_only: bool = False
    reads: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    """Patterns of names of tools, for each judgement."""
    login: str = ""
    """Whose account its tools act with, in words for who is asked about them; "" for nobody's."""
    seconds: float = 30
    """For one call, and for connecting."""

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return self.name if self.owner is None else own_key(self.number)

    def judge(self, tool: ServedTool) -> Judgement:
        """What a tool may do: the strictest that a pattern says; where none does, it may read if that is all it does.

        A server's own word counts only then: the server has been chosen by the operator, but what a tool
        does is for them to know better.
        """
        for patterns, judgement in (
            (self.never, Judgement.NEVER),
            (self.asks, Judgement.ASKS),
            (self.reads, Judgement.READS),
        ):
            if any(fnmatchcase(tool.name, pattern) for pattern in patterns):
                return judgement
        return Judgement.READS if tool.says_it_reads else Judgement.ASKS
