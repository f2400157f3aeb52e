"""An update cut down to what is read of it: validating the rest would cost several times as much, and a form of it that
is newer than the library would make a plain question unreadable.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from aiogram.types import Message

from handlers.telegram.fields import ENVELOPE
from handlers.telegram.words import Json

_MESSAGES = ("message", "edited_message", "guest_message")
KINDS = (*_MESSAGES, "callback_query", "stopped_message_generation", "managed_bot")
"""The updates that are read; no others need be asked for."""

_PRESSED = (
    "message_id", "date", "chat", "from", "message_thread_id", "is_topic_message", "ephemeral_message_id",
)  # fmt: skip

# Under this name the whole message stays plain data. aiogram's classes would refuse a form that is newer than they are;
# and those for rich messages try every kind of text for every piece of it: bold within bold within bold, six deep,
# takes minutes, and everybody's messages would wait for that.
PLAIN = "plain"


def essentials(raw: Mapping[str, Any]) -> dict[str, Any] | None:
    """The update without what nobody looks at; None if nothing of it is looked at. The original stays as it is.

    What is not shaped like an update raises TypeError, AttributeError or KeyError.
    """
    if not isinstance(raw, Mapping):
        raise TypeError("not an update")
    kind = next((kind for kind in KINDS if kind in raw), None)
    if kind is None:
        return None
    content = raw[kind]
    if kind == "callback_query":
        content = dict(content)
        if "message" in content:
            content["message"] = _only(_PRESSED, content["message"])
    elif kind in _MESSAGES:
        content = {**envelope(content), PLAIN: content}
    return {"update_id": raw["update_id"], kind: content}


def envelope(message: Mapping[str, Any]) -> dict[str, Any]:
    """Who has sent a message, where and when, without what it says."""
    return _only(ENVELOPE, message)


def plain_of(message: Message) -> Json:
    """The message as it came."""
    plain: Json = (message.model_extra or {}).get(PLAIN, {})
    return plain


def _only(names: Iterable[str], raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: raw[name] for name in names if name in raw}
