"""What is read of Telegram's updates: each as the real JSON, through the same two steps as in the polling loop."""

import re
from typing import Any

import pytest
from aiogram.types import Message, Update
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ids import TurnId, UnixMs
from bot.domain.incoming import Bookmarks, Deleted, HeardTo, Inbound, Incoming, Invocation, StopRequest
from bot.domain.messages import FilePart, Part, QuotedPart, TextPart
from bot.domain.people import Identity
from bot.domain.places import Place, PlaceKind
from handlers.telegram.fields import AROUND, NAMES, QUIET, UNKNOWN
from handlers.telegram.files import FILES
from handlers.telegram.inbound import KINDS, PLAIN, Me, Unfinished, essentials, read
from handlers.telegram.updates import read_update
from handlers.telegram.words import marked

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


# Private chats


def test_a_private_message_is_read_whole() -> None:
    assert hear(message(text="hi")) == Inbound(
        event_key="1",
        place=Place("telegram", "42", "7", "", PlaceKind.PRIVATE),
        sender=Identity("telegram", "7", "Alice Ames", "de"),
        remote_id="5",
        parts=(TextPart("hi"),),
        sent_at=UnixMs(DATE * 1000),
    )


def place_kind(content: Json) -> tuple[PlaceKind, str, str]:
    place = said(content).place
    return place.kind, place.chat, place.thread


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (message(text="hi"), (PlaceKind.PRIVATE, "7", "")),
        (message(text="hi", message_thread_id=3, is_topic_message=True), (PlaceKind.PRIVATE_THREAD, "7", "3")),
        (message(text="hi", message_thread_id=3), (PlaceKind.PRIVATE_THREAD, "7", "3")),
        (mentioning("@Parley_Bot hi", "@Parley_Bot"), (PlaceKind.GROUP, "-100", "")),
        (
            mentioning("@Parley_Bot hi", "@Parley_Bot", chat={"id": -5, "type": "group", "title": "Old"}),
            (PlaceKind.GROUP, "-5", ""),
        ),
        (
            mentioning("@Parley_Bot hi", "@Parley_Bot", chat=FORUM, message_thread_id=9, is_topic_message=True),
            (PlaceKind.GROUP_THREAD, "-200", "9"),
        ),
        (mentioning("@Parley_Bot hi", "@Parley_Bot", chat=FORUM), (PlaceKind.GROUP, "-200", "")),
        (
            mentioning("@Parley_Bot hi", "@Parley_Bot", chat=FORUM, message_thread_id=1, is_topic_message=True),
            (PlaceKind.GROUP, "-200", ""),
        ),
        # A plain supergroup numbers threads of replies, which are no topics.
        (mentioning("@Parley_Bot hi", "@Parley_Bot", message_thread_id=9), (PlaceKind.GROUP, "-100", "")),
    ],
)
def test_where_it_was_said(content: Json, place: tuple[PlaceKind, str, str]) -> None:
    assert place_kind(content) == place


def test_a_group_has_its_title_and_a_private_chat_none() -> None:
    assert said(mentioning("@Parley_Bot hi", "@Parley_Bot")).place_title == "Friends"
    assert said(message(text="hi")).place_title == ""


# Who is heard


@pytest.mark.parametrize(
    "content",
    [
        message(text="hi", **{"from": OTHER_BOT}),
        {"message_id": 5, "date": DATE, "chat": PRIVATE, "text": "hi"},
        message({"id": -300, "type": "channel", "title": "C"}, text="hi"),
        mentioning("@Parley_Bot hi", "@Parley_Bot", chat={**GROUP, "is_direct_messages": True}),
        message(new_chat_members=[BOT], chat=GROUP),
        message(forum_topic_created={"name": "T", "icon_color": 1}, message_thread_id=5, is_topic_message=True),
        message(pinned_message=message(text="old")),
    ],
)
def test_what_no_person_said_to_the_bot_is_not_read(content: Json) -> None:
    assert hear(content) is None


