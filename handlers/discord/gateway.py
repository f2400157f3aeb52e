"""Receiving from Discord: the supervised client, and catching up on what was said while it was away.

Discord does not deliver again. What arrives is handed in at once and in order; what was said during downtime is read
from each known place, from the message on up to which all is kept there. While a place is not read up to now, what
arrives from it does not count for that: a crash in between would else hide what was said before.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import aiohttp
import discord
import structlog

from bot.clock import Clock
from bot.command import Command
from bot.errors import SettingsError, StorageError
from bot.platform import Host
from bot.types import HeardTo, Inbound, Invocation, Place, PlaceKind, ThreadChanged
from handlers.discord.errors import translated
from handlers.discord.inbound import Me, inbound, read, read_interaction, thread_place
from handlers.discord.interactions import Interactions

log = structlog.get_logger(__name__)

_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 60.0
_PAGE = 100
_MOST_MISSED = 2_000
"""Messages read at once from a place when catching up, so that a busy one does not hold up all others."""

INTENTS_SENTENCE = (
    "Discord refuses the message content intent. Switch it on: Developer Portal, your application, Bot, "
    "Privileged Gateway Intents, Message Content Intent."
)
REFUSED_SENTENCE = (
    "Discord does not accept the bot token. Make a new one (Developer Portal, your application, Bot, Reset Token) and "
    "put it into `DISCORD_BOT_TOKEN`."
)


class Client(discord.Client):
    """discord.py's client with little memory: what it hears is handed on, nothing is kept."""

    def __init__(self, on: "Receiver | None" = None) -> None:
        intents = discord.Intents.none()
        intents.guilds = True
        intents.guild_messages = True
        intents.dm_messages = True
        intents.message_content = True
        super().__init__(
            intents=intents,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0.5,
            # A longer wait than this is ours to keep: it must hold up one channel, and nothing else.
            max_ratelimit_timeout=30.0,
        )
        self._on = on

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        # The library still tells that it is ready when it has been closed meanwhile, and fails at that.
        if not self.is_closed():
            super().dispatch(event, *args, **kwargs)

    async def on_connect(self) -> None:
        # Comes before anything else of a new session; a session that is taken up again needs no catching up.
        if self._on is not None:
            self._on.begin()

    async def on_ready(self) -> None:
        if self._on is not None:
            self._on.catch_up(self)

    async def on_message(self, message: discord.Message) -> None:
        if self._on is not None:
            self._on.heard(message, edited=False)

    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        # Discord also "edits" a message when it has looked up a link in it; only people leave a time of editing.
        if self._on is not None and event.data.get("edited_timestamp"):
            self._on.heard(event.message, edited=True)

    async def on_raw_thread_update(self, event: discord.RawThreadUpdateEvent) -> None:
        if self._on is not None:
            self._on.changed(event)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        if self._on is not None:
            await self._on.called(interaction)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        log.exception("event_unreadable", kind=event_method)


