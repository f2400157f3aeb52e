"""Catching up on Discord: what was said at known places while no session was there to be told.

Each place is read from the message on up to which everything that was said there is kept. Until that is done the place
is behind: a newer message does not count as the last one that was heard there, for what stands between is not kept.
"""

import asyncio
import random
from collections.abc import Callable, Iterable, Sequence

import aiohttp
import discord
import structlog

from bot.domain.clock import Clock
from bot.domain.incoming import HeardTo, Inbound
from bot.domain.places import Place, PlaceKind
from handlers.discord.errors import translated
from handlers.discord.inbound import Me, inbound, is_said, read

log = structlog.get_logger(__name__)

_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 60.0
_MOST_MISSED = 2_000
"""Messages read at once from a place, so that a busy one does not hold up all others."""


class CatchUp:
    """What is known of each place, and the reading on from there beside what arrives."""

    def __init__(
        self,
        clock: Clock,
        rng: random.Random,
        *,
        take: Callable[..., None],
        put: Callable[[HeardTo], None],
        done: Callable[[], None],
        is_earlier: Callable[[int], bool],
        is_ours: Callable[[Place], bool],
    ) -> None:
        """`take(said, opens=…)` gets every message that was missed, in order, and whether it may open a thread.

        `put` gets how far a place has been read; `done` ends it.
        `is_ours`: whether a place should be read here; asked once the servers are known.
        """
        self._clock = clock
        self._rng = rng
        self._take = take
        self._put = put
        self._done = done
        self._is_ours = is_ours
        self._is_earlier = is_earlier
        """Whether a message of ours was there before this program began, which may send pages that were left over."""
        self._me = Me(0)
        self._heard_to: dict[Place, str] = {}
        """Up to which message all that was said at a place is handed on, or kept."""
        self._behind: set[Place] = set()
        """Places of those where something may have been said since that has not been read."""
        self._reading: asyncio.Task[None] | None = None
        self._restored = False

    @property
    def is_behind(self) -> bool:
        """Whether there is a place where something may have been missed."""
        return bool(self._behind)

    def know(self, heard: Iterable[tuple[Place, str]], *, restored: bool) -> None:
        """Up to which message everything is kept, by place. `restored`: as a backup knew it; more may be answered."""
        self._heard_to = dict(heard)
        self._restored = restored

    def begin(self) -> None:
        """A new session with Discord: what was said before it is not told of."""
        self.stop()
        self._behind = set(self._heard_to)

    def start(self, client: discord.Client, me: Me) -> None:
        """Read what was said before this session, beside what arrives."""
        self.stop()
        self._me = me
        self._heard_to = {place: heard_to for place, heard_to in self._heard_to.items() if self._is_ours(place)}
        self._behind &= self._heard_to.keys()
        self._reading = asyncio.create_task(self._read_all(client))

    def stop(self) -> None:
        """Read no further; what is behind stays so."""
        if self._reading is not None:
            self._reading.cancel()

    def heard(self, said: Inbound) -> tuple[Place, ...]:
        """Where everything up to this message is in the queue once it is."""
        here = said.place
        opens = here.thread == said.remote_id  # A thread in which nothing was said before.
        places = [] if here in self._behind and not opens else [here]
        if opens and (channel := _channel_of(here)) not in self._behind:
            places.append(channel)
        for place in places:
            self._heard_to[place] = said.remote_id
        return tuple(places)

    async def _read_all(self, client: discord.Client) -> None:
        wait_s = _FIRST_WAIT_S
        while True:
            for place in [place for place in self._heard_to if place in self._behind]:
                await self._read_on(client, place)
            if not self._behind:
                self._restored = False
                self._done()
                return
            await self._clock.sleep(wait_s * self._rng.uniform(0.5, 1.5))
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)

    async def _read_on(self, client: discord.Client, place: Place) -> None:
        """What was said at a known place since.

        Afterwards it is no longer behind, if Discord let us read, and there was not too much for once.
        """
        missed = await self._missed(client, place.thread or place.chat, self._heard_to[place])
        if missed is None:
            return
        ours = place.kind is PlaceKind.PRIVATE or await self._is_our_thread(client, place)
        for message in missed if not self._restored else self._unanswered(missed):
            said = inbound(message, place, self._me) if ours and is_said(message) else read(message, self._me)
            if said is not None:
                self._take(said, opens=not place.thread)
        if len(missed) < _MOST_MISSED:
            self._behind.discard(place)
        if missed:
            self._heard_to[place] = str(missed[-1].id)
            self._put(HeardTo(place, self._heard_to[place]))

    def _unanswered(self, missed: Sequence[discord.Message]) -> Sequence[discord.Message]:
        """What the gateway had not answered by its own last word there, or with a thread, when it was lost."""
        ours = [number for number, message in enumerate(missed) if self._said_before(message)]
        later = missed[ours[-1] + 1 :] if ours else missed
        return [message for message in later if not message.flags.has_thread]

    def _said_before(self, message: discord.Message) -> bool:
        return message.author.id == self._me.id and self._is_earlier(message.id)

    async def _is_our_thread(self, client: discord.Client, place: Place) -> bool:
        found = client.get_channel(int(place.thread or 0))
        return isinstance(found, discord.Thread) and found.owner_id == self._me.id

    async def _missed(self, client: discord.Client, channel: str, heard_to: str) -> Sequence[discord.Message] | None:
        """What was said since, oldest first; None if that cannot be read just now."""
        where = client.get_channel(int(channel)) or client.get_partial_messageable(int(channel))
        try:
            history = where.history(  # type: ignore[union-attr]
                limit=_MOST_MISSED, after=discord.Object(int(heard_to)), oldest_first=True
            )
            return [message async for message in history]
        except (discord.Forbidden, discord.NotFound):
            return ()  # Gone, or closed to the bot: it may not read there any longer.
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            log.warning("not_caught_up", channel=channel, detail=translated(error, "history"))
            return None


def _channel_of(place: Place) -> Place:
    """The channel in which a thread is."""
    return Place(place.platform, place.bot, place.chat, "", PlaceKind.GROUP)
