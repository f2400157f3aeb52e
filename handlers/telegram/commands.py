"""Commands on Telegram's surface: the menu that people see, and buttons as commands that someone has already typed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import structlog

from bot.contracts.command import Command, Scope, call_to_data
from bot.domain.blocks import Button, ButtonRows
from bot.texts import LANGUAGES, Say, say_in
from handlers.telegram.calls import Call

log = structlog.get_logger(__name__)

_STYLES = ("danger", "success", "primary")
_OF_COMMAND = ("command", "description", "is_ephemeral")

# Buttons


Data = dict[str, Any]
"""An object of Telegram's, as it is sent: aiogram's types would be built only to be taken apart again."""


def keyboard(rows: ButtonRows) -> Data | None:
    """The buttons below a message, in rows that Telegram takes; None without any."""
    return {"inline_keyboard": [[_inline(button) for button in row] for row in rows]} if rows else None


def _inline(button: Button) -> Data:
    shown: Data = {"text": button.label}
    if button.style in _STYLES:
        shown["style"] = button.style
    if button.in_app:
        return shown | {"web_app": {"url": button.url}}
    if button.url:
        return shown | {"url": button.url}
    return shown | {"callback_data": call_to_data(button.command, button.args)}


# The menu


Ask = Callable[[Call], Awaitable[Any]]
"""Makes one call, paced, and again where Telegram asks for patience; returns its result."""


async def register(ask: Ask, commands: Sequence[Command], alone: str = "") -> None:
    """Show people the commands they can use, in private chats and in groups, in their language, or in one `alone`.

    What is shown already is not sent again.

    Raises:
        PlatformError: Telegram did not take them.
    """
    in_groups = [command for command in commands if command.scope is Scope.ANYWHERE]
    for language in LANGUAGES:
        # Reading a language's file takes several milliseconds, in which nobody would be answered.
        await _show(ask, "all_private_chats", language, await asyncio.to_thread(_menu, commands, language, alone))
        told = await asyncio.to_thread(_menu, in_groups, language, alone)
        await _show(ask, "all_group_chats", language, _for_one_alone(told, in_groups))


def _menu(commands: Sequence[Command], language: str, alone: str) -> list[Data]:
    """The menu for one language; none where it says the same as the English one, which everybody else sees."""
    said = describe(commands, say_in(alone or language))
    return said if language == "en" or said != describe(commands, say_in(alone or "en")) else []


def describe(commands: Iterable[Command], say: Say) -> list[Data]:
    """What the menu says: the listed commands that are not for admins alone."""
    return [
        {"command": command.name, "description": say(command.description)}
        for command in commands
        if command.listed and not command.need.for_admins
    ]


def _for_one_alone(menu: list[Data], commands: Iterable[Command]) -> list[Data]:
    """The menu of a group: a command whose answer is for who gives it is sent so that only the bot sees it."""
    private = {command.name for command in commands if command.private}
    return [said | ({"is_ephemeral": True} if said["command"] in private else {}) for said in menu]


async def _show(ask: Ask, scope: str, language: str, wanted: list[Data]) -> None:
    whose: dict[str, Any] = {"scope": {"type": scope}}
    if language != "en":  # What is shown to people of every other language is English.
        whose["language_code"] = language
    shown = await ask(Call("getMyCommands", **whose))
    if [{name: c[name] for name in _OF_COMMAND if c.get(name)} for c in shown] == wanted:
        return
    if wanted:
        await ask(Call("setMyCommands", commands=wanted, **whose))
    else:
        await ask(Call("deleteMyCommands", **whose))
    log.info("menu_changed", scope=scope, language=language, commands=len(wanted))