@pytest.mark.parametrize("kind", ["channel_post", "my_chat_member", "message_reaction", "poll", "a_kind_of_tomorrow"])
def test_other_updates_are_not_even_looked_at(kind: str) -> None:
    assert take({"update_id": 1, kind: {"nothing": "of it"}}) is None


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (mentioning("@Parley_Bot hi", "@Parley_Bot"), "hi"),
        (mentioning("@parley_bot, hi", "@parley_bot"), "hi"),
        (mentioning("👍🏽 hi @PARLEY_BOT", "@PARLEY_BOT"), "👍🏽 hi"),
        (mentioning("👍🏽 hi @Parley_Bot!", "@Parley_Bot"), "👍🏽 hi @Parley_Bot!"),
        (mentioning("is @Parley_Bot here?", "@Parley_Bot"), "is @Parley_Bot here?"),
        (mentioning("@bob ask @Parley_Bot", "@bob", "@Parley_Bot"), "@bob ask"),
        (message(GROUP, text="Parley hi", entities=[entity("text_mention", "Parley hi", "Parley", user=BOT)]), "hi"),
        (message(GROUP, text="right", reply_to_message=message(GROUP, text="x", **{"from": BOT})), "right"),
    ],
)
def test_in_groups_what_is_addressed_to_the_bot_is_read_without_its_name(content: Json, text: str) -> None:
    assert text_of(said(content)) == text


@pytest.mark.parametrize(
    "content",
    [
        message(GROUP, text="hi all"),
        message(GROUP, text="@Parley_Bot without an entity, as in code"),
        mentioning("@other_bot hi", "@other_bot"),
        message(GROUP, text="hi", reply_to_message=message(GROUP, text="x", **{"from": OTHER_BOT})),
        message(GROUP, text="Bob hi", entities=[entity("text_mention", "Bob hi", "Bob", user=BOB)]),
    ],
)
def test_in_groups_nothing_else_is_read(content: Json) -> None:
    assert hear(content) is None


def test_in_a_topic_that_the_bot_opened_not_everything_is_a_reply_to_it() -> None:
    root = message(FORUM, message_id=9, forum_topic_created={"name": "T", "icon_color": 1}, **{"from": BOT})
    topic = {"message_thread_id": 9, "is_topic_message": True, "reply_to_message": root}
    assert hear(message(FORUM, text="hi all", **topic)) is None
    assert said(mentioning("@Parley_Bot hi", "@Parley_Bot", chat=FORUM, **topic)).reply_to is None


def test_who_replies_to_somebody_else_shows_the_bot_what_they_said() -> None:
    photo = {"file_id": "P", "file_unique_id": "p", "width": 9, "height": 9}
    theirs = message(GROUP, caption="Look\nhere", photo=[photo], message_id=3, **{"from": BOB})
    heard = said(mentioning("@Parley_Bot what is this?", "@Parley_Bot", reply_to_message=theirs))
    assert heard.parts == (TextPart("what is this?"),)
    assert heard.pointed == (
        QuotedPart("Reply to a message by Bob", "Look\nhere"),
        FilePart("P", "photo-3.jpg", "image/jpeg"),
    )
    assert heard.reply_to == "3"


# What is said


def file(kind: str, **more: Any) -> Json:
    return {
        kind: {"file_id": "F", "file_unique_id": "f", "duration": 1, "width": 1, "height": 1, "length": 1, **more},
    }


