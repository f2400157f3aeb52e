"""Pages that carry a file: pictures as photos, speech as voice messages, where Telegram takes them so; all else, and
what it refuses so, as documents. A page's words stand below its file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from bot.domain.blocks import OutFile, Page
from bot.domain.errors import Rejected
from bot.domain.places import Place
from handlers.telegram.calls import Call
from handlers.telegram.errors import blames_entities, is_unmodified
from handlers.telegram.params import Params, keyboard_of, words_of
from handlers.telegram.wire import Wire

log = structlog.get_logger(__name__)

PHOTO_BYTES = 10_000_000
_PHOTOS = frozenset(("image/jpeg", "image/png", "image/webp"))
_LONGEST_CAPTION = 512
"""Code points of what a picture shows, for those who cannot see it: Telegram takes 1,024 UTF-16 units."""


@dataclass(frozen=True, slots=True)
class _Form:
    """One way to show a file: Telegram's name for it, and what goes along."""

    kind: str
    beside: Params


class FileMessages:
    """One bot's messages with files. Each method may raise any `PlatformError`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def send(self, place: Place, page: Page, file: OutFile, params: Params) -> Any:
        """Send a page with its file; `params`: what it replies to and the like."""

        def call(form: _Form, caption: Params) -> Call:
            shown = {form.kind: file, **form.beside, **caption, **keyboard_of(page), **params}
            return Call(f"send{form.kind.capitalize()}", chat_id=place.chat, **shown)

        return await self._first_taken(place, page, file, [*_recorded(file), *_forms(file)], call)

    async def edit(self, place: Place, remote_id: str, page: Page, file: OutFile) -> None:
        """Put a page with its file into a message, which may show text or another file."""

        def call(form: _Form, caption: Params) -> Call:
            media = {"type": form.kind, "media": "attach://file", **caption}
            shown = {"message_id": remote_id, "media": media, "file": file, **keyboard_of(page)}
            return Call("editMessageMedia", chat_id=place.chat, **shown)

        await self._first_taken(place, page, file, _forms(file), call)

    async def _first_taken(
        self, place: Place, page: Page, file: OutFile, forms: list[_Form], call: Callable[[_Form, Params], Call]
    ) -> Any:
        """Make the call in the first form that Telegram takes."""
        for form in forms[:-1]:
            try:
                return await self._captioned(place, page, file, partial(call, form))
            except Rejected as error:
                if is_unmodified(error):
                    raise
                # Some people let nobody send them voice messages; some pictures are no photos.
                log.warning("file_refused", kind=form.kind, chat=place.chat, reason=error)
        return await self._captioned(place, page, file, partial(call, forms[-1]))

    async def _captioned(self, place: Place, page: Page, file: OutFile, call: Callable[[Params], Call]) -> Any:
        """Make a call with the words. Formatting that Telegram refuses is left out: the words matter more."""
        caption = _caption(page, file)
        try:
            return await self._wire.final(place, call(caption))
        except Rejected as error:
            if "caption_entities" not in caption or not blames_entities(error):
                raise
            log.warning("formatting_refused", chat=place.chat, reason=error)
        return await self._wire.final(place, call({"caption": caption["caption"]}))


def _recorded(file: OutFile) -> list[_Form]:
    """A voice message, where it is one; an edit cannot make one."""
    if file.voice is None:
        return []
    # Telegram does not look at how long a recording is.
    return [_Form("voice", {"duration": max(1, round(file.voice.seconds))})]


def _forms(file: OutFile) -> list[_Form]:
    """In which forms a file is tried, best first."""
    is_photo = file.media_type in _PHOTOS and len(file.data) <= PHOTO_BYTES
    return [*([_Form("photo", {})] if is_photo else ()), _Form("document", {})]


def _caption(page: Page, file: OutFile) -> Params:
    """The words below a file; without any, what it shows."""
    if not page.blocks:
        return {"caption": file.words[:_LONGEST_CAPTION]} if file.words else {}
    words = words_of(page)
    return {"caption": words["text"]} | ({"caption_entities": words["entities"]} if "entities" in words else {})
