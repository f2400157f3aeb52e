"""One bot on Discord: how the engine's pages, previews and signs become calls of its API.

A growing answer is a message that is edited. Sends carry a nonce, so that a repeated one shows once. A thread that a
mention opens is made when the first thing is to be shown in it.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import aiohttp
import discord
import orjson
import structlog
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.blocks import Block, OutFile, Page
from bot.clock import Clock
from bot.command import Command, Form
from bot.errors import MessageGone, NotSent, PlatformError, Rejected, RetryAfter, SettingsError
from bot.pacing import UNLIMITED, Scheduler, Urgency
from bot.platform import Address, Capabilities, Condition, Finding, Host, PreviewTarget, preview_nonce
from bot.types import FilePart, Place, PlaceKind
from handlers.discord import commands as surface
from handlers.discord import doctor
from handlers.discord.capabilities import LIMITS, NAME_LIMIT, capabilities
from handlers.discord.client import Client
from handlers.discord.errors import THREAD_EXISTS, UNKNOWN_CHANNEL, is_code, is_over, translated
from handlers.discord.gateway import REFUSED_SENTENCE, Receiver
from handlers.discord.interactions import Interactions
from handlers.discord.render import measure, render

log = structlog.get_logger(__name__)

T = TypeVar("T")

TIMEOUT_S = 30.0
"""How long a call may take, discord.py's own waits and retries included; then its outcome is unknown."""

_NO_MENTIONS: dict[str, list[str]] = {"parse": []}
_NO_EMBEDS = 4

CHANNEL = "/channels/{channel_id}"
MESSAGES = CHANNEL + "/messages"
MESSAGE = MESSAGES + "/{message_id}"
THREADS = CHANNEL + "/threads"
EDIT_AGE_MS = 3_600_000
"""From this age on Discord counts a message's changes against a limit of their own."""
THREAD_MEMBER = CHANNEL + "/thread-members/{user_id}"
TYPING = CHANNEL + "/typing"
_REMEMBERED_TITLES = 1_000


