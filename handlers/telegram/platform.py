"""One bot on Telegram: how the engine's pages, previews and signs become calls of the Bot API.

In private chats a growing answer is a draft, which Telegram animates, forgets after 30 seconds and drops when the
answer is sent. Elsewhere it is a message that is edited, with a Stop button.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import orjson
import structlog
from aiogram import Bot
from aiogram.exceptions import AiogramError, TelegramNotFound, TelegramUnauthorizedError
from aiogram.utils.token import TokenValidationError

from bot.blocks import Block, Button, Page
from bot.clock import Clock
from bot.command import Command
from bot.errors import MessageGone, NotSent, PlatformError, Rejected, SettingsError
from bot.ids import TurnId
from bot.pacing import UNLIMITED, Scheduler, Urgency
from bot.platform import Capabilities, PreviewTarget, Receive
from bot.types import Place, PlaceKind
from handlers.telegram import polling
from handlers.telegram.calls import Call, Session
from handlers.telegram.capabilities import LIMITS, capabilities
from handlers.telegram.commands import keyboard
from handlers.telegram.errors import accepting_unmodified, as_cause, blames_entities, translated
from handlers.telegram.render import measure, render

log = structlog.get_logger(__name__)

# Longest waits for an answer. What has no answer by then has an unknown outcome.
FINAL_TIMEOUT_S = 30
PREVIEW_TIMEOUT_S = 10

NOTICE_LIMIT = 200
TOPIC_NAME_LIMIT = 128

_NO_LINK_PREVIEW = '{"is_disabled":true}'


class TelegramPlatform:
    """Fulfils `bot.platform.Platform` and `Threads`."""

    name = "telegram"

    def __init__(
        self, token: str, *, api_url: str, pacing: bool, clock: Clock, commands: tuple[Command, ...] = ()
    ) -> None:
        """`api_url` is the Bot API server's root, e.g. "https://api.telegram.org"; no I/O yet.

        Raises:
            SettingsError: the token is none.
        """
        try:
            self._client = Bot(token, session=Session(api_url))
        except TokenValidationError as error:
            raise _wrong_token() from error
        self._clock = clock
        self._commands = commands
        self._scheduler = Scheduler(LIMITS if pacing else UNLIMITED, clock)
        self._username = ""
        self._topics = False

    @property
    def bot(self) -> str:
        return str(self._client.id)

    def capabilities(self, place: Place) -> Capabilities:
        return capabilities(place.kind, topics=self._topics)

    def measure(self, block: Block) -> int:
        return measure(block)

    def invitation(self, code: str) -> str:
        return f"https://t.me/{self._username}?start={code}"

    async def open(self) -> None:
        try:
            me = await self._scheduler.run("", Urgency.FINAL, lambda: self._ask(Call("getMe"), FINAL_TIMEOUT_S))
        except NotSent as error:
            if isinstance(error.__cause__, (TelegramUnauthorizedError, TelegramNotFound)):
                raise _wrong_token() from error
            raise
        self._username = me["username"]
        self._topics = me.get("has_topics_enabled", False)

    async def receive(self, receive: Receive) -> None:
        await polling.poll(self._client, self.bot, self._username, receive, self._clock)

    async def close(self) -> None:
        await self._client.session.close()

    # Messages that stay

    async def send(self, place: Place, page: Page, *, reply_to: str | None, nonce: str) -> str:
        params = _thread_of(place)
        if reply_to is not None:
            params["reply_parameters"] = _reply_parameters(reply_to)
        message = await self._show(place, "sendMessage", page, params)
        return str(message["message_id"])

    async def edit(self, place: Place, remote_id: str, page: Page) -> None:
        with accepting_unmodified():
            await self._show(place, "editMessageText", page, {"message_id": remote_id})

    async def delete(self, place: Place, remote_id: str) -> None:
        with suppress(MessageGone):
            await self._call(
                place, Urgency.FINAL, lambda: Call("deleteMessage", chat_id=place.chat, message_id=remote_id)
            )

    async def _show(self, place: Place, method: str, page: Page, params: dict[str, str]) -> Any:
        """Show a page for good. Formatting that Telegram refuses is left out: the words matter more."""
        content = _content_of(page)
        try:
            return await self._call(place, Urgency.FINAL, lambda: Call(method, chat_id=place.chat, **content, **params))
        except Rejected as error:
            if "entities" not in content or not blames_entities(error):
                raise
            log.warning("formatting refused", chat=place.chat, reason=str(error))
        del content["entities"]
        return await self._call(place, Urgency.FINAL, lambda: Call(method, chat_id=place.chat, **content, **params))

    # Signs of an answer that is coming

    async def preview(self, place: Place, target: PreviewTarget, latest: Callable[[], Page]) -> str | None:
        if place.kind.private:
            await self._draft(place, target, latest)
            return None
        if target.remote_id is None:
            return await self._first_preview(place, target, latest)
        await self._next_preview(place, target.remote_id, target.turn, latest)
        return None

    async def _draft(self, place: Place, target: PreviewTarget, latest: Callable[[], Page]) -> None:
        # A stopped draft stays until the final message takes its place, so that nothing flickers.
        params = {**_thread_of(place), "draft_id": str(target.turn), "can_stop": "true", "keep_on_stop": "true"}
        await self._call(
            place,
            Urgency.PREVIEW,
            lambda: Call("sendMessageDraft", chat_id=place.chat, **_words_of(latest()), **params),
            timeout_s=PREVIEW_TIMEOUT_S,
        )

    async def _first_preview(self, place: Place, target: PreviewTarget, latest: Callable[[], Page]) -> str:
        params = _thread_of(place)
        if target.reply_to is not None:
            params["reply_parameters"] = _reply_parameters(target.reply_to)
        message = await self._call(
            place,
            Urgency.FIRST,
            lambda: Call("sendMessage", chat_id=place.chat, **_content_of(_stoppable(latest(), target.turn)), **params),
            timeout_s=PREVIEW_TIMEOUT_S,
        )
        return str(message["message_id"])

    async def _next_preview(self, place: Place, remote_id: str, turn: TurnId, latest: Callable[[], Page]) -> None:
        with accepting_unmodified():
            await self._call(
                place,
                Urgency.PREVIEW,
                lambda: Call(
                    "editMessageText",
                    chat_id=place.chat,
                    message_id=remote_id,
                    **_content_of(_stoppable(latest(), turn)),
                ),
                timeout_s=PREVIEW_TIMEOUT_S,
            )

    async def typing(self, place: Place) -> None:
        await self._call(
            place,
            Urgency.TYPING,
            lambda: Call("sendChatAction", chat_id=place.chat, action="typing", **_thread_of(place)),
            timeout_s=PREVIEW_TIMEOUT_S,
        )

    async def acknowledge(self, receipt: str, notice: str = "") -> None:
        """A press that is too old, or a line that is down, is no reason to fail: the waiting sign ends by itself."""
        call = Call("answerCallbackQuery", callback_query_id=receipt, text=notice[:NOTICE_LIMIT])
        try:
            await self._scheduler.run("", Urgency.FIRST, lambda: self._ask(call, PREVIEW_TIMEOUT_S))
        except PlatformError as error:
            log.info("press not acknowledged", error=type(error).__name__)

    # Threads

    async def open_thread(self, place: Place, title: str) -> Place:
        name = title[:TOPIC_NAME_LIMIT]
        topic = await self._call(place, Urgency.FINAL, lambda: Call("createForumTopic", chat_id=place.chat, name=name))
        kind = PlaceKind.PRIVATE_THREAD if place.kind.private else PlaceKind.GROUP_THREAD
        return replace(place, thread=str(topic["message_thread_id"]), kind=kind)

    async def rename_thread(self, place: Place, title: str) -> None:
        params = {**_thread_of(place), "name": title[:TOPIC_NAME_LIMIT]}
        with accepting_unmodified():
            await self._call(place, Urgency.FINAL, lambda: Call("editForumTopic", chat_id=place.chat, **params))

    # The wire

    async def _call(
        self, place: Place, urgency: Urgency, build: Callable[[], Call], *, timeout_s: int = FINAL_TIMEOUT_S
    ) -> Any:
        """Make the call when its time has come; only then is it built, from what is newest by then."""
        return await self._scheduler.run(
            place.chat, urgency, lambda: self._ask(build(), timeout_s), group=not place.kind.private
        )

    async def _ask(self, call: Call, timeout_s: int) -> Any:
        try:
            return await self._client(call, request_timeout=timeout_s)
        except (AiogramError, UnicodeDecodeError) as error:
            raise translated(error, call.__api_method__) from as_cause(error)


def _words_of(page: Page) -> dict[str, str]:
    text, entities = render(page.blocks)
    if not entities:
        return {"text": text}
    plain = [entity.model_dump(exclude_none=True) for entity in entities]
    return {"text": text, "entities": orjson.dumps(plain).decode()}


def _content_of(page: Page) -> dict[str, str]:
    content = _words_of(page)
    content["link_preview_options"] = _NO_LINK_PREVIEW
    if (markup := keyboard(page.buttons)) is not None:
        content["reply_markup"] = markup.model_dump_json(exclude_none=True)
    return content


def _stoppable(page: Page, turn: TurnId) -> Page:
    return Page(page.blocks, (*page.buttons, (Button("Stop", "stop", (str(turn),)),)))


def _thread_of(place: Place) -> dict[str, str]:
    return {"message_thread_id": place.thread} if place.thread else {}


def _reply_parameters(remote_id: str) -> str:
    return f'{{"message_id":{int(remote_id)},"allow_sending_without_reply":true}}'


def _wrong_token() -> SettingsError:
    return SettingsError(
        "Telegram does not accept the bot token. Copy it again from @BotFather (/mybots, API Token) into "
        "`TELEGRAM_BOT_TOKEN`."
    )
