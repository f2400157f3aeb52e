"""What models may have done while they answer: which tools are on here, what they may do, which are out of reach."""

from collections.abc import Iterator
from typing import Annotated

from bot.contracts.command import View, command
from bot.domain.blocks import Button
from bot.domain.errors import PersonError
from bot.domain.needs import Need
from bot.domain.people import Role
from bot.domain.servers import Judgement, ServedTool
from bot.incoming.call import Call
from bot.people import admission
from bot.rendering.pages import escaped
from bot.tools.servers import Server
from bot.tools.tool import Where
from handlers.commands.reach import current
from storage import attachments, server_tools
from storage.server_tools import KeptTool

_LONGEST = 300
"""Characters of a tool's description that are shown."""


@command("tools", "Show what models may do here while they answer")
async def tools(call: Call) -> View:
    where = await _where(call)
    servers = await call.tools.servers.here(where)
    lines = [f"- `{tool.offer.name}`" for tool in call.tools.built_in(where)]
    for server in servers:
        lines += _lines(call, server)
    if not lines:
        return View(call.say("Models do nothing by themselves here: they only answer."))
    head = call.say("Models may call these while they answer here. Calls cost no tokens of their own:")
    waiting = [server for server in servers if any(tool.waits for tool in server.tools)]
    is_admin = admission.may(call.caller, Need(Role.ADMIN))
    buttons = tuple(
        (Button(call.say("Look at {server}", server=server.rules.name), "tools_changed", (server.rules.name,)),)
        for server in waiting
        if is_admin
    )
    return View("\n".join((head, *lines)), buttons)


async def _where(call: Call) -> Where:
    alone = call.caller.place.kind.private
    if call.caller.session is None:
        return Where(call.policy.default_mode, alone, has_files=False)
    session = await current(call)
    files = await call.database.read(attachments.of_session(session.id))
    return Where(session.mode, alone, any(file.sha256 for file in files))


def _lines(call: Call, server: Server) -> Iterator[str]:
    """A server, and below it what cannot be used of it."""
    names = ", ".join(f"`{escaped(name)}`" for name in _names(server, Judgement.READS))
    yield f"- **{escaped(server.rules.name)}**: {names or '–'}"
    if server.unreached:
        yield f"  - {call.say('It could not be reached when it was last needed.')}"
    elif not server.tools:
        yield f"  - {call.say('It has not been asked yet what it has.')}"
    if asks := ", ".join(f"`{escaped(name)}`" for name in _names(server, Judgement.ASKS)):
        yield f"  - {call.say('They may change something, so I ask before each call: {tools}', tools=asks)}"
    if waits := ", ".join(f"`{escaped(tool.said.name)}`" for tool in server.tools if tool.said and tool.waits):
        yield f"  - {call.say('Changed, and not used until an admin has looked at them: {tools}', tools=waits)}"


def _names(server: Server, judgement: Judgement) -> Iterator[str]:
    for tool in server.tools:
        if tool.said is not None and tool.is_trusted and server.rules.judge(tool.said) is judgement:
            yield tool.said.name


@command("tools_changed", "What a server now says about its tools", role=Role.ADMIN, listed=False, private=True)
async def tools_changed(call: Call, server: Annotated[str, "Which server"]) -> View:
    kept = await call.database.read(server_tools.of_server(server))
    waiting = [tool for tool in kept if tool.waits]
    if not waiting:
        return View(call.say("Nothing about {server} waits for anybody.", server=escaped(server)), private=True)
    head = call.say("{server} now says this about its tools:", server=f"**{escaped(server)}**")
    seen = server_tools.waiting(kept)
    button = Button(call.say("Use them as they are now"), "tools_trust", (server, seen), "danger")
    return View("\n\n".join((head, *(_change(tool) for tool in waiting))), ((button,),), private=True)


def _change(tool: KeptTool) -> str:
    before = f"~~{_words(tool.trusted)}~~\n" if tool.trusted is not None else ""
    return f"{before}{_words(tool.said)}" if tool.said is not None else before


def _words(tool: ServedTool | None) -> str:
    if tool is None:
        return ""
    words = " ".join(tool.description.split())
    return f"{escaped(tool.name)}: {escaped(words[:_LONGEST])}{'…' if len(words) > _LONGEST else ''}"


@command("tools_trust", "Use a server's tools as they are now", role=Role.ADMIN, listed=False, private=True)
async def tools_trust(
    call: Call, server: Annotated[str, "Which server"], seen: Annotated[str, "What you have seen"]
) -> View:
    if not await call.tools.servers.trust(server, seen):
        raise PersonError("It says something else again. Look once more with `/tools`.")
    return View(call.say("{server} is used as it is now.", server=f"**{escaped(server)}**"), private=True)


COMMANDS = (tools, tools_changed, tools_trust)
