"""The Telegram stand-in shows people what bots do, and tells bots what people do."""

from collections.abc import AsyncIterator

import pytest
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import (
    BufferedInputFile,
    InputMediaPhoto,
    InputRichMessage,
    Message,
    ReactionTypeEmoji,
    ReplyParameters,
)

from bot.standins.telegram.people import Attached
from bot.standins.telegram.rooms import CannotDo
from tests.support.telegram_client import Desk, desk, keyboard, said


@pytest.fixture
async def at() -> AsyncIterator[Desk]:
    async with desk() as opened:
        yield opened


@pytest.fixture
async def with_topics() -> AsyncIterator[Desk]:
    async with desk(topics=True) as opened:
        yield opened


# What people see and do


async def test_an_edit_shows_the_new_text_and_keeps_the_old_one(at: Desk) -> None:
    sent = await at.bot.send_message(at.chat, "one")
    await at.bot.edit_message_text("two", chat_id=at.chat, message_id=sent.message_id)
    shown = at.telegram.transcript(at.chat).last
    assert (shown.text, shown.edited, [version.text for version in shown.versions]) == ("two", True, ["one"])


async def test_a_person_edits_replies_and_forwards(at: Desk) -> None:
    first = at.people.say(at.alice, at.chat, "one")
    at.people.edit(at.alice, at.chat, first, "two")
    at.people.say(at.alice, at.chat, "three", reply_to=first, quote="tw")
    at.people.say(at.alice, at.chat, "four", forwarded_from="Bob")
    original, edited, reply, forward = await at.updates()
    assert original.message and original.message.text == "one"
    assert edited.edited_message and edited.edited_message.text == "two"
    assert reply.message and reply.message.reply_to_message and reply.message.quote
    assert (reply.message.reply_to_message.text, reply.message.quote.text) == ("two", "tw")
    assert forward.message and forward.message.forward_origin


async def test_a_pressed_button_and_its_answer(at: Desk) -> None:
    sent = await at.bot.send_message(at.chat, "?", reply_markup=keyboard(Yes="y", No="n"))
    assert at.telegram.transcript(at.chat).last.labels == ["Yes", "No"]
    at.people.press(at.alice, at.chat, sent.message_id, label="No")
    query = (await at.updates())[0].callback_query
    assert query is not None
    assert (query.data, query.from_user.id) == ("n", at.alice)
    await at.bot.answer_callback_query(query.id, text="fine")
    assert [answer.text for answer in at.telegram.transcript(at.chat).answers] == ["fine"]
    with pytest.raises(CannotDo, match="has no button 'Maybe'"):
        at.people.press(at.alice, at.chat, sent.message_id, label="Maybe")
    at.people.press(at.alice, at.chat, sent.message_id, data="forged", forged=True)
    forged = (await at.updates())[1].callback_query
    assert forged is not None
    assert forged.data == "forged"


async def test_a_long_paste_arrives_in_pieces(at: Desk) -> None:
    at.people.paste(at.alice, at.chat, "👍" * 2050)
    assert [len(text) for text in said(await at.updates())] == [2048, 2]


async def test_deleted_messages_are_gone(at: Desk) -> None:
    one, two, three = [(await at.bot.send_message(at.chat, text)).message_id for text in ("one", "two", "three")]
    await at.bot.delete_message(at.chat, one)
    await at.bot.delete_messages(at.chat, [two, 999])
    assert at.texts() == ["three"]
    at.people.delete(at.alice, at.chat, three)
    with pytest.raises(TelegramBadRequest, match="message to edit not found"):
        await at.bot.edit_message_text("x", chat_id=at.chat, message_id=three)


async def test_reactions_go_both_ways(at: Desk) -> None:
    await at.bot.get_updates(allowed_updates=["message_reaction"])
    sent = await at.bot.send_message(at.chat, "x")
    await at.bot.set_message_reaction(at.chat, sent.message_id, [ReactionTypeEmoji(emoji="👀")])
    at.people.react(at.alice, at.chat, sent.message_id, "👍")
    assert at.telegram.transcript(at.chat).last.reactions == ["👀", "👍"]
    assert (await at.updates())[0].message_reaction is not None


