"""Sending, editing and deleting messages; chat actions and reactions."""

from typing import Any

from bot.standins.telegram.context import Context
from bot.standins.telegram.errors import bad_request
from bot.standins.telegram.keyboard import checked_keyboard
from bot.standins.telegram.methods_guest import inline_message
from bot.standins.telegram.model import ACTION_LIFE_S, EMOJI, Chat, ChatAction, ChatKind, Json, Message
from bot.standins.telegram.parse_modes import parsed
from bot.standins.telegram.receivers import receiver_of
from bot.standins.telegram.rich import checked_rich, rich_text
from bot.standins.telegram.text import CAPTION_LIMIT, TEXT_LIMIT, Entity, beginning, checked, units

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
ACTIONS = frozenset(
    (
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "record_audio",
        "upload_audio",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
        "cancel",
    )
)
GENERAL_TOPIC = 1


def text_of(context: Context, name: str = "text", entities: str = "entities") -> tuple[str, list[Entity]]:
    """A text parameter with its entities, checked, its length not."""
    text, mode = context.params.text(name), context.params.text("parse_mode")
    # Entities that are sent beside a way of parsing are not looked at.
    return checked(*(parsed(text, mode) if text and mode else (text, context.params.listing(entities))))


def caption_of(context: Context) -> tuple[str, list[Entity]]:
    """The caption; raises ApiError where it is too long."""
    caption, entities = text_of(context, "caption", "caption_entities")
    if units(caption) > CAPTION_LIMIT:
        raise bad_request("message caption is too long")
    return caption, entities


def thread_of(context: Context, chat: Chat) -> int | None:
    """The topic to send to.

    Raises ApiError if there is none, it is closed, or it is the general one (which takes no id).
    """
    thread = context.params.integer("message_thread_id")
    if not thread:
        return None
    if chat.kind is ChatKind.SUPERGROUP and not chat.is_forum and thread in chat.messages:
        return thread
    topic = chat.topics.get(thread)
    if topic is None:
        raise bad_request("message thread not found")
    if topic.closed and chat.kind is not ChatKind.PRIVATE and not chat.bots[context.bot.id].may("manage_topics"):
        raise bad_request("TOPIC_CLOSED")
    return thread


def target_of(context: Context, chat: Chat, kind: str = "messages") -> Json:
    """Where a new message goes: topic, the message it replies to, who alone sees it, and its buttons.

    Raises ApiError if the bot may not send there.
    """
    membership = chat.bots.get(context.bot.id)
    if membership is not None and membership.status == "restricted" and f"send_{kind}" not in membership.rights:
        named = "text messages" if kind == "messages" else kind.replace("_", " ")
        raise bad_request(f"not enough rights to send {named} to the chat")
    thread = thread_of(context, chat)
    target: Json = {
        "keyboard": checked_keyboard(context.params.mapping("reply_markup")),
        "thread": thread,
        "silent": context.params.flag("disable_notification"),
    }
    if receiver := receiver_of(context, chat):
        target["receiver"] = receiver
    target.update(_reply_of(context, chat, target))
    return target


def _reply_of(context: Context, chat: Chat, target: Json) -> Json:
    parameters = context.params.mapping("reply_parameters")
    if parameters is None and (legacy := context.params.integer("reply_to_message_id")):
        allowed = context.params.flag("allow_sending_without_reply")
        parameters = {"message_id": legacy, "allow_sending_without_reply": allowed}
    if not parameters or not (number := parameters.get("message_id") or parameters.get("ephemeral_message_id")):
        return {}
    answered, alone = chat.messages.get(int(number)), "receiver" in target
    if answered is not None and (answered.receiver is not None) != (not parameters.get("message_id")):
        answered = None
    if answered is None:
        if parameters.get("allow_sending_without_reply") and not alone:
            return {}
        raise bad_request("message to be replied not found")
    if answered.receiver is not None and not alone:
        raise bad_request("a reply to an ephemeral message must be an ephemeral message")
    quote = parameters.get("quote") or ""
    if quote and quote not in answered.text:
        raise bad_request("QUOTE_TEXT_INVALID")
    reply: Json = {"reply_to": answered.id, "quote": beginning(quote, CAPTION_LIMIT)}
    if target["thread"] is None and answered.is_topic_message:
        reply["thread"] = answered.thread
    return reply


def send_message(context: Context) -> Json:
    """Text, 1 to 4096 units."""
    text, entities = text_of(context)
    chat = context.chat()
    if not text:
        raise bad_request("message text is empty")
    if units(text) > TEXT_LIMIT:
        raise bad_request("message is too long")
    message = context.world.post(chat, context.bot, text=text, entities=entities, **target_of(context, chat))
    return chat.message_to_api(message)


def send_rich_message(context: Context) -> Json:
    """Blocks, Markdown or HTML."""
    chat = context.chat()
    rich = checked_rich(context.params.mapping("rich_message") or {})
    text = rich_text(rich["blocks"])
    message = context.world.post(chat, context.bot, text=text, rich=rich, **target_of(context, chat))
    return chat.message_to_api(message)


