"""A server of tools as people see it: what models may use of it, what asks first, what waits to be looked at."""

from collections.abc import Iterator

from bot.domain.servers import Judgement, ServedTool
from bot.incoming.call import Call
from bot.rendering.pages import escaped
from bot.texts import said_later
from bot.tools.known_tools import Server
from storage.server_tools import KeptTool

_LONGEST = 300
"""Characters of a tool's description that are shown."""
_CHANGED = said_later("Changed, and not used until an admin has looked at them: {tools}")
_CHANGED_OWN = said_later("Changed, and not used until you have looked at them: {tools}")


def server_lines(call: Call, server: Server) -> Iterator[str]:
    """A server, and below it what cannot be used of it."""
    names = ", ".join(f"`{escaped(name)}`" for name in server.names(Judgement.READS))
    yield f"- **{escaped(server.rules.name)}**: {names or '–'}"
    if server.trouble:
        yield f"  - {call.say(server.trouble)}"
    if asks := ", ".join(f"`{escaped(name)}`" for name in server.names(Judgement.ASKS)):
        yield f"  - {call.say('They may change something, so I ask before each call: {tools}', tools=asks)}"
    if waits := ", ".join(f"`{escaped(tool.said.name)}`" for tool in server.tools if tool.said and tool.waits):
        words = _CHANGED if server.rules.owner is None else _CHANGED_OWN
        yield f"  - {call.say(words, tools=waits)}"


def change(tool: KeptTool) -> str:
    """What a server now says of a tool, below what is trusted."""
    before = f"~~{_words(tool.trusted)}~~\n" if tool.trusted is not None else ""
    return f"{before}{_words(tool.said)}" if tool.said is not None else before


def _words(tool: ServedTool | None) -> str:
    if tool is None:
        return ""
    words = " ".join(tool.description.split())
    return f"{escaped(tool.name)}: {escaped(words[:_LONGEST])}{'…' if len(words) > _LONGEST else ''}"
