"""A person's chat in a playground, whose gateway can be killed, as its page shows it."""

import itertools
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from bot.domain.clock import SystemClock
from bot.playground.child_process import Condition
from bot.playground.playground import Playground, open_playground
from bot.standins.model import ModelServer
from tests.crash.apart import Killed
from tests.support.chromium import Tab, find_chromium, open_tab
from tests.support.clock import TurnedClock
from tests.support.sides import DiscordSide, Room, TelegramSide
from tests.support.world import Someone

WIDTH, HEIGHT = 1440, 900
_QUIET = "new Promise(done => setTimeout(done, 700, true))"
"""What moves on the page has come to rest."""


class PlaygroundHouse(Killed):
    """A `House` whose gateway is a playground's, on one of its platforms: it starts it again by itself."""

    def __init__(self, playground: Playground, side: TelegramSide | DiscordSide, model: ModelServer) -> None:
        super().__init__(_data_of(playground), side, model, TurnedClock())
        self._playground = playground

    async def start(self, **settings: Any) -> None:
        """Wait until it runs."""
        await self.until(lambda: self._playground.house.condition is Condition.RUNNING)

    async def stop(self) -> None:
        """The playground ends it."""

    async def killed(self) -> None:
        """See `Killed.killed`."""
        assert self._playground.house.kill()
        await self.until(lambda: self._playground.house.condition is not Condition.RUNNING)

    def troubles(self) -> Iterator[str]:
        """Its data is gone with it."""
        return iter(())

    def newcomer(self, name: str) -> Someone:
        """Whom the page shows first, in their private chat."""
        if isinstance(self.side, TelegramSide):
            person = next(iter(self.side.stand_in.world.people))
            return Someone(self, person, Room(person))
        assert isinstance(self.side, DiscordSide)
        world = self.side.stand_in.world
        person = next(user.id for user in world.users.values() if not user.bot)
        return Someone(self, person, Room(self.side.people.open_private(person)))


def _data_of(playground: Playground) -> Path:
    return Path(playground.house._environ["DATA_DIR"])


@asynccontextmanager
async def opened(
    platform: str, model: ModelServer, settings: Mapping[str, Any], pictures: Path
) -> AsyncIterator[tuple[PlaygroundHouse, Callable[[str], Awaitable[None]]]]:
    """A playground with its gateway running, and what takes a picture of its page under a name."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit("No Chromium was found; install one, such as the package `chromium`.")
    async with AsyncExitStack() as stack:
        os.environ |= {name.upper(): str(value) for name, value in settings.items()}
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        playground = await open_playground(stack, directory, SystemClock(), 0)
        clock = SystemClock()
        side = (
            TelegramSide(clock, playground.telegram)
            if platform == TelegramSide.name
            else DiscordSide(clock, stand_in=playground.discord)
        )
        house = PlaygroundHouse(playground, side, model)
        tab = await stack.enter_async_context(open_tab(chromium, directory / "profile", WIDTH, HEIGHT))
        await tab.open(playground.site.url)
        await house.start()
        yield house, _camera(tab, pictures, platform)


def _camera(tab: Tab, pictures: Path, platform: str) -> Callable[[str], Awaitable[None]]:
    numbers = itertools.count(1)

    async def look(name: str) -> None:
        await tab.evaluate(_QUIET)
        await tab.picture(pictures / f"{platform}-{next(numbers):02}-{name}.png")
        # A form is filled in beside the page, which does not hear of that.
        await tab.evaluate("document.querySelectorAll('dialog').forEach(dialog => dialog.close())")

    return look
