"""One bot on Telegram: how the engine's pages, previews and reactions become calls of the Bot API."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import aiohttp
import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramNotFound, TelegramUnauthorizedError
from aiogram.utils.token import TokenValidationError

from bot.contracts.abilities import Reaction, Vouched
from bot.contracts.command import Command, Form, by_name
from bot.contracts.findings import Finding
from bot.contracts.hook import Hook
from bot.contracts.leases import FOREVER, Hold, Leases
from bot.contracts.news import NOBODY, News
from bot.contracts.platform import Address, Capabilities, Condition, Host, PreviewTarget
from bot.domain.blocks import Block, Page
from bot.domain.clock import Clock, RemoteTime
from bot.domain.errors import (
    NotSent,
    PlatformError,
    Rejected,
    SettingsError,
)
from bot.domain.incoming import Incoming
from bot.domain.messages import FilePart
from bot.domain.places import Place, PlaceKind
from bot.pacing import UNLIMITED, Scheduler, Urgency
from bot.rendering.titles import cut_title
from handlers.telegram import doctor, polling, rich_render
from handlers.telegram.calls import Call, Session
from handlers.telegram.capabilities import LIMITS, capabilities
from handlers.telegram.commands import register
from handlers.telegram.downloads import download
from handlers.telegram.errors import accepting_unmodified
from handlers.telegram.guest_buttons import query_of
from handlers.telegram.managed import link_to_make
from handlers.telegram.messages import Messages
from handlers.telegram.mini_app import vouched
from handlers.telegram.origins import Me
from handlers.telegram.params import Params, thread_of
from handlers.telegram.render import measure
from handlers.telegram.trouble import Trouble
from handlers.telegram.updates import reread
from handlers.telegram.webhook import Address as WebhookAddress
from handlers.telegram.webhook import Webhook
from handlers.telegram.whispers import RECEIPT
from handlers.telegram.wire import PREVIEW_TIMEOUT_S, Wire

log = structlog.get_logger(__name__)

OWN_SERVER_BYTES = 2_000_000_000
TOPIC_NAME_LIMIT = 128

_MENU = "menu"
"""Stands in the scheduler where a chat stands."""

_EMOJI = {
    Reaction.CLOSED: {"type": "emoji", "emoji": "🙊"},
    Reaction.LATER: {"type": "emoji", "emoji": "😴"},
    Reaction.WAITS: {"type": "emoji", "emoji": "👀"},
}
"""Of the few that a bot may use."""

_KEEPING_ORDER = ("creator", "administrator")
"""What Telegram calls a chat's own admins."""

_GONE = ("left", "kicked")


