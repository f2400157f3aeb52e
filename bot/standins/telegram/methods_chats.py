"""Chats, members and topics."""

from bot.standins.telegram.account import member_to_api
from bot.standins.telegram.context import Context
from bot.standins.telegram.errors import bad_request
from bot.standins.telegram.model import Chat, ChatKind, Json, Membership, Topic


def get_chat(context: Context) -> Json:
    """All about a chat."""
    chat = context.chat()
    full = {
        **chat.to_api(),
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": {
            "unlimited_gifts": False,
            "limited_gifts": False,
            "unique_gifts": False,
            "premium_subscription": False,
            "gifts_from_channels": False,
        },
    }
    if chat.person is not None and chat.person.username:
        full["active_usernames"] = [chat.person.username]
    return full


def get_chat_member(context: Context) -> Json:
    """Somebody's place in a chat."""
    chat = context.chat()
    number = context.params.integer("user_id")
    if number == context.bot.id:
        return member_to_api(context.bot, chat.bots.get(context.bot.id) or Membership())
    person = chat.members.get(number or 0)
    if person is None:
        known = context.world.people.get(number or 0)
        if known is None:
            raise bad_request("PARTICIPANT_ID_INVALID")
        return {"status": "left", "user": known.to_api()}
    if person.id == next(iter(chat.members)):
        return {"status": "creator", "user": person.to_api(), "is_anonymous": False}
    if person.id in chat.admins:
        return {"status": "administrator", "user": person.to_api(), "is_anonymous": False, "can_be_edited": False}
    return {"status": "member", "user": person.to_api()}


def create_forum_topic(context: Context) -> Json:
    """A new topic in a forum, or in a private chat of a bot that has topics."""
    chat = _topic_chat(context, "create a topic")
    name = context.params.text("name").strip()
    if not 1 <= len(name) <= 128:
        raise bad_request("TOPIC_TITLE_EMPTY" if not name else "TOPIC_TITLE_TOO_LONG")
    color = context.params.integer("icon_color") or 0x6FB9F0
    topic = context.world.open_topic(chat, context.bot, name, icon_color=color)
    return {"message_thread_id": topic.id, "name": topic.name, "icon_color": topic.icon_color}


def edit_forum_topic(context: Context) -> bool:
    """Another name."""
    chat, topic = _topic(context)
    name = context.params.text("name").strip()
    if len(name) > 128:
        raise bad_request("TOPIC_TITLE_TOO_LONG")
    if not name or name == topic.name:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.name = name
    topic.implicit = False
    context.world.post(chat, context.bot, topic.id, service={"forum_topic_edited": {"name": name}})
    return True


def close_forum_topic(context: Context) -> bool:
    """From now on only administrators can write there."""
    return _set_closed(context, closed=True)


def reopen_forum_topic(context: Context) -> bool:
    """The reverse of closing."""
    return _set_closed(context, closed=False)


def _set_closed(context: Context, *, closed: bool) -> bool:
    chat, topic = _topic(context)
    if chat.kind is ChatKind.PRIVATE:
        raise bad_request("the chat is not a forum")
    if topic.closed is closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.closed = closed
    service = "forum_topic_closed" if closed else "forum_topic_reopened"
    context.world.post(chat, context.bot, topic.id, service={service: {}})
    return True


def delete_forum_topic(context: Context) -> bool:
    """The topic and all its messages go."""
    chat, topic = _topic(context)
    del chat.topics[topic.id]
    chat.drafts.pop(topic.id, None)
    for number in [number for number, message in chat.messages.items() if message.thread == topic.id]:
        context.world.delete(chat, number)
    context.world.changes.ring()
    return True


def _topic_chat(context: Context, deed: str) -> Chat:
    chat = context.chat()
    if chat.kind is ChatKind.PRIVATE:
        if not context.bot.has_topics_enabled:
            raise bad_request("the chat is not a forum")
        return chat
    if not chat.is_forum:
        raise bad_request("the chat is not a forum")
    if not chat.bots[context.bot.id].may("manage_topics"):
        raise bad_request(f"not enough rights to {deed}")
    return chat


def _topic(context: Context) -> tuple[Chat, Topic]:
    chat = _topic_chat(context, "edit the topic")
    topic = chat.topics.get(context.params.integer("message_thread_id") or 0)
    if topic is None:
        raise bad_request("message thread not found")
    return chat, topic
