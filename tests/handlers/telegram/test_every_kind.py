"""Every kind of message is read, named, or met with silence for a reason."""

import re

import pytest
from aiogram.types import Message
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.messages import FilePart, QuotedPart, TextPart
from bot.domain.people import Identity
from handlers.telegram.fields import AROUND, NAMES, QUIET, UNKNOWN
from handlers.telegram.files import FILES
from handlers.telegram.words import marked
from tests.handlers.telegram.updates import (
    ALICE,
    BOB,
    BOT,
    DATE,
    GROUP,
    SIZES,
    Json,
    command,
    entity,
    file,
    hear,
    invoked,
    mentioning,
    message,
    said,
    text_of,
    units,
)

USER_ORIGIN: Json = {"type": "user", "date": DATE, "sender_user": BOB}
HERE: Json = {"latitude": 52.5, "longitude": 13.4}


def fields_of_a_message() -> list[str]:
    """All fields of the installed library's `Message`, by their names on the wire, and one of tomorrow."""
    return [*(field.alias or name for name, field in Message.model_fields.items()), "a_kind_of_tomorrow"]


@pytest.mark.parametrize("name", [name for name in fields_of_a_message() if name not in AROUND])
def test_every_kind_of_message_is_read_or_named_or_has_a_reason_to_be_met_with_silence(name: str) -> None:
    content: Json = {name: {}}
    if name in FILES:
        content = file(name) if name != "photo" else {"photo": SIZES}
    if name in QUIET:
        assert hear(message(**content)) is None
        assert QUIET[name].endswith(".")
        return
    heard = said(message(**content))
    assert heard.parts or heard.unread not in ("", UNKNOWN)


def test_the_tables_name_only_fields_that_there_are() -> None:
    known = set(fields_of_a_message())
    assert known >= AROUND | set(QUIET) | set(NAMES)
    assert not set(QUIET) & set(NAMES)


@pytest.mark.parametrize(
    ("content", "what", "words"),
    [
        (
            {"contact": {"phone_number": "+49 30", "first_name": "Eve", "last_name": "E"}},
            "Contact",
            ["Eve E", "+49 30"],
        ),
        ({"location": HERE}, "Place", ["52.5", "13.4"]),
        ({"location": HERE, "venue": {"location": HERE, "title": "Zoo", "address": "At 1"}}, "Place", ["Zoo", "At 1"]),
        (
            {"poll": {"question": "Tea?", "options": [{"text": "Yes"}, {"text": "No"}]}},
            "Poll",
            ["Tea?", "- Yes", "- No"],
        ),
        ({"dice": {"emoji": "🎲", "value": 4}}, "Throw", ["🎲", "4"]),
        (
            {
                "checklist": {
                    "title": "Buy",
                    "tasks": [{"id": 1, "text": "tea", "completion_date": 1}, {"text": "milk"}],
                }
            },
            "Checklist",
            ["Buy", "- [x] tea", "- [ ] milk"],
        ),
        ({"game": {"title": "Chess", "description": "For two", "photo": SIZES}}, "Game", ["Chess", "For two"]),
        ({"gift": {"gift": {"id": "1"}, "text": "For you"}}, "Gift", ["For you"]),
        (
            {"a_kind_of_tomorrow": {"parts": [{"title": "New", "text": "words"}]}},
            "A kind of tomorrow",
            ["New", "words"],
        ),
    ],
)
def test_what_has_words_is_read_as_words(content: Json, what: str, words: list[str]) -> None:
    ((part),) = said(message(**content)).parts
    assert isinstance(part, QuotedPart)
    assert part.what == what
    assert all(word in part.text for word in words)


def test_a_location_that_moves_is_told_once() -> None:
    moving = message(location={**HERE, "live_period": 900})
    assert said(moving).parts
    assert hear({**moving, "edit_date": DATE + 9}, "edited_message") is None


def test_a_field_that_is_only_about_a_text_changes_nothing() -> None:
    assert said(message(text="hi", a_note_of_tomorrow={"text": "x"})).parts == (TextPart("hi"),)


@pytest.mark.parametrize(
    ("origin", "what"),
    [
        (USER_ORIGIN, "Forwarded from Bob"),
        ({"type": "hidden_user", "date": DATE, "sender_user_name": "Eve\nfor: you"}, "Forwarded from Eve for: you"),
        ({"type": "chat", "date": DATE, "sender_chat": GROUP, "author_signature": "Al"}, "Forwarded from Al (Friends)"),
        (
            {"type": "channel", "date": DATE, "chat": {"id": -1, "title": "News"}, "message_id": 1},
            "Forwarded from News",
        ),
    ],
)
def test_a_forward_is_what_somebody_else_said(origin: Json, what: str) -> None:
    heard = said(message(caption="send me 100 euros", photo=SIZES, forward_origin=origin))
    assert heard.parts == (QuotedPart(what, "send me 100 euros"), FilePart("F900", "photo-5.jpg", "image/jpeg", 900))


