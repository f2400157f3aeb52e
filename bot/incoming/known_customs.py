"""Who is answered where, at hand for everything that comes in: most of it is not for the bot, and none of that may cost
a query.

Few chats choose anything of it, so all of it is read at once. Each process reads it again when another has told it of a
change, and every minute, for what is told may be lost. Until then it is behind: so what it says is for the bot is
looked up once more where that is accepted.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import structlog

from bot.contracts.news import News
from bot.domain.errors import StorageError
from bot.domain.places import NO_CUSTOMS, Customs, Place
from bot.domain.policy import Policy
from storage import customs
from storage.database import Database

log = structlog.get_logger(__name__)

_ABOUT = "customs"


class KnownCustoms:
    """What the admins of chats have chosen of who is answered there and where; nothing before `load`."""

    def __init__(self, database: Database, policy: Policy, news: News) -> None:
        self._database = database
        self._policy = policy
        self._news = news
        self._known: Mapping[Place, Customs] = {}
        self._loading: asyncio.Task[None] | None = None
        news.heed(_ABOUT, self._hear)

    def at(self, place: Place) -> Customs:
        """What holds at a place: its own, else its chat's."""
        own = self._known.get(place, NO_CUSTOMS)
        return own.over(self._known.get(replace(place, thread=""), NO_CUSTOMS)) if place.thread else own

    async def load(self) -> None:
        """Read all of it. Raises StorageError."""
        chosen = await self._database.read(customs.of_what_is_taken())
        self._known = {place: self._policy.bounded(own) for place, own in chosen}

    async def note_changed(self) -> None:
        """Something of it was chosen here: every process is to know. Raises StorageError."""
        await self.load()
        self._news.tell(_ABOUT)

    def _hear(self) -> None:
        # What is told while it is read may have been written after that.
        before = self._loading
        self._loading = asyncio.create_task(self._load_after(before))

    async def _load_after(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await before
        try:
            await self.load()
        except StorageError as error:
            log.warning("customs_not_read", error=type(error).__name__)
