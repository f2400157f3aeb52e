"""What stood in a thread before the bot was called there: read with the first question, and between later ones.

It is material beside the question, each piece under the name of who said it; the question stays the words of who asks.
"""

import asyncio
from dataclasses import replace

import structlog

from bot.contracts.bots import Bots
from bot.contracts.platform import Chronicle, Platform
from bot.domain.errors import PlatformError
from bot.domain.incoming import Inbound
from bot.domain.messages import Part, QuotedPart
from bot.domain.places import PlaceKind
from storage import places
from storage.database import Database

log = structlog.get_logger(__name__)

THREAD_NAME = "What this thread is called"
"""The last part of what stood before. Whatever is in front of it in a message, its sender has not said."""

_WAIT_S = 5.0
"""A platform that takes longer is answered without."""


async def may_read(database: Database, said: Inbound) -> bool:
    """Whether `with_before` may take long over it."""
    return said.amid or await _is_first(database, said)


async def _is_first(database: Database, said: Inbound) -> bool:
    """Whether it is the first question in a thread that a person opened."""
    if not (said.named and said.addressed) or said.place.kind is not PlaceKind.GROUP_THREAD or said.edited:
        return False
    return not await database.read(places.has_conversation(said.place))


async def with_before(database: Database, bots: Bots, said: Inbound) -> Inbound:
    """The first question in a thread that a person opened, with what stood there before; a later one with what people
    have said to each other since the last; any other as it is.
    """
    if not await may_read(database, said):
        return said
    first = await _is_first(database, said)
    since = None if first else await database.read(places.last_asked(said.place))
    earlier = await _said_before(bots.find(said.place), said, since)
    if not (earlier or (first and (said.parts or said.pointed))):
        return said
    return replace(said, before=(*earlier, QuotedPart(THREAD_NAME, said.named)))


async def _said_before(platform: Platform | None, said: Inbound, since: str | None) -> tuple[Part, ...]:
    if platform is None or not isinstance(platform, Chronicle):
        return ()
    try:
        async with asyncio.timeout(_WAIT_S):
            return await platform.said_before(said, since)
    except (PlatformError, TimeoutError) as error:
        log.info("not_read_before", error=type(error).__name__, detail=error)
        return ()


def kept(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Of a kept message, what stood before it: an edit of its words leaves that as it was."""
    ends = [number for number, part in enumerate(parts) if isinstance(part, QuotedPart) and part.what == THREAD_NAME]
    return parts[: ends[0] + 1] if ends else ()
