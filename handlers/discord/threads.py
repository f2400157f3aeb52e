"""Threads that a mention opens, and threads that have been archived: both are opened when something is sent there."""

import contextlib

import discord
import structlog

from bot.domain.errors import (
    PlatformError,
    Rejected,
    ThreadNotOpened,
    Unreachable,
)
from bot.domain.places import Place
from bot.rendering.titles import shorten_title
from handlers.discord.errors import THREAD_EXISTS, is_code
from handlers.discord.rest import CHANNEL, MESSAGE, Rest

log = structlog.get_logger(__name__)

_REMEMBERED_TITLES = 1_000


class MentionThreads:
    """The threads of one bot's mentions."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._titles: dict[str, str] = {}
        """Threads that are still to be opened, by id, with the words they are named after."""

    def note(self, place: Place, words: str) -> None:
        """A thread has to be opened at a message, named after it."""
        if len(self._titles) >= _REMEMBERED_TITLES:
            del self._titles[next(iter(self._titles))]
        self._titles[place.thread] = shorten_title(words)

    def is_unopened(self, place: Place) -> bool:
        """Whether a place is a thread that is still to be opened."""
        return place.thread in self._titles

    async def open_at_message(self, place: Place) -> None:
        """Open the thread of a mention. It has the mention's number, so that one that is there already is the one."""
        title = self._titles.pop(place.thread, "") or "Conversation"
        body = {"name": title, "auto_archive_duration": 1440}
        try:
            await self._rest.request(
                "POST", f"{MESSAGE}/threads", channel_id=place.chat, message_id=place.thread, json=body
            )
        except PlatformError as error:
            if is_code(error.__cause__, THREAD_EXISTS):
                return
            if not isinstance(error.__cause__, discord.HTTPException) or error.__cause__.status >= 429:
                self._titles[place.thread] = title
                raise
            log.info("no_thread", place=place.chat, detail=error)
            raise ThreadNotOpened(str(error)) from error

    async def reopen(self, place: Place) -> None:
        """Open a thread again that was put aside; where that is refused, it stays so."""
        with contextlib.suppress(Unreachable, Rejected):
            await self._rest.request("PATCH", CHANNEL, channel_id=place.thread, json={"archived": False})
