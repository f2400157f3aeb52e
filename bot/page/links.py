"""Links that log an admin in to the page: each is good once and for a few minutes. Only a hash of a link is kept."""

import secrets
from urllib.parse import urlsplit

from bot.domain.clock import Clock
from bot.domain.ids import PersonId, UnixMs
from storage import page_keys
from storage.database import Database
from storage.page_keys import KeyKind

PATH = "/admin"
LINK_MINUTES = 10


class PageLinks:
    """Makes the links, and knows where the page is."""

    def __init__(self, root: str, database: Database, clock: Clock, *, is_on: bool, is_local: bool) -> None:
        """`root` is where the gateway is reached, such as "https://bot.example.org"; `is_local`: from its machine
        alone."""
        self._root = root.rstrip("/")
        self._database = database
        self._clock = clock
        self.is_on = is_on
        self.is_local = is_local

    @property
    def path(self) -> str:
        """The path of the page, as a browser sees it: a reverse proxy may have put another before ours."""
        return urlsplit(self._root).path + PATH

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach it encrypted."""
        return self._root.startswith("https://")

    @property
    def app(self) -> str:
        """Where a platform's app opens the page; "" where that cannot be: apps open encrypted addresses alone."""
        return f"{self._root}{PATH}/app" if self.is_on and self.is_secure else ""

    async def make(self, person: PersonId) -> str:
        """A new link of this admin's; an older one is no longer good."""
        key, now = secrets.token_urlsafe(32), self._clock.now()
        until = UnixMs(now + LINK_MINUTES * 60_000)
        await self._database.write(page_keys.add(key, KeyKind.LINK, person, now, until))
        return f"{self._root}{PATH}/login/{key}"