SIZES = [{"file_id": f"F{n}", "file_unique_id": f"f{n}", "width": n, "height": n, "file_size": n} for n in (9, 900, 90)]


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (message(caption="look", photo=SIZES), (TextPart("look"), FilePart("F900", "photo-5.jpg", "image/jpeg", 900))),
        (
            message(**file("document", file_name="a.pdf", mime_type="application/pdf", file_size=3)),
            (FilePart("F", "a.pdf", "application/pdf", 3),),
        ),
        (message(**file("document")), (FilePart("F", "document-5", "application/octet-stream"),)),
        (
            message(**file("voice", mime_type="audio/ogg", file_size=3)),
            (FilePart("F", "voice-5.ogg", "audio/ogg", 3, spoken=True),),
        ),
        (message(**file("audio", file_name="s.flac")), (FilePart("F", "s.flac", "audio/mpeg"),)),
        (message(**file("video_note")), (FilePart("F", "video_note-5.mp4", "video/mp4"),)),
        (message(**file("video", mime_type="video/webm")), (FilePart("F", "video-5.mp4", "video/webm"),)),
        (
            message(**file("animation"), **file("document", mime_type="video/mp4")),
            (FilePart("F", "animation-5.mp4", "video/mp4"),),
        ),
        (
            message(**file("sticker", type="regular", is_animated=False, is_video=False, emoji="👍")),
            (TextPart("👍"),),
        ),
        (
            message(text="theirs", forward_origin={"type": "a_kind_of_tomorrow", "date": DATE}),
            (QuotedPart("Forwarded message", "theirs"),),
        ),
        (
            message(text="why?", quote={"text": "one\n\ntwo", "position": 0}, reply_to_message=message(text="long")),
            (QuotedPart("Quoted from a message by Alice Ames", "one\n\ntwo"), TextPart("why?")),
        ),
    ],
)
def test_parts(content: Json, parts: tuple[Part, ...]) -> None:
    assert said(content).parts == parts


def test_a_rich_message_becomes_markdown_with_its_files() -> None:
    document = {"file_id": "D", "file_unique_id": "d", "file_name": "a.pdf"}
    cell = {"align": "left", "valign": "top"}
    blocks: list[Json] = [
        {"type": "heading", "text": "Title", "size": 2},
        {"type": "paragraph", "text": ["a ", {"type": "bold", "text": ["b", {"type": "italic", "text": "c"}]}]},
        {"type": "paragraph", "text": {"type": "url", "text": "here", "url": "https://example.org"}},
        {"type": "pre", "text": "x = 1", "language": "python"},
        {"type": "list", "items": [{"label": "1.", "blocks": [{"type": "paragraph", "text": "one"}]}]},
        {
            "type": "list",
            "items": [
                {"label": "•", "has_checkbox": True, "is_checked": True, "blocks": [{"type": "paragraph", "text": "x"}]}
            ],
        },
        {"type": "mathematical_expression", "expression": "x^2"},
        {"type": "blockquote", "blocks": [{"type": "paragraph", "text": "said"}]},
        {"type": "table", "cells": [[{**cell, "text": "A"}, {**cell, "text": "B"}], [{**cell, "text": "1"}, cell]]},
        {
            "type": "details",
            "summary": "More",
            "blocks": [{"type": "document", "document": document, "caption": {"text": "The file"}}],
        },
    ]
    assert said(message(rich_message={"blocks": blocks})).parts == (
        TextPart(
            "## Title\n\na bc\n\n[here](https://example.org)\n\n```python\nx = 1\n```\n\n1. one\n\n- [x] x\n\n"
            "$$x^2$$\n\n> said\n\n| A | B |\n| --- | --- |\n| 1 |  |\n\nMore\n\nThe file"
        ),
        FilePart("D", "a.pdf", "application/octet-stream"),
    )


def test_a_rich_message_in_a_group_is_read_when_it_names_the_bot() -> None:
    name = {"type": "mention", "text": "@parley_bot", "username": "parley_bot"}
    named = message(GROUP, rich_message={"blocks": [{"type": "paragraph", "text": [name, " hi"]}]})
    assert text_of(said(named)) == "hi"
    assert hear(message(GROUP, rich_message={"blocks": [{"type": "paragraph", "text": "@parley_bots hi"}]})) is None


@pytest.mark.parametrize(
    ("text", "goes_on"),
    [("x" * 3999, False), ("x" * 4000, True), ("👍" * 1999, False), ("👍" * 2000, True), ("é" * 4000, True)],
)
def test_a_text_near_the_limit_may_be_continued(text: str, goes_on: bool) -> None:
    assert said(message(text=text)).may_continue is goes_on


