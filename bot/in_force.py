"""What admins change of the settings while the gateway runs: kept in the database, in force in every process at once.

What began by the old ones ends by them: a turn reads its mode once.
"""

import asyncio

import structlog

from bot.contracts.news import News
from bot.contracts.provider import Price
from bot.domain.bots import BotRules
from bot.domain.errors import SettingsError
from bot.domain.sessions import Modes
from bot.settings import Settings
from bot.settings.changes import Changes, over
from storage import changed
from storage.database import Database
from storage.programs import Program

log = structlog.get_logger(__name__)

NEWS = "settings"
"""What processes tell each other of them under."""


class InForce:
    """The settings as they are in force. `modes` and `prices` are what others hold: their content changes."""

    def __init__(self, started: Settings, database: Database, news: News) -> None:
        self.started = started
        """What this process has read at its start."""
        self.settings = started
        self.modes = Modes(started.modes(), started.default_mode)
        self.prices: list[Price] = list(started.prices)
        self.changed = asyncio.Event()
        """Set when another process has changed something."""
        self._text = ""
        """What was last seen to be kept, whether it fits or not."""
        self._looking = asyncio.Lock()
        self._database = database
        self._news = news
        news.heed(NEWS, self.changed.set)

    async def look(self) -> None:
        """Put in force what is kept.

        Raises:
            StorageError: it cannot be read.
            SettingsError: it does not fit what this process has read at its start; what was in force stays so.
        """
        async with self._looking:
            text = await self._database.read(changed.content())
            if text == self._text:
                return
            try:
                settings = await asyncio.to_thread(lambda: over(self.started, Changes.parse(text)))
            except SettingsError:
                self._text = text
                raise
            # Only now: whoever is cancelled meanwhile has put nothing in force.
            self._text, self.settings = text, settings
            self.modes.become(settings.modes(), settings.default_mode)
            self.prices[:] = settings.prices
            log.info("settings_changed", by_admins=",".join(settings.origin.changed))

    async def follow(self) -> None:
        """The same, where what does not fit is no reason to end: it may after the next start. Raises StorageError."""
        try:
            await self.look()
        except SettingsError as error:
            log.warning("changes_wait", error=error)

    async def keep(self, changes: Changes, seen: Changes, note: Program[None]) -> bool:
        """Have these from now on, in every process, and `note` it. False: what is kept is not what was `seen`, and
        stays.

        Raises:
            StorageError: it cannot be written.
        """

        def kept() -> Program[bool]:
            if not (yield from changed.put(changes.written(), seen.written())):
                return False
            yield from note
            return True

        if not await self._database.write(kept()):
            return False
        # It is kept: should this end here, others look by themselves, and so does whoever follows in this process.
        self._news.tell(NEWS)
        self.changed.set()
        await self.follow()
        return True

    def read_rules(self, text: str) -> BotRules:
        """The rules of a bot, as an admin writes them in a chat. Raises SettingsError."""
        return self.settings.bounds().read(text)
