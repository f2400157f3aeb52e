"""Tells admins, in their own chats, what cannot be told by way of the database: that it is damaged."""

import structlog

from bot.contracts.platform import Address, Platform
from bot.domain.clock import Clock
from bot.domain.errors import PlatformError, Rejected, RetryAfter, Unreachable
from bot.domain.people import RoleRules
from bot.domain.places import Place
from bot.rendering.pages import notice
from bot.texts import said_later, say_in
from storage import people, places
from storage.database import Database, Program

log = structlog.get_logger(__name__)

DAMAGED = said_later(
    "The database is damaged on the disk, and nothing more is accepted. Stop the gateway, keep a copy"
    " of DATA_DIR, and restore the last backup with `parley restore`."
)

_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 60.0


class Alarm:
    """Knows where admins can be reached from the time when that could still be read."""

    def __init__(self, database: Database, clock: Clock, rules: RoleRules) -> None:
        self._database = database
        self._clock = clock
        self._rules = rules
        self._admins: list[tuple[Place, str]] = []

    async def learn(self) -> None:
        """Look up where admins are. Raises StorageError."""
        self._admins = await self._database.read(_admins(self._rules))

    async def watch(self, platform: Platform) -> None:
        """Wait for the first sign of damage, and tell the admins on this platform once; it must be open.

        Damage can be found before a platform is, and before its bot has a name.
        """
        await self._database.damage.wait()
        for place, language in self._admins:
            if (platform.name, platform.bot) == (place.platform, place.bot):
                await self._tell(platform, place, language)

    async def _tell(self, platform: Platform, place: Place, language: str) -> None:
        page, nonce = notice(say_in(language)(DAMAGED)), f"{self._database.life}-damaged"
        wait_s = _FIRST_WAIT_S
        while True:
            try:
                await platform.send(place, page, Address(), nonce=nonce)
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


def _admins(rules: RoleRules) -> Program[list[tuple[Place, str]]]:
    found = []
    for row, language in (yield from people.private_chats_of_admins(rules)):
        found.append(((yield from places.get(row)), language))
    return found
