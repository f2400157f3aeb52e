"""What Telegram's updates mean: which of them are said to the bot, by whom, where, and what.

An update is first cut down to what is read of it (`essentials`): validating the rest would cost several times as much,
and a form of it that is newer than the library would make a plain question unreadable.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from aiogram.types import CallbackQuery, Chat, ManagedBotUpdated, Message, MessageGenerationStopped, Update, User

from bot.contracts.command import call_from_data
from bot.contracts.abilities import BOT_MADE
from bot.domain.ids import TurnId, UnixMs
from bot.domain.incoming import ChatRenumbered, Inbound, Incoming, Invocation, Joined, StopRequest, ThreadChanged
from bot.domain.messages import FilePart, Part, own_words
from bot.domain.people import Identity
from bot.domain.places import NO_CUSTOMS, Customs, Place, PlaceKind, nothing_chosen
from handlers.telegram import pointed
from handlers.telegram.fields import ENVELOPE, QUIET
from handlers.telegram.files import files
from handlers.telegram.guest_buttons import guest_chat, receipt_of, split_data
from handlers.telegram.unfinished import Unfinished
from handlers.telegram.whispers import RECEIPT, Whisper
from handlers.telegram.words import Json, Range, index, marked, mentions, text_and_entities, units, without

_MESSAGES = ("message", "edited_message", "guest_message")
KINDS = (*_MESSAGES, "callback_query", "stopped_message_generation", "managed_bot")
"""The updates that `read` reads; no others need be asked for."""

CUT_UNITS = 4000
"""Telegram's apps cut a long paste every 4,096 UTF-16 units, some a little earlier, at a space."""

WHOLE_UNITS = 4096
"""The longest message: one of just this length was cut through whatever stood there, a shorter one at white space."""

_PLATFORM = "telegram"
_GENERAL_TOPIC = 1
_NO_COMMAND = "?"
_BY_PROGRAMS = ("via_bot", "is_automatic_forward")
"""Fields of what another bot has written for somebody, and of what Telegram brings from a channel by itself."""


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


def read(update: Update, me: Me, unfinished: Unfinished | None = None) -> Incoming | None:
    """What the update asks of the engine; None if it is not for the bot, or nothing that can be answered. No I/O."""
    key = str(update.update_id)
    if update.message is not None and (changed := _thread_changed(update.message, key, me)):
        return changed
    if update.message is not None and (joined := _joined(update.message, key, me)):
        return joined
    if update.message is not None and (moved := update.message.migrate_to_chat_id) is not None:
        place = _place(update.message.chat, None, me)
        return ChatRenumbered(key, place, str(moved)) if place is not None else None
    if update.message is not None:
        return _said(update.message, key, me, unfinished, edited=False)
    if update.edited_message is not None:
        return _said(update.edited_message, key, me, unfinished, edited=True)
    if update.guest_message is not None:
        return _called(update.guest_message, key, me)
    if update.callback_query is not None:
        return _pressed(update.callback_query, key, me)
    if update.stopped_message_generation is not None:
        return _stopped(update.stopped_message_generation, key, me)
    if update.managed_bot is not None and me.makes_bots:
        return _made(update.managed_bot, key, me)
    return None


# Messages


def _said(
    message: Message, key: str, me: Me, unfinished: Unfinished | None, *, edited: bool
) -> Inbound | Invocation | None:
    sender = _sender(message)
    place = _place(message.chat, _topic(message), me)
    raw = _plain(message)
    if sender is None or place is None or any(name in QUIET for name in raw):
        return None
    if edited and (raw.get("location") or {}).get("live_period"):
        return None  # The app tells where somebody is every few seconds; nobody says anything by it.
    if "forward_origin" not in raw and (command := _leading_command(raw)):
        # A command is run when it is sent. Running it again, or another one, by an edit would take people by surprise.
        # Where it asked something, its words are edited as any question's are.
        if edited:
            text, _ = text_and_entities(raw)
            words = without(text, [(0, len(command))])
            return replace(_inbound(message, raw, key, place, sender, me, words, edited=True), addressed=False)
        return _invocation(raw, command, key, place, sender, message, me)
    if (whisper := _whisper(message, sender)) is not None:
        # A reply to what only its sender sees. It has no edits that anything would follow from.
        whole = _inbound(message, raw, key, place, sender, me, _words(raw, place, []), edited=edited)
        receipt = f"{RECEIPT}{whisper.number}"
        return replace(whole, remote_id=whisper.remote_id, receipt=receipt, private=True, addressed=not edited)
    named = mentions(raw, me.username, me.id)
    heard = _inbound(message, raw, key, place, sender, me, _words(raw, place, named), edited=edited)
    if me.guest and named and not place.kind.private and not edited:
        heard = replace(heard, also_as=_number_of(message, sender))
    if place.kind.private or named or _answers(raw, me):
        return heard
    if edited:
        return replace(heard, addressed=False)
    chosen = NO_CUSTOMS if any(name in raw for name in _BY_PROGRAMS) else me.customs(place)
    if chosen.calls(own_words(heard.parts)):
        return replace(heard, by_custom=True)
    if unfinished is not None and unfinished.goes_on(heard):
        return heard
    if unfinished is not None:
        unfinished.keep(heard)
    return replace(heard, addressed=False) if chosen.listens else None


