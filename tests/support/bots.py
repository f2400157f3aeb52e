"""Several bots in one gateway: two on Telegram and two on Discord, and one person's private chat with each."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

import handlers.discord
import handlers.telegram
from bot import app
from bot.contracts.platform_kind import PlatformKind
from bot.settings.settings import with_platforms
from bot.standins.model import ModelServer
from bot.standins.telegram.account import BotAccount
from bot.standins.telegram.server import TelegramStandIn
from tests.support.beside import rows_beside
from tests.support.clock import TurnedClock
from tests.support.new_data import lay_new_data
from tests.support.patience import PATIENCE_S
from tests.support.sides import DiscordSide, Room, Shown

Seen = TypeVar("Seen")

_LOOK_EVERY_S = 0.05
ALICE = 4711
"""Her id on Discord."""


class Chat(Protocol):
    """Somebody's private chat with one bot."""

    token: str
    number: str
    """The bot's own id."""
    person: int
    """Whose chat it is, by the platform's number."""

    def says(self, text: str) -> None:
        """Write something."""

    def commands(self, name: str, *args: str) -> None:
        """Give a command."""

    def knows(self, name: str) -> bool:
        """Whether the bot has declared it."""

    def presses(self, label: str) -> bool:
        """Press the last button with this label; False while there is none."""

    def fills(self, label: str, text: str) -> bool:
        """Answer the question of that label; False while it has not been asked."""

    def shown(self) -> list[Shown]:
        """What the bot has written."""

    def everything(self) -> str:
        """All that stands there, whoever has written it."""


class _OnTelegram:
    def __init__(self, stand_in: TelegramStandIn, bot: BotAccount, person: int) -> None:
        self.stand_in, self.bot, self.person, self.token = stand_in, bot, person, bot.token
        self.number = str(bot.id)
        stand_in.people.open_private(person, bot=bot.id)

    def says(self, text: str) -> None:
        self.stand_in.people.say(self.person, self.person, text, bot=self.bot.id)

    def commands(self, name: str, *args: str) -> None:
        self.says(" ".join((f"/{name}", *args)))

    def knows(self, name: str) -> bool:
        return True

    def presses(self, label: str) -> bool:
        found = [one for one in self.shown() if label in one.labels]
        if found:
            self.stand_in.people.press(self.person, self.person, found[-1].id, label=label, bot=self.bot.id)
        return bool(found)

    def fills(self, label: str, text: str) -> bool:
        if not self.shown() or label not in self.shown()[-1].text:
            return False
        self.says(text)
        return True

    def shown(self) -> list[Shown]:
        found = self.stand_in.transcript(self.person, bot=self.bot.id).from_bots()
        return [Shown(one.id, one.text, tuple(one.labels), one.silent) for one in found]

    def everything(self) -> str:
        return "\n".join(self.stand_in.transcript(self.person, bot=self.bot.id).texts)


class _OnDiscord:
    def __init__(self, side: DiscordSide, person: int) -> None:
        self.side, self.person, self.token = side, person, side.stand_in.token
        self.number = str(side.stand_in.application_id)
        side.people.open_person("Alice", number=person)
        self.room = Room(side.people.open_private(person))

    def says(self, text: str) -> None:
        self.side.say(self.person, self.room, text, reply_to=None, mention=False)

    def commands(self, name: str, *args: str) -> None:
        self.side.command(self.person, self.room, name, args)

    def knows(self, name: str) -> bool:
        return self.side.hears() and self.side.knows(name, self.room)

    def presses(self, label: str) -> bool:
        found = [one for one in self.shown() if label in one.labels]
        if found:
            self.side.press(self.person, self.room, found[-1], label)
        return bool(found)

    def fills(self, label: str, text: str) -> bool:
        return self.side.fill(self.person, self.room, label, text)

    def shown(self) -> list[Shown]:
        return self.side.shown(self.room, self.person)

    def everything(self) -> str:
        return "\n".join(self.side.stand_in.transcript(self.room.chat).texts)


