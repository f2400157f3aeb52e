"""The menu on the stand-in, and buttons there and back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiogram import Bot

from bot.contracts.command import Command, Scope, View, command
from bot.domain.blocks import Button
from bot.domain.clock import RemoteTime, SystemClock
from bot.domain.people import Role
from bot.standins.telegram.account import BotAccount
from bot.standins.telegram.server import TelegramStandIn
from handlers.telegram.calls import Call, Session
from handlers.telegram.commands import keyboard, register

# Buttons


def test_a_keyboard_keeps_rows_styles_and_links() -> None:
    rows = (
        (Button("Delete", "delete", ("1",), "danger"), Button("Odd", "keep", (), "rainbow")),
        (Button("Read", url="https://example.org"),),
    )
    assert keyboard(rows) == {
        "inline_keyboard": [
            [
                {"text": "Delete", "style": "danger", "callback_data": "delete|1"},
                {"text": "Odd", "callback_data": "keep"},
            ],
            [{"text": "Read", "url": "https://example.org"}],
        ]
    }


def test_no_buttons_make_no_keyboard() -> None:
    assert keyboard(()) is None


# The menu


async def nothing(call: object) -> View:
    return View("")


COMMANDS: tuple[Command, ...] = (
    command("start", "Begin", role=Role.STRANGER)(nothing),
    command("new", "Open a session")(nothing),
    command("settings", "Change settings", scope=Scope.PRIVATE)(nothing),
    command("admin", "Rule", role=Role.ADMIN)(nothing),
    command("keep", "Keep it", listed=False)(nothing),
)


@dataclass(frozen=True, slots=True)
class Scene:
    telegram: TelegramStandIn
    account: BotAccount
    bot: Bot

    def menu(self, scope: str) -> list[str]:
        shown = self.account.commands.get((f'{{"type":"{scope}"}}', ""), [])
        return [f"{entry['command']}: {entry['description']}" for entry in shown]

    async def ask(self, call: Call) -> Any:
        return await self.bot(call)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with TelegramStandIn() as telegram:
        account = telegram.people.add_bot()
        bot = Bot(account.token, session=Session(telegram.url, RemoteTime(SystemClock())))
        yield Scene(telegram, account, bot)
        await bot.session.close()


async def test_people_see_the_commands_they_can_use_where_they_can_use_them(scene: Scene) -> None:
    await register(scene.ask, COMMANDS)
    assert scene.menu("all_private_chats") == ["start: Begin", "new: Open a session", "settings: Change settings"]
    assert scene.menu("all_group_chats") == ["start: Begin", "new: Open a session"]


async def test_the_menu_is_sent_only_when_it_changed(scene: Scene) -> None:
    await register(scene.ask, COMMANDS)
    await register(scene.ask, COMMANDS)
    assert scene.telegram.calls.counts["setMyCommands"] == 2
    await register(scene.ask, (*COMMANDS, command("help", "Help", scope=Scope.PRIVATE)(nothing)))
    assert scene.telegram.calls.counts["setMyCommands"] == 3
    assert scene.menu("all_private_chats")[-1] == "help: Help"


async def test_a_menu_without_commands_is_taken_away(scene: Scene) -> None:
    await register(scene.ask, COMMANDS)
    await register(scene.ask, COMMANDS[2:3])
    assert scene.menu("all_private_chats") == ["settings: Change settings"]
    assert scene.menu("all_group_chats") == []