async def test_typing_is_shown_until_the_message_comes_or_time_passes(at: Desk) -> None:
    await at.bot.send_chat_action(at.chat, "typing")
    assert at.telegram.transcript(at.chat).actions == {"": "typing"}
    await at.bot.send_message(at.chat, "x")
    assert at.telegram.transcript(at.chat).actions == {}
    await at.bot.send_chat_action(at.chat, "typing")
    await at.clock.advance(6)
    assert at.telegram.transcript(at.chat).actions == {}


# Files


async def test_files_go_both_ways(at: Desk) -> None:
    at.people.send_document(at.alice, at.chat, Attached(b"notes", "notes.txt", "text/plain"), "read this")
    at.people.send_photo(at.alice, at.chat, Attached(b"\x89PNG pixels"))
    document, photo = [update.message for update in await at.updates()]
    assert document and document.document and photo and photo.photo
    assert document.caption == "read this"
    for file_id, data in ((document.document.file_id, b"notes"), (photo.photo[-1].file_id, b"\x89PNG pixels")):
        downloaded = await at.bot.download(file_id)
        assert downloaded is not None
        assert downloaded.read() == data
    sent = await at.bot.send_document(at.chat, BufferedInputFile(b"answer", "answer.md"), caption="here")
    assert sent.document is not None
    assert sent.document.mime_type == "text/markdown"
    again = await at.bot.send_document(at.chat, sent.document.file_id)
    assert again.document == sent.document
    voice = await at.bot.send_voice(at.chat, BufferedInputFile(b"sound", "a.ogg"), duration=3)
    assert voice.voice is not None


async def test_albums_share_one_mark(at: Desk) -> None:
    photos = [Attached(b"1"), Attached(b"2")]
    at.people.send_album(at.alice, at.chat, photos, "both")
    messages = [update.message for update in await at.updates() if update.message]
    assert len({message.media_group_id for message in messages}) == 1
    assert [message.caption for message in messages] == ["both", None]
    sent = await at.bot.send_media_group(
        at.chat, [InputMediaPhoto(media=BufferedInputFile(data, f"{data!r}.png")) for data in (b"1", b"2")]
    )
    assert len({message.media_group_id for message in sent}) == 1
    assert sent[0].media_group_id != messages[0].media_group_id


# Drafts and topics


async def test_a_draft_lives_thirty_seconds_and_any_write_renews_it(at: Desk) -> None:
    await at.bot.send_message_draft(chat_id=at.chat, draft_id=7, text="")
    assert at.telegram.transcript(at.chat).drafts[0].thinking
    await at.clock.advance(25)
    await at.bot.send_message_draft(chat_id=at.chat, draft_id=7, text="Once")
    await at.clock.advance(29)
    (draft,) = at.telegram.transcript(at.chat).drafts
    assert (draft.text, [version.text for version in draft.versions]) == ("Once", ["", "Once"])
    await at.clock.advance(1)
    assert at.telegram.transcript(at.chat).drafts == ()


async def test_a_message_takes_the_drafts_place_in_its_topic_only(with_topics: Desk) -> None:
    at = with_topics
    one, two = (at.people.open_topic(at.alice, at.chat, name) for name in ("one", "two"))
    for topic in (one, two):
        await at.bot.send_message_draft(chat_id=at.chat, draft_id=topic, message_thread_id=topic, text="x")
    await at.bot.send_message(at.chat, "done", message_thread_id=one)
    assert [draft.thread for draft in at.telegram.transcript(at.chat).drafts] == [two]


