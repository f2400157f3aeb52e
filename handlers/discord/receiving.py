"""Receiving from Discord: the supervised client, whose events are handed in at once and in order.

Discord repeats them only to a session that is taken up again soon; so the session is kept, once everything up to an
event of it is. Where it is gone, `CatchUp` reads what was missed; until it has, the new session is not kept: to take
that one up after a crash would hide what was said before it.
"""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import discord
import orjson
import structlog

from bot.contracts.command import Command
from bot.contracts.leases import Hold
from bot.contracts.platform import Host
from bot.domain.clock import Clock, RemoteTime
from bot.domain.errors import SettingsError, StorageError
from bot.domain.ids import UnixMs
from bot.domain.incoming import (
    RESTORED,
    Bookmarks,
    Deleted,
    Inbound,
    Incoming,
    Joined,
    ThreadChanged,
    Unreadable,
)
from bot.domain.messages import first_words
from bot.domain.places import Place, PlaceKind
from handlers.discord.catchup import CatchUp
from handlers.discord.client import Client, UnknownServer
from handlers.discord.inbound import PLATFORM, Me, read, thread_place
from handlers.discord.interactions import Interactions
from handlers.discord.invocations import Invocations
from handlers.discord.resume import Session, read_marks, write_marks
from handlers.discord.shards import Kept, Shard

log = structlog.get_logger(__name__)

_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 60.0
_NEW_FOR_MS = 24 * 3600 * 1000
"""How long a server is one that the bot has just come to. It is greeted once, known by the key of that."""
_NOTE_EVERY_S = 5.0
"""How often the session is kept. What is told again for it is known by its key."""

INTENTS_SENTENCE = (
    "Discord refuses the message content intent. Switch it on: Developer Portal, your application, Bot, "
    "Privileged Gateway Intents, Message Content Intent."
)
REFUSED_SENTENCE = (
    "Discord does not accept the bot token. Make a new one (Developer Portal, your application, Bot, Reset Token) and "
    "put it into {token_in}."
)

_SHARDING_REFUSED = {
    4010: "Discord knows no such shard. Set `DISCORD_SHARDS=auto` and restart.",
    4011: "The bot is in too many servers for so few connections. Set `DISCORD_SHARDS=auto` and restart.",
}
"""By the code with which Discord closes the connection."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What the receivers of one bot share, one for each shard."""

    kept: Kept
    """By an earlier process."""
    threads: bool
    """Whether a mention in a channel opens a thread."""
    opens: Callable[[Place, str], None]
    """Notes that a message will open a thread, and what to call it."""
    is_earlier: Callable[[int], bool]
    """Whether a message of ours was there before this program began."""
    knows: Callable[[int], bool]
    """Whether any shard knows a channel."""
    token_in: str
    """Where the token is written."""


