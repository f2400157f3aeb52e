"""The way to Telegram: every call waits its turn in the bot's scheduler, and its failures are ours."""

from collections.abc import Callable
from typing import Any

from aiogram import Bot
from aiogram.exceptions import AiogramError

from bot.domain.places import Place
from bot.pacing import Scheduler, Urgency
from handlers.telegram.calls import Call
from handlers.telegram.errors import cause_for_log, translated

# Longest waits for an answer. What has no answer by then has an unknown outcome.
FINAL_TIMEOUT_S = 30
PREVIEW_TIMEOUT_S = 10


class Wire:
    """One bot's calls. The engine waits for them; nothing else may go past the scheduler."""

    def __init__(self, client: Bot, scheduler: Scheduler) -> None:
        self._client = client
        self._scheduler = scheduler

    async def call(
        self, place: Place, urgency: Urgency, build: Callable[[], Call], *, timeout_s: int = FINAL_TIMEOUT_S
    ) -> Any:
        """Make the call when its time has come; only then is it built, from what is newest by then.

        Raises:
            PlatformError: it did not go as wished.
        """
        return await self._scheduler.run(
            place.chat, urgency, lambda: self.ask(build(), timeout_s), group=not place.kind.private
        )

    async def final(self, place: Place, call: Call) -> Any:
        """Make a call whose effect stays. Raises PlatformError."""
        return await self.call(place, Urgency.FINAL, lambda: call)

    async def in_line(
        self, call: Call, *, line: str = "", urgency: Urgency = Urgency.FINAL, timeout_s: int = FINAL_TIMEOUT_S
    ) -> Any:
        """Make a call that is about no chat, behind the others of its line. Raises PlatformError."""
        return await self._scheduler.run(line, urgency, lambda: self.ask(call, timeout_s))

    async def ask(self, call: Call, timeout_s: int = FINAL_TIMEOUT_S) -> Any:
        """Make the call at once. Raises PlatformError."""
        try:
            return await self._client(call, request_timeout=timeout_s)
        except (AiogramError, UnicodeDecodeError, OSError) as error:
            raise translated(error, call.__api_method__) from cause_for_log(error)