def _called(message: Message, key: str, me: Me) -> Inbound | None:
    """What somebody asks in a chat that the bot is not in: its one answer goes back with the query."""
    sender, raw = _sender(message), _plain(message)
    query = raw.get("guest_query_id")
    if sender is None or not query or any(name in QUIET for name in raw):
        return None
    place = Place(_PLATFORM, me.id, guest_chat(message.chat.id), kind=PlaceKind.GUEST)
    words = _words(raw, place, mentions(raw, me.username, me.id))
    heard = _inbound(message, raw, key, place, sender, me, words, edited=False)
    whole = replace(heard, reply_to=None, album=None, may_continue=False)
    return replace(whole, receipt=query, also_as=_number_of(message, sender))


def _number_of(message: Message, sender: Identity) -> str:
    """What a message is told apart by, whichever way it comes."""
    return f"m{message.chat.id}/{message.message_id}/{sender.user_id}/{int(message.date.timestamp())}"


def _inbound(
    message: Message, raw: Json, key: str, place: Place, sender: Identity, me: Me, part: Range, *, edited: bool
) -> Inbound:
    text, entities = text_and_entities(raw)
    parts = tuple(pointed.said(raw, marked(text, entities, part)))
    reply = _replied_to(message)
    length = units(raw.get("text") or "")
    return Inbound(
        event_key=key,
        place=place,
        sender=sender,
        remote_id=str(message.message_id),
        parts=parts,
        sent_at=_sent_at(message),
        reply_to=str(reply["message_id"]) if reply else None,
        album=message.media_group_id,
        may_continue=length >= CUT_UNITS,
        separator="" if length == WHOLE_UNITS else "\n",
        edited=edited,
        place_title=_title(message.chat),
        named=_named(raw, me),
        pointed=_pointed(raw, reply, me, sender),
        unread="" if parts else pointed.unread(raw),
    )


def _words(raw: Json, place: Place, named: list[Range]) -> Range:
    """What of the text is said: among several people all but the bot's name."""
    text, _ = text_and_entities(raw)
    return (0, len(text)) if place.kind.private or "forward_origin" in raw else without(text, named)


def _pointed(raw: Json, reply: Json | None, me: Me, sender: Identity) -> tuple[Part, ...]:
    """What the message replied to holds; of one that is quoted, the quotation says what is meant."""
    if reply is None:
        return ()
    found = pointed.replied_to(reply, me.id, sender.user_id)
    return tuple(part for part in found if "quote" not in raw or isinstance(part, FilePart))


def _named(raw: Json, me: Me) -> str:
    """What a person has called this topic. What answers nothing there points at the message that opened it."""
    root = raw.get("reply_to_message") or {}
    created = root.get("forum_topic_created") or {}
    return "" if created.get("is_name_implicit") or _number(root.get("from")) == me.id else created.get("name") or ""


def _answers(raw: Json, me: Me) -> bool:
    """Whether it replies to something that the bot has said."""
    reply = _replied_to_raw(raw)
    return reply is not None and _number(reply.get("from")) == me.id


