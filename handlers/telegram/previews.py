"""Growing answers.

In private chats a growing answer is a draft, which Telegram animates, forgets after 30 seconds and drops when the
answer is sent. Elsewhere it is a message that is edited, with a Stop button.
"""

from collections.abc import Callable

from bot.contracts.platform import PreviewTarget
from bot.domain.blocks import Page
from bot.domain.places import Place
from bot.pacing import Urgency
from handlers.telegram.calls import Call
from handlers.telegram.errors import accepting_unmodified
from handlers.telegram.params import content_of, reply_to, thread_of, words_of
from handlers.telegram.wire import PREVIEW_TIMEOUT_S, Wire


class Previews:
    """Shows what has come of an answer so far."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def show(self, place: Place, target: PreviewTarget, latest: Callable[[], Page]) -> str | None:
        """See `Platform.preview`."""
        if place.kind.private and not target.as_message:
            await self._draft(place, target, latest)
            return None
        if target.remote_id is None:
            return await self._first_preview(place, target, latest)
        await self._next_preview(place, target.remote_id, target, latest)
        return None

    async def _draft(self, place: Place, target: PreviewTarget, latest: Callable[[], Page]) -> None:
        # A stopped draft stays until the final message takes its place, so that nothing flickers.
        params = {**thread_of(place), "draft_id": target.turn, "can_stop": True, "keep_on_stop": True}
        await self._wire.call(
            place,
            Urgency.PREVIEW if target.shown else Urgency.FIRST,
            lambda: Call("sendMessageDraft", chat_id=place.chat, **words_of(latest()), **params),
            timeout_s=PREVIEW_TIMEOUT_S,
        )

    async def _first_preview(self, place: Place, target: PreviewTarget, latest: Callable[[], Page]) -> str:
        params = {**thread_of(place), **reply_to(target.reply_to)}
        message = await self._wire.call(
            place,
            Urgency.FIRST,
            lambda: Call("sendMessage", chat_id=place.chat, **content_of(stoppable(latest(), target)), **params),
            timeout_s=PREVIEW_TIMEOUT_S,
        )
        return str(message["message_id"])

    async def _next_preview(
        self, place: Place, remote_id: str, target: PreviewTarget, latest: Callable[[], Page]
    ) -> None:
        with accepting_unmodified():
            await self._wire.call(
                place,
                Urgency.PREVIEW,
                lambda: Call(
                    "editMessageText",
                    chat_id=place.chat,
                    message_id=remote_id,
                    **content_of(stoppable(latest(), target)),
                ),
                timeout_s=PREVIEW_TIMEOUT_S,
            )


def stoppable(page: Page, target: PreviewTarget) -> Page:
    """A page of a growing answer with the button that stops it."""
    return Page(page.blocks, (*page.buttons, (target.stop,)))
