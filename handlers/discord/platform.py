"""One bot on Discord: how the engine's pages, previews and reactions become calls of its API.

A growing answer is a message that is edited. Sends carry a nonce, so that a repeated one shows once. A thread that a
mention opens is made when the first thing is to be shown in it.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import aiohttp
import discord
import structlog

from bot.contracts.command import Command, Form
from bot.contracts.findings import Finding
from bot.contracts.leases import FOREVER, Hold, Leases
from bot.contracts.platform import Address, Capabilities, Condition, Host, PreviewTarget, Reaction
from bot.domain.blocks import Block, OutFile, Page
from bot.domain.clock import Clock, RemoteTime
from bot.domain.errors import (
    MessageGone,
    NotSent,
    PlatformError,
    Rejected,
    SettingsError,
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
from handlers.discord.earlier import earlier
from handlers.discord.errors import (
    is_over,
    translated,
)
from handlers.discord.inbound import PLATFORM
from handlers.discord.interactions import Interactions
from handlers.discord.receiving import REFUSED_SENTENCE, Receiver
from handlers.discord.render import measure, render
from handlers.discord.rest import CHANNEL, MESSAGE, REACTION, THREAD_MEMBER, THREADS, TIMEOUT_S, TYPING, Rest
from handlers.discord.session_starts import SessionStarts
from handlers.discord.shards import ALONE, Kept, Shard
from handlers.discord.threads import MentionThreads

log = structlog.get_logger(__name__)

T = TypeVar("T")

_NO_MENTIONS: dict[str, list[str]] = {"parse": []}
_NO_EMBEDS = 4

_EMOJI = {Reaction.CLOSED: "🔒", Reaction.LATER: "⏳"}
_ANEW = "+"
"""Ends the nonce of a message that takes the place of one that had the same nonce without it."""


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
    ) -> None:
        """`api_url` is the REST root; the gateway's address is asked for there. No I/O yet.

        `threads`: whether a mention in a channel opens a thread; else the answer is a reply in the channel.
        `shards`: over how many connections it hears; None: as many as Discord recommends.
        """
        self._token = token
        self._api_url = api_url
        self._clock = clock
        self._time = RemoteTime(clock)
        self._rng = rng
        self._commands = {command.name: command for command in commands}
        self._threads = threads
        self._connector = connector
        self._starts = SessionStarts(clock)
        self._shards = shards
        self._clients = {0: self._made_client(None, ALONE)}
        """The present client of each shard that this process has received from, by its number."""
        self._receives: set[int] = set()
        """The shards that it receives from now."""
        self._scheduler = Scheduler(
            LIMITS if pacing else UNLIMITED, clock, may_call=lambda: hold.left_s() > 0, processes=hold.processes
        )
        self._rest = Rest(lambda: self._client.http)
        self._mentions = MentionThreads(self._rest)
        self._channels = Channels(self._rest, self._mentions, self._scheduler, clock, self._time)
        self._interactions = Interactions(self._rest.request, lambda: self._bot, clock)
        self._bot = ""

    @property
    def bot(self) -> str:
        return self._bot

    @property
    def _client(self) -> Client:
        """What makes the calls."""
        return self._clients[0]

    @property
    def shown_name(self) -> str:
        return self._client.user.name if self._client.user is not None else "the bot"

    def capabilities(self, place: Place) -> Capabilities:
        return capabilities(place.kind)

    def condition(self) -> Condition:
        shards = tuple(client.hearing for number, client in sorted(self._clients.items()) if number in self._receives)
        connected, ahead_s = bool(self._bot) and all(shards), self._time.ahead_s()
        return Condition(connected, self._scheduler.waiting, self._scheduler.floods, ahead_s, shards=shards)

    def measure(self, block: Block) -> int:
        return measure(block)

    async def examine(self, *, at_work: bool) -> AsyncIterator[Finding]:
        try:
            async for finding in doctor.examine(self._client):
                yield finding
        except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise translated(error, "examine") from error

    def invitation(self, code: str) -> str:
        return f"send `/start {code}` to {self.shown_name} on Discord, in a direct message."

    async def way_in(self) -> str | None:
        servers = await self._rest.request("GET", "/users/@me/guilds?limit=1")
        return None if servers else doctor.invite_link(self._client.application_id or int(self._bot))

    # Logging in, receiving

    async def open(self) -> None:
        await self._log_in(self._client)

    async def _log_in(self, client: Client) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await client.log_in(self._token)
        except discord.LoginFailure as error:
            raise SettingsError(REFUSED_SENTENCE) from error
        except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise NotSent(f"login: {type(error).__name__}") from error
        self._bot = str(client.application_id if client.user is None else client.user.id)
        self._channels.note_login()

    async def receive(self, host: Host, leases: Leases) -> None:
        count = self._shards or max(1, self._client.recommended)
        me = str(self._bot)
        kept = Kept(lambda: host.bookmarks(PLATFORM, me), lambda: host.heard(PLATFORM, me))
        self._starts.share(leases, me)
        await self._declare()

        async def receive_shard(shard: Shard) -> None:
            await leases.while_held(
                f"receive/discord/{me}/{shard.mark}", lambda hold: self._receive_shard(shard, host, kept, hold)
            )

        tasks = [asyncio.create_task(receive_shard(Shard(number, count))) for number in range(count)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _receive_shard(self, shard: Shard, host: Host, kept: Kept, hold: Hold) -> None:
        self._receives.add(shard.id)
        self._clients.setdefault(shard.id, self._made_client(None, shard))
        try:
            await self._receiver(host, shard, kept).run(self._new_client, hold)
        finally:
            self._receives.discard(shard.id)

    def _receiver(self, host: Host, shard: Shard, kept: Kept) -> Receiver:
        return Receiver(
            host,
            self._interactions,
            self._commands,
            self._clock,
            self._rng,
            threads=self._threads,
            opens=self._mentions.note,
            is_earlier=self._channels.is_earlier,
            shard=shard,
            kept=kept,
            knows_elsewhere=lambda channel: self._guild_of(channel) is not None,
        )

    def _guild_of(self, channel: int) -> discord.Guild | None:
        """The server of a channel; None if no shard knows it."""
        found = [client.get_channel(channel) for client in self._clients.values()]
        return next((guild for one in found if (guild := getattr(one, "guild", None)) is not None), None)

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

    async def _new_client(self, receiver: Receiver) -> Client:
        """A client that has logged in; discord.py's own cannot be used again once it has failed."""
        shard = receiver.shard
        old, client = self._clients[shard.id], self._made_client(receiver.hears, shard)
        try:
            await self._log_in(client)
        except BaseException:
            await client.close()
            raise
        self._clients[shard.id] = client
        await old.close()
        return client

    async def _declare(self) -> None:
        """Declare the commands, if Discord has others."""
        wanted = surface.declarations(self._commands.values())
        path = "/applications/{application_id}/commands?with_localizations=true"
        try:
            if not surface.is_declared(wanted, await self._rest.request("GET", path, application_id=self._bot)):
                await self._rest.request("PUT", path, application_id=self._bot, json=wanted)
                log.info("commands_declared", commands=len(wanted))
        except PlatformError as error:
            log.error("commands_not_declared", detail=error)

    async def close(self) -> None:
        await self._starts.close()
        await self._interactions.close()
        for client in self._clients.values():
            await client.close()

    # Messages that stay

    async def send(self, place: Place, page: Page, address: Address, *, nonce: str) -> str:
        content = _content_of(page)
        if page.file is not None:
            content["content"] = content["content"] if page.blocks else ""
        alone = address.private and not place.kind.private
        if alone or self._interactions.awaits(address.receipt):
            answered = await self._answer(place, content, address, page.file)
            if answered is not None:
                return answered
            if alone:
                raise Rejected("The command can no longer be answered, and its answer is for one person only.")
        try:
            return await self._send_to(place, content, address.reply_to, page.file, nonce)
        except Unreachable:
            # Where the bot may not write, or is not at all, its answer to a command is let through.
            answered = await self._answer(place, content, address, page.file)
            if answered is None:
                raise
            return answered

    async def _send_to(
        self, place: Place, content: dict[str, Any], reply_to: str | None, file: OutFile | None, nonce: str
    ) -> str:
        body = content | {"nonce": nonce, "enforce_nonce": True}
        message = await self._channels.post(place, Urgency.FINAL, lambda: body, reply_to, file)
        remote_id = str(message["id"])
        if file is None and _shows(message) != _shows(content):
            # A send with this nonce has been there before: a preview that a crash made us forget.
            try:
                await self._channels.patch(place, remote_id, Urgency.FINAL, lambda: content)
            except MessageGone:
                if nonce.endswith(_ANEW):
                    raise
                # It cannot be changed any more, and this nonce would bring it again and again.
                return await self._send_to(place, content, reply_to, file, nonce + _ANEW)
        return remote_id

    async def _answer(
        self, place: Place, content: dict[str, Any], address: Address, file: OutFile | None
    ) -> str | None:
        if not address.receipt:
            return None
        return await self._by_token(
            place,
            Urgency.FINAL,
            lambda: self._interactions.send(address.receipt, content, private=address.private, file=file),
        )

    async def _by_token(self, place: Place, urgency: Urgency, call: Callable[[], Awaitable[T]]) -> T | None:
        """Make a call with a command's token; None if its time is over."""
        try:
            result: T = await self._channels.paced(place, urgency, call)
        except PlatformError as error:
            if is_over(error.__cause__):
                return None
            raise
        return result

    async def ask(self, receipt: str, form: Form) -> None:
        try:
            modal = surface.modal(form)
        except ValueError as error:
            raise Rejected(str(error)) from error
        if not await self._interactions.ask(receipt, modal):
            raise Rejected("It is too late for a form.")

    async def edit(self, place: Place, remote_id: str, page: Page, address: Address) -> None:
        await self._change(place, remote_id, Urgency.FINAL, lambda: _content_of(page), address.receipt)

    async def _change(
        self, place: Place, remote_id: str, urgency: Urgency, draw: Callable[[], dict[str, Any]], receipt: str
    ) -> None:
        """Change a message: with the token of its command while that lives, which reaches what only one person sees."""
        if receipt:
            changed = await self._by_token(place, urgency, lambda: self._interactions.edit(receipt, remote_id, draw()))
            if changed:
                return
        await self._channels.patch(place, remote_id, urgency, draw)

    async def private_place(self, user_id: str) -> Place:
        made = await self._scheduler.run(
            "", Urgency.FINAL, lambda: self._rest.request("POST", "/users/@me/channels", json={"recipient_id": user_id})
        )
        return Place(self.name, self._bot, str(made["id"]), kind=PlaceKind.PRIVATE)

    async def delete(self, place: Place, remote_id: str) -> None:
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
        def drawn() -> dict[str, Any]:
            page = latest()
            return _content_of(Page(page.blocks, ((target.stop,),)))

        if target.remote_id is not None:
            await self._change(place, target.remote_id, Urgency.PREVIEW, drawn, target.receipt)
            return None
        if self._interactions.awaits(target.receipt):
            answered = await self._by_token(
                place, Urgency.FIRST, lambda: self._interactions.send(target.receipt, drawn(), private=False)
            )
            if answered is not None:
                return answered
        nonce = {"nonce": target.nonce, "enforce_nonce": True}
        message = await self._channels.post(place, Urgency.FIRST, lambda: drawn() | nonce, target.reply_to)
        return str(message["id"])

    async def hears_all(self, place: Place) -> bool:
        # Without the message content intent, which is always asked for, the gateway does not let a bot in.
        return True

    async def react(self, place: Place, remote_id: str, reaction: Reaction) -> None:
        channel, emoji = channel_of(place), _EMOJI[reaction]
        await self._channels.paced(
            place,
            Urgency.TYPING,
            lambda: self._rest.request("PUT", REACTION, channel_id=channel, message_id=remote_id, emoji=emoji),
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
                return await self._client.http.get_from_cdn(file.remote_id)
        except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise translated(error, "download") from error

    # Threads

    async def said_before(self, said: Inbound) -> tuple[Part, ...]:
        try:
            return await earlier(self._client, int(self._bot), said)
        except (discord.DiscordException, aiohttp.ClientError, OSError, ValueError) as error:
            raise translated(error, "history") from error

    async def open_thread(self, place: Place, title: str, member: str) -> Place:
        body = {"name": cut_title(title, NAME_LIMIT) or "Conversation", "type": 11}
        made = await self._channels.paced(
            place, Urgency.FINAL, lambda: self._rest.request("POST", THREADS, channel_id=place.chat, json=body)
        )
        thread = replace(place, thread=str(made["id"]), kind=PlaceKind.GROUP_THREAD)
        # Who is not in a thread does not see it in the list of channels.
        await self._channels.paced(
            thread,
            Urgency.FINAL,
            lambda: self._rest.request("PUT", THREAD_MEMBER, channel_id=thread.thread, user_id=member),
        )
        return thread

    def link(self, place: Place) -> str:
        guild = self._guild_of(int(place.chat))
        return f"https://discord.com/channels/{guild.id}/{channel_of(place)}" if guild is not None else ""

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


def _shows(message: Mapping[str, Any]) -> tuple[str, list[str]]:
    """What a message says, and where its buttons lead."""
    rows = message.get("components") or ()
    buttons = [str(button.get("custom_id") or button.get("url")) for row in rows for button in row["components"]]
    return message["content"].strip(), buttons


def _content_of(page: Page) -> dict[str, Any]:
    return {
        "content": render(page.blocks),
        "components": surface.components(page.buttons),
        "allowed_mentions": _NO_MENTIONS,
        "flags": _NO_EMBEDS,
    }
