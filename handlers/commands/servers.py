"""A person's own servers of tools: add, give a key, look at what changed, remove. Logins go in and never come out."""

import contextlib
from collections.abc import Sequence
from typing import Annotated

from bot.contracts.command import Field, Form, Scope, View, command
from bot.domain.blocks import Button, ButtonRows
from bot.domain.errors import NoLonger, PersonError
from bot.incoming.call import Call
from bot.rendering.pages import escaped
from bot.texts import said_later
from bot.tools.known_tools import Server
from bot.tools.servers import Servers
from bot.tools.tool import ToolFailed, Where
from handlers.commands.endpoints import key_in
from handlers.commands.reach import number_of
from handlers.commands.removal import removal
from handlers.commands.shown_servers import change, server_lines
from storage import own_servers, server_tools
from storage.own_servers import OwnServer

ADD = "add"
"""What follows `/tools` to add a server."""

_FROM_OUR_PAGE = said_later("Then copy what the page shows you, and bring it here.")
_FROM_THE_ADDRESS = said_later(
    "Your browser then shows a page that it cannot open. Copy the whole address of that page, and bring it here."
)

_LOGIN_OVER = said_later("That login is over. “Log in” starts another one.")


def own_buttons(call: Call, servers: Servers, where: Where, shown: Sequence[Server]) -> ButtonRows:
    """The cards of one's own servers, and a way to another one, where nobody else is."""
    if not (where.is_alone and servers.own.most):
        return ()
    own = [server.rules for server in shown if server.rules.owner is not None]
    cards = tuple((Button(rules.name, "server_card", (str(rules.number),)),) for rules in own)
    return (*cards, (Button(call.say("Add a server of your own"), "server_add"),))


async def add_one(call: Call, servers: Servers) -> View:
    """The question for the address of a server."""
    if not servers.own.most:
        raise PersonError("People cannot add servers of their own here.")
    if not call.caller.place.kind.private:
        raise PersonError("That works in a private chat with me only.")
    field = Field("address", call.say("Its address, like https://mcp.example.com/mcp"))
    return View("", form=Form(call.say("Add a server of your own"), "server_add", (field,)), replace=False)


@command("server_add", "Add a server of your own", scope=Scope.PRIVATE, listed=False)
async def server_add(call: Call, address: Annotated[str, "Its address"] = "", *, servers: Servers) -> View:
    if not address:
        return await add_one(call, servers)
    made = await servers.own.add(call.caller, address, {rules.name for rules in servers.rules})
    return await _tried(call, servers, made)


async def _tried(call: Call, servers: Servers, server: OwnServer) -> View:
    """The card of a server that has just been connected, or could not be."""
    rules = servers.own.rules(server)
    await servers.leave(rules)
    with contextlib.suppress(ToolFailed):
        # The card says why, and what it wants.
        await servers.hear(rules)
    return await _card(call, servers, server)


@command("server_card", "One server of your own", scope=Scope.PRIVATE, listed=False)
async def server_card(call: Call, number: Annotated[str, "Which server"], *, servers: Servers) -> View:
    return await _card(call, servers, await _find(call, number))


@command("server_try", "Connect a server of your own", scope=Scope.PRIVATE, listed=False)
async def server_try(call: Call, number: Annotated[str, "Which server"], *, servers: Servers) -> View:
    return await _tried(call, servers, await _find(call, number))


async def _find(call: Call, number: str) -> OwnServer:
    found = await call.database.read(own_servers.find(call.caller.person.id, number_of(number)))
    if found is None:
        raise NoLonger("That server does not exist or has been removed. `/tools` lists yours.")
    return found


async def _card(call: Call, servers: Servers, found: OwnServer) -> View:
    rules = servers.own.rules(found)
    known = servers.known(rules, await call.database.read(server_tools.of_server(rules.key)))
    name, *lines = server_lines(call, known)
    own = (str(found.id),)
    changed = ((Button(call.say("Look at what has changed"), "server_changed", own),),) if known.waits else ()
    buttons = (
        *changed,
        (Button(call.say("Log in"), "server_login", own),),
        (Button(call.say("Enter a key"), "server_key", own), Button(call.say("Try again"), "server_try", own)),
        (Button(call.say("Remove"), "server_remove", own, "danger"), Button(call.say("All tools"), "tools")),
    )
    return View("\n".join((name, f"  - {escaped(found.url)}", *lines)), buttons, private=True)


