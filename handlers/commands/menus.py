"""Turning the pages of a menu that a command without its argument has shown."""

from typing import Annotated

from bot.contracts.command import View, command
from bot.domain.errors import PersonError
from bot.incoming.call import Call
from bot.incoming.menus import MENU_PAGE, menu
from bot.people.admission import may


@command(MENU_PAGE, "Another page of the menu", listed=False)
async def menu_page(
    call: Call,
    name: Annotated[str, "Which command"],
    page: Annotated[int, "Page"],
    given: Annotated[str, "The arguments before it"] = "",
    typed: Annotated[str, "What was typed"] = "",
) -> View:
    asked = call.commands.get(name)
    before = tuple(given.split("\n")) if given else ()
    if asked is None or len(before) >= len(asked.params) or not may(call.caller, asked.need):
        raise PersonError("I do not know `/{name}`. `/help` lists what I can do.", name=name[:40])
    return await menu(call, asked, before, max(0, page), typed)


COMMANDS = (menu_page,)
