"""Buttons below what a guest has said. A press names the message and not its chat, so each button says that itself.

A tampered app may name any other chat: what can be done there is what the presser may do with sessions of their own.
"""

from bot.domain.blocks import Page
from bot.domain.places import Place
from handlers.telegram.commands import keyboard
from handlers.telegram.params import Params

DATA_BYTES = 64 - len("@-1001234567890123")
"""What is left for a command of the 64 bytes of a button."""

_GUEST = "guest:"
"""Chats of the bot's own may have the same id."""


def guest_chat(number: object) -> str:
    """What the engine calls a chat that the bot is not in."""
    return f"{_GUEST}{number}"


def buttons_of(page: Page, place: Place) -> Params:
    """The buttons below a page; nothing if it has none."""
    markup = keyboard(page.buttons)
    if markup is None:
        return {}
    for button in (button for row in markup["inline_keyboard"] for button in row if "callback_data" in button):
        button["callback_data"] += f"@{place.chat.removeprefix(_GUEST)}"
    return {"reply_markup": markup}


def split_data(data: str) -> tuple[str, str] | None:
    """What a pressed button calls, and the chat that it names; None for anything that no button of ours holds."""
    call, _, chat = data.rpartition("@")
    return (call, guest_chat(chat)) if chat.removeprefix("-").isdecimal() and chat.isascii() else None


def receipt_of(query: str, message: str) -> str:
    """The receipt of a press on that message: what answers it goes into the message."""
    return f"{query} {message}"


def pressed_message(receipt: str) -> str:
    """The message on which there was a press; "" for the receipt of anything else."""
    return receipt.partition(" ")[2]


def query_of(receipt: str) -> str:
    """The query of a press."""
    return receipt.partition(" ")[0]
