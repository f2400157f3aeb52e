"""Telegram's updates as JSON, and what is read of them, through the same two steps as in the polling loop."""

from typing import Any

from aiogram.types import Update
from hypothesis import strategies as st

from bot.domain.incoming import Inbound, Incoming, Invocation
from bot.domain.messages import TextPart
from handlers.telegram.essentials import essentials
from handlers.telegram.inbound import read
from handlers.telegram.origins import Me
from handlers.telegram.unfinished import Unfinished

ME = Me("42", "Parley_Bot", frozenset({"new", "help"}))

Json = dict[str, Any]

ALICE: Json = {"id": 7, "is_bot": False, "first_name": "Alice", "last_name": "Ames", "language_code": "de"}
BOB: Json = {"id": 8, "is_bot": False, "first_name": "Bob"}
BOT: Json = {"id": 42, "is_bot": True, "first_name": "Parley", "username": "Parley_Bot"}
OTHER_BOT: Json = {"id": 43, "is_bot": True, "first_name": "Other", "username": "other_bot"}

PRIVATE: Json = {"id": 7, "type": "private", "first_name": "Alice"}
GROUP: Json = {"id": -100, "type": "supergroup", "title": "Friends"}
FORUM: Json = {"id": -200, "type": "supergroup", "title": "Forum", "is_forum": True}

DATE = 1_795_176_000


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def entity(kind: str, text: str, part: str, **more: Any) -> Json:
    return {"type": kind, "offset": units(text[: text.index(part)]), "length": units(part), **more}


def message(chat: Json = PRIVATE, **fields: Any) -> Json:
    return {"message_id": 5, "date": DATE, "chat": chat, "from": ALICE, **fields}


def mentioning(text: str, *names: str, chat: Json = GROUP, **fields: Any) -> Json:
    return message(chat, text=text, entities=[entity("mention", text, name) for name in names], **fields)


def command(text: str, chat: Json = PRIVATE, **fields: Any) -> Json:
    return message(chat, text=text, entities=[entity("bot_command", text, text.split()[0])], **fields)


def take(raw: Json, unfinished: Unfinished | None = None) -> Incoming | None:
    wanted = essentials(raw)
    return None if wanted is None else read(Update.model_validate(wanted), ME, unfinished)


def hear(content: Json, kind: str = "message") -> Incoming | None:
    return take({"update_id": 1, kind: content})


def said(content: Json, kind: str = "message") -> Inbound:
    incoming = hear(content, kind)
    assert isinstance(incoming, Inbound)
    return incoming


def invoked(content: Json, kind: str = "message") -> Invocation:
    incoming = hear(content, kind)
    assert isinstance(incoming, Invocation)
    return incoming


def text_of(incoming: Inbound) -> str:
    return "|".join(part.text for part in incoming.parts if isinstance(part, TextPart))


# What is said


def file(kind: str, **more: Any) -> Json:
    return {
        kind: {"file_id": "F", "file_unique_id": "f", "duration": 1, "width": 1, "height": 1, "length": 1, **more},
    }


SIZES = [{"file_id": f"F{n}", "file_unique_id": f"f{n}", "width": n, "height": n, "file_size": n} for n in (9, 900, 90)]


STICKER: Json = {"file_id": "S", "file_unique_id": "s", "type": "regular", "width": 1, "height": 1}


def pressed(data: str | None, under: Json | None) -> Json:
    query: Json = {"id": "Q", "from": ALICE, "chat_instance": "1", "data": data, "message": under}
    return {name: value for name, value in query.items() if value is not None}


texts = st.text(max_size=30) | st.sampled_from(["@Parley_Bot hi", "/new x", "👍🏽 @parley_bot", "/new@parley_bot"])
inline = st.recursive(
    texts, lambda inner: st.lists(inner, max_size=3) | st.builds(lambda text: {"type": "bold", "text": text}, inner)
)
blocks = st.recursive(
    st.lists(st.builds(lambda text: {"type": "paragraph", "text": text}, inline), max_size=2),
    lambda inner: st.lists(
        st.builds(lambda b: {"type": "blockquote", "blocks": b}, inner)
        | st.builds(lambda b, label: {"type": "list", "items": [{"label": label, "blocks": b}]}, inner, texts)
        | st.builds(
            lambda t: {"type": "table", "cells": [[{"align": "left", "valign": "top", "text": t}]]},
            inline,
        ),
        max_size=2,
    ),
    max_leaves=5,
)