def test_an_edit_says_so_and_has_an_event_of_its_own() -> None:
    raw = message(text="hi", edit_date=DATE + 60)
    first, second = take({"update_id": 1, "edited_message": raw}), take({"update_id": 2, "edited_message": raw})
    assert isinstance(first, Inbound)
    assert isinstance(second, Inbound)
    assert (first.edited, first.sent_at, first.event_key, second.event_key) == (True, (DATE + 60) * 1000, "1", "2")


def test_a_reply_names_the_message() -> None:
    assert said(message(text="hi", reply_to_message=message(text="old", message_id=3))).reply_to == "3"


# Whatever is sent

STICKER: Json = {"file_id": "S", "file_unique_id": "s", "type": "regular", "width": 1, "height": 1}
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


# Parts that do not name the bot


def test_the_rest_of_an_album_in_a_group_follows_its_first_part() -> None:
    unfinished = Unfinished()
    first = message(
        GROUP,
        caption="@Parley_Bot look",
        caption_entities=[entity("mention", "@Parley_Bot look", "@Parley_Bot")],
        photo=SIZES,
        media_group_id="A",
    )
    heard = take({"update_id": 1, "message": first}, unfinished)
    assert isinstance(heard, Inbound)
    assert heard.album == "A"
    unfinished.note(heard)
    rest = message(GROUP, photo=SIZES, media_group_id="A", message_id=6)
    assert isinstance(take({"update_id": 2, "message": rest}, unfinished), Inbound)
    assert take({"update_id": 3, "message": {**rest, "media_group_id": "B"}}, unfinished) is None
    assert take({"update_id": 4, "message": {**rest, "from": BOB}}, unfinished) is None


@pytest.mark.parametrize("named", [1, 2, 3])
def test_an_album_is_whole_whichever_part_names_the_bot(named: int) -> None:
    unfinished, heard = Unfinished(), list[str]()
    call = {
        "caption": "@Parley_Bot look",
        "caption_entities": [entity("mention", "@Parley_Bot look", "@Parley_Bot")],
    }
    for number in (1, 2, 3):
        words = call if number == named else {}
        part = message(GROUP, message_id=number, photo=SIZES, media_group_id="A", **words)
        for incoming in read_update({"update_id": number, "message": part}, ME, unfinished):
            assert isinstance(incoming, Inbound)
            heard.append(incoming.remote_id)
    assert heard == ["1", "2", "3"]


def test_the_rest_of_a_long_paste_in_a_group_follows_at_once_or_not_at_all() -> None:
    unfinished = Unfinished()
    heard = take({"update_id": 1, "message": mentioning("@Parley_Bot " + "x" * 4084, "@Parley_Bot")}, unfinished)
    assert isinstance(heard, Inbound)
    unfinished.note(heard)
    rest = message(GROUP, text="the end", message_id=6, date=DATE + 1)
    later = message(GROUP, text="something else", message_id=7, date=DATE + 9)
    assert take({"update_id": 2, "message": later}, unfinished) is None
    end = take({"update_id": 3, "message": rest}, unfinished)
    assert isinstance(end, Inbound)
    unfinished.note(end)
    assert take({"update_id": 4, "message": {**rest, "message_id": 8}}, unfinished) is None


# Commands and buttons


@pytest.mark.parametrize(
    ("content", "name", "args"),
    [
        (command("/new"), "new", ()),
        (command("/New  Plans for\nthe holidays "), "new", ("Plans for\nthe holidays",)),
        (command("/start CODE-1"), "start", ("CODE-1",)),
        (command("/start@parley_bot CODE"), "start", ("CODE",)),
        (command("/unheard_of"), "unheard_of", ()),
        (command("/new", GROUP), "new", ()),
        (command("/new@PARLEY_BOT", GROUP), "new", ()),
        (command("/unheard_of@parley_bot x", GROUP), "unheard_of", ("x",)),
    ],
)
def test_a_command_is_an_invocation(content: Json, name: str, args: tuple[str, ...]) -> None:
    heard = invoked(content)
    assert (heard.command, heard.args, heard.origin, heard.remote_id) == (name, args, "typed", "5")


