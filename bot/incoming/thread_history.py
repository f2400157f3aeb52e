"""What stood in a thread before the bot was called there: read with the first question, and between later ones; and
what stands above a message that is replied to.

It is material beside the question, each piece under the name of who said it; the question stays the words of who asks.
"""

import asyncio
from dataclasses import replace

import structlog

from bot.contracts.abilities import Chronicle
from bot.contracts.bots import Bots
from bot.contracts.platform import Platform
from bot.domain.errors import PlatformError
from bot.domain.incoming import SAID_ABOVE, Inbound
from bot.domain.messages import Part, QuotedPart
from bot.domain.places import PlaceKind
from storage import messages, places
from storage.database import Database

log = structlog.get_logger(__name__)

THREAD_NAME = "What this thread is called"
"""The last part of what stood before. Whatever is in front of it in a message, its sender has not said."""

_WAIT_S = 5.0
"""A platform that takes longer is answered without."""


async def may_read(database: Database, said: Inbound) -> bool:
    """Whether `with_before` may take long over it."""
    return said.amid or await _is_first(database, said) or await _is_below(database, said)


async def _is_below(database: Database, said: Inbound) -> bool:
    """Whether it replies to what answers something itself, and belongs to no session."""
    if not (said.above and said.reply_to and said.addressed) or said.edited:
        return False
    return not await database.read(messages.is_known(said.place, said.reply_to))


async def _is_first(database: Database, said: Inbound) -> bool:
    """Whether it is the first question in a thread that a person opened."""
    if not (said.named and said.addressed) or said.place.kind is not PlaceKind.GROUP_THREAD or said.edited:
        return False
    return not await database.read(places.has_conversation(said.place))


async def with_before(database: Database, bots: Bots, said: Inbound) -> Inbound:
    """The first question in a thread that a person opened, with what stood there before; a later one with what people
    have said to each other since the last; a reply with what that answers which it replies to; any other as it is.
    """
    first = await _is_first(database, said)
    if not (said.amid or first):
        below = await _is_below(database, said)
        return replace(said, before=await _above(database, bots.find(said.place), said)) if below else said
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


async def _above(database: Database, platform: Platform | None, said: Inbound) -> tuple[Part, ...]:
    """What stands above the message that is replied to, the oldest first, up to what a session holds already."""
    if platform is None or not isinstance(platform, Chronicle):
        return ()
    try:
        async with asyncio.timeout(_WAIT_S):
            chain = await platform.said_above(said)
    except (PlatformError, TimeoutError) as error:
        log.info("not_read_above", error=type(error).__name__, detail=error)
        return ()
    read: list[tuple[Part, ...]] = []
    for remote_id, parts in chain:
        if await database.read(messages.is_known(said.place, remote_id)):
            break
        read.append(parts)
    return tuple(part for parts in reversed(read) for part in parts)


def kept(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Of a kept message, what stood before it: an edit of its words leaves that as it was."""
    ends = [number for number, part in enumerate(parts) if isinstance(part, QuotedPart) and _stood_before(part)]
    return parts[: ends[-1] + 1] if ends else ()


def _stood_before(part: QuotedPart) -> bool:
    return part.what == THREAD_NAME or part.what.startswith(SAID_ABOVE)
