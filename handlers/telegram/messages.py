"""Pages as messages: to a chat, to one member of it alone, or where the bot is a guest; with a file, or in words.

Formatting that Telegram refuses is left out.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from aiogram.exceptions import TelegramNotFound

from bot.contracts.platform import Address, PreviewTarget
from bot.domain.blocks import Page
from bot.domain.clock import Clock
from bot.domain.errors import MessageGone, NotAlone, NotSent, Rejected, RichRefused, Unreachable
from bot.domain.places import Place, PlaceKind
from handlers.telegram import rich_render
from handlers.telegram.calls import Call
from handlers.telegram.errors import accepting_unmodified, blames_entities, is_unmodified
from handlers.telegram.file_messages import FileMessages
from handlers.telegram.guests import Guests
from handlers.telegram.params import Params, content_of, keyboard_of, reply_to, thread_of
from handlers.telegram.previews import Previews
from handlers.telegram.whispers import Whisper, Whispers, whisper_in
from handlers.telegram.wire import Wire

log = structlog.get_logger(__name__)

_RICH_METHODS = {"sendMessage": "sendRichMessage"}
"""The others take both kinds."""


class Messages:
    """What one bot says. Every method may raise any `PlatformError`."""

    def __init__(self, wire: Wire, clock: Clock) -> None:
        self._wire = wire
        self._clock = clock
        self._previews = Previews(wire)
        self._file_messages = FileMessages(wire)
        self._guests = Guests(wire)
        self._whispers = Whispers(wire)

    async def send(self, place: Place, page: Page, address: Address) -> str:
        """See `Platform.send`."""
        if place.kind is PlaceKind.GUEST:
            return await self._guests.answer(place, page, address.receipt)
        told = await self._whisper(place, page, address)
        if told is not None:
            return told
        if address.private and not place.kind.private:
            raise NotAlone("It is for one person only, and everyone would read it.")
        return str((await self._send(place, page, reply_to(address.reply_to)))["message_id"])

    async def edit(self, place: Place, remote_id: str, page: Page) -> None:
        """See `Platform.edit`."""
        if place.kind is PlaceKind.GUEST:
            await self._guests.edit(place, remote_id, page)
            return
        whisper = Whisper.named(remote_id)
        if whisper is not None and page.file is not None:
            raise MessageGone("What one person alone sees keeps its kind.")
        with accepting_unmodified():
            if whisper is not None:
                await self._show(place, "editEphemeralMessageText", page, whisper.params)
            elif page.file is not None:
                await self._file_messages.edit(place, remote_id, page, page.file)
            else:
                await self._show(place, "editMessageText", page, {"message_id": remote_id})

    async def delete(self, place: Place, remote_id: str) -> None:
        """See `Platform.delete`."""
        if place.kind is PlaceKind.GUEST:
            raise Unreachable("A guest cannot delete what it has said.")
        with suppress(MessageGone):
            if (whisper := Whisper.named(remote_id)) is not None:
                await self._whispers.delete(place, whisper)
            else:
                await self._wire.final(place, Call("deleteMessage", chat_id=place.chat, message_id=remote_id))

    async def preview(self, place: Place, target: PreviewTarget, latest: Callable[[], Page]) -> str | None:
        """See `Platform.preview`."""
        if place.kind is PlaceKind.GUEST:
            return await self._guests.preview(place, target, latest)
        return await self._previews.show(place, target, latest)

    async def _whisper(self, place: Place, page: Page, address: Address) -> str | None:
        """Send a page so that its reader alone sees it; None where that cannot be."""
        now_s = self._clock.monotonic()
        params = await self._whispers.params(place, address, now_s)
        if params is None:
            return None
        try:
            message = await self._send(place, page, params)
        except (Rejected, Unreachable, MessageGone) as error:
            self._whispers.note_refused(place, address, now_s, error)
            return None
        told = whisper_in(message, int(address.reader))
        return told.remote_id if told is not None else str(message["message_id"])

    async def _send(self, place: Place, page: Page, beside: Params) -> Any:
        params = {**thread_of(place), **beside}
        if page.silent:
            params["disable_notification"] = True
        if page.file is not None:
            return await self._file_messages.send(place, page, page.file, params)
        return await self._show(place, "sendMessage", page, params)

    async def _show(self, place: Place, method: str, page: Page, params: Params) -> Any:
        """Show a page for good. Formatting that Telegram refuses is left out: the words matter more."""
        if page.rich:
            return await self._show_rich(place, _RICH_METHODS.get(method, method), page, params)
        content = content_of(page)
        try:
            return await self._wire.final(place, Call(method, chat_id=place.chat, **content, **params))
        except Rejected as error:
            if "entities" not in content or not blames_entities(error):
                raise
            log.warning("formatting_refused", chat=place.chat, reason=error)
        del content["entities"]
        return await self._wire.final(place, Call(method, chat_id=place.chat, **content, **params))

    async def _show_rich(self, place: Place, method: str, page: Page, params: Params) -> Any:
        content = {"rich_message": rich_render.render(page.blocks), **keyboard_of(page)}
        try:
            return await self._wire.final(place, Call(method, chat_id=place.chat, **content, **params))
        except Rejected as error:
            if is_unmodified(error):
                raise
            raise RichRefused(str(error)) from error
        except NotSent as error:
            # An older server does not know the method.
            if isinstance(error.__cause__, TelegramNotFound):
                raise RichRefused(str(error)) from error
            raise
