"""What Telegram refuses as a bad request, and in which words."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    InputRichBlockParagraph,
    InputRichBlockThinking,
    InputRichMessage,
    MessageEntity,
    ReplyParameters,
)

from tests.support.telegram_client import Desk

Act = Callable[[Desk], Awaitable[Any]]


def keyboard(*buttons: InlineKeyboardButton) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(inline_keyboard=[[button] for button in buttons])


def button(data: str | None = "data", **fields: Any) -> InlineKeyboardButton:
    return InlineKeyboardButton(text="Press", callback_data=data, **fields)


def marked(text: str, kind: str, offset: int, length: int, **fields: Any) -> Act:
    entity = MessageEntity(type=kind, offset=offset, length=length, **fields)
    return lambda at: at.bot.send_message(at.chat, text, entities=[entity])


def rich(**fields: Any) -> Act:
    return lambda at: at.bot.send_rich_message(at.chat, InputRichMessage(**fields))


SAID_BY_ALICE = "hello"


async def edit(at: Desk, **fields: Any) -> Any:
    sent = await at.bot.send_message(at.chat, "old")
    return await at.bot.edit_message_text(chat_id=at.chat, message_id=sent.message_id, **fields)


async def edit_what_alice_said(at: Desk) -> Any:
    said = at.people.say(at.alice, at.chat, SAID_BY_ALICE)
    return await at.bot.edit_message_text("new", chat_id=at.chat, message_id=said)


async def edit_media_as_text(at: Desk) -> Any:
    sent = await at.bot.send_document(at.chat, BufferedInputFile(b"x", "x.txt"))
    return await at.bot.edit_message_text("new", chat_id=at.chat, message_id=sent.message_id)


async def answer_twice(at: Desk) -> Any:
    sent = await at.bot.send_message(at.chat, "?", reply_markup=keyboard(button()))
    query = at.people.press(at.alice, at.chat, sent.message_id)
    await at.bot.answer_callback_query(query)
    return await at.bot.answer_callback_query(query)


async def answer_late(at: Desk) -> Any:
    sent = await at.bot.send_message(at.chat, "?", reply_markup=keyboard(button()))
    query = at.people.press(at.alice, at.chat, sent.message_id)
    await at.clock.advance(16 * 60)
    return await at.bot.answer_callback_query(query)


async def write_into_closed_topic(at: Desk) -> Any:
    forum = at.group(forum=True)
    topic = at.people.open_topic(at.alice, forum, "News")
    at.people.close_topic(at.alice, forum, topic)
    return await at.bot.send_message(forum, "x", message_thread_id=topic)


async def close_topic_twice(at: Desk) -> Any:
    forum = at.group(forum=True, admin=True)
    topic = await at.bot.create_forum_topic(forum, "News")
    await at.bot.close_forum_topic(forum, topic.message_thread_id)
    return await at.bot.close_forum_topic(forum, topic.message_thread_id)


async def write_while_restricted(at: Desk) -> Any:
    group = at.group()
    at.people.set_rights(at.alice, group, "restricted", [])
    return await at.bot.send_message(group, "x")


async def delete_what_alice_said_in_a_group(at: Desk) -> Any:
    group = at.group()
    said = at.people.say(at.alice, group, SAID_BY_ALICE)
    return await at.bot.delete_message(group, said)


async def quote_what_was_not_said(at: Desk) -> Any:
    said = at.people.say(at.alice, at.chat, SAID_BY_ALICE)
    return await at.bot.send_message(
        at.chat, "x", reply_parameters=ReplyParameters(message_id=said, quote="something else")
    )


async def get_too_large_a_file(at: Desk) -> Any:
    file = at.telegram.world.add_file("big.bin", "application/octet-stream", bytes(20 * 1024 * 1024 + 1))
    return await at.bot.get_file(file.id)


REFUSALS: dict[str, tuple[Act, str]] = {
    "a text that is empty": (lambda at: at.bot.send_message(at.chat, " \n"), "message text is empty"),
    "a text of 4097 units": (lambda at: at.bot.send_message(at.chat, "x" * 4097), "message is too long"),
    "a text of 4098 units in surrogates": (lambda at: at.bot.send_message(at.chat, "👍" * 2049), "message is too long"),
    "an edit of 4097 units": (lambda at: edit(at, text="x" * 4097), "MESSAGE_TOO_LONG"),
    "a caption of 1025 units": (
        lambda at: at.bot.send_photo(at.chat, BufferedInputFile(b"x", "x.png"), caption="x" * 1025),
        "message caption is too long",
    ),
    "an unknown parse mode": (
        lambda at: at.bot.send_message(at.chat, "x", parse_mode="BBCode"),
        "unsupported parse_mode",
    ),
    "an entity beyond the text": (
        marked("abc", "bold", 3, 1),
        "entity begins after the end of the text at UTF-16 offset 3",
    ),
    "an entity that ends beyond the text": (
        marked("abc", "bold", 1, 3),
        "entity beginning at UTF-16 offset 1 ends after the end of the text at UTF-16 offset 3",
    ),
    "an entity that begins inside a surrogate pair": (
        marked("👍a", "bold", 1, 1),
        "entity begins in a middle of a UTF-16 symbol at byte offset 0",
    ),
    "an entity that ends inside a surrogate pair": (
        marked("a👍", "bold", 0, 2),
        "entity beginning at UTF-16 offset 0 ends in a middle of a UTF-16 symbol at byte offset 1",
    ),
    "an entity before the text": (marked("abc", "bold", -1, 2), "receive an entity with incorrect offset -1"),
    "an entity of an unknown type": (
        marked("abc", "sparkling", 0, 1),
        "can't parse MessageEntity: Unsupported type specified",
    ),
    "a link without an address": (
        marked("abc", "text_link", 0, 1),
        "can't parse MessageEntity: Can't find field \"url\"",
    ),
    "callback data of 65 bytes": (
        lambda at: at.bot.send_message(at.chat, "x", reply_markup=keyboard(button("ż" * 33))),
        "BUTTON_DATA_INVALID",
    ),
    "a button that does nothing": (
        lambda at: at.bot.send_message(at.chat, "x", reply_markup=keyboard(button(None))),
        "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
    ),
    "a button of an unknown style": (
        lambda at: at.bot.send_message(at.chat, "x", reply_markup=keyboard(button(style="loud"))),
        "can't parse inline keyboard button: Invalid button style specified",
    ),
    "a button that copies too much": (
        lambda at: at.bot.send_message(
            at.chat, "x", reply_markup=keyboard(button(None, copy_text=CopyTextButton(text="x" * 257)))
        ),
        "BUTTON_COPY_TEXT_INVALID",
    ),
    "101 buttons": (
        lambda at: at.bot.send_message(at.chat, "x", reply_markup=keyboard(*[button()] * 101)),
        "REPLY_MARKUP_TOO_LONG",
    ),
    "an edit that changes nothing": (
        lambda at: edit(at, text="old"),
        "message is not modified: specified new message content and reply markup are exactly the same "
        "as a current content and reply markup of the message",
    ),
    "an edit of a message that is gone": (
        lambda at: at.bot.edit_message_text("x", chat_id=at.chat, message_id=99),
        "message to edit not found",
    ),
    "an edit of somebody else's message": (edit_what_alice_said, "message can't be edited"),
    "an edit of media as text": (edit_media_as_text, "there is no text in the message to edit"),
    "a reply to nothing": (
        lambda at: at.bot.send_message(at.chat, "x", reply_parameters=ReplyParameters(message_id=99)),
        "message to be replied not found",
    ),
    "a quote of what was not said": (quote_what_was_not_said, "QUOTE_TEXT_INVALID"),
    "deleting a message that is gone": (
        lambda at: at.bot.delete_message(at.chat, 99),
        "message to delete not found",
    ),
    "deleting somebody else's message in a group": (delete_what_alice_said_in_a_group, "message can't be deleted"),
    "an unknown chat": (lambda at: at.bot.send_message(4711, "x"), "chat not found"),
    "an unknown topic": (lambda at: at.bot.send_message(at.chat, "x", message_thread_id=9), "message thread not found"),
    "the general topic's number": (
        lambda at: at.bot.send_message(at.group(forum=True), "x", message_thread_id=1),
        "message thread not found",
    ),
    "a closed topic": (write_into_closed_topic, "TOPIC_CLOSED"),
    "closing a topic twice": (close_topic_twice, "TOPIC_NOT_MODIFIED"),
    "a topic without the right to make one": (
        lambda at: at.bot.create_forum_topic(at.group(forum=True), "News"),
        "not enough rights to create a topic",
    ),
    "a topic in a plain group": (
        lambda at: at.bot.create_forum_topic(at.group(admin=True), "News"),
        "the chat is not a forum",
    ),
    "a text from a bot that may not write": (
        write_while_restricted,
        "not enough rights to send text messages to the chat",
    ),
    "an unknown action": (lambda at: at.bot.send_chat_action(at.chat, "juggling"), "wrong parameter action in request"),
    "a draft in a group": (
        lambda at: at.bot.send_message_draft(chat_id=at.group(), draft_id=1, text="x"),
        "TEXTDRAFT_PEER_INVALID",
    ),
    "a draft without a number": (
        lambda at: at.bot.send_message_draft(chat_id=at.chat, draft_id=0, text="x"),
        "RANDOM_ID_INVALID",
    ),
    "a draft that is too long": (
        lambda at: at.bot.send_message_draft(chat_id=at.chat, draft_id=1, text="x" * 4097),
        "message is too long",
    ),
    "answering a button twice": (
        answer_twice,
        "query is too old and response timeout expired or query ID is invalid",
    ),
    "answering a button too late": (
        answer_late,
        "query is too old and response timeout expired or query ID is invalid",
    ),
    "a command in capitals": (
        lambda at: at.bot.set_my_commands([BotCommand(command="New", description="x")]),
        "BOT_COMMAND_INVALID",
    ),
    "101 commands": (
        lambda at: at.bot.set_my_commands([BotCommand(command="new", description="x")] * 101),
        "BOT_COMMANDS_TOO_MUCH",
    ),
    "a rich message without content": (rich(), "rich message must be non-empty"),
    "a rich message in two forms": (
        rich(markdown="x", html="x"),
        "exactly one of the fields html, markdown, or blocks must be used",
    ),
    "a rich message of 32769 bytes": (rich(markdown="ż" * 16384 + "x"), "RICH_MESSAGE_TOO_LONG"),
    "a rich message of 501 blocks": (
        rich(blocks=[InputRichBlockParagraph(text="x")] * 501),
        "RICH_MESSAGE_TOO_MANY_BLOCKS",
    ),
    "a thinking block in a message": (
        rich(blocks=[InputRichBlockThinking(text="…")]),
        "thinking blocks can be used only in drafts",
    ),
    "an album of one": (
        lambda at: at.bot.send_media_group(at.chat, [InputMediaPhoto(media=BufferedInputFile(b"x", "x.png"))]),
        "media group must include 2-10 items",
    ),
    "an album of photos and documents": (
        lambda at: at.bot.send_media_group(
            at.chat,
            [
                InputMediaPhoto(media=BufferedInputFile(b"x", "x.png")),
                InputMediaDocument(media=BufferedInputFile(b"x", "x.txt")),
            ],
        ),
        "MEDIA_GROUPED_INVALID",
    ),
    "an unknown file": (lambda at: at.bot.send_photo(at.chat, "nothing"), "wrong file identifier/HTTP URL specified"),
    "an empty file": (
        lambda at: at.bot.send_document(at.chat, BufferedInputFile(b"", "x.txt")),
        "file must be non-empty",
    ),
    "a file above 20 MB": (get_too_large_a_file, "file is too big"),
}
