"""What exists on the stand-in: people, chats, topics, messages, drafts, queries. Mutable, since it is the state."""

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.domain.ids import UnixMs

Json = dict[str, Any]

DRAFT_LIFE_S = 30.0
ACTION_LIFE_S = 5.5
ANSWERABLE_S = 15
"""For how long a press, or what only the bot sees, can be answered so that only its sender sees it."""
PREVIOUS_VERSIONS = 50
"""How many earlier forms of one message or draft are kept."""


# Whom the server names as the sender of what is said under the name of a chat.
ANONYMOUS: Json = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
_EMOJI_ROWS = (
    "❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤\u200d🔥",
    "🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨\u200d💻 👀 🎃 🙈 😇 😨",
    "🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷\u200d♂ 🤷 🤷\u200d♀ 😡",
)
EMOJI = frozenset(emoji for row in _EMOJI_ROWS for emoji in row.split())
"""All with which one can react (the Bot API's `ReactionTypeEmoji`)."""

AS_CHANNEL: Json = {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}


class ChatKind(StrEnum):
    """What a chat is; a forum is a supergroup with `is_forum`."""

    PRIVATE = "private"
    GROUP = "group"
    SUPERGROUP = "supergroup"


@dataclass(slots=True)
class Person:
    """Somebody with a Telegram account."""

    id: int
    first_name: str
    username: str = ""
    language_code: str = "en"

    def to_api(self) -> Json:
        """The `User` object."""
        user: Json = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        if self.username:
            user["username"] = self.username
        if self.language_code:
            user["language_code"] = self.language_code
        return user


@dataclass(slots=True)
class Topic:
    """A topic; its id is that of the service message that made it."""

    id: int
    name: str
    creator: int
    icon_color: int = 0x6FB9F0
    closed: bool = False
    implicit: bool = False
    """Made by the app for a first message, not named by anybody."""


@dataclass(slots=True)
class Membership:
    """A bot's place in a chat. For a private chat `kicked` means that the person blocked the bot."""

    status: str = "member"
    rights: set[str] = field(default_factory=set)
    """Of an administrator: "manage_topics", "delete_messages" …; of a restricted one: "send_messages" if it may."""

    @property
    def present(self) -> bool:
        """Whether the bot can act there at all."""
        return self.status not in ("kicked", "left")

    def may(self, right: str) -> bool:
        """Whether an administrator holds `right`."""
        return self.status == "administrator" and right in self.rights


@dataclass(slots=True)
class Version:
    """How a message or draft looked from `at` on."""

    at: UnixMs
    text: str
    entities: list[Json]
    keyboard: list[list[Json]] | None = None


@dataclass(slots=True)
class Message:
    """A message in a chat."""

    id: int
    date: int
    """Seconds since 1970."""
    sender: Json
    text: str = ""
    entities: list[Json] = field(default_factory=list)
    media: Json = field(default_factory=dict)
    """`{"photo": [...]}`, `{"document": {...}}` …: then `text` is the caption."""
    rich: Json | None = None
    forward: Json | None = None
    """Its `forward_origin`, where it came from another chat."""
    sender_chat: Json | None = None
    """As which chat its sender writes: as the group itself, or as a channel."""
    service: Json | None = None
    """`{"forum_topic_created": {...}}` …"""
    keyboard: list[list[Json]] | None = None
    reply_to: int | None = None
    quote: str = ""
    thread: int | None = None
    is_topic_message: bool = False
    album: str = ""
    edit_date: int | None = None
    receiver: Json | None = None
    """The `User` object of who alone sees it, beside its sender (an ephemeral message)."""
    silent: bool = False
    """Whether it came without a sound."""
    versions: deque[Version] = field(default_factory=lambda: deque(maxlen=PREVIOUS_VERSIONS))
    """Earlier forms, oldest first."""
    reactions: dict[int, list[Json]] = field(default_factory=dict)

    @property
    def by_bot(self) -> bool:
        """Whether a bot wrote it."""
        return bool(self.sender["is_bot"])

    def seen_by(self, person: int) -> bool:
        """Whether it stands in this person's app."""
        return self.receiver is None or person in (self.receiver["id"], self.sender["id"])


