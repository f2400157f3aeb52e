"""A bot made with the real discord.py, which keeps what it receives so that a test can wait for it."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import discord
import pytest
import yarl
from discord import app_commands

from bot.standins.discord.limits import Limits
from bot.standins.discord.server import DiscordStandIn
from tests.support.clock import FakeClock
from tests.support.patience import PATIENCE_S


@dataclass(frozen=True, slots=True)
class Scene:
    """A server with two people, one channel and the bot in it, on a clock that stands still."""

    discord: DiscordStandIn
    clock: FakeClock
    alice: int
    bob: int
    guild: int
    channel: int


@asynccontextmanager
async def a_scene(*, limits: Limits | None = None, rate_limited: bool = False) -> AsyncIterator[Scene]:
    """The scene, listening."""
    clock = FakeClock()
    async with DiscordStandIn(clock=clock, limits=limits, rate_limited=rate_limited) as stand_in:
        people = stand_in.people
        alice, bob = people.open_person("Alice"), people.open_person("Bob", language="de")
        guild = people.open_guild("Home", [alice, bob])
        yield Scene(stand_in, clock, alice, bob, guild, people.open_channel(guild, "general"))


class Bot(discord.Client):
    """Receives and answers nothing by itself."""

    def __init__(self, **options: Any) -> None:
        super().__init__(guild_ready_timeout=0.01, **options)
        self.tree = app_commands.CommandTree(self)
        self._seen: defaultdict[str, asyncio.Queue[Any]] = defaultdict(asyncio.Queue)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """discord.py waits five seconds before it identifies again; the stand-in does not ask for that."""

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        super().dispatch(event, *args, **kwargs)
        self._seen[event].put_nowait(args[-1] if args else None)

    async def next(self, event: str) -> Any:
        """The next event of this name that the test has not looked at; of (before, after) the second."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._seen[event].get()

    async def next_message(self) -> discord.Message:
        """The next message that the bot did not write."""
        while True:
            message: discord.Message = await self.next("message")
            if message.author != self.user:
                return message


@asynccontextmanager
async def logged_in(
    stand_in: DiscordStandIn, monkeypatch: pytest.MonkeyPatch, *, content: bool = True, members: bool = False
) -> AsyncIterator[Bot]:
    """The bot, connected and ready."""
    point_at(stand_in, monkeypatch)
    intents = discord.Intents.default()
    intents.message_content = content
    intents.members = members
    bot = Bot(intents=intents)
    running = asyncio.create_task(bot.start(stand_in.token))
    try:
        await bot.next("ready")
        yield bot
    finally:
        await bot.close()
        with suppress(Exception):
            await running


def point_at(stand_in: DiscordStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let discord.py talk to the stand-in."""
    monkeypatch.setattr(discord.http.Route, "BASE", stand_in.api_url)
    monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(stand_in.gateway_url))


def text_channel(bot: Bot, scene: Scene) -> discord.TextChannel:
    """The scene's channel as the bot has it."""
    channel = bot.get_channel(scene.channel)
    assert isinstance(channel, discord.TextChannel)
    return channel
