"""What is read of Telegram's updates: each as the real JSON, through the same two steps as in the polling loop."""

import pytest

from bot.domain.ids import UnixMs
from bot.domain.incoming import Inbound, Joined
from bot.domain.messages import FilePart, Part, QuotedPart, TextPart
from bot.domain.people import Identity
from bot.domain.places import Place, PlaceKind
from tests.handlers.telegram.updates import (
    BOB,
    BOT,
    DATE,
    FORUM,
    GROUP,
    OTHER_BOT,
    PRIVATE,
    SIZES,
    Json,
    entity,
    file,
    hear,
    mentioning,
    message,
    said,
    take,
    text_of,
)

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
        message(new_chat_members=[OTHER_BOT], chat=GROUP),
        message(forum_topic_created={"name": "T", "icon_color": 1}, message_thread_id=5, is_topic_message=True),
        message(pinned_message=message(text="old")),
    ],
)
def test_what_no_person_said_to_the_bot_is_not_read(content: Json) -> None:
    assert hear(content) is None


@pytest.mark.parametrize("content", [{"new_chat_members": [OTHER_BOT, BOT]}, {"group_chat_created": True}])
def test_coming_to_a_group_is_told(content: Json) -> None:
    joined = hear(message(GROUP, **content))
    assert isinstance(joined, Joined)
    assert (joined.place.chat, joined.place_title) == (str(GROUP["id"]), "Friends")


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
