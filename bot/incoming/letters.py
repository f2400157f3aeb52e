"""What came in and could not be read, read again: a later version may know how. Once, whatever is killed."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import structlog

from bot.contracts.abilities import Rereads
from bot.contracts.bots import Bots
from bot.domain.incoming import Bookmarks, Deleted, HeardTo, Incoming, Unreadable
from bot.domain.places import Place
from bot.people import administering
from bot.people.administering import By
from storage import inbox
from storage.database import Database

log = structlog.get_logger(__name__)


class Letters:
    """Reads again what was set aside. `receive` keeps what that brings."""

    def __init__(
        self, database: Database, bots: Bots, receive: Callable[[Sequence[Incoming]], Awaitable[None]]
    ) -> None:
        self._database = database
        self._bots = bots
        self._receive = receive

    async def read_again(self, by: By, number: int) -> bool:
        """Have one of them done as if it came now; False if it still cannot be read, or its platform cannot do that.

        Raises:
            StorageError: it can be tried again.
        """
        letter = await self._database.read(inbox.letter(number))
        if letter is None:
            return True  # Somebody else has done it.
        platform: object = self._bots.find(Place(letter.platform, letter.bot, ""))
        brought = platform.read_again(letter.raw) if isinstance(platform, Rereads) else ()
        if not brought:
            return False
        await self._receive([_anew(one) for one in brought])
        await self._database.write(administering.note_read(by, number, letter.platform))
        log.info("letter_read", number=number, platform=letter.platform)
        return True


def _anew(incoming: Incoming) -> Incoming:
    """The same under a name of its own: under the old one it was dealt with, by setting it aside."""
    if isinstance(incoming, Deleted | HeardTo | Bookmarks | Unreadable):
        return incoming
    return replace(incoming, event_key=f"{incoming.event_key}/again")
