"""Receiving from Discord: the supervised client, and catching up on what was said while it was away.

Discord does not deliver again. What arrives is handed in at once and in order; what was said during downtime is read
from each known place, from the newest message on that is known there.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import aiohttp
import discord
import structlog

from bot.clock import Clock
from bot.command import Command
from bot.errors import SettingsError, StorageError
from bot.platform import Host
from bot.types import Inbound, Invocation, Place, PlaceKind, ThreadChanged
from handlers.discord.errors import translated
from handlers.discord.inbound import Me, inbound, mentions, read, read_interaction, thread_place
from handlers.discord.interactions import Interactions

log = structlog.get_logger(__name__)

_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 60.0
_PAGE = 100
_MOST_MISSED = 2_000
"""Messages read per place when catching up; a busy channel that does not talk to the bot may have many more."""

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

    async def on_ready(self) -> None:
        if self._on is not None:
            self._on.ready.set()

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
        self.ready = asyncio.Event()
        self._host = host
        self._interactions = interactions
        self._commands = commands
        self._clock = clock
        self._rng = rng
        self._threads = threads
        self._opens = opens
        self._queue: asyncio.Queue[Inbound | Invocation | ThreadChanged] = asyncio.Queue()
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
                self.ready.clear()
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
                wait_s = _FIRST_WAIT_S if self.ready.is_set() else min(wait_s * 2, _LONGEST_WAIT_S)
                await self._clock.sleep(wait_s * self._rng.uniform(0.5, 1.5))
        finally:
            consumer.cancel()
            await asyncio.gather(consumer, return_exceptions=True)

    async def _connect(self, client: Client) -> None:
        self._me = Me(client.user.id if client.user is not None else 0, threads=self._threads)
        catching_up = asyncio.create_task(self._catch_up(client))
        try:
            await client.connect(reconnect=True)
        finally:
            catching_up.cancel()
            await asyncio.gather(catching_up, return_exceptions=True)

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
        self._queue.put_nowait(said)

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
            batch: list[Inbound | Invocation | ThreadChanged] = [await self._queue.get()]
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

    async def _catch_up(self, client: Client) -> None:
        await self.ready.wait()
        known = await self._host.newest_shown("discord", str(self._me.id))
        for place, newest in known:
            await self._read_on(client, place, newest)
        # A mention in a channel opens a thread with the mention's own number: the newest is the last one known there.
        newest_mention: dict[str, str] = {}
        for place, _ in known:
            if place.thread and len(place.thread) >= len(newest_mention.get(place.chat, "")):
                newest_mention[place.chat] = max(newest_mention.get(place.chat, ""), place.thread)
        for chat, mention in newest_mention.items():
            await self._read_channel(client, chat, mention)

    async def _read_on(self, client: Client, place: Place, newest: str) -> None:
        """What was said at a known place since the newest message that is known there."""
        ours = place.kind is PlaceKind.PRIVATE or await self._is_our_thread(client, place)
        for message in await self._missed(client, place.thread or place.chat, newest):
            if message.author.bot or not (ours or mentions(message, self._me)):
                continue
            said = inbound(message, place, self._me)
            if said is not None:
                self._take(said)

    async def _read_channel(self, client: Client, channel: str, newest: str) -> None:
        for message in await self._missed(client, channel, newest):
            self.heard(message, edited=False)

    async def _is_our_thread(self, client: Client, place: Place) -> bool:
        found = client.get_channel(int(place.thread or 0))
        return isinstance(found, discord.Thread) and found.owner_id == self._me.id

    async def _missed(self, client: Client, channel: str, newest: str) -> Sequence[discord.Message]:
        where = client.get_channel(int(channel)) or client.get_partial_messageable(int(channel))
        try:
            history = where.history(  # type: ignore[union-attr]
                limit=_MOST_MISSED, after=discord.Object(int(newest)), oldest_first=True
            )
            return [message async for message in history]
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("not_caught_up", channel=channel, detail=str(translated(error, "history")))
            return ()
