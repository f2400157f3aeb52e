"""Where what Telegram brings comes from: who has said or pressed it, and at which place."""

from collections.abc import Callable
from dataclasses import dataclass

from aiogram.types import Chat, Message, User

from bot.domain.people import Identity
from bot.domain.places import Customs, Place, PlaceKind, nothing_chosen

PLATFORM = "telegram"
_GENERAL_TOPIC = 1


@dataclass(frozen=True, slots=True)
class Me:
    """The bot itself, as `getMe` tells."""

    id: str
    username: str
    commands: frozenset[str]
    """In a group, a bare command that is none of these is meant for another bot."""
    customs: Callable[[Place], Customs] = nothing_chosen
    """Who is answered where, beside those who name it."""
    guest: bool = False
    """Whether it can be called where it is not."""
    makes_bots: bool = False
    """Whether it is to heed bots that people make for it to manage."""


def sender_of(message: Message) -> Identity | None:
    """Who said it; None for bots. Anonymous administrators, and channels, speak under the name of a chat."""
    chat, user = message.sender_chat, message.from_user
    if chat is not None:
        return Identity(PLATFORM, str(chat.id), chat.title or chat.full_name, anonymous=True)
    return None if user is None or user.is_bot else identity_of(user)


def identity_of(user: User) -> Identity:
    """A user, under their own name."""
    return Identity(PLATFORM, str(user.id), user.full_name, user.language_code or "")


def title_of(chat: Chat) -> str:
    """What a chat among several people is called."""
    return "" if chat.type == "private" else chat.title or ""


def topic_of(message: Message) -> int | None:
    """The topic, or thread of a private chat, in which a message stands."""
    # In a plain supergroup replies carry a thread id too, that of the message they began with.
    return message.message_thread_id if message.is_topic_message or message.chat.type == "private" else None


def place_of(chat: Chat, thread: int | None, me: Me) -> Place | None:
    """The place; None for channels, and for the direct messages of one, where answers would need an address more."""
    if chat.type == "private":
        kind = PlaceKind.PRIVATE_THREAD if thread else PlaceKind.PRIVATE
    elif chat.type in ("group", "supergroup") and not chat.is_direct_messages:
        thread = None if thread == _GENERAL_TOPIC else thread
        kind = PlaceKind.GROUP_THREAD if thread else PlaceKind.GROUP
    else:
        return None
    return Place(PLATFORM, me.id, str(chat.id), str(thread) if thread else "", kind)