def _thread_changed(message: Message, key: str, me: Me) -> ThreadChanged | None:
    """What somebody else has done to a topic."""
    edited = message.forum_topic_edited
    closed = True if message.forum_topic_closed else False if message.forum_topic_reopened else None
    if (edited is None and closed is None) or _id_of(message.from_user) == me.id:
        return None
    place = _place(message.chat, message.message_thread_id, me)
    return ThreadChanged(key, place, edited.name if edited else None, closed) if place is not None else None


def _joined(message: Message, key: str, me: Me) -> Joined | None:
    """The bot was added to a group, or a group was made with it."""
    raw, place = _plain(message), _place(message.chat, None, me)
    added = any(_number(member) == me.id for member in raw.get("new_chat_members") or ())
    if place is None or place.kind.private or not (added or raw.get("group_chat_created")):
        return None
    language = message.from_user.language_code if message.from_user is not None else None
    return Joined(key, place, _title(message.chat), language or "")


def _invocation(
    raw: Json, command: str, key: str, place: Place, sender: Identity, message: Message, me: Me
) -> Invocation | None:
    name, _, addressee = command[1:].lower().partition("@")
    if addressee != me.username.lower() if addressee else not place.kind.private and name not in me.commands:
        return None
    text, entities = text_and_entities(raw)
    rest = marked(text, entities, (len(command), len(text))).strip()
    reply = _replied_to(message)
    whisper = _whisper(message, sender)
    return Invocation(
        event_key=key,
        place=place,
        sender=sender,
        command=name,
        args=(rest,) if rest else (),
        origin="typed",
        remote_id=whisper.remote_id if whisper is not None else str(message.message_id),
        receipt=f"{RECEIPT}{whisper.number}" if whisper is not None else "",
        private=whisper is not None,
        reply_to=str(reply["message_id"]) if reply else None,
        place_title=_title(message.chat),
        named=_named(raw, me),
        files=tuple(files(raw)),
        pointed=_pointed(raw, reply, me, sender),
    )


def _whisper(message: Message, sender: Identity) -> Whisper | None:
    """The message as one that beside the bot its sender, or the presser of its button, alone sees."""
    number = message.ephemeral_message_id
    return Whisper(number, int(sender.user_id)) if number is not None else None


def _sent_at(message: Message) -> UnixMs:
    return UnixMs(1000 * (message.edit_date or int(message.date.timestamp())))


def _leading_command(raw: Json) -> str:
    """The command with which a text or caption begins; "" where it does not."""
    text, entities = text_and_entities(raw)
    first = next((e for e in entities if e["type"] == "bot_command" and e["offset"] == 0), None)
    return text[: index(text, first["length"])] if first else ""


def _replied_to(message: Message) -> Json | None:
    """The message it answers. In a topic all that answers nothing points at the message that opened the topic."""
    reply = _replied_to_raw(_plain(message))
    return None if reply is None or reply["message_id"] == _topic(message) else reply


def _replied_to_raw(raw: Json) -> Json | None:
    reply: Json | None = raw.get("reply_to_message")
    if reply is None or (raw.get("is_topic_message") and reply["message_id"] == raw.get("message_thread_id")):
        return None
    return reply


def _plain(message: Message) -> Json:
    """The message as it came."""
    plain: Json = (message.model_extra or {}).get(PLAIN, {})
    return plain


# Who and where


def _sender(message: Message) -> Identity | None:
    """Who said it; None for bots. Anonymous administrators, and channels, speak under the name of a chat."""
    chat, user = message.sender_chat, message.from_user
    if chat is not None:
        return Identity(_PLATFORM, str(chat.id), chat.title or chat.full_name, anonymous=True)
    return None if user is None or user.is_bot else _identity(user)


def _identity(user: User) -> Identity:
    return Identity(_PLATFORM, str(user.id), user.full_name, user.language_code or "")


def _id_of(user: User | None) -> str:
    return str(user.id) if user is not None else ""


def _number(who: Json | None) -> str:
    return str((who or {}).get("id", ""))


def _title(chat: Chat) -> str:
    return "" if chat.type == "private" else chat.title or ""


def _topic(message: Message) -> int | None:
    # In a plain supergroup replies carry a thread id too, that of the message they began with.
    return message.message_thread_id if message.is_topic_message or message.chat.type == "private" else None


