"""The menu on the stand-in, and buttons there and back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiogram import Bot
from hypothesis import given
from hypothesis import strategies as st

from bot.contracts.command import Command, Scope, View, call_from_data, command
from bot.domain.blocks import Button
from bot.domain.clock import RemoteTime, SystemClock
from bot.domain.people import Role
from bot.standins.telegram.account import BotAccount
from bot.standins.telegram.server import TelegramStandIn
from handlers.telegram.calls import Call, Session
from handlers.telegram.commands import button_data, keyboard, register

# Buttons


@pytest.mark.parametrize(
    ("button", "data"),
    [
        (Button("New", "new"), "new"),
        (Button("Open", "open", ("12",)), "open|12"),
        (Button("Empty", "open", ("", "")), "open||"),
        (Button("Model", "model", ("openrouter/some:free",)), "model|openrouter/some:free"),
        (Button("Odd", "mode", ("a|b\\c",)), "mode|a\\pb\\\\c"),
    ],
)
def test_a_button_holds_its_command_and_arguments(button: Button, data: str) -> None:
    assert button_data(button) == data
    assert call_from_data(data) == (button.command, button.args)


@given(st.from_regex(r"[a-z0-9_]{1,32}", fullmatch=True), st.lists(st.text(max_size=8), max_size=3))
def test_whatever_fits_on_a_button_comes_back_from_it(name: str, args: list[str]) -> None:
    button = Button("x", name, tuple(args))
    try:
        data = button_data(button)
    except ValueError:
        return
    assert len(data.encode()) <= 64
    assert call_from_data(data) == (name, tuple(args))


@given(st.text(max_size=64))
def test_no_data_breaks_the_reader(data: str) -> None:
    parsed = call_from_data(data)
    if parsed is not None:
        assert button_data(Button("x", *parsed)) == data


@pytest.mark.parametrize("data", ["", "|", "New", "a b|1", "new|\\", "new|\\x", "\n|1"])
def test_data_that_no_button_makes_is_refused(data: str) -> None:
    assert call_from_data(data) is None


def test_64_bytes_fit_and_65_name_the_command() -> None:
    assert len(button_data(Button("x", "mode", ("é" * 29 + "x",))).encode()) == 64
    with pytest.raises(ValueError, match="'mode' holds 65 bytes"):
        button_data(Button("x", "mode", ("é" * 30,)))


def test_a_keyboard_keeps_rows_styles_and_links() -> None:
    rows = (
        (Button("Delete", "delete", ("1",), "danger"), Button("Odd", "keep", (), "rainbow")),
        (Button("Read", url="https://example.org"),),
    )
    made = keyboard(rows)
    assert made is not None
    assert made.model_dump(exclude_none=True) == {
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
    assert keyboard(((),)) is None


def test_a_long_row_goes_on_in_the_next_one() -> None:
    made = keyboard((tuple(Button(str(n), "page", (str(n),)) for n in range(17)),))
    assert made is not None
    assert [len(row) for row in made.inline_keyboard] == [8, 8, 1]


def test_a_button_that_does_not_fit_costs_only_itself() -> None:
    made = keyboard(((Button("Bad", "mode", ("x" * 65,)), Button("Good", "keep")),))
    assert made is not None
    assert [[button.text for button in row] for row in made.inline_keyboard] == [["Good"]]


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