@dataclass(slots=True)
class Draft:
    """What a bot shows of a message that it is still writing."""

    id: int
    bot: int
    text: str
    entities: list[Json]
    rich: Json | None
    can_stop: bool
    keep_on_stop: bool
    expires_s: float
    """On the stand-in's monotonic clock."""
    stopped: bool = False
    versions: deque[Version] = field(default_factory=lambda: deque(maxlen=PREVIOUS_VERSIONS))
    """All forms it had, the present one last."""


@dataclass(slots=True)
class ChatAction:
    """ "typing" and the like."""

    action: str
    expires_s: float


@dataclass(slots=True)
class Chat:
    """A chat. A private chat belongs to one bot and has the person's id; groups are shared by all."""

    id: int
    kind: ChatKind
    title: str = ""
    person: Person | None = None
    is_forum: bool = False
    members: dict[int, Person] = field(default_factory=dict)
    """Of a group; the person who opened it."""
    admins: set[int] = field(default_factory=set)
    """Members whom the first one made administrators."""
    bots: dict[int, Membership] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    drafts: dict[int | None, Draft] = field(default_factory=dict)
    """One per topic."""
    actions: dict[int | None, ChatAction] = field(default_factory=dict)
    deleted: list[int] = field(default_factory=list)
    last_id: int = 0
    migrated_to: int | None = None
    reactions: frozenset[str] | None = None
    """The emoji with which one may react; None: all."""

    def to_api(self) -> Json:
        """The `Chat` object."""
        if self.person is not None:
            chat: Json = {"id": self.id, "type": "private", "first_name": self.person.first_name}
            if self.person.username:
                chat["username"] = self.person.username
            return chat
        chat = {"id": self.id, "type": self.kind.value, "title": self.title}
        if self.is_forum:
            chat["is_forum"] = True
        return chat

    def message_to_api(self, message: Message, *, with_reply: bool = True) -> Json:
        """The `Message` object."""
        data: Json = {
            "message_id": 0 if message.receiver is not None else message.id,
            "from": message.sender,
            "chat": self.to_api(),
            "date": message.date,
        }
        if message.sender_chat is not None:
            data["sender_chat"] = message.sender_chat
            data["from"] = ANONYMOUS if message.sender_chat["id"] == self.id else AS_CHANNEL
        if message.thread is not None:
            data["message_thread_id"] = message.thread
        if message.is_topic_message:
            data["is_topic_message"] = True
        if message.edit_date is not None:
            data["edit_date"] = message.edit_date
        if message.album:
            data["media_group_id"] = message.album
        if message.receiver is not None:
            data["receiver_user"] = message.receiver
            data["ephemeral_message_id"] = message.id
        if message.forward is not None:
            data["forward_origin"] = message.forward
        data.update(_content(message))
        if with_reply and (earlier := self._answered(message)) is not None:
            data["reply_to_message"] = self.message_to_api(earlier, with_reply=False)
            if message.quote:
                data["quote"] = {"text": message.quote, "position": 0, "is_manual": True}
        if message.keyboard:
            data["reply_markup"] = {"inline_keyboard": message.keyboard}
        return data

    def _answered(self, message: Message) -> Message | None:
        """What it replies to. In a forum a message that replies to nothing points at the topic's first message."""
        earlier = message.reply_to
        if earlier is None and self.kind is ChatKind.SUPERGROUP and message.is_topic_message and not message.service:
            earlier = message.thread
        return self.messages.get(earlier) if earlier is not None else None


def _content(message: Message) -> Json:
    if message.service is not None:
        return message.service
    if message.rich is not None:
        return {"rich_message": message.rich}
    if not message.media:
        return {"text": message.text, "entities": message.entities} if message.entities else {"text": message.text}
    content = dict(message.media)
    if message.text:
        content["caption"] = message.text
        if message.entities:
            content["caption_entities"] = message.entities
    return content


@dataclass(slots=True)
class File:
    """Bytes that somebody sent."""

    id: str
    unique_id: str
    path: str
    name: str
    media_type: str
    data: bytes


@dataclass(slots=True)
class CallbackQuery:
    """A pressed button, and what the bot answered."""

    id: str
    person: int
    chat: int
    message: int
    data: str
    at_s: float
    answered: bool = False
    text: str = ""
    show_alert: bool = False
    url: str = ""


@dataclass(slots=True)
class GuestQuery:
    """A question to a bot in a chat that it is not in, and the message that answers it, once there is one."""

    id: str
    chat: int
    at_s: float
    answer: int | None = None
    inline_id: str = ""
