"""What models may have done while they answer: which tools are on here, what they may do, which are out of reach."""

from typing import Annotated

from bot.contracts.command import View, command
from bot.domain.blocks import Button
from bot.domain.errors import PersonError
from bot.domain.needs import Need
from bot.domain.people import Role
from bot.incoming.call import Call
from bot.people import admission
from bot.rendering.pages import escaped
from bot.tools.servers import Servers
from bot.tools.tool import Tool, Where
from bot.tools.toolbox import Tools
from handlers.commands.admins import by
from handlers.commands.reach import current
from handlers.commands.servers import ADD, add_one, own_buttons
from handlers.commands.shown_servers import change, server_lines
from storage import attachments, server_tools


@command("tools", "Show what models may do here while they answer")
async def tools(
    call: Call, what: Annotated[str, "add: a server of your own (private chat only)"] = "", *, toolbox: Tools
) -> View:
    servers = toolbox.servers
    if what.strip().lower() == ADD:
        return await add_one(call, servers)
    where = await where_of(call)
    shown = await servers.here(where, call.caller.person.id)
    lines = [_line(tool) for tool in toolbox.built_in(where)]
    for server in shown:
        lines += server_lines(call, server)
    own = own_buttons(call, servers, where, shown)
    if not lines:
        return View(call.say("Models use no tools here; they only answer."), own)
    head = call.say("Models may call these while they answer here. Calls cost no tokens of their own:")
    waiting = [server for server in shown if server.waits and server.rules.owner is None]
    is_admin = admission.may(call.caller, Need(Role.ADMIN))
    buttons = tuple(
        (Button(call.say("Look at {server}", server=server.rules.name), "tools_changed", (server.rules.name,)),)
        for server in waiting
        if is_admin
    )
    return View("\n".join((head, *lines)), (*buttons, *own))


def _line(tool: Tool) -> str:
    by = ", ".join(map(escaped, tool.by()))
    return f"- `{tool.offer.name}`" + (f" ({by})" if by else "")


async def where_of(call: Call) -> Where:
    """Where a command was given, as tools look at it."""
    alone = call.caller.place.kind.private
    if call.caller.session is None:
        return Where(call.policy.default_mode, alone, has_files=False)
    session = await current(call)
    files = await call.database.read(attachments.of_session(session.id))
    return Where(session.mode, alone, any(file.sha256 for file in files))


@command("tools_changed", "What a server now says about its tools", role=Role.ADMIN, listed=False, private=True)
async def tools_changed(call: Call, server: Annotated[str, "Which server"]) -> View:
    kept = await call.database.read(server_tools.of_server(server))
    waiting = [tool for tool in kept if tool.waits]
    if not waiting:
        return View(call.say("{server} has no changes to review.", server=escaped(server)), private=True)
    head = call.say("{server} now says this about its tools:", server=f"**{escaped(server)}**")
    seen = server_tools.waiting(kept)
    button = Button(call.say("Use them as they are now"), "tools_trust", (server, seen), "danger")
    return View("\n\n".join((head, *map(change, waiting))), ((button,),), private=True)


@command("tools_trust", "Use a server's tools as they are now", role=Role.ADMIN, listed=False, private=True)
async def tools_trust(
    call: Call, server: Annotated[str, "Which server"], seen: Annotated[str, "What you have seen"], *, servers: Servers
) -> View:
    if not await servers.trust_for_all(by(call), server, seen):
        raise PersonError("It says something else again. Look once more with `/tools`.")
    return View(call.say("{server} is now trusted as it is.", server=f"**{escaped(server)}**"), private=True)


COMMANDS = (tools, tools_changed, tools_trust)
