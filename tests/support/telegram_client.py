"""A real aiogram client on the Telegram stand-in, with one person in a private chat."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from aiogram import Bot, types
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, Update
from pydantic import BaseModel

from bot.standins.telegram.account import BotAccount
from bot.standins.telegram.people import People
from bot.standins.telegram.server import TelegramStandIn
from handlers.telegram.library import build
from tests.support.clock import FakeClock


@dataclass(slots=True)
class Desk:
    """Everything a test needs at hand."""

    telegram: TelegramStandIn
    clock: FakeClock
    account: BotAccount
    bot: Bot
    alice: int
    chat: int
    """Alice's private chat."""

    @property
    def people(self) -> People:
        return self.telegram.people

    def texts(self, chat: int | None = None) -> list[str]:
        """What stands in a chat now."""
        return self.telegram.transcript(self.chat if chat is None else chat).texts

    def group(self, **options: Any) -> int:
        """A group with Alice and the bot in it."""
        return self.people.open_group("Group", [self.alice], **options)

    async def updates(self) -> list[Update]:
        """All pending updates; they stay pending."""
        return await self.bot.get_updates()


def keyboard(**labels: str) -> InlineKeyboardMarkup:
    """One row of buttons: label to data."""
    row = [InlineKeyboardButton(text=label, callback_data=data) for label, data in labels.items()]
    return InlineKeyboardMarkup(inline_keyboard=[row])


def said(updates: list[Update]) -> list[str]:
    """The texts of the messages among some updates."""
    return [update.message.text for update in updates if update.message and update.message.text]


async def end(bot: Bot) -> None:
    """Close the client without the quarter of a second that aiogram waits for TLS connections."""
    assert isinstance(bot.session, AiohttpSession)
    await (await bot.session.create_session()).close()


@cache
def _build_all() -> None:
    """The gateway's aiogram builds none of its types; the client's methods and answers stand on built ones alone."""
    for name in types.__all__:
        kind = getattr(types, name)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            build(kind)


@asynccontextmanager
async def client(url: str, token: str, timeout_s: float = 10) -> AsyncIterator[Bot]:
    """An aiogram client of the stand-in at `url`."""
    _build_all()
    bot = Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base(url), timeout=timeout_s))
    try:
        yield bot
    finally:
        await end(bot)


@asynccontextmanager
async def desk(*, topics: bool = False, timeout_s: float = 10, **options: Any) -> AsyncIterator[Desk]:
    """A stand-in with a bot, its client, and Alice; `options` go to `TelegramStandIn`."""
    clock = FakeClock()
    async with TelegramStandIn(clock=clock, **options) as telegram:
        account = telegram.people.add_bot(has_topics_enabled=topics)
        alice = telegram.people.open_person("Alice", "alice")
        chat = telegram.people.open_private(alice)
        async with client(telegram.url, account.token, timeout_s) as bot:
            yield Desk(telegram, clock, account, bot, alice, chat)