@pytest.mark.parametrize(
    "content",
    [command("/new@other_bot", GROUP), command("/unheard_of", GROUP), command("/new@other_bot")],
)
def test_a_command_for_another_bot_is_left_to_it(content: Json) -> None:
    assert hear(content) is None


def test_a_command_in_a_caption_comes_with_the_file_and_further_on_it_is_only_text() -> None:
    assert (
        text_of(said(message(text="type /new", entities=[entity("bot_command", "type /new", "/new")]))) == "type /new"
    )
    caption = message(photo=SIZES, caption="/new it", caption_entities=[entity("bot_command", "/new it", "/new")])
    assert (invoked(caption).args, [file.name for file in invoked(caption).files]) == (("it",), ["photo-5.jpg"])


def test_a_command_that_is_forwarded_is_what_somebody_else_said() -> None:
    theirs = command("/delete", forward_origin={"type": "user", "date": DATE, "sender_user": BOB})
    assert said(theirs).parts == (QuotedPart("Forwarded from Bob", "/delete"),)


def test_a_command_can_be_a_reply_and_an_edit_does_not_run_it() -> None:
    assert invoked(command("/new", reply_to_message=message(text="old", message_id=3))).reply_to == "3"
    edited = hear(command("/ask: why?", edit_date=DATE), "edited_message")
    assert isinstance(edited, Inbound)
    assert (edited.parts, edited.edited, edited.addressed) == ((TextPart("why?"),), True, False)


def pressed(data: str | None, under: Json | None) -> Json:
    query: Json = {"id": "Q", "from": ALICE, "chat_instance": "1", "data": data, "message": under}
    return {name: value for name, value in query.items() if value is not None}


def test_a_press_is_the_command_on_the_button() -> None:
    topic = {"message_thread_id": 9, "is_topic_message": True}
    under = message(FORUM, message_id=70, rich_message={"blocks": [{"type": "tomorrow"}]}, **topic, **{"from": BOT})
    assert hear(pressed("switch|4", under), "callback_query") == Invocation(
        event_key="1",
        place=Place("telegram", "42", "-200", "9", PlaceKind.GROUP_THREAD),
        sender=Identity("telegram", "7", "Alice Ames", "de"),
        command="switch",
        args=("4",),
        origin="button",
        remote_id="70",
        receipt="Q",
        place_title="Forum",
    )


def test_a_press_below_a_message_too_old_to_see_still_works() -> None:
    heard = invoked(pressed("switch|4", {"chat": PRIVATE, "message_id": 70, "date": 0}), "callback_query")
    assert (heard.place.chat, heard.remote_id, heard.args) == ("7", "70", ("4",))


@pytest.mark.parametrize("query", [pressed(None, message(text="x")), pressed("Not Ours!", message(text="x"))])
def test_a_press_that_means_nothing_is_that_of_a_command_that_nobody_has(query: Json) -> None:
    heard = invoked(query, "callback_query")
    assert (heard.command, heard.args, heard.receipt) == ("?", (), "Q")


def test_a_press_without_a_message_is_not_read() -> None:
    assert hear(pressed("switch", None), "callback_query") is None


def test_the_stop_control_names_the_turn() -> None:
    # The server has been seen to write the id as text.
    stop = {"chat": PRIVATE, "draft_id": "12", "message_thread_id": 3}
    place = Place("telegram", "42", "7", "3", PlaceKind.PRIVATE_THREAD)
    assert hear(stop, "stopped_message_generation") == StopRequest("1", place, TurnId(12))


# Everything


numbers = st.integers(-(2**52), 2**52)
texts = st.text(max_size=30) | st.sampled_from(["@Parley_Bot hi", "/new x", "👍🏽 @parley_bot", "/new@parley_bot"])
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