def own_message(context: Context, chat: Chat) -> Message:
    """The message to edit.

    Raises ApiError if it is gone or somebody else's.
    """
    message = chat.messages.get(context.params.integer("message_id") or 0)
    if message is None or message.receiver is not None:
        raise bad_request("message to edit not found")
    if message.sender["id"] != context.bot.id or message.service is not None:
        raise bad_request("message can't be edited")
    return message


def edit_message_text(context: Context) -> Json | bool:
    """Another text or rich content, and other buttons; leaving the buttons out takes them away."""
    if context.params.text("inline_message_id"):
        chat, message = inline_message(context)
        keyboard = checked_keyboard(context.params.mapping("reply_markup"))
        apply_edit(context, chat, message, {**edited_content(context), "keyboard": keyboard})
        return True
    chat = context.chat()
    message = own_message(context, chat)
    if message.media:
        raise bad_request("there is no text in the message to edit")
    fields = edited_content(context)
    fields["keyboard"] = checked_keyboard(context.params.mapping("reply_markup"))
    return apply_edit(context, chat, message, fields)


def edited_content(context: Context) -> Json:
    """The new text or rich content of an edit."""
    if (given := context.params.mapping("rich_message")) is not None:
        rich = checked_rich(given)
        return {"text": rich_text(rich["blocks"]), "entities": [], "rich": rich}
    text, entities = text_of(context)
    if not text:
        raise bad_request("message text is empty")
    if units(text) > TEXT_LIMIT:
        raise bad_request("MESSAGE_TOO_LONG")
    return {"text": text, "entities": entities, "rich": None}


def edit_message_caption(context: Context) -> Json:
    """Another caption below media."""
    chat = context.chat()
    message = own_message(context, chat)
    if not message.media:
        raise bad_request("there is no caption in the message to edit")
    caption, entities = caption_of(context)
    keyboard = checked_keyboard(context.params.mapping("reply_markup"))
    return apply_edit(context, chat, message, {"text": caption, "entities": entities, "keyboard": keyboard})


def edit_message_reply_markup(context: Context) -> Json:
    """Other buttons, or none."""
    chat = context.chat()
    message = own_message(context, chat)
    keyboard = checked_keyboard(context.params.mapping("reply_markup"))
    return apply_edit(context, chat, message, {"keyboard": keyboard})


def apply_edit(context: Context, chat: Chat, message: Message, fields: Json) -> Json:
    """Give the message these fields; raises ApiError where it has them all already."""
    if all(getattr(message, name) == value for name, value in fields.items()):
        raise bad_request(NOT_MODIFIED)
    context.world.change(chat, message, **fields, edit_date=context.world.now_s())
    return chat.message_to_api(message)


def delete_message(context: Context) -> bool:
    """One message."""
    chat = context.chat()
    number = context.params.integer("message_id") or 0
    if number not in chat.messages or chat.messages[number].receiver is not None:
        raise bad_request("message to delete not found")
    if not _may_delete(context, chat, chat.messages[number]):
        raise bad_request("message can't be deleted")
    context.world.delete(chat, number)
    return True


def delete_messages(context: Context) -> bool:
    """Up to 100 messages; those that are gone are skipped."""
    chat = context.chat()
    numbers = context.params.listing("message_ids") or []
    if not 1 <= len(numbers) <= 100:
        raise bad_request("message identifiers are not specified" if not numbers else "too many message identifiers")
    found = [chat.messages[number] for number in map(int, numbers) if number in chat.messages]
    if not all(_may_delete(context, chat, message) for message in found):
        raise bad_request("message can't be deleted")
    for message in found:
        context.world.delete(chat, message.id)
    return True


def _may_delete(context: Context, chat: Chat, message: Message) -> bool:
    if chat.kind is ChatKind.PRIVATE or message.sender["id"] == context.bot.id:
        return True
    return chat.bots[context.bot.id].may("delete_messages")


def send_chat_action(context: Context) -> bool:
    """ "typing" and the like, shown for some seconds."""
    chat = context.chat()
    action = context.params.text("action")
    if action not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    thread = context.params.integer("message_thread_id")
    if thread and thread not in chat.topics and not (chat.is_forum and thread == GENERAL_TOPIC):
        raise bad_request("message thread not found")
    if action == "cancel":
        chat.actions.pop(thread, None)
    else:
        chat.actions[thread] = ChatAction(action, context.world.clock.monotonic() + ACTION_LIFE_S)
    context.world.changes.ring()
    return True


def _may_react(chat: Chat, reaction: Json) -> bool:
    """Bots have the plain emoji, as far as the chat lets people have them."""
    emoji = reaction.get("emoji") if reaction.get("type") == "emoji" else None
    return emoji in EMOJI and (chat.reactions is None or emoji in chat.reactions)


def set_message_reaction(context: Context) -> bool:
    """At most one reaction of a bot per message; an empty list takes it away."""
    chat = context.chat()
    message = chat.messages.get(context.params.integer("message_id") or 0)
    if message is None or message.receiver is not None:
        raise bad_request("message to react not found")
    reactions: list[Any] = context.params.listing("reaction") or []
    if len(reactions) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    if any(not _may_react(chat, reaction) for reaction in reactions):
        raise bad_request("REACTION_INVALID")
    if reactions:
        message.reactions[context.bot.id] = reactions
    else:
        message.reactions.pop(context.bot.id, None)
    context.world.changes.ring()
    return True
