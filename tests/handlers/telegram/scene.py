"""A real aiogram bot before the stand-in, with somebody to write to."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from bot.contracts.command import Choice, Command, View, command
from bot.contracts.platform import Address, PreviewTarget
from bot.domain.blocks import Block, BlockKind, Button, Page, Span, SpanKind, plain_page
from bot.domain.ids import TurnId
from bot.domain.incoming import Incoming, Invocation
from bot.domain.places import NO_CUSTOMS, Customs, Place, PlaceKind
from bot.standins.telegram.flood import FloodLimits
from bot.standins.telegram.server import TelegramStandIn
from bot.standins.telegram.transcript import Transcript
from handlers.telegram.platform import TelegramPlatform
from tests.support.clock import FakeClock

BOLD = Page((Block(BlockKind.PARAGRAPH, "Hello 👍🏽 world", (Span(9, 14, SpanKind.BOLD),)),))


@command("help", "Say what I can do")
async def HELP(call: object) -> View:  # noqa: N802  # The decorator makes it a constant.
    return View("")


class Listener:
    """A host that only takes what is said."""

    def __init__(self) -> None:
        self.batches: asyncio.Queue[Sequence[Incoming]] = asyncio.Queue()

    async def receive(self, batch: Sequence[Incoming]) -> None:
        self.batches.put_nowait(batch)

    async def choices(self, invocation: Invocation, param: str, typed: str) -> Sequence[Choice]:
        raise NotImplementedError

    def customs(self, place: Place) -> Customs:
        return NO_CUSTOMS

    async def heard(self, platform: str, bot: str) -> Sequence[tuple[Place, str]]:
        raise NotImplementedError

    async def bookmarks(self, platform: str, bot: str) -> Mapping[str, str]:
        raise NotImplementedError


class Scene:
    """A bot, Alice's private chat with it, and a group."""

    def __init__(self, server: TelegramStandIn, platform: TelegramPlatform, clock: FakeClock) -> None:
        self.server = server
        self.clock = clock
        self.platform = platform
        self.people = server.people
        self.alice = self.people.open_person("Alice")
        self.private = self.place(self.people.open_private(self.alice), PlaceKind.PRIVATE)
        self.group = self.place(self.people.open_group("Group", [self.alice], admin=True), PlaceKind.GROUP)

    def place(self, chat: int, kind: PlaceKind, thread: str = "") -> Place:
        return Place("telegram", self.platform.bot, str(chat), thread, kind)

    def sees(self, place: Place) -> Transcript:
        return self.server.transcript(int(place.chat))

    async def send(self, place: Place, text: str = "Hello") -> str:
        return await self.platform.send(place, plain_page(text), Address(), nonce="n")


@asynccontextmanager
async def scene_of(
    *, pacing: bool = False, topics: bool = False, commands: tuple[Command, ...] = ()
) -> AsyncIterator[Scene]:
    clock = FakeClock()
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(TelegramStandIn(clock=clock, limits=FloodLimits() if pacing else None))
        bot = server.people.add_bot(has_topics_enabled=topics)
        platform = TelegramPlatform(bot.token, api_url=server.url, pacing=pacing, clock=clock, commands=commands)
        stack.push_async_callback(platform.close)
        await platform.open()
        yield Scene(server, platform, clock)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with scene_of() as made:
        yield made


def growing(turn: int = 9, remote_id: str | None = None, reply_to: str | None = None) -> PreviewTarget:
    return PreviewTarget(TurnId(turn), remote_id, reply_to, Button("Stop", "stop_turn", (str(turn),)))


def page(text: str) -> Callable[[], Page]:
    return lambda: plain_page(text)