async def test_the_stop_button_tells_the_bot_once(at: Desk) -> None:
    await at.bot.send_message_draft(chat_id=at.chat, draft_id=7, text="x")
    with pytest.raises(CannotDo, match="no Stop button"):
        at.people.stop(at.alice, at.chat)
    await at.bot.send_message_draft(chat_id=at.chat, draft_id=7, text="x", can_stop=True, keep_on_stop=True)
    at.people.stop(at.alice, at.chat)
    (update,) = await at.updates()
    assert update.stopped_message_generation is not None
    assert update.stopped_message_generation.draft_id == 7
    (kept,) = at.telegram.transcript(at.chat).drafts
    assert not kept.can_stop
    with pytest.raises(CannotDo):
        at.people.stop(at.alice, at.chat)


async def test_rich_messages_and_drafts_are_shown(at: Desk) -> None:
    answer = "# Title\n\nText\n\n```python\nprint(1)\n```"
    thinking = InputRichMessage(markdown="thinking…")
    await at.bot.send_rich_message_draft(chat_id=at.chat, draft_id=1, rich_message=thinking)
    assert at.telegram.transcript(at.chat).drafts[0].text == "thinking…"
    sent = await at.bot.send_rich_message(at.chat, InputRichMessage(markdown=answer))
    assert sent.rich_message is not None
    assert [block.type for block in sent.rich_message.blocks] == ["heading", "paragraph", "pre"]
    assert at.texts() == ["Title\nText\nprint(1)"]
    edited = await at.bot.edit_message_text("plain", chat_id=at.chat, message_id=sent.message_id)
    assert isinstance(edited, Message)
    assert (edited.text, edited.rich_message) == ("plain", None)


async def test_writing_outside_of_topics_opens_one(with_topics: Desk) -> None:
    at = with_topics
    at.people.say(at.alice, at.chat, "How are you?")
    created, message = [update.message for update in await at.updates()]
    assert created and created.forum_topic_created and message
    assert created.forum_topic_created.is_name_implicit
    assert message.message_thread_id == created.message_id
    await at.bot.edit_forum_topic(at.chat, created.message_id, name="Greetings")
    (topic,) = at.telegram.transcript(at.chat).topics
    assert (topic.name, topic.implicit) == ("Greetings", False)
    at.people.rename_topic(at.alice, at.chat, topic.id, "Hello")
    renamed = (await at.updates())[-1].message
    assert renamed and renamed.forum_topic_edited and renamed.forum_topic_edited.name == "Hello"
    await at.bot.delete_forum_topic(at.chat, topic.id)
    assert at.telegram.transcript(at.chat).messages == ()


async def test_a_reply_lands_in_the_topic_of_what_it_answers(with_topics: Desk) -> None:
    at = with_topics
    first = at.people.say(at.alice, at.chat, "hi")
    sent = await at.bot.send_message(at.chat, "x", reply_parameters=ReplyParameters(message_id=first))
    assert sent.message_thread_id == at.telegram.transcript(at.chat).topics[0].id


async def test_a_bot_that_somebody_made_is_told_of_and_its_token_given_to_its_manager_alone(at: Desk) -> None:
    link, stranger = f"https://t.me/newbot/{at.account.username}/school_bot", at.people.add_bot(username="other_bot")
    with pytest.raises(CannotDo, match="MANAGER_PERMISSION_MISSING"):
        at.people.make_bot(at.alice, link)
    at.account.can_manage_bots = True
    made = at.people.make_bot(at.alice, link, "School")
    for taken in (link, link.replace("school", "SCHOOL"), link.replace("school_bot", "school")):
        with pytest.raises(CannotDo):
            at.people.make_bot(at.alice, taken)
    first = made.token
    assert await at.bot.get_managed_bot_token(made.id) == first
    at.people.renew_token(made.id)
    assert await at.bot.get_managed_bot_token(made.id) == made.token != first
    told = [update.managed_bot for update in await at.updates() if update.managed_bot]
    assert [(one.user.id, one.bot_user.username) for one in told] == [(at.alice, "school_bot")] * 2
    with pytest.raises(TelegramBadRequest, match="BOT_INVALID"):
        await at.bot.get_managed_bot_token(stranger.id)