def _place(chat: Chat, thread: int | None, me: Me) -> Place | None:
    """The place; None for channels, and for the direct messages of one, where answers would need an address more."""
    if chat.type == "private":
        kind = PlaceKind.PRIVATE_THREAD if thread else PlaceKind.PRIVATE
    elif chat.type in ("group", "supergroup") and not chat.is_direct_messages:
        thread = None if thread == _GENERAL_TOPIC else thread
        kind = PlaceKind.GROUP_THREAD if thread else PlaceKind.GROUP
    else:
        return None
    return Place(_PLATFORM, me.id, str(chat.id), str(thread) if thread else "", kind)


# What is not a message


def _pressed(query: CallbackQuery, key: str, me: Me) -> Invocation | None:
    message = query.message
    button = call_from_data(query.data or "")
    if query.inline_message_id is not None:
        return _pressed_as_guest(query, query.inline_message_id, key, me)
    if message is None or query.from_user.is_bot:
        return None
    # A message too old to be shown to the bot comes without its topic.
    place = _place(message.chat, _topic(message) if isinstance(message, Message) else None, me)
    if place is None:
        return None
    # A tampered app sends what it likes; its press is answered as that of a command which does not exist.
    command, args = button if button is not None else (_NO_COMMAND, ())
    sender = _identity(query.from_user)
    whisper = _whisper(message, sender) if isinstance(message, Message) else None
    return Invocation(
        event_key=key,
        place=place,
        sender=sender,
        command=command,
        args=args,
        origin="button",
        remote_id=whisper.remote_id if whisper is not None else str(message.message_id),
        receipt=query.id,
        place_title=_title(message.chat),
        private=whisper is not None,
    )


def _pressed_as_guest(query: CallbackQuery, message: str, key: str, me: Me) -> Invocation | None:
    """A press below what the bot has said where it is not."""
    if query.from_user.is_bot:
        return None
    # What no button of ours holds names no chat either; it is answered like any command that does not exist.
    call, chat = split_data(query.data or "") or ("", guest_chat(""))
    command, args = call_from_data(call) or (_NO_COMMAND, ())
    return Invocation(
        event_key=key,
        place=Place(_PLATFORM, me.id, chat, kind=PlaceKind.GUEST),
        sender=_identity(query.from_user),
        command=command,
        args=args,
        origin="button",
        remote_id=message,
        receipt=receipt_of(query.id, message),
    )


def _stopped(stopped: MessageGenerationStopped, key: str, me: Me) -> StopRequest | None:
    place = _place(stopped.chat, stopped.message_thread_id, me)
    return StopRequest(key, place, TurnId(stopped.draft_id)) if place is not None else None


def _made(made: ManagedBotUpdated, key: str, me: Me) -> Invocation:
    """Somebody has made a bot, or has another token for it."""
    place, sender = Place(_PLATFORM, me.id, str(made.user.id), kind=PlaceKind.PRIVATE), _identity(made.user)
    return Invocation(key, place, sender, BOT_MADE, (str(made.bot_user.id),), origin="native", remote_id="")


# Cutting down


# Under this name the whole message stays plain data. aiogram's classes would refuse a form that is newer than they are;
# and those for rich messages try every kind of text for every piece of it: bold within bold within bold, six deep,
# takes minutes, and everybody's messages would wait for that.
PLAIN = "plain"


def essentials(raw: Mapping[str, Any]) -> dict[str, Any] | None:
    """The update without what `read` does not look at; None if it looks at nothing. The original stays as it is.

    What is not shaped like an update raises TypeError, AttributeError or KeyError.
    """
    if not isinstance(raw, Mapping):
        raise TypeError("not an update")
    kind = next((kind for kind in KINDS if kind in raw), None)
    if kind is None:
        return None
    content = raw[kind]
    if kind == "callback_query":
        content = dict(content)
        if "message" in content:
            content["message"] = _only(_PRESSED, content["message"])
    elif kind in _MESSAGES:
        content = {**envelope(content), PLAIN: content}
    return {"update_id": raw["update_id"], kind: content}


def envelope(message: Mapping[str, Any]) -> dict[str, Any]:
    """Who has sent a message, where and when, without what it says."""
    return _only(ENVELOPE, message)


_PRESSED = (
    "message_id", "date", "chat", "from", "message_thread_id", "is_topic_message", "ephemeral_message_id",
)  # fmt: skip


def _only(names: Iterable[str], raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: raw[name] for name in names if name in raw}