class TelegramPlatform:
    """Fulfils `bot.contracts.platform.Platform`.

    Also `Threads`, `Linked`, `Reacts`, `Moderated`, `Overhears`, `Peopled`, `RichPages`, `Examinable`, `Hooked`,
    `MakesBots`, `Rereads` and `Vouches`.
    """

    name = "telegram"
    rich_limit = rich_render.RICH_LIMIT

    def __init__(
        self,
        token: str,
        *,
        api_url: str,
        pacing: bool,
        clock: Clock,
        own_server: bool = False,
        makes_bots: bool = False,
        commands: tuple[Command, ...] = (),
        rng: random.Random | None = None,
        webhook: WebhookAddress | None = None,
        connector: Callable[..., aiohttp.TCPConnector] | None = None,
        hold: Hold = FOREVER,
        news: News = NOBODY,
        language: str = "",
        token_in: str = "`TELEGRAM_BOT_TOKEN`",  # noqa: S107
    ) -> None:
        """`api_url` is the Bot API server's root, e.g. "https://api.telegram.org"; no I/O yet.

        `own_server`: it is the operator's, which takes larger files and may give them as paths on this machine.
        `makes_bots`: admins may make more bots with it, where Telegram lets it.
        `webhook`: where it is to call with what people say; None: it is asked for that.
        `language` and `token_in` as in `Surroundings`.

        Raises:
            SettingsError: the token is none.
        """
        self._time = RemoteTime(clock)
        try:
            self._client = Bot(token, session=Session(api_url, self._time, connector))
        except TokenValidationError as error:
            raise _wrong_token(token_in) from error
        self._language = language
        self._token_in = token_in
        self._own_server = own_server
        self._makes_bots = makes_bots
        self._commands = commands
        rng = rng if rng is not None else random.SystemRandom()
        self._rng = rng
        self._trouble = Trouble(clock, rng)
        self._webhook = (
            Webhook(self._client, webhook, clock, self._time, (self._trouble, Trouble(clock, rng)), news, token_in)
            if webhook
            else None
        )
        self._scheduler = _scheduler_of(self.bot, pacing, clock, hold, news)
        self._wire = Wire(self._client, self._scheduler)
        self._messages = Messages(self._wire, clock)
        self._username = ""
        self._topics = False
        self._guest = False
        self._manages = False
        self._me: Me | None = None

    @property
    def bot(self) -> str:
        return str(self._client.id)

    @property
    def shown_name(self) -> str:
        return f"@{self._username}"

    def capabilities(self, place: Place) -> Capabilities:
        found = capabilities(place.kind, topics=self._topics)
        if not self._own_server:
            return found
        return replace(found, upload_limit_bytes=OWN_SERVER_BYTES, download_limit_bytes=OWN_SERVER_BYTES)

    def condition(self) -> Condition:
        webhook = self._webhook
        connected = bool(self._username) and (webhook.connected if webhook else not self._trouble.stands)
        failing = webhook.failing if webhook else ""
        waiting, floods = self._scheduler.waiting, self._scheduler.floods
        return Condition(connected, waiting, floods, self._time.ahead_s(), failing, hindered=self._trouble.why)

    @property
    def hook(self) -> Hook | None:
        return self._webhook.hook if self._webhook else None

    def measure(self, block: Block) -> int:
        return measure(block)

    def measure_rich(self, block: Block) -> int:
        return rich_render.measure(block)

    def examine(self, *, at_work: bool) -> AsyncIterator[Finding]:
        webhook = self._webhook.url if self._webhook else ""
        return doctor.examine(self._wire.ask, webhook, makes_bots=self._makes_bots, at_work=at_work)

    def invitation(self, code: str) -> str:
        return f"https://t.me/{self._username}?start={code}"

    async def open(self) -> None:
        try:
            me = await self._wire.in_line(Call("getMe"))
        except NotSent as error:
            if isinstance(error.__cause__, (TelegramUnauthorizedError, TelegramNotFound)):
                raise _wrong_token(self._token_in) from error
            raise
        self._username = me["username"]
        self._topics = me.get("has_topics_enabled", False)
        self._guest = me.get("supports_guest_queries", False)
        self._manages = me.get("can_manage_bots", False)

    def vouched(self, said: str) -> Vouched | None:
        return vouched(self._client.token, said)

    def read_again(self, raw: str) -> Sequence[Incoming]:
        return reread(raw, self._me) if self._me is not None else ()

    async def receive(self, host: Host, leases: Leases) -> None:
        self._me = me = Me(
            self.bot, self._username, frozenset(by_name(self._commands)), host.customs, self._guest, self._makes_bots
        )
        # Two menus in every language are a lot of calls: nobody waits for them.
        menu = asyncio.create_task(self._show_menu())
        try:
            if self._webhook:
                await self._webhook.receive(me, host)
            else:
                await leases.while_held(
                    f"receive/telegram/{self.bot}",
                    lambda hold: polling.poll(self._client, me, host.receive, self._trouble, hold, self._token_in),
                )
        finally:
            menu.cancel()
            await asyncio.gather(menu, return_exceptions=True)

    async def _show_menu(self) -> None:
        """Without the menu every command works all the same, so a failure is no reason not to receive."""
        try:
            await register(self._ask_for_menu, self._commands, self._language)
        except PlatformError as error:
            log.warning("menu_not_shown", reason=error)

    async def _ask_for_menu(self, call: Call) -> Any:
        """One call of many: each waits by itself, in its own queue, so that no answer waits for the menu."""
        return await self._wire.in_line(call, line=_MENU)

    async def close(self) -> None:
        await self._client.session.close()

    async def moderates(self, place: Place, user_id: str) -> bool:
        return (await self._member(place, user_id)).get("status") in _KEEPING_ORDER

    async def has_left(self, place: Place, user_id: str) -> bool:
        member = await self._member(place, user_id)
        # Somebody whose rights are restricted may be in the chat or not.
        return member.get("status") in _GONE or member.get("is_member") is False

    async def _member(self, place: Place, user_id: str) -> Any:
        return await self._wire.in_line(Call("getChatMember", chat_id=place.chat, user_id=int(user_id)))

    async def hears_all(self, place: Place) -> bool:
        # Privacy mode is asked for again: @BotFather changes it while the bot runs. It does not bind a chat's admins.
        me = await self._wire.in_line(Call("getMe"))
        return me.get("can_read_all_group_messages", False) or await self.moderates(place, self.bot)

    # Bots that this one manages

    def way_to_make(self) -> str:
        return link_to_make(self._username, self._rng) if self._makes_bots and self._manages else ""

    async def token_of(self, bot: str) -> str:
        token: str = await self._wire.in_line(Call("getManagedBotToken", user_id=int(bot)))
        return token

    # Messages

    async def send(self, place: Place, page: Page, address: Address, *, nonce: str) -> str:
        return await self._messages.send(place, page, address)

    async def edit(self, place: Place, remote_id: str, page: Page, address: Address) -> None:
        await self._messages.edit(place, remote_id, page)

    async def delete(self, place: Place, remote_id: str) -> None:
        await self._messages.delete(place, remote_id)

    async def preview(self, place: Place, target: PreviewTarget, latest: Callable[[], Page]) -> str | None:
        return await self._messages.preview(place, target, latest)

    async def ask(self, receipt: str, form: Form) -> None:
        raise Rejected("Telegram has no forms; `Capabilities.forms` says so.")

    async def private_place(self, user_id: str) -> Place:
        place = Place(self.name, self.bot, user_id, kind=PlaceKind.PRIVATE)
        # Telegram refuses this, as it refuses messages, to a bot that the user has never written to.
        action = Call("sendChatAction", chat_id=user_id, action="typing")
        await self._wire.final(place, action)
        return place

    # Signs of an answer that is coming

    async def react(self, place: Place, remote_id: str, reaction: Reaction) -> None:
        await self._set_reactions(place, remote_id, [_EMOJI[reaction]])

    async def unreact(self, place: Place, remote_id: str, reaction: Reaction) -> None:
        # A bot has one reaction at a message.
        await self._set_reactions(place, remote_id, [])

    async def _set_reactions(self, place: Place, remote_id: str, reactions: list[Params]) -> None:
        await self._wire.call(
            place,
            Urgency.TYPING,
            lambda: Call("setMessageReaction", chat_id=place.chat, message_id=remote_id, reaction=reactions),
            timeout_s=PREVIEW_TIMEOUT_S,
        )

    async def typing(self, place: Place) -> None:
        await self._wire.call(
            place,
            Urgency.TYPING,
            lambda: Call("sendChatAction", chat_id=place.chat, action="typing", **thread_of(place)),
            timeout_s=PREVIEW_TIMEOUT_S,
        )

    async def acknowledge(self, receipt: str, *, answered: bool, private: bool, alert: str = "") -> None:
        """End the waiting sign on a pressed button. One that is too old has ended by itself."""
        if receipt.startswith(RECEIPT):
            return  # Nobody waits for the end of a command that only the bot sees.
        told = {"text": alert, "show_alert": True} if alert else {}
        call = Call("answerCallbackQuery", callback_query_id=query_of(receipt), **told)
        with suppress(Rejected):
            await self._wire.in_line(call, urgency=Urgency.FIRST, timeout_s=PREVIEW_TIMEOUT_S)

    # Files

    async def fetch(self, file: FilePart) -> bytes:
        limit = self.capabilities(Place(self.name, self.bot, "")).download_limit_bytes
        if (file.size_bytes or 0) > limit:
            raise Rejected(f"getFile: {file.size_bytes} bytes are more than {limit}.")
        return await download(self._client, file.remote_id, limit, on_this_machine=self._own_server)

    # Threads

    async def open_thread(self, place: Place, title: str, member: str) -> Place:
        name = cut_title(title, TOPIC_NAME_LIMIT)
        topic = await self._wire.final(place, Call("createForumTopic", chat_id=place.chat, name=name))
        kind = PlaceKind.PRIVATE_THREAD if place.kind.private else PlaceKind.GROUP_THREAD
        return replace(place, thread=str(topic["message_thread_id"]), kind=kind)

    def link(self, place: Place) -> str:
        # Only a supergroup's messages have addresses, and a topic has that of the message that opened it.
        number = place.chat.removeprefix("-100")
        return f"https://t.me/c/{number}/{place.thread}" if number != place.chat and place.thread else ""

    async def rename_thread(self, place: Place, title: str) -> None:
        params = {**thread_of(place), "name": cut_title(title, TOPIC_NAME_LIMIT)}
        with accepting_unmodified():
            await self._wire.final(place, Call("editForumTopic", chat_id=place.chat, **params))

    async def close_thread(self, place: Place, closed: bool) -> None:
        method = "closeForumTopic" if closed else "reopenForumTopic"
        with accepting_unmodified():
            await self._wire.final(place, Call(method, chat_id=place.chat, **thread_of(place)))


def _wrong_token(token_in: str) -> SettingsError:
    return SettingsError(
        f"Telegram does not accept the bot token. Copy it again from @BotFather (/mybots, API Token) into {token_in}."
    )


def _scheduler_of(bot: str, pacing: bool, clock: Clock, hold: Hold, news: News) -> Scheduler:
    """A bot's own; where Telegram wants a pause of one process, all of them pause."""
    about = f"paused/telegram/{bot}"
    scheduler = Scheduler(
        LIMITS if pacing else UNLIMITED,
        clock,
        may_call=lambda: hold.left_s() > 0,
        processes=hold.processes,
        on_pause=partial(news.tell, about),
    )
    news.heed(about, scheduler.pause)
    return scheduler
