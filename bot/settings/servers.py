"""`[servers.NAME]` of `parley.toml`: the operator's servers of tools."""

import re

from pydantic import BaseModel, ConfigDict, Field

from bot.contracts.setting_values import Key, Root, WrongValue
from bot.domain.servers import ServerRules
from bot.settings.values import Patterns, Seconds


class ServerTable(BaseModel):
    """`[servers.NAME]` of `parley.toml`: a server of tools, which speaks the Model Context Protocol.

    The docstring of a field is also its line in `docs/parley-toml.md`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    command: tuple[str, ...] = ()
    """A program on this machine and its arguments: `["uvx", "mcp-server-time"]`."""
    environment: dict[str, str] = Field(default={}, repr=False)
    """What the program finds in its environment, a table: `{ language = "de" }`. Of the gateway's own it has no
    more than where programs, files and languages are found."""
    environment_from: tuple[str, ...] = ()
    """Environment variables (or lines of `.env`) that are handed on to the program."""
    url: Root | None = None
    """Or the address of a server that is reached over HTTP."""
    token: Key | None = None
    """What opens that, if this file is to hold it."""
    token_env: str | None = None
    """The environment variable (or line of `.env`) that holds it, to keep it out of this file."""
    modes: tuple[str, ...] = ()
    """The modes in which its tools are offered, to those who may use these; without it, all."""
    private_only: bool = False
    """Only in private chats."""
    reads: Patterns = ()
    """Its tools that have no effect, whatever the server says of them: `["get_*"]`."""
    asks: Patterns = ()
    """Its tools that have one, whatever the server says of them: each call is asked about first."""
    never: Patterns = ()
    """Its tools that are not offered."""
    seconds: Seconds = 30
    """How long one call may take, and connecting."""

    def rules(self, name: str) -> ServerRules:
        """The same for the engine."""
        return ServerRules(
            name=name,
            command=self.command,
            environment=self.environment,
            url=self.url or "",
            token=self.token.get_secret_value() if self.token is not None else "",
            modes=frozenset(self.modes),
            private_only=self.private_only,
            reads=self.reads,
            asks=self.asks,
            never=self.never,
            # Whoever set the server up gave it what opens it: it is nobody's own.
            login=name if self.token or self.environment else "",
            seconds=self.seconds,
        )


def check_server(name: str, server: ServerTable, modes: tuple[str, ...]) -> None:
    """A server has a name that tools can bear, one way to it, and modes that there are. Raises WrongValue."""
    where = f"servers.{name}"
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,23}", name):
        raise WrongValue("is not a name for a server.", "Use a letter, then up to 23 of a-z, 0-9, _ and -.", name=where)
    if bool(server.command) == (server.url is not None):
        raise WrongValue("needs either `command` or `url`.", "Write the one by which it is reached.", name=where)
    if server.command and server.token is not None:
        raise WrongValue("has no use for a token.", "A program takes its secrets from `environment_from`.", name=where)
    for mode in server.modes:
        if mode not in modes:
            raise WrongValue(
                f"names {mode!r}, which is not a mode.", f"Choose among {', '.join(modes)}.", name=f"{where}.modes"
            )