@command("server_key", "Give a server its key", scope=Scope.PRIVATE, listed=False, takes_secret=True)
async def server_key(
    call: Call, number: Annotated[str, "Which server"], key: Annotated[str, "Its key"] = "", *, servers: Servers
) -> View:
    found = await _find(call, number)
    if not key:
        field = Field("key", call.say("Its key (I delete your message at once)"))
        return View("", form=Form(call.say("Enter a key"), "server_key", (field,), (number,)), replace=False)
    await servers.own.set_key(found, key_in(key))
    return await _tried(call, servers, await _find(call, number))


@command("server_login", "Log in at a server of your own", scope=Scope.PRIVATE, listed=False)
async def server_login(call: Call, number: Annotated[str, "Which server"], *, servers: Servers) -> View:
    found, own = await _find(call, number), servers.own
    link = await own.begin_login(found)
    lead = call.say("[Log in at {server}]({link}). The link is good for 15 minutes.", server=found.name, link=link)
    then = call.say(_FROM_OUR_PAGE if own.is_reached else _FROM_THE_ADDRESS)
    button = Button(call.say("I have copied it"), "server_code", (number,), "success")
    return View(f"{lead}\n\n{then}", ((button,),), private=True)


@command("server_code", "End a login", scope=Scope.PRIVATE, listed=False, decides=True, takes_secret=True)
async def server_code(
    call: Call,
    number: Annotated[str, "Which server"],
    brought: Annotated[str, "What you have copied"] = "",
    *,
    servers: Servers,
) -> View:
    found = await _find(call, number)
    if not brought:
        if not found.begun:
            raise NoLonger(_LOGIN_OVER)
        field = Field("brought", call.say("What you have copied"), long=True)
        return View("", form=Form(call.say("Log in"), "server_code", (field,), (number,)), replace=False)
    await servers.own.finish_login(found, brought)
    return await _tried(call, servers, await _find(call, number))


@command("server_changed", "What a server of yours now says", scope=Scope.PRIVATE, listed=False)
async def server_changed(call: Call, number: Annotated[str, "Which server"], *, servers: Servers) -> View:
    found = await _find(call, number)
    kept = await call.database.read(server_tools.of_server(servers.own.rules(found).key))
    waiting = [tool for tool in kept if tool.waits]
    if not waiting:
        return await _card(call, servers, found)
    head = call.say("{server} now says this about its tools:", server=f"**{escaped(found.name)}**")
    args = (number, server_tools.waiting(kept))
    button = Button(call.say("Use them as they are now"), "server_trust", args, "danger")
    return View("\n\n".join((head, *map(change, waiting))), ((button,),), private=True)


@command("server_trust", "Use a server of yours as it is now", scope=Scope.PRIVATE, listed=False, decides=True)
async def server_trust(
    call: Call, number: Annotated[str, "Which server"], seen: Annotated[str, "What you have seen"], *, servers: Servers
) -> View:
    found = await _find(call, number)
    if not await servers.trust_own(servers.own.rules(found), seen):
        raise NoLonger("It says something else again. Look once more with `/tools`.")
    return await _card(call, servers, found)


@command("server_remove", "Remove a server of your own", scope=Scope.PRIVATE, listed=False, decides=True)
async def server_remove(call: Call, number: Annotated[str, "Which server"]) -> View:
    found = await _find(call, number)
    text = call.say("Remove **{name}**, with its login?", name=escaped(found.name))
    return removal(call, text, number, removed="server_removed", kept="server_card")


@command("server_removed", "Remove a server of your own", scope=Scope.PRIVATE, listed=False, decides=True)
async def server_removed(call: Call, number: Annotated[str, "Which server"], *, servers: Servers) -> View:
    found = await _find(call, number)
    await call.database.write(own_servers.remove(found.owner, found.id))
    await servers.leave(servers.own.rules(found))
    return View(call.say("**{name}** is removed, with its login.", name=escaped(found.name)), private=True)


COMMANDS = (
    server_add, server_card, server_try, server_key, server_login, server_code, server_changed, server_trust,
    server_remove, server_removed,
)  # fmt: skip
