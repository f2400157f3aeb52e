"""The tools of servers: what a server says of each, and what of that somebody has seen and trusts.

What a server says when it is first heard is trusted: who set it up meant it as it is. What it says differently later
waits until somebody has looked at it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import sha256

import orjson

from bot.domain.servers import ServedTool
from storage.programs import Program


@dataclass(frozen=True, slots=True)
class KeptTool:
    """One tool: as its server says now, and as it is trusted; each None if it is not."""

    said: ServedTool | None
    trusted: ServedTool | None

    @property
    def is_trusted(self) -> bool:
        """Whether it is there, and just as somebody has seen it."""
        return self.said is not None and self.said == self.trusted

    @property
    def waits(self) -> bool:
        """Whether somebody has to look at it before it is offered."""
        return self.said is not None and self.said != self.trusted


def note(server: str, tools: Sequence[ServedTool]) -> Program[list[str]]:
    """Keep what a server says now; the names of those that are new or other than what is trusted."""
    rows = yield ("SELECT name, trusted FROM server_tool WHERE server = ?", (server,))
    trusted: dict[str, str] = dict(rows)
    yield ("UPDATE server_tool SET said = '' WHERE server = ?", (server,))
    said = {tool.name: _written(tool) for tool in tools}
    for name, words in said.items():
        yield (
            """
            INSERT INTO server_tool (server, name, said, trusted)
            VALUES (?, ?, ?, ?)
            ON CONFLICT (server, name) DO UPDATE SET said = excluded.said
            """,
            (server, name, words, "" if rows else words),
        )
    return [name for name, words in said.items() if rows and trusted.get(name) != words]


def of_server(server: str) -> Program[list[KeptTool]]:
    """Every tool that a server has ever had, by name."""
    rows = yield ("SELECT said, trusted FROM server_tool WHERE server = ? ORDER BY name", (server,))
    return [KeptTool(_read(said), _read(trusted)) for said, trusted in rows]


def waiting(tools: Iterable[KeptTool]) -> str:
    """A word for what somebody has to look at; another one as soon as a server says something else."""
    said = [_written(tool.said) for tool in tools if tool.said is not None and tool.waits]
    return sha256("\n".join(said).encode()).hexdigest()[:16]


def trust(server: str, seen: str) -> Program[bool]:
    """Somebody trusts what a server says now, if that is still what they have `seen`: the word of `waiting`."""
    if waiting((yield from of_server(server))) != seen:
        return False
    yield ("UPDATE server_tool SET trusted = said WHERE server = ? AND said <> ''", (server,))
    return True


def forget(server: str) -> Program[None]:
    """The server is no longer there."""
    yield ("DELETE FROM server_tool WHERE server = ?", (server,))


def _written(tool: ServedTool) -> str:
    return orjson.dumps(asdict(tool)).decode()


@lru_cache(maxsize=1024)
def _read(words: str) -> ServedTool | None:
    return ServedTool(**orjson.loads(words)) if words else None
