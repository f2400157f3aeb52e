"""Messages in a bot's channels: each call in its turn, in threads that are opened on the way if need be."""

import asyncio
from collections.abc import Callable
from typing import Any

import discord

from bot.domain.blocks import OutFile
from bot.domain.clock import Clock, RemoteTime
from bot.domain.errors import (
    MessageGone,
    PlatformError,
    RetryAfter,
    Unreachable,
)
from bot.domain.ids import UnixMs
from bot.domain.places import Place
from bot.pacing import Scheduler, Urgency
from handlers.discord.errors import THREAD_ARCHIVED, UNKNOWN_CHANNEL, is_code, refused_there
from handlers.discord.rest import MESSAGE, MESSAGES, Rest
from handlers.discord.threads import MentionThreads

EDIT_AGE_MS = 3_600_000
"""Discord rate-limits edits of messages older than this separately."""


class Channels:
    """The channels of one bot, which it reaches once it has logged in."""

    def __init__(
        self, rest: Rest, threads: MentionThreads, scheduler: Scheduler, clock: Clock, time: RemoteTime
    ) -> None:
        self._rest = rest
        self._threads = threads
        self._scheduler = scheduler
        self._clock = clock
        self._time = time
        self._opened = asyncio.Event()
        """Set once the bot has logged in: every call waits for it."""
        self._began: UnixMs | None = None
        """When we first logged in, by Discord's clock, which is also that of its message ids."""
        self._first_sent: int | None = None
        """The id of the first message that this process has sent."""

    def note_login(self) -> None:
        """The bot has logged in: calls may begin."""
        self._began = self._began or self._time.now()
        self._opened.set()

    def is_earlier(self, message: int) -> bool:
        """Whether a message of ours is an earlier process's, by Discord's ids and clock alone."""
        if self._first_sent is not None:
            return message < self._first_sent
        said_ms = discord.utils.snowflake_time(message).timestamp() * 1000
        # What it tells of the time has seconds; nothing of ours is sent within that of the log-in.
        return self._began is None or said_ms < self._began + 1000

    async def post(
        self,
        place: Place,
        urgency: Urgency,
        draw: Callable[[], dict[str, Any]],
        reply_to: str | None,
        file: OutFile | None = None,
    ) -> Any:
        """Send a message; `draw` is called when the call is due. Returns the message as Discord shows it."""

        async def post() -> Any:
            sent = await self._rest.request("POST", MESSAGES, channel_id=channel_of(place), json=body(), file=file)
            self._first_sent = self._first_sent or int(sent["id"])
            return sent

        async def call() -> Any:
            if self._threads.is_unopened(place):
                await self._threads.open_at_message(place)
            try:
                return await post()
            except PlatformError as error:
                if place.thread and is_code(error.__cause__, UNKNOWN_CHANNEL):
                    # Accepted before a restart, and its thread was never opened.
                    await self._threads.open_at_message(place)
                elif place.thread and is_code(error.__cause__, THREAD_ARCHIVED):
                    await self._threads.reopen(place)
                else:
                    raise
            return await post()

        def body() -> dict[str, Any]:
            # In the thread that a message has opened, that message is the title: it cannot be replied to there.
            if reply_to is None or reply_to == place.thread:
                return draw()
            return draw() | {"message_reference": {"message_id": reply_to, "fail_if_not_exists": False}}

        try:
            return await self.paced(place, urgency, call)
        except PlatformError as error:
            raise refused_there(error, in_thread=bool(place.thread), with_file=file is not None) from error.__cause__

    async def patch(
        self,
        place: Place,
        remote_id: str,
        urgency: Urgency,
        draw: Callable[[], dict[str, Any]],
        file: OutFile | None = None,
    ) -> None:
        """Change a message; `draw` is called when the call is due. A file takes the place of those that it has.

        Raises:
            MessageGone: also if Discord does not let a message this old be changed now.
        """

        async def patch() -> Any:
            return await self._rest.request(
                "PATCH", MESSAGE, channel_id=channel_of(place), message_id=remote_id, json=draw(), file=file
            )

        async def call() -> Any:
            try:
                return await patch()
            except RetryAfter as error:
                if urgency is Urgency.FINAL and self._is_old(remote_id):
                    # Old messages may be changed only so often (30046); a new one need not wait for that.
                    raise MessageGone(str(error)) from error
                raise
            except Unreachable as error:
                if not place.thread or not is_code(error.__cause__, THREAD_ARCHIVED):
                    raise
            await self._threads.reopen(place)
            return await patch()

        try:
            await self.paced(place, urgency, call)
        except PlatformError as error:
            raise refused_there(error, in_thread=bool(place.thread), with_file=file is not None) from error.__cause__

    def _is_old(self, remote_id: str) -> bool:
        born_ms = discord.utils.snowflake_time(int(remote_id)).timestamp() * 1000
        return (self._time.now() or self._clock.now()) - born_ms > EDIT_AGE_MS

    async def paced(self, place: Place, urgency: Urgency, call: Callable[[], Any]) -> Any:
        """Make a call at this place when it is due."""
        await self._opened.wait()  # What an earlier run left to be shown is asked for before we have logged in.
        return await self._scheduler.run(channel_of(place), urgency, call, group=not place.kind.private)


def channel_of(place: Place) -> str:
    """Where messages of a place go."""
    return place.thread or place.chat