class DiscordPlatform:
    """Fulfils `bot.platform.Platform`, `Threads` and `Examinable`.

    One per process: discord.py keeps its addresses in classes.
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
        connector: Callable[[], aiohttp.BaseConnector] | None = None,
    ) -> None:
        """`api_url` is the REST root; the gateway's address is asked for there. No I/O yet.

        `threads`: whether a mention in a channel opens a thread; else the answer is a reply in the channel.
        """
        Route.BASE = api_url
        self._token = token
        self._clock = clock
        self._rng = rng
        self._commands = {command.name: command for command in commands}
        self._threads = threads
        self._connector = connector
        self._client = Client(clock, rng, connector=self._connector)
        self._scheduler = Scheduler(LIMITS if pacing else UNLIMITED, clock)
        self._interactions = Interactions(self._request, lambda: self._bot, clock)
        self._bot = ""
        self._opened = asyncio.Event()
        self._titles: dict[str, str] = {}
        """Threads that are still to be opened, by their number, with the words they are named after."""
        self._without_thread: set[str] = set()
        """Threads that could not be opened: what belongs there is said in the channel."""

    @property
    def bot(self) -> str:
        return self._bot

    def capabilities(self, place: Place) -> Capabilities:
        return capabilities(place.kind)

    def condition(self) -> Condition:
        return Condition(self._client.hearing, self._scheduler.waiting, self._scheduler.floods)

    def measure(self, block: Block) -> int:
        return measure(block)

    async def examine(self, *, at_work: bool) -> AsyncIterator[Finding]:
        try:
            async for finding in doctor.examine(self._client):
                yield finding
        except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise translated(error, "examine") from error

    def invitation(self, code: str) -> str:
        name = self._client.user.name if self._client.user is not None else "the bot"
        return f"send `/start {code}` to {name} on Discord, in a direct message."

    # Logging in, receiving

    async def open(self) -> None:
        await self._log_in(self._client)

    async def _log_in(self, client: Client) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await client.login(self._token)
                _, gateway, _ = await client.http.get_bot_gateway()
        except discord.LoginFailure as error:
            raise SettingsError(REFUSED_SENTENCE) from error
        except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise NotSent(f"login: {type(error).__name__}") from error
        # After an invalid session the client goes back to this address, whatever it was told before.
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)
        self._bot = str(client.application_id if client.user is None else client.user.id)
        self._opened.set()

    async def receive(self, host: Host) -> None:
        receiver = Receiver(
            host,
            self._interactions,
            self._commands,
            self._clock,
            self._rng,
            threads=self._threads,
            opens=self._note_title,
        )
        await self._declare()
        await receiver.run(self._new_client)

    async def _new_client(self, receiver: Receiver) -> Client:
        """A client that has logged in; discord.py's own cannot be used again once it has failed."""
        old, client = self._client, Client(self._clock, self._rng, receiver.hears, connector=self._connector)
        try:
            await self._log_in(client)
        except BaseException:
            await client.close()
            raise
        self._client = client
        await old.close()
        return client

    async def _declare(self) -> None:
        """Declare the commands, if Discord has others."""
        wanted = surface.declarations(self._commands.values())
        path = "/applications/{application_id}/commands?with_localizations=true"
        try:
            if not surface.is_declared(wanted, await self._request("GET", path, application_id=self._bot)):
                await self._request("PUT", path, application_id=self._bot, json=wanted)
                log.info("commands_declared", commands=len(wanted))
        except PlatformError as error:
            log.error("commands_not_declared", detail=error)

    async def close(self) -> None:
        await self._interactions.close()
        await self._client.close()

    # Messages that stay

    async def send(self, place: Place, page: Page, address: Address, *, nonce: str) -> str:
        content = _content_of(page)
        if page.file is not None:
            words = content["content"] if page.blocks else ""
            body = content | {"content": words, "nonce": nonce, "enforce_nonce": True}
            message = await self._post(place, Urgency.FINAL, lambda: body, address.reply_to, page.file)
            return str(message["id"])
        if address.receipt:
            answered = await self._answer(place, content, address)
            if answered is not None:
                return answered
            if address.private:
                raise Rejected("The command can no longer be answered, and its answer is for one person only.")
        body = content | {"nonce": nonce, "enforce_nonce": True}
        message = await self._post(place, Urgency.FINAL, lambda: body, address.reply_to)
        remote_id = str(message["id"])
        if _shows(message) != _shows(content):
            # A send with this nonce has been there before: a preview that a crash made us forget.
            await self._patch(place, remote_id, Urgency.FINAL, lambda: content)
        return remote_id

    async def _answer(self, place: Place, content: dict[str, Any], address: Address) -> str | None:
        try:
            return await self._scheduler.run(
                place.chat,
                Urgency.FINAL,
                lambda: self._interactions.send(address.receipt, content, private=address.private),
            )
        except PlatformError as error:
            if is_over(error.__cause__):
                return None
            raise

    async def ask(self, receipt: str, form: Form) -> None:
        try:
            modal = surface.modal(form)
        except ValueError as error:
            raise Rejected(str(error)) from error
        if not await self._interactions.ask(receipt, modal):
            raise Rejected("It is too late for a form.")

    async def edit(self, place: Place, remote_id: str, page: Page) -> None:
        await self._patch(place, remote_id, Urgency.FINAL, lambda: _content_of(page))

    async def delete(self, place: Place, remote_id: str) -> None:
        channel = self._channel(place)
        try:
            await self._paced(
                place,
                Urgency.FINAL,
                lambda: self._request("DELETE", MESSAGE, channel_id=channel, message_id=remote_id),
            )
        except MessageGone:
            return

    # Signs of an answer that is coming

    async def preview(self, place: Place, target: PreviewTarget, latest: Callable[[], Page]) -> str | None:
        def drawn() -> dict[str, Any]:
            page = latest()
            return _content_of(Page(page.blocks, ((target.stop,),)))

        if target.remote_id is not None:
            await self._patch(place, target.remote_id, Urgency.PREVIEW, drawn)
            return None
        nonce = {"nonce": preview_nonce(target.turn), "enforce_nonce": True}
        message = await self._post(place, Urgency.FIRST, lambda: drawn() | nonce, target.reply_to)
        return str(message["id"])

    async def typing(self, place: Place) -> None:
        if place.thread in self._titles:
            return  # Its thread is opened by the first words.
        channel = self._channel(place)
        await self._paced(place, Urgency.TYPING, lambda: self._request("POST", TYPING, channel_id=channel))

    async def acknowledge(self, receipt: str, *, answered: bool, private: bool) -> None:
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

    async def open_thread(self, place: Place, title: str, member: str) -> Place:
        body = {"name": title[:NAME_LIMIT] or "Conversation", "type": 11}
        made = await self._paced(
            place, Urgency.FINAL, lambda: self._request("POST", THREADS, channel_id=place.chat, json=body)
        )
        thread = replace(place, thread=str(made["id"]), kind=PlaceKind.GROUP_THREAD)
        # Who is not in a thread does not see it in the list of channels.
        await self._paced(
            thread,
            Urgency.FINAL,
            lambda: self._request("PUT", THREAD_MEMBER, channel_id=thread.thread, user_id=member),
        )
        return thread

    async def rename_thread(self, place: Place, title: str) -> None:
        if place.thread in self._without_thread:
            return
        body = {"name": title[:NAME_LIMIT]}
        await self._paced(
            place, Urgency.FINAL, lambda: self._request("PATCH", CHANNEL, channel_id=place.thread, json=body)
        )

    async def close_thread(self, place: Place, closed: bool) -> None:
        if place.thread in self._without_thread:
            return
        body = {"archived": closed}
        await self._paced(
            place, Urgency.FINAL, lambda: self._request("PATCH", CHANNEL, channel_id=place.thread, json=body)
        )

    def _note_title(self, place: Place, words: str) -> None:
        """A thread is to be opened at a message, named after it."""
        if len(self._titles) >= _REMEMBERED_TITLES:
            del self._titles[next(iter(self._titles))]
        self._titles[place.thread] = " ".join(words.split())[:60].strip()

    def _channel(self, place: Place) -> str:
        """Where messages of a place go."""
        return place.chat if not place.thread or place.thread in self._without_thread else place.thread

    async def _open_at_message(self, place: Place) -> None:
        """Open the thread of a mention. It has the mention's number, so that one that is there already is the one."""
        body = {"name": self._titles.get(place.thread) or "Conversation", "auto_archive_duration": 1440}
        try:
            await self._request("POST", f"{MESSAGE}/threads", channel_id=place.chat, message_id=place.thread, json=body)
        except PlatformError as error:
            if not is_code(error.__cause__, THREAD_EXISTS):
                if not isinstance(error.__cause__, discord.HTTPException) or error.__cause__.status >= 429:
                    raise
                log.info("no_thread", place=place.chat, detail=error)
                self._without_thread.add(place.thread)
        self._titles.pop(place.thread, None)

    # The wire

    async def _post(
        self,
        place: Place,
        urgency: Urgency,
        draw: Callable[[], dict[str, Any]],
        reply_to: str | None,
        file: OutFile | None = None,
    ) -> Any:
        async def call() -> Any:
            if place.thread in self._titles:
                await self._open_at_message(place)
            try:
                return await self._request("POST", MESSAGES, channel_id=self._channel(place), json=body(), file=file)
            except PlatformError as error:
                if not place.thread or not is_code(error.__cause__, UNKNOWN_CHANNEL):
                    raise
            # Accepted before a restart, and its thread was never opened.
            await self._open_at_message(place)
            return await self._request("POST", MESSAGES, channel_id=self._channel(place), json=body(), file=file)

        def body() -> dict[str, Any]:
            answered = place.thread if place.thread in self._without_thread else reply_to
            # In the thread that a message has opened, that message is the title: it cannot be replied to there.
            if answered is None or (answered == place.thread and place.thread not in self._without_thread):
                return draw()
            return draw() | {"message_reference": {"message_id": answered, "fail_if_not_exists": False}}

        return await self._paced(place, urgency, call)

    async def _patch(self, place: Place, remote_id: str, urgency: Urgency, draw: Callable[[], dict[str, Any]]) -> None:
        channel = self._channel(place)

        async def call() -> Any:
            try:
                return await self._request("PATCH", MESSAGE, channel_id=channel, message_id=remote_id, json=draw())
            except RetryAfter as error:
                if urgency is Urgency.FINAL and self._is_old(remote_id):
                    # Old messages may be changed only so often (30046); a new one need not wait for that.
                    raise MessageGone(str(error)) from error
                raise

        await self._paced(place, urgency, call)

    def _is_old(self, remote_id: str) -> bool:
        born_ms = discord.utils.snowflake_time(int(remote_id)).timestamp() * 1000
        return self._clock.now() - born_ms > EDIT_AGE_MS

    async def _paced(self, place: Place, urgency: Urgency, call: Callable[[], Any]) -> Any:
        await self._opened.wait()  # What an earlier run left to be shown is asked for before we have logged in.
        return await self._scheduler.run(self._channel(place), urgency, call, group=not place.kind.private)

    async def _request(
        self, method: str, path: str, *, json: Any = None, file: OutFile | None = None, **ids: str
    ) -> Any:
        """One call of the API through discord.py's client, which keeps to the headers' buckets.

        `path` has marks for its `ids`: the client counts by the path as it stands here.
        """
        body: dict[str, Any] = {} if json is None else {"json": json}
        if file is not None:
            body = {"form": _form(json, file)}
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await self._client.http.request(Route(method, path, **ids), **body)
        except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise translated(error, f"{method} {path}") from error


def _shows(message: Mapping[str, Any]) -> tuple[str, list[str]]:
    """What a message says, and where its buttons lead."""
    rows = message.get("components") or ()
    buttons = [str(button.get("custom_id") or button.get("url")) for row in rows for button in row["components"]]
    return message["content"].strip(), buttons


def _form(json: Any, file: OutFile) -> list[dict[str, Any]]:
    """A message with a file, as discord.py wants the fields of a form."""
    return [
        {"name": "payload_json", "value": orjson.dumps(json).decode()},
        {"name": "files[0]", "value": file.data, "filename": file.name, "content_type": file.media_type},
    ]


def _content_of(page: Page) -> dict[str, Any]:
    return {
        "content": render(page.blocks),
        "components": surface.components(page.buttons),
        "allowed_mentions": _NO_MENTIONS,
        "flags": _NO_EMBEDS,
    }
