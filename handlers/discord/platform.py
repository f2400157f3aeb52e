"""One bot on Discord: how the engine's pages, previews and reactions become calls of its API."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import aiohttp
import discord
import structlog

from bot.contracts.abilities import Reaction
from bot.contracts.command import Command, Form
from bot.contracts.findings import Finding
from bot.contracts.leases import FOREVER, Hold, Leases
from bot.contracts.news import NOBODY, News
from bot.contracts.platform import Address, Capabilities, Condition, Host, PreviewTarget
from bot.domain.blocks import Block, Page
from bot.domain.clock import Clock, RemoteTime
from bot.domain.errors import (
    MessageGone,
    PlatformError,
    Rejected,
    Unreachable,
)
from bot.domain.incoming import Inbound
from bot.domain.messages import FilePart, Part
from bot.domain.places import Place, PlaceKind
from bot.pacing import UNLIMITED, Scheduler, Urgency
from bot.rendering.titles import cut_title
from handlers.discord import commands as surface
from handlers.discord import doctor
from handlers.discord.capabilities import LIMITS, NAME_LIMIT, capabilities
from handlers.discord.channels import Channels, channel_of
from handlers.discord.client import Client
from handlers.discord.connections import Connections
from handlers.discord.earlier import above, earlier
from handlers.discord.errors import UNKNOWN_MEMBER, UNKNOWN_USER, is_code, translated
from handlers.discord.inbound import PLATFORM
from handlers.discord.interactions import Interactions
from handlers.discord.messages import Messages
from handlers.discord.receiving import Receiver, Shared
from handlers.discord.render import measure
from handlers.discord.rest import (
    CHANNEL,
    MEMBER,
    MESSAGE,
    OPEN_THREADS,
    REACTION,
    THREAD_MEMBER,
    THREADS,
    TIMEOUT_S,
    TYPING,
    Rest,
)
from handlers.discord.session_starts import SessionStarts
from handlers.discord.shards import Kept, Shard
from handlers.discord.threads import MentionThreads

log = structlog.get_logger(__name__)

_EMOJI = {Reaction.CLOSED: "🔒", Reaction.LATER: "⏳", Reaction.WAITS: "👀"}


class DiscordPlatform:
    """Implements `bot.contracts.platform.Platform`.

    Also `Threads`, `Linked`, `Reacts`, `Overhears`, `Chronicle`, `Invited` and `Examinable`.
    """

    name = "discord"

    def __init__(
        self,
        token: str,
        *,
        api_url: str,
        pacing: bool,
        clock: Clock,
        rng: random.Random,
        commands: tuple[Command, ...] = (),
        threads: bool = True,
        shards: int | None = None,
        connector: Callable[[], aiohttp.BaseConnector] | None = None,
        hold: Hold = FOREVER,
        news: News = NOBODY,
        language: str = "",
        token_in: str = "`DISCORD_BOT_TOKEN`",  # noqa: S107
    ) -> None:
        """`api_url` is the REST root; the gateway's address is discovered from there. No I/O yet.

        `threads`: whether a mention in a channel opens a thread; else the answer is a reply in the channel.
        `shards`: over how many connections it hears; None: as many as Discord recommends.
        `language` and `token_in` as in `Surroundings`.
        """
        self._api_url = api_url
        self._language = language
        self._token_in = token_in
        self._clock = clock
        self._time = RemoteTime(clock)
        self._rng = rng
        self._commands = {command.name: command for command in commands}
        self._threads = threads
        self._connector = connector
        self._starts = SessionStarts(clock)
        self._shards = shards
        self._connections = Connections(token, token_in, self._made_client, self._note_login)
        self._scheduler = Scheduler(
            LIMITS if pacing else UNLIMITED,
            clock,
            may_call=lambda: hold.left_s() > 0,
            processes=hold.processes,
            on_pause=lambda chat, seconds: news.tell(self._pauses, chat, seconds),
        )
        self._news = news
        self._rest = Rest(lambda: self._connections.first.http)
        self._mentions = MentionThreads(self._rest)
        self._channels = Channels(self._rest, self._mentions, self._scheduler, clock, self._time)
        self._interactions = Interactions(self._rest.request, lambda: self._bot, clock)
        self._messages = Messages(self._channels, self._interactions)
        self._bot = ""

    @property
    def bot(self) -> str:
        return self._bot

    @property
    def shown_name(self) -> str:
        user = self._connections.first.user
        return user.name if user is not None else "the bot"

    def capabilities(self, place: Place) -> Capabilities:
        return capabilities(place.kind)

    def condition(self) -> Condition:
        shards = self._connections.hearing()
        connected, ahead_s = bool(self._bot) and all(shards), self._time.ahead_s()
        return Condition(connected, self._scheduler.waiting, self._scheduler.floods, ahead_s, shards=shards)

    def measure(self, block: Block) -> int:
        return measure(block)

    async def examine(self, *, at_work: bool) -> AsyncIterator[Finding]:
        try:
            async for finding in doctor.examine(self._connections.first):
                yield finding
        except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise translated(error, "examine") from error

    def invitation(self, code: str) -> str:
        return f"send `/start {code}` to {self.shown_name} on Discord, in a direct message."

    async def way_in(self) -> str | None:
        servers = await self._rest.request("GET", "/users/@me/guilds?limit=1")
        return None if servers else doctor.invite_link(self._connections.first.application_id or int(self._bot))

    # Logging in, receiving

    async def open(self) -> None:
        await self._connections.log_in()

    @property
    def _pauses(self) -> str:
        """What processes tell each other of them under."""
        return f"paused/discord/{self._bot}"

    def _note_login(self, client: Client) -> None:
        self._bot = str(client.application_id if client.user is None else client.user.id)
        self._news.heed(self._pauses, self._scheduler.pause)
        self._channels.note_login()

    async def receive(self, host: Host, leases: Leases) -> None:
        count = self._shards or max(1, self._connections.first.recommended)
        me, shared = self._bot, self._shared(host)
        self._starts.share(leases, me)
        await self._declare()

        async def receive_shard(shard: Shard) -> None:
            def receiver() -> Receiver:
                return Receiver(host, shard, shared, self._interactions, self._commands, self._clock, self._rng)

            await leases.while_held(
                f"receive/discord/{me}/{shard.mark}",
                lambda hold: self._connections.receive(shard, receiver(), hold),
            )

        tasks = [asyncio.create_task(receive_shard(Shard(number, count))) for number in range(count)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _shared(self, host: Host) -> Shared:
        me = self._bot
        return Shared(
            Kept(lambda: host.bookmarks(PLATFORM, me), lambda: host.heard(PLATFORM, me)),
            threads=self._threads,
            opens=self._mentions.note,
            is_earlier=self._channels.is_earlier,
            knows=lambda channel: self._connections.guild_of(channel) is not None,
            token_in=self._token_in,
        )

    def _made_client(self, hears: Mapping[str, Callable[..., None]] | None, shard: Shard) -> Client:
        return Client(
            self._clock,
            self._rng,
            hears,
            api_url=self._api_url,
            connector=self._connector,
            time=self._time,
            starts=self._starts,
            shard=shard,
        )

    async def _declare(self) -> None:
        """Declare the commands, if Discord has others."""
        path = "/applications/{application_id}/commands?with_localizations=true"
        try:
            application = await self._rest.request("GET", "/applications/@me")
            to_people = "1" in (application.get("integration_types_config") or {})
            wanted = surface.declarations(self._commands.values(), self._language, to_people=to_people)
            if not surface.is_declared(wanted, await self._rest.request("GET", path, application_id=self._bot)):
                await self._rest.request("PUT", path, application_id=self._bot, json=wanted)
                log.info("commands_declared", commands=len(wanted))
        except PlatformError as error:
            log.error("commands_not_declared", detail=error)

    async def close(self) -> None:
        await self._starts.close()
        await self._interactions.close()
        await self._connections.close()

    # Messages that stay

    async def send(self, place: Place, page: Page, address: Address, *, nonce: str) -> str:
        return await self._messages.send(place, page, address, nonce)

    async def ask(self, receipt: str, form: Form) -> None:
        try:
            modal = surface.modal(form, self._interactions.opened_by(receipt))
        except ValueError as error:
            raise Rejected(str(error)) from error
        if not await self._interactions.ask(receipt, modal):
            raise Rejected("It is too late for a form.")

    async def edit(self, place: Place, remote_id: str, page: Page, address: Address) -> None:
        await self._messages.edit(place, remote_id, page, address)

    async def private_place(self, user_id: str) -> Place:
        made = await self._scheduler.run(
            "", Urgency.FINAL, lambda: self._rest.request("POST", "/users/@me/channels", json={"recipient_id": user_id})
        )
        return Place(self.name, self._bot, str(made["id"]), kind=PlaceKind.PRIVATE)

    async def delete(self, place: Place, remote_id: str) -> None:
        if place.kind is PlaceKind.GUEST:
            raise Unreachable("A guest has no channel to delete from.")
        channel = channel_of(place)
        try:
            await self._channels.paced(
                place,
                Urgency.FINAL,
                lambda: self._rest.request("DELETE", MESSAGE, channel_id=channel, message_id=remote_id),
            )
        except MessageGone:
            return

    # Signs of an answer that is coming

    async def preview(self, place: Place, target: PreviewTarget, latest: Callable[[], Page]) -> str | None:
        return await self._messages.preview(place, target, latest)

    async def hears_all(self, place: Place) -> bool:
        # Without the message content intent, which is always asked for, the gateway does not let a bot in.
        return True

    async def react(self, place: Place, remote_id: str, reaction: Reaction) -> None:
        await self._reaction("PUT", place, remote_id, reaction)

    async def unreact(self, place: Place, remote_id: str, reaction: Reaction) -> None:
        await self._reaction("DELETE", place, remote_id, reaction)

    async def _reaction(self, method: str, place: Place, remote_id: str, reaction: Reaction) -> None:
        channel, emoji = channel_of(place), _EMOJI[reaction]
        await self._channels.paced(
            place,
            Urgency.TYPING,
            lambda: self._rest.request(method, REACTION, channel_id=channel, message_id=remote_id, emoji=emoji),
        )

    async def typing(self, place: Place) -> None:
        channel = channel_of(place)
        if self._mentions.is_unopened(place):
            channel = place.chat  # Its thread is opened by the first words.
        await self._channels.paced(
            place, Urgency.TYPING, lambda: self._rest.request("POST", TYPING, channel_id=channel)
        )

    async def acknowledge(self, receipt: str, *, answered: bool, private: bool, alert: str = "") -> None:
        await self._interactions.acknowledge(receipt, answered=answered, private=private)

    # Files

    async def fetch(self, file: FilePart) -> bytes:
        limit = capabilities(PlaceKind.PRIVATE).download_limit_bytes
        if (file.size_bytes or 0) > limit:
            raise Rejected(f"download: {file.size_bytes} bytes are more than {limit}.")
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await self._connections.first.http.get_from_cdn(file.remote_id)
        except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise translated(error, "download") from error

    # Threads

    async def said_before(self, said: Inbound, since: str | None) -> tuple[Part, ...]:
        try:
            return await earlier(self._connections.first, int(self._bot), said, since)
        except (discord.DiscordException, aiohttp.ClientError, OSError, ValueError) as error:
            raise translated(error, "history") from error

    async def said_above(self, said: Inbound) -> Sequence[tuple[str, tuple[Part, ...]]]:
        try:
            return await above(self._connections.first, int(self._bot), said)
        except (discord.DiscordException, aiohttp.ClientError, OSError, ValueError) as error:
            raise translated(error, "history") from error

    async def open_thread(self, place: Place, title: str, member: str) -> Place:
        body = {"name": _thread_name(title), "type": 11}
        made = await self._channels.paced(
            place, Urgency.FINAL, lambda: self._rest.request("POST", THREADS, channel_id=place.chat, json=body)
        )
        thread = replace(place, thread=str(made["id"]), kind=PlaceKind.GROUP_THREAD)
        await self.let_in(thread, member)
        return thread

    async def let_in(self, thread: Place, member: str) -> None:
        # Who is not in a thread does not see it in the list of channels.
        await self._channels.paced(
            thread,
            Urgency.FINAL,
            lambda: self._rest.request("PUT", THREAD_MEMBER, channel_id=thread.thread, user_id=member),
        )

    async def empty_threads(self, place: Place, title: str) -> Sequence[Place]:
        async def call() -> Any:
            # A process that has just begun may not have been told yet whose channel it is.
            channel = await self._rest.request("GET", CHANNEL, channel_id=place.chat)
            return await self._rest.request("GET", OPEN_THREADS, guild_id=channel["guild_id"])

        name, found = _thread_name(title), await self._channels.paced(place, Urgency.FINAL, call)
        return [
            replace(place, thread=thread["id"], kind=PlaceKind.GROUP_THREAD)
            for thread in found["threads"]
            if (thread["parent_id"], thread["owner_id"], thread["name"]) == (place.chat, self._bot, name)
            and thread["message_count"] == 0
        ]

    def link(self, place: Place) -> str:
        guild = self._connections.guild_of(int(place.chat))
        return f"https://discord.com/channels/{guild.id}/{channel_of(place)}" if guild is not None else ""

    async def has_left(self, place: Place, user_id: str) -> bool:
        guild = self._connections.guild_of(int(place.chat))
        if guild is None:
            return False
        try:
            await self._scheduler.run(
                "",
                Urgency.FINAL,
                lambda: self._rest.request("GET", MEMBER, guild_id=str(guild.id), user_id=user_id),
            )
        except PlatformError as error:
            if is_code(error.__cause__, UNKNOWN_MEMBER, UNKNOWN_USER):
                return True
            raise
        return False

    async def rename_thread(self, place: Place, title: str) -> None:
        body = {"name": cut_title(title, NAME_LIMIT)}
        await self._channels.paced(
            place, Urgency.FINAL, lambda: self._rest.request("PATCH", CHANNEL, channel_id=place.thread, json=body)
        )

    async def close_thread(self, place: Place, closed: bool) -> None:
        body = {"archived": closed}
        await self._channels.paced(
            place, Urgency.FINAL, lambda: self._rest.request("PATCH", CHANNEL, channel_id=place.thread, json=body)
        )


def _thread_name(title: str) -> str:
    return cut_title(title, NAME_LIMIT) or "Conversation"
