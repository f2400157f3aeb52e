"""Answering where the bot is a guest: each question once, by its query, with a message that can be edited afterwards.

A file cannot be uploaded there. What answers a press on such a message goes into that message.
"""

from collections.abc import Callable

from bot.contracts.platform import PreviewTarget
from bot.domain.blocks import Page
from bot.domain.errors import Rejected, Unreachable
from bot.domain.places import Place
from bot.pacing import Urgency
from handlers.telegram.calls import Call
from handlers.telegram.errors import accepting_unmodified, blames_entities
from handlers.telegram.guest_buttons import buttons_of, pressed_message
from handlers.telegram.params import NO_LINK_PREVIEW, Params, words_of
from handlers.telegram.previews import stoppable
from handlers.telegram.wire import FINAL_TIMEOUT_S, PREVIEW_TIMEOUT_S, Wire


class Guests:
    """What one bot says in chats that it is not in."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def answer(self, place: Place, page: Page, query: str) -> str:
        """Answer a query; returns the id of the message.

        Raises:
            Unreachable: it is answered already, or too old, or there is none.
            PlatformError: as every call.
        """
        self._must_fit(page, query)
        if message := pressed_message(query):
            await self.edit(place, message, page)
            return message
        try:
            return await self._answer(place, query, Urgency.FINAL, lambda: _said(page, place), FINAL_TIMEOUT_S)
        except Rejected as error:
            if not blames_entities(error):
                raise
        return await self._answer(place, query, Urgency.FINAL, lambda: _bare(page, place), FINAL_TIMEOUT_S)

    async def edit(self, place: Place, message: str, page: Page) -> None:
        """Give such a message its final words. Raises PlatformError."""
        self._must_fit(page, message)
        with accepting_unmodified():
            try:
                await self._edit(place, message, Urgency.FINAL, lambda: _said(page, place), FINAL_TIMEOUT_S)
            except Rejected as error:
                if not blames_entities(error):
                    raise
                await self._edit(place, message, Urgency.FINAL, lambda: _bare(page, place), FINAL_TIMEOUT_S)

    async def preview(self, place: Place, target: PreviewTarget, latest: Callable[[], Page]) -> str | None:
        """Show a growing answer; returns the message's id where this begins it. Raises PlatformError."""

        def words() -> Params:
            return _said(stoppable(latest(), target), place)

        pressed = pressed_message(target.receipt)
        message = target.remote_id or pressed
        if not message:
            return await self._answer(place, target.receipt, Urgency.FIRST, words, PREVIEW_TIMEOUT_S)
        with accepting_unmodified():
            await self._edit(place, message, Urgency.PREVIEW, words, PREVIEW_TIMEOUT_S)
        return message if target.remote_id is None else None

    def _must_fit(self, page: Page, way: str) -> None:
        if not way or page.file is not None:
            raise Unreachable("A guest answers what it is asked, in words.")

    async def _answer(
        self, place: Place, query: str, urgency: Urgency, words: Callable[[], Params], timeout_s: int
    ) -> str:
        sent = await self._wire.call(
            place,
            urgency,
            lambda: Call("answerGuestQuery", guest_query_id=query, result=_article(words())),
            timeout_s=timeout_s,
        )
        return str(sent["inline_message_id"])

    async def _edit(
        self, place: Place, message: str, urgency: Urgency, words: Callable[[], Params], timeout_s: int
    ) -> None:
        await self._wire.call(
            place,
            urgency,
            lambda: Call("editMessageText", inline_message_id=message, link_preview_options=NO_LINK_PREVIEW, **words()),
            timeout_s=timeout_s,
        )


def _article(words: Params) -> Params:
    """The message as a query wants it; nobody sees the title."""
    named = {"message_text": words["text"], "link_preview_options": NO_LINK_PREVIEW}
    content = named | ({"entities": words["entities"]} if "entities" in words else {})
    below = {"reply_markup": words["reply_markup"]} if "reply_markup" in words else {}
    return {"type": "article", "id": "answer", "title": "…", "input_message_content": content, **below}


def _said(page: Page, place: Place) -> Params:
    """A page's words, and the buttons below them."""
    return {**words_of(page), **buttons_of(page, place)}


def _bare(page: Page, place: Place) -> Params:
    """Its text without any formatting, which Telegram has refused: the words matter more."""
    return {"text": words_of(page)["text"], **buttons_of(page, place)}