class Town:
    """The stand-ins, the gateway, and Alice, who has a private chat with every bot: `chats`, Telegram's two first."""

    def __init__(self, directory: Path, model: ModelServer, clock: TurnedClock, database_url: str = "") -> None:
        self.directory = directory
        self.model = model
        self.clock = clock
        self.database_url = database_url
        """Where PostgreSQL keeps the data; "": SQLite does."""
        self.telegram = TelegramStandIn(clock=clock)
        self.discords: list[DiscordSide] = []
        for number in (1, 2):
            clock.advance(60)  # No two applications have the same number.
            self.discords.append(DiscordSide(clock, f"token-of-discord-{number}"))
        bots = [self.telegram.people.add_bot(), self.telegram.people.add_bot(username="second_bot")]
        self._bots = bots
        self.alice = self.telegram.people.open_person("Alice")
        self.chats: list[Chat] = [_OnTelegram(self.telegram, bot, self.alice) for bot in bots]
        self.chats += [_OnDiscord(side, ALICE) for side in self.discords]
        self._running: list[tuple[asyncio.Event, asyncio.Task[None]]] = []
        """The gateways, the first that began first, each with what tells it to end."""
        self._starts = 0

    def with_bot(self, bot: BotAccount) -> Chat:
        """Alice's private chat with one more bot on Telegram."""
        return _OnTelegram(self.telegram, bot, self.alice)

    def newcomer(self, name: str) -> Chat:
        """Somebody else's private chat with Telegram's first bot."""
        return _OnTelegram(self.telegram, self._bots[0], self.telegram.people.open_person(name))

    async def open(self) -> None:
        """Have the stand-ins listen."""
        await self.telegram.start()
        for side in self.discords:
            await side.start()

    async def close(self) -> None:
        """Let go of everything."""
        while self._running:
            await self.stop()
        await self.telegram.stop()
        for side in self.discords:
            await side.stop()

    def begin(self, **given: Any) -> None:
        """Run a gateway with these settings; on PostgreSQL beside those that run."""
        values: dict[str, Any] = {
            "telegram_api_url": self.telegram.url,
            "mistral_api_key": "key-of-the-scenario",
            "mistral_base_url": f"{self.model.url}/v1",
            "data_dir": self.directory,
            "database_url": self.database_url or None,
            "access": "open",
            "pacing": False,
            "titles": False,
            "greeting": False,
            "timezone": "",
            "shutdown_grace_s": 5,
        } | given
        if not self.database_url:
            lay_new_data(self.directory)
        self._starts += 1
        ending = asyncio.Event()
        settings = with_platforms((handlers.telegram.PLATFORM, self._discord()))(**values)
        run = app.run(settings, ending, self.clock, random.Random(self._starts))
        self._running.append((ending, asyncio.create_task(run)))

    def _discord(self) -> PlatformKind[Any]:
        """Discord, where each token leads to the stand-in that knows it, and any other to the first."""
        plain, urls = handlers.discord.PLATFORM, {one.stand_in.token: one.stand_in.api_url for one in self.discords}
        first = self.discords[0].stand_in.api_url
        return replace(
            plain,
            open=lambda settings, token, around: plain.open(
                settings.model_copy(update={"discord_api_url": urls.get(token, first)}), token, around
            ),
        )

    async def stop(self) -> None:
        """Ask the gateway that began first to end, and wait until it has."""
        if self._running:
            ending, task = self._running.pop(0)
            ending.set()
            await task

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query finds in the database of the running gateway."""
        return rows_beside(self.directory, self.database_url, query)

    async def until(self, look: Callable[[], Seen], *, hurried: bool = False) -> Seen:
        """Wait until `look` gives something true. `hurried`: the clock runs fast meanwhile, ten seconds at a time."""
        for _ in range(int(PATIENCE_S / _LOOK_EVERY_S)):
            for running in self._running:
                if running[1].done():
                    self._running.remove(running)
                    running[1].result()
                    raise AssertionError("The gateway has ended by itself.")
            if seen := look():
                return seen
            if hurried:
                self.clock.advance(10)
            await asyncio.sleep(_LOOK_EVERY_S)
        raise TimeoutError

    async def sees(self, chat: Chat, text: str, *, times: int = 1, hurried: bool = False) -> Shown:
        """Wait until so many messages of a bot hold this text; gives the last one."""

        def look() -> list[Shown]:
            found = [one for one in chat.shown() if text in one.text and not one.grows]
            return found if len(found) >= times else []

        try:
            found = await self.until(look, hurried=hurried)
        except TimeoutError:
            raise AssertionError(f"{text!r} is not among {[one.text[:80] for one in chat.shown()]}") from None
        assert len(found) == times, [one.text[:80] for one in found]
        return found[-1]

    async def commands(self, chat: Chat, name: str, *args: str) -> None:
        """Give a command, once the bot has declared it."""
        await self.until(lambda: chat.knows(name))
        chat.commands(name, *args)

    async def acts(self, admin: Chat, bot: str, label: str) -> None:
        """Do something with a bot, from the list of all of them."""
        known = len(admin.shown())
        admin.commands("bots")
        await self.until(lambda: len(admin.shown()) > known)
        await self.until(partial(admin.presses, bot))
        # Cards that were shown before have such buttons, too.
        await self.until(lambda: label in admin.shown()[-1].labels)
        admin.presses(label)