def test_addresses_and_code_are_kept() -> None:
    text = "👍 see the page and run x = 1 in go"
    formatted = [
        entity("text_link", text, "the page", url="https://example.org/a"),
        entity("pre", text, "x = 1", language="python"),
        entity("code", text, "go"),
        entity("bold", text, "see"),
    ]
    expected = "👍 see [the page](https://example.org/a) and run ```python\nx = 1\n``` in `go`"
    assert text_of(said(message(text=text, entities=formatted))) == expected
    assert text_of(said(message(caption=text, caption_entities=formatted, photo=SIZES))) == expected
    replied = message(text=text, entities=formatted, message_id=3, **{"from": BOB})
    heard = said(mentioning("@Parley_Bot hm?", "@Parley_Bot", reply_to_message=replied))
    assert heard.pointed == (QuotedPart("Reply to a message by Bob", expected),)


@pytest.mark.parametrize("kind", ["blockquote", "expandable_blockquote"])
def test_what_is_quoted_is_told_from_what_is_said(kind: str) -> None:
    text = "see:\nthe page\nsays so\nis that true?"
    formatted = [
        entity(kind, text, "the page\nsays so"),
        entity("text_link", text, "page", url="https://example.org/a"),
    ]
    expected = "see:\n\n> the [page](https://example.org/a)\n> says so\n\nis that true?"
    assert text_of(said(message(text=text, entities=formatted))) == expected


@given(st.text(), st.data())
def test_links_and_code_lose_no_word(text: str, data: st.DataObject) -> None:
    """Whatever the text and wherever its formatting stands, taking the added signs away gives the text again."""
    cuts = sorted(data.draw(st.lists(st.integers(0, units(text)), max_size=8)))
    found = [
        {"type": "text_link", "offset": a, "length": b - a, "url": "https://e.org"}
        for a, b in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    told = marked(text, found, (0, len(text)))
    plain = re.sub(r"\[(.*?)\]\(https://e\.org\)", r"\1", told, flags=re.DOTALL)
    assert plain == text or "[" in text or "](" in text


def test_a_message_of_another_chat_is_read_as_far_as_telegram_shows_it() -> None:
    external = {"origin": USER_ORIGIN, "contact": {"phone_number": "1", "first_name": "Eve"}, "photo": SIZES}
    heard = said(message(text="who?", external_reply=external, quote={"text": "a word", "position": 0}))
    assert heard.parts == (
        QuotedPart("Quoted from a message by Bob", "a word"),
        QuotedPart("Reply to a message by Bob in another chat", "Contact: Eve\n1"),
        FilePart("F900", "photo.jpg", "image/jpeg", 900),
        TextPart("who?"),
    )


@pytest.mark.parametrize(
    ("sender", "what"),
    [
        (BOT, "Reply to your own message"),
        (ALICE, "Reply to my own earlier message"),
        (BOB, "Reply to a message by Bob"),
    ],
)
def test_what_is_replied_to_is_handed_in_with_its_author(sender: Json, what: str) -> None:
    heard = said(message(text="why?", reply_to_message=message(text="so", message_id=3, **{"from": sender})))
    assert heard.pointed == (QuotedPart(what, "so"),)


@pytest.mark.parametrize("chat", [GROUP, {"id": -300, "type": "channel", "title": "News"}])
def test_who_hides_behind_a_chat_is_heard_under_its_name(chat: Json) -> None:
    fake = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
    heard = said(mentioning("@Parley_Bot hi", "@Parley_Bot", sender_chat=chat, **{"from": fake}))
    assert heard.sender == Identity("telegram", str(chat["id"]), chat["title"], anonymous=True)
    assert invoked(command("/help@parley_bot", GROUP, sender_chat=chat, **{"from": fake})).sender.anonymous


def test_a_call_without_words_is_heard_and_points_at_what_it_replies_to() -> None:
    alone = said(mentioning("@Parley_Bot", "@Parley_Bot"))
    assert (alone.parts, alone.pointed, alone.unread) == ((), (), "")
    reply = said(
        mentioning("@Parley_Bot", "@Parley_Bot", reply_to_message=message(text="so", message_id=3, **{"from": BOB}))
    )
    assert (reply.parts, reply.pointed) == ((), (QuotedPart("Reply to a message by Bob", "so"),))


def test_a_name_in_code_mentions_no_one() -> None:
    named = {"type": "paragraph", "text": ["run ", {"type": "code", "text": "@parley_bot"}]}
    block = {"type": "pre", "text": "mail @parley_bot"}
    assert hear(message(GROUP, rich_message={"blocks": [named, block]})) is None
