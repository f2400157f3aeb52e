"""What is shown where an argument is missing: a menu of choices, or a question that the next message answers."""

from collections.abc import Sequence

from bot.contracts.command import Choice, Command, Field, Form, Menu, View
from bot.domain.blocks import Button
from bot.domain.errors import PersonError
from bot.incoming.call import Call

MENU_PAGE = "menu_page"
"""The command behind the buttons that turn the pages of a menu."""


async def ask_for(call: Call, command: Command, position: int) -> View:
    """A menu of choices for a missing argument, or a question that the next message answers."""
    param = command.params[position]
    if param.choices is not None:
        return await menu(call, command, call.invocation.args[:position], 0)
    form = Form(
        call.say(command.description),
        command.name,
        (Field(param.name, call.say(param.description)),),
        call.invocation.args[:position],
    )
    return View("", form=form, replace=False)


async def menu(call: Call, command: Command, given: tuple[str, ...], page: int, typed: str = "") -> View:
    """The choices for the argument behind those that are given, as buttons; `page` counts from 0.

    `typed`: only those that are found for it.
    """
    param = command.params[len(given)]
    choices: Sequence[Choice] = await param.choices(call, typed) if param.choices is not None else ()
    if not choices:
        raise PersonError("There is nothing to choose for `/{name}` yet.", name=command.name)
    size = call.platform.capabilities(call.invocation.place).choices_limit
    # What fits without turning pages needs no room for the two buttons that turn them.
    per_page = size if len(choices) <= size else size - 2
    page = min(page, (len(choices) - 1) // per_page)
    shown = choices[page * per_page : (page + 1) * per_page]
    rows = [(Button(choice.label, command.name, (*given, choice.value)),) for choice in shown]
    found_for = (typed,) if typed else ()
    turning = [
        Button(sign, MENU_PAGE, (command.name, str(other), "\n".join(given), *found_for))
        for sign, other in (("‹", page - 1), ("›", page + 1))
        if 0 <= other * per_page < len(choices)
    ]
    buttons = (*rows, tuple(turning)) if turning else tuple(rows)
    above = f"{await param.above(call)}\n\n" if param.above is not None else ""
    return View(f"{above}{call.say(param.description)}:", buttons, menu=Menu(command.name, given))