class Receiver:
    """Brings what one client hears to the host, in order."""

    def __init__(
        self,
        host: Host,
        interactions: Interactions,
        commands: Mapping[str, Command],
        clock: Clock,
        rng: random.Random,
        *,
        threads: bool,
        opens: Callable[[Place, str], None],
    ) -> None:
        self.ready = False
        """Whether the present client has come so far that it hears."""
        self._host = host
        self._interactions = interactions
        self._commands = commands
        self._clock = clock
        self._rng = rng
        self._threads = threads
        self._opens = opens
        self._queue: asyncio.Queue[Inbound | Invocation | ThreadChanged | HeardTo] = asyncio.Queue()
        self._heard_to: dict[Place, str] = {}
        """Up to which message all that was said at a place is in the queue, or kept."""
        self._behind: set[Place] = set()
        """Places of those where something may have been said since that has not been read."""
        self._catching_up: asyncio.Task[None] | None = None
        self._me = Me(0)

    async def run(self, make_client: "Callable[[Receiver], Awaitable[Client]]") -> None:
        """Receive until cancelled. `make_client` logs a new client in.

        Raises:
            SettingsError: the token or the intents are refused; no reconnecting helps.
        """
        consumer = asyncio.create_task(self._consume())
        wait_s = _FIRST_WAIT_S
        try:
            while True:
                self.ready = False
                try:
                    client = await make_client(self)
                    await self._connect(client)
                except discord.PrivilegedIntentsRequired as error:
                    raise SettingsError(INTENTS_SENTENCE) from error
                except discord.LoginFailure as error:
                    raise SettingsError(REFUSED_SENTENCE) from error
                except discord.ConnectionClosed as error:
                    if error.code == 4004:
                        raise SettingsError(REFUSED_SENTENCE) from error
                    log.warning("gateway_closed", code=error.code, again_in_s=wait_s)
                except SettingsError:
                    raise
                except Exception as error:  # noqa: BLE001
                    # The border of the client: a payload that it cannot read ends it, and must not end us.
                    log.warning("gateway_lost", error=type(error).__name__, again_in_s=wait_s)
                wait_s = _FIRST_WAIT_S if self.ready else min(wait_s * 2, _LONGEST_WAIT_S)
                await self._clock.sleep(wait_s * self._rng.uniform(0.5, 1.5))
        finally:
            consumer.cancel()
            await asyncio.gather(consumer, return_exceptions=True)

    async def _connect(self, client: Client) -> None:
        self._me = Me(client.user.id if client.user is not None else 0, threads=self._threads)
        if not self._heard_to:
            self._heard_to = dict(await self._host.heard("discord", str(self._me.id)))
        try:
            await client.connect(reconnect=True)
        finally:
            self._stop_catching_up()

    # What arrives

    def heard(self, message: discord.Message, *, edited: bool) -> None:
        """A message, or a new form of one."""
        said = read(message, self._me, edited=edited)
        if said is not None:
            self._take(said)

    def changed(self, event: discord.RawThreadUpdateEvent) -> None:
        """Somebody, maybe the bot itself, has renamed a thread, or put it aside, or taken it up again."""
        place = thread_place(self._me, event.parent_id, event.thread_id)
        state = event.data["thread_metadata"]
        key = f"thread/{event.thread_id}/{self._clock.now()}"
        self._queue.put_nowait(ThreadChanged(key, place, event.data["name"], bool(state["archived"])))

    def _take(self, said: Inbound) -> None:
        if said.place.thread == said.remote_id:
            self._opens(said.place, said.parts[0].text if hasattr(said.parts[0], "text") else "")
        self._queue.put_nowait(said if said.edited else replace(said, heard=self._heard(said)))

    async def called(self, interaction: discord.Interaction[Any]) -> None:
        """A command, a press, a filled form, or something being typed."""
        if interaction.type is discord.InteractionType.autocomplete:
            await self._complete(interaction)
            return
        pressed = interaction.type is discord.InteractionType.component
        receipt = self._interactions.begin(str(interaction.id), interaction.token, pressed=pressed)
        invocation = read_interaction(interaction, self._me, self._commands, receipt)
        if invocation is None:
            await self._interactions.acknowledge(receipt, answered=False, private=True)
        else:
            self._queue.put_nowait(invocation)

    async def _complete(self, interaction: discord.Interaction[Any]) -> None:
        invocation = read_interaction(interaction, self._me, self._commands, "")
        data: Mapping[str, Any] = interaction.data or {}
        focused = next((option for option in data.get("options", ()) if option.get("focused")), None)
        if invocation is None or focused is None:
            return
        found = await self._host.choices(invocation, focused["name"], str(focused["value"]))
        offered = [{"name": choice.label[:100], "value": choice.value[:100]} for choice in found[:25]]
        await self._interactions.choose(str(interaction.id), interaction.token, offered)

    async def _consume(self) -> None:
        """Hand in everything in order; what the host cannot keep just now is handed in again."""
        wait_s = _FIRST_WAIT_S
        while True:
            batch: list[Inbound | Invocation | ThreadChanged | HeardTo] = [await self._queue.get()]
            while not self._queue.empty():
                batch.append(self._queue.get_nowait())
            while True:
                try:
                    await self._host.receive(batch)
                    wait_s = _FIRST_WAIT_S
                    break
                except StorageError as error:
                    log.error("batch_waits", error=str(error), again_in_s=wait_s)
                await self._clock.sleep(wait_s)
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)

    # What was missed

    def begin(self) -> None:
        """A new session with Discord: what was said before it is not told of."""
        self._stop_catching_up()
        self._behind = set(self._heard_to)

    def catch_up(self, client: Client) -> None:
        """Begin to read what was said before this session, beside what arrives."""
        self.ready = True
        self._stop_catching_up()
        self._catching_up = asyncio.create_task(self._catch_up(client))

    def _stop_catching_up(self) -> None:
        if self._catching_up is not None:
            self._catching_up.cancel()

    def _heard(self, said: Inbound) -> tuple[Place, ...]:
        """Where everything up to this message is in the queue once it is."""
        here = said.place
        opens = here.thread == said.remote_id  # A thread in which nothing was said before.
        places = [] if here in self._behind and not opens else [here]
        if opens and (channel := _channel_of(here)) not in self._behind:
            places.append(channel)
        for place in places:
            self._heard_to[place] = said.remote_id
        return tuple(places)

    async def _catch_up(self, client: Client) -> None:
        wait_s = _FIRST_WAIT_S
        while True:
            for place in [place for place in self._heard_to if place in self._behind]:
                await self._read_on(client, place)
            if not self._behind:
                return
            await self._clock.sleep(wait_s * self._rng.uniform(0.5, 1.5))
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)

    async def _read_on(self, client: Client, place: Place) -> None:
        """What was said at a known place since.

        Afterwards it is not behind any more, if Discord let us read, and there was not too much for once.
        """
        missed = await self._missed(client, place.thread or place.chat, self._heard_to[place])
        if missed is None:
            return
        ours = place.kind is PlaceKind.PRIVATE or await self._is_our_thread(client, place)
        for message in missed:
            said = inbound(message, place, self._me) if ours and not message.author.bot else read(message, self._me)
            if said is not None:
                self._take(said)
        if len(missed) < _MOST_MISSED:
            self._behind.discard(place)
        if missed:
            self._heard_to[place] = str(missed[-1].id)
            self._queue.put_nowait(HeardTo(place, self._heard_to[place]))

    async def _is_our_thread(self, client: Client, place: Place) -> bool:
        found = client.get_channel(int(place.thread or 0))
        return isinstance(found, discord.Thread) and found.owner_id == self._me.id

    async def _missed(self, client: Client, channel: str, heard_to: str) -> Sequence[discord.Message] | None:
        """What was said since, oldest first; None where that cannot be read just now."""
        where = client.get_channel(int(channel)) or client.get_partial_messageable(int(channel))
        try:
            history = where.history(  # type: ignore[union-attr]
                limit=_MOST_MISSED, after=discord.Object(int(heard_to)), oldest_first=True
            )
            return [message async for message in history]
        except (discord.Forbidden, discord.NotFound):
            return ()  # Gone, or closed to the bot: nothing there is for it any more.
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            log.warning("not_caught_up", channel=channel, detail=str(translated(error, "history")))
            return None


def _channel_of(place: Place) -> Place:
    """The channel in which a thread is."""
    return Place(place.platform, place.bot, place.chat, "", PlaceKind.GROUP)
