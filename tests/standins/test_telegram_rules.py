"""The Telegram stand-in refuses what the real server refuses, in its words."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNotFound,
    TelegramUnauthorizedError,
)
from aiogram.methods import TelegramMethod
from aiogram.types import (
    BotCommand,
    BotCommandScopeChat,
    MessageEntity,
    ReplyParameters,
)

from bot.standins.telegram.server import TelegramStandIn
from tests.standins.telegram_refusals import REFUSALS, button, keyboard
from tests.support.telegram_client import Desk, client, desk


@pytest.fixture
async def at() -> AsyncIterator[Desk]:
    async with desk() as opened:
        yield opened


@pytest.mark.parametrize("name", REFUSALS)
async def test_it_refuses(at: Desk, name: str) -> None:
    act, description = REFUSALS[name]
    with pytest.raises(TelegramBadRequest) as refused:
        await act(at)
    assert refused.value.message == f"Bad Request: {description}"


async def test_the_longest_text_and_the_longest_data_pass(at: Desk) -> None:
    sent = await at.bot.send_message(at.chat, "👍" * 2048, reply_markup=keyboard(*[button("x" * 64)] * 100))
    assert sent.text == "👍" * 2048


async def test_an_error_body_is_exactly_the_servers(at: Desk) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{at.telegram.url}/bot{at.account.token}/sendMessage", json={"chat_id": 1, "text": "x"}
        ) as answer,
    ):
        assert answer.status == 400
        assert await answer.json() == {"ok": False, "error_code": 400, "description": "Bad Request: chat not found"}


async def test_an_unknown_token_is_unauthorized(at: Desk) -> None:
    async with client(at.telegram.url, "1:nobody") as stranger:
        with pytest.raises(TelegramUnauthorizedError, match="Unauthorized"):
            await stranger.get_me()


class JuggleBalls(TelegramMethod[bool]):
    __returning__ = bool
    __api_method__ = "juggleBalls"


async def test_an_unknown_method_is_not_found(at: Desk) -> None:
    with pytest.raises(TelegramNotFound, match="Not Found: method not found"):
        await at.bot(JuggleBalls())


async def test_a_blocked_bot_is_forbidden_until_it_is_unblocked(at: Desk) -> None:
    at.people.block(at.alice)
    with pytest.raises(TelegramForbiddenError, match="Forbidden: bot was blocked by the user"):
        await at.bot.send_message(at.chat, "x")
    at.people.unblock(at.alice)
    await at.bot.send_message(at.chat, "x")
    assert [u.my_chat_member.new_chat_member.status for u in await at.updates() if u.my_chat_member] == [
        "kicked",
        "member",
    ]


@pytest.mark.parametrize("kind", ["group", "supergroup"])
async def test_a_kicked_bot_is_forbidden(at: Desk, kind: str) -> None:
    group = at.group(kind=kind)
    at.people.kick(at.alice, group)
    with pytest.raises(TelegramForbiddenError, match=f"Forbidden: bot was kicked from the {kind} chat"):
        await at.bot.send_message(group, "x")


async def test_a_group_that_moved_says_where_to(at: Desk) -> None:
    group = at.group(kind="group")
    moved = at.people.migrate(at.alice, group)
    with pytest.raises(TelegramMigrateToChat) as refused:
        await at.bot.send_message(group, "x")
    assert refused.value.migrate_to_chat_id == moved
    await at.bot.send_message(moved, "x")
    messages = [update.message for update in await at.updates() if update.message]
    assert [message.migrate_to_chat_id for message in messages if message.migrate_to_chat_id] == [moved]
    assert [message.migrate_from_chat_id for message in messages if message.migrate_from_chat_id] == [group]


async def test_an_edit_without_buttons_takes_them_away(at: Desk) -> None:
    sent = await at.bot.send_message(at.chat, "same", reply_markup=keyboard(button()))
    edited = await at.bot.edit_message_text("same", chat_id=at.chat, message_id=sent.message_id)
    assert not isinstance(edited, bool)
    assert edited.reply_markup is None


async def test_formatting_is_cut_away_inside_code_and_text_is_trimmed(at: Desk) -> None:
    entities = [
        MessageEntity(type="code", offset=6, length=3),
        MessageEntity(type="bold", offset=2, length=12),
    ]
    sent = await at.bot.send_message(at.chat, "  bold x=1 bold \n", entities=entities)
    assert sent.text == "bold x=1 bold"
    assert [(e.type, e.offset, e.length) for e in sent.entities or []] == [
        ("bold", 0, 4),
        ("code", 4, 3),
        ("bold", 7, 5),
    ]


async def test_a_reply_may_go_without_its_target_where_that_is_allowed(at: Desk) -> None:
    reply = ReplyParameters(message_id=99, allow_sending_without_reply=True)
    assert (await at.bot.send_message(at.chat, "x", reply_parameters=reply)).reply_to_message is None


async def test_commands_are_kept_per_scope_and_language(at: Desk) -> None:
    scope = BotCommandScopeChat(chat_id=at.chat)

    async def described(**where: Any) -> list[str]:
        return [command.description for command in await at.bot.get_my_commands(**where)]

    await at.bot.set_my_commands([BotCommand(command="new", description="new")])
    await at.bot.set_my_commands([BotCommand(command="new", description="neu")], scope=scope, language_code="de")
    assert await described() == ["new"]
    assert await described(scope=scope, language_code="de") == ["neu"]
    assert await described(scope=scope) == []
    await at.bot.delete_my_commands()
    assert await described() == []


async def test_it_listens_on_loopback_only() -> None:
    telegram = TelegramStandIn()
    for host in ("0.0.0.0", "::", "192.0.2.1"):  # noqa: S104
        with pytest.raises(ValueError, match="no loopback address"):
            await telegram.start(host=host)
