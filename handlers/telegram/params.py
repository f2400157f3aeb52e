"""What a call about a page is given, under Telegram's names."""

from typing import Any

from bot.domain.blocks import Page
from bot.domain.places import Place
from handlers.telegram.commands import keyboard
from handlers.telegram.render import render

Params = dict[str, Any]
"""Parameters of a call."""

NO_LINK_PREVIEW = {"is_disabled": True}


def words_of(page: Page) -> Params:
    """Its text and entities."""
    text, entities = render(page.blocks)
    if not entities:
        return {"text": text}
    return {"text": text, "entities": [entity.to_data() for entity in entities]}


def content_of(page: Page) -> Params:
    """Its text, and the buttons below it."""
    content = words_of(page)
    content["link_preview_options"] = NO_LINK_PREVIEW
    return content | keyboard_of(page)


def keyboard_of(page: Page) -> Params:
    """The buttons below a page; nothing if it has none."""
    markup = keyboard(page.buttons)
    return {"reply_markup": markup} if markup is not None else {}


def thread_of(place: Place) -> Params:
    """Where in the chat."""
    return {"message_thread_id": place.thread} if place.thread else {}


def reply_to(remote_id: str | None) -> Params:
    """The message that is replied to, if it still exists."""
    if remote_id is None:
        return {}
    return {"reply_parameters": {"message_id": int(remote_id), "allow_sending_without_reply": True}}