class Receiver:
    """Brings what one client hears to the host, in order."""

    def __init__(
        self,
        host: Host,
        shard: Shard,
        shared: Shared,
        interactions: Interactions,
        commands: Mapping[str, Command],
        clock: Clock,
        rng: random.Random,
    ) -> None:
        self.shard = shard
        self._host = host
        self._shared = shared
        self._clock = clock
        self._rng = rng
        self._queue: asyncio.Queue[Incoming | None] = asyncio.Queue()
        """What to hand in; None: nothing, but the session can be kept."""
        self._invocations = Invocations(host.choices, interactions, commands, self._queue.put_nowait)
        self._catch_up = CatchUp(
            clock,
            rng,
            take=self._take,
            put=self._queue.put_nowait,
            done=lambda: self._queue.put_nowait(None),
            is_earlier=shared.is_earlier,
            is_ours=self._is_ours,
        )
        self._client = Client(clock, rng, api_url="", time=RemoteTime(clock))
        """The present one; at first one that never connects."""
        self._knows = False
        """Whether what an earlier process kept has been read."""
        self._ready = False
        """Whether the present client has come so far that it hears."""
        self._handed: Session | None = None
        """The present session, up to an event before which everything is kept."""
        self._noting: set[int] = set()
        """Servers of which something changed since it was last kept."""
        self._note_at = 0.0
        self._me = Me(0)

    @property
    def hears(self) -> Mapping[str, Callable[..., None]]:
        """What is called for an event, as `Client` wants it."""
        return {
            "connect": self._connected,
            "ready": self._begin,
            "resumed": self._go_on,
            "message": self._message,
            "raw_message_edit": self._edit,
            "raw_message_delete": self._deleted,
            "raw_bulk_message_delete": self._deleted_many,
            "raw_thread_update": self._thread,
            "guild_join": self._joined,
            "guild_available": self._joined,
            "interaction": lambda interaction: self._invocations.take(interaction, self._me),
            "unreadable": self._unreadable,
        }

    async def run(self, make_client: "Callable[[Receiver], Awaitable[Client]]", hold: Hold) -> None:
        """Receive until cancelled. `make_client` logs a new client in; without `hold` the session is somebody else's.

        Raises:
            SettingsError: the token or the intents are refused; no reconnecting helps.
        """
        consumer = asyncio.create_task(self._consume())
        try:
            await self._supervise(make_client)
        finally:
            consumer.cancel()
            await asyncio.gather(consumer, self._invocations.close(), return_exceptions=True)
            if hold.left_s() > 0:
                await self._keep_session()

    async def _supervise(self, make_client: "Callable[[Receiver], Awaitable[Client]]") -> None:
        wait_s = _FIRST_WAIT_S
        while True:
            self._ready = False
            try:
                await self._hear(await make_client(self))
            except discord.PrivilegedIntentsRequired as error:
                raise SettingsError(INTENTS_SENTENCE) from error
            except discord.LoginFailure as error:
                raise SettingsError(REFUSED_SENTENCE.format(token_in=self._shared.token_in)) from error
            except discord.ConnectionClosed as error:
                if error.code == 4004:
                    raise SettingsError(REFUSED_SENTENCE.format(token_in=self._shared.token_in)) from error
                if error.code in _SHARDING_REFUSED:
                    raise SettingsError(_SHARDING_REFUSED[error.code]) from error
                log.warning("gateway_closed", code=error.code, again_in_s=wait_s)
            except SettingsError:
                raise
            except Exception as error:  # noqa: BLE001
                # The border of the client: a payload that it cannot read ends it, and must not end us.
                log.warning("gateway_failed", error=type(error).__name__, again_in_s=wait_s)
            wait_s = _FIRST_WAIT_S if self._ready else min(wait_s * 2, _LONGEST_WAIT_S)
            await self._clock.sleep(wait_s * self._rng.uniform(0.5, 1.5))

    async def _hear(self, client: Client) -> None:
        user = client.user.id if client.user is not None else 0
        self._me = Me(user, threads=self._shared.threads, customs=self._host.customs)
        session = None
        if not self._knows:
            # The first one of this process goes on where an earlier process was.
            marks, heard = await self._shared.kept.get(self.shard)
            self._catch_up.know(heard, restored=RESTORED in marks)
            self._knows = True
            session = _taken_up(marks, self.shard, client)
        self._client, self._handed = client, None
        try:
            await client.hear(session)
        finally:
            self._catch_up.stop()

    def _is_ours(self, place: Place) -> bool:
        """Whether this shard hears what is said there; the first one takes care of places that none knows."""
        if self.shard.count == 1 or place.kind is PlaceKind.PRIVATE:
            return self.shard.id == 0
        channel = int(place.chat or place.thread or 0)
        known = self._client.get_channel(channel) is not None
        return known or (self.shard.id == 0 and not self._shared.knows(channel))

    # What arrives

    def _message(self, message: discord.Message) -> None:
        self._heard_message(message, edited=False)

    def _edit(self, event: discord.RawMessageUpdateEvent) -> None:
        # Discord also "edits" a message when it has looked up a link in it; only people leave a time of editing.
        if event.data.get("edited_timestamp"):
            self._heard_message(event.message, edited=True)

    def _heard_message(self, message: discord.Message, *, edited: bool) -> None:
        if message.guild is None and isinstance(message.channel, discord.PartialMessageable):
            raise UnknownServer
        said = read(message, self._me, edited=edited)
        if said is not None:
            self._take(said, opens=not isinstance(message.channel, discord.Thread))

    def _deleted(self, event: discord.RawMessageDeleteEvent) -> None:
        self._gone(event.channel_id, (event.message_id,), private=event.guild_id is None)

    def _deleted_many(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        self._gone(event.channel_id, sorted(event.message_ids), private=event.guild_id is None)

    def _gone(self, channel: int, messages: Iterable[int], *, private: bool) -> None:
        place = Place(PLATFORM, str(self._me.id), self._chat_of(channel, private=private), str(channel))
        self._queue.put_nowait(Deleted(place, tuple(map(str, messages))))

    def _chat_of(self, channel: int, *, private: bool) -> str:
        """The channel, or the one that a thread is in; "" for a thread that was put aside and is no longer known."""
        found = self._client.get_channel(channel)
        if isinstance(found, discord.Thread):
            return str(found.parent_id)
        return str(channel) if found is not None or private else ""

    def _thread(self, event: discord.RawThreadUpdateEvent) -> None:
        """Somebody, maybe the bot itself, has renamed a thread, or put it aside, or taken it up again."""
        place = thread_place(self._me, event.parent_id, event.thread_id)
        state = event.data["thread_metadata"]
        key = f"thread/{event.thread_id}/{self._clock.now()}"
        self._queue.put_nowait(ThreadChanged(key, place, event.data["name"], bool(state["archived"])))

    def _joined(self, guild: discord.Guild) -> None:
        """The bot is in a server. Where it came there lately, maybe while nobody heard, it has not spoken yet.

        It does so where newcomers are greeted, else in the first channel where it may.
        """
        joined_at = guild.me.joined_at
        since = UnixMs(int(joined_at.timestamp() * 1000)) if joined_at is not None else UnixMs(0)
        if since < self._clock.now() - _NEW_FOR_MS:
            return
        channels = (guild.system_channel, *guild.text_channels)
        where = next((one for one in channels if one is not None and one.permissions_for(guild.me).send_messages), None)
        if where is None:
            return
        place = Place(PLATFORM, str(self._me.id), str(where.id), kind=PlaceKind.GROUP)
        language = guild.preferred_locale.value
        self._queue.put_nowait(Joined(f"joined/{guild.id}/{since}", place, where.name, language))

    def _take(self, said: Inbound, *, opens: bool) -> None:
        """`opens`: it stands outside threads. (The first message of a forum's post has its thread's number as well.)"""
        if opens and said.place.thread == said.remote_id and said.addressed:
            self._shared.opens(said.place, first_words(said.parts) or said.sender.name)
        self._queue.put_nowait(said if said.edited else replace(said, heard=self._catch_up.heard(said)))

    def _unreadable(self, event: str, data: Any, error: Exception) -> None:
        """Something did not parse; nothing else waits for it."""
        session = self._client.session
        key = f"{event}/{session.id}/{session.sequence}" if session is not None else f"{event}/{self._clock.now()}"
        # With the token of an interaction anybody could answer it.
        kept = {name: value for name, value in data.items() if name != "token"} if isinstance(data, dict) else data
        raw = orjson.dumps(kept, default=str).decode(errors="replace")
        self._queue.put_nowait(Unreadable(key, PLATFORM, str(self._me.id), raw, type(error).__name__))

    async def _consume(self) -> None:
        """Hand in everything in order; what the host cannot keep just now is handed in again."""
        wait_s = _FIRST_WAIT_S
        while True:
            taken = [await self._queue.get()]
            while not self._queue.empty():
                taken.append(self._queue.get_nowait())
            batch = [incoming for incoming in taken if incoming is not None]
            # Nothing is read from Discord in between: all it has told of is in this batch or an earlier one.
            reached = None if self._catch_up.is_behind else self._client.session
            if reached is not None and self._clock.monotonic() >= self._note_at:
                batch.append(self._bookmarks(reached))
            while True:
                try:
                    await self._host.receive(batch)
                    wait_s = _FIRST_WAIT_S
                    break
                except StorageError as error:
                    log.error("batch_waits", error=error, again_in_s=wait_s)
                await self._clock.sleep(wait_s)
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)
            self._handed = reached
            if batch and isinstance(batch[-1], Bookmarks):
                self._noting.clear()

    # Taking up the session, or beginning one

    def _bookmarks(self, reached: Session) -> Bookmarks:
        self._noting |= self._client.changed_guilds
        self._client.changed_guilds.clear()
        if not self._ready:
            # The library says nothing of servers before it has all of them.
            self._noting.update(guild.id for guild in self._client.guilds if not guild.unavailable)
        marks = write_marks(reached, self.shard, self._noting, self._client.get_guild)
        self._note_at = self._clock.monotonic() + _NOTE_EVERY_S
        return Bookmarks(PLATFORM, str(self._me.id), marks)

    async def _keep_session(self) -> None:
        """Keep how far the session was handed in, for the process that comes next."""
        if self._handed is not None:
            with contextlib.suppress(StorageError):
                await self._host.receive([self._bookmarks(self._handed)])

    def _connected(self) -> None:
        """A new session has begun: nothing is known of servers yet, and what was said before it is not told."""
        self._ready, self._handed = False, None
        self._noting.clear()
        self._catch_up.begin()

    def _begin(self) -> None:
        self._ready = True
        self._catch_up.start(self._client, self._me)

    def _go_on(self) -> None:
        self._ready = True
        self._queue.put_nowait(None)
        log.info("session_taken_up")


def _taken_up(marks: Mapping[str, str], shard: Shard, client: Client) -> Session | None:
    """The session that an earlier process kept, with what it knew; None if there is none that this program reads."""
    try:
        session, guilds = read_marks(marks, shard)
        client.restore(guilds)
    except Exception as error:  # noqa: BLE001
        # Another version of this program or of the library wrote it; a new session says everything again.
        log.warning("session_not_taken_up", error=type(error).__name__)
        return None
    return session
