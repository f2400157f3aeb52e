"""Tells admins, in their own chats, what cannot be told through the database: that it is damaged."""

from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from bot.contracts.platform import Address, Platform
from bot.domain.clock import Clock
from bot.domain.errors import (
    PlatformError,
    Rejected,
    RetryAfter,
    Unreachable,
)
from bot.domain.people import RoleRules
from bot.domain.places import Place
from bot.rendering.pages import notice
from bot.texts import said_later, say_in
from storage import private_chats
from storage.database import Database

log = structlog.get_logger(__name__)

DAMAGED = said_later(
    "The database is damaged on the disk, and nothing more is accepted. Stop the gateway, keep a copy"
    " of DATA_DIR, and restore the last backup with `parley restore`."
)

_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 60.0


class Alarm:
    """Knows how to reach admins: from the database while it was readable, otherwise from the settings."""

    def __init__(self, database: Database, clock: Clock, rules: RoleRules) -> None:
        self._database = database
        self._clock = clock
        self._rules = rules
        self._admins: list[tuple[Place, str]] = []

    async def learn(self) -> None:
        """Look up where admins can be reached. Raises StorageError."""
        found = await self._database.read(private_chats.of_admins(self._rules))
        self._admins = [(chat.place, chat.language) for chat in found]

    async def watch(self, platform: Platform) -> None:
        """Wait for the first sign of damage, and tell the admins on this platform once; it must be open.

        Damage can be found before a platform is open and its bot's name is known.
        """
        await self._database.damage.wait()
        told: set[Place] = set()
        for place, language in self._admins:
            if (platform.name, platform.bot) == (place.platform, place.bot):
                await self._tell(platform, partial(_known, place), language, told)
        # The damage may be in the very rows that say where they are.
        for user in self._named_on(platform.name):
            await self._tell(platform, partial(platform.private_place, user), "", told)

    def _named_on(self, platform: str) -> list[str]:
        """The users of a platform that the settings name as admins."""
        start = f"{platform}:user:"
        return sorted(mark.removeprefix(start) for mark in self._rules.admins if mark.startswith(start))

    async def _tell(
        self, platform: Platform, find: Callable[[], Awaitable[Place]], language: str, told: set[Place]
    ) -> None:
        page, nonce = notice(say_in(language)(DAMAGED)), f"{self._database.life}-damaged"
        wait_s = _FIRST_WAIT_S
        while True:
            try:
                place = await find()
                if place not in told:
                    await platform.send(place, page, Address(), nonce=nonce)
                    told.add(place)
            except (Unreachable, Rejected) as error:
                log.warning("admin_not_told", error=error)
                return
            except PlatformError as error:
                again_in_s = max(wait_s, error.retry_after_s) if isinstance(error, RetryAfter) else wait_s
                log.warning("admin_not_told", error=error, again_in_s=again_in_s)
                await self._clock.sleep(again_in_s)
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
            else:
                return


async def _known(place: Place) -> Place:
    return place
