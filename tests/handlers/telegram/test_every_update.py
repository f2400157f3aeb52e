"""Whatever is an update can be read."""

from typing import Any

from aiogram.types import Update
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.incoming import Bookmarks, Deleted, HeardTo
from handlers.telegram.essentials import KINDS, PLAIN
from handlers.telegram.inbound import read
from tests.handlers.telegram.updates import (
    ALICE,
    BOB,
    BOT,
    FORUM,
    GROUP,
    ME,
    OTHER_BOT,
    PRIVATE,
    SIZES,
    Json,
    blocks,
    message,
    pressed,
    said,
    take,
    text_of,
    texts,
)

numbers = st.integers(-(2**52), 2**52)
users = st.sampled_from([ALICE, BOB, BOT, OTHER_BOT])
chats = st.sampled_from([PRIVATE, GROUP, FORUM, {"id": -300, "type": "channel"}, {"id": 1, "type": "tomorrow"}])
entities = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["mention", "text_mention", "bot_command", "bold", "tomorrow"]),
            "offset": st.integers(-2, 40),
            "length": st.integers(-2, 40),
        },
        optional={"user": users},
    ),
    max_size=3,
)


def messages(replies: bool = True) -> st.SearchStrategy[Json]:
    optional: dict[str, st.SearchStrategy[Any]] = {
        "from": users,
        "sender_chat": chats,
        "text": texts,
        "entities": entities,
        "caption": texts,
        "caption_entities": entities,
        "message_thread_id": numbers,
        "is_topic_message": st.booleans(),
        "edit_date": st.integers(0, 2**31),
        "media_group_id": texts,
        "photo": st.just(SIZES) | st.just([]),
        "quote": st.builds(lambda text: {"text": text, "position": 0}, texts),
        "rich_message": st.builds(lambda b: {"blocks": b}, blocks),
        "new_chat_title": texts,
    }
    if replies:
        optional["reply_to_message"] = messages(replies=False)
    required = {"message_id": numbers, "date": st.integers(0, 2**31), "chat": chats}
    return st.fixed_dictionaries(required, optional=optional)


def _with_plain(content: Json) -> Json:
    """All that Telegram said, and beside it as data what is read so: the library would take minutes for some of it."""
    told = {key: value for key, value in content.items() if key not in ("rich_message", "reply_to_message")}
    if "message" in told:
        told["message"] = told["message"] and _with_plain(told["message"])
    return {**told, PLAIN: content}


def test_a_deeply_nested_rich_message_holds_up_no_one() -> None:
    """Counted, not timed: the library's own classes would be asked 26 times as often with each level."""
    text: Json | str = "deep"
    for _ in range(16):
        text = {"type": "bold", "text": text}
    block: Json = {"type": "paragraph", "text": text}
    for _ in range(16):
        block = {"type": "blockquote", "blocks": [block]}
    assert "deep" in text_of(said(message(rich_message={"blocks": [block]})))


updates = st.one_of(
    st.builds(lambda m, kind: {"update_id": 1, kind: m}, messages(), st.sampled_from(KINDS[:2])),
    st.builds(
        lambda m, d: {"update_id": 1, "callback_query": pressed(d, m)}, st.none() | messages(), st.none() | texts
    ),
    st.builds(
        lambda chat, n: {"update_id": 1, "stopped_message_generation": {"chat": chat, "draft_id": n}}, chats, numbers
    ),
)


@given(updates)
def test_whatever_is_an_update_can_be_read(raw: Json) -> None:
    plain = {key: _with_plain(value) if key in KINDS else value for key, value in raw.items()}
    whole = read(Update.model_validate(plain), ME)
    assert take(raw) == whole
    if whole is not None:
        assert not isinstance(whole, HeardTo | Bookmarks | Deleted)
        assert whole.event_key == "1"
