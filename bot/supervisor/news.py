"""News of processes to each other, by the database's own notifications. What the database refuses is not told.

It waits behind nobody who writes.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from bot.contracts.news import Detail
from bot.domain.errors import StorageError
from storage import keepers
from storage.database import Database

log = structlog.get_logger(__name__)

NEWS = "news"
"""How what is told begins."""


class SharedNews:
    """The news of this process, one of several."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._heeded: dict[str, Callable[..., None]] = {}
        self._to_tell: list[str] = []
        self._telling: asyncio.Task[None] | None = None

    def tell(self, about: str, *details: Detail) -> None:
        """See `bot.contracts.news.News`."""
        self._to_tell.append(json.dumps([NEWS, about, *details]))
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell())

    def heed(self, about: str, hear: Callable[..., None]) -> None:
        """See `bot.contracts.news.News`."""
        self._heeded[about] = hear

    def heard(self, about: str, details: Sequence[Any]) -> None:
        """Another process has told this. What nobody here heeds is of a bot that is not open yet."""
        if (hear := self._heeded.get(about)) is not None:
            hear(*details)

    async def close(self) -> None:
        """Tell what is still to be told."""
        if self._telling is not None:
            await self._telling

    async def _tell(self) -> None:
        while self._to_tell:
            told, self._to_tell = self._to_tell, []
            try:
                await self._database.beside(keepers.tell_others(self._database.process, told))
            except StorageError as error:
                log.warning("news_not_told", error=type(error).__name__)
