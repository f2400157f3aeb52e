"""What Telegram's updates mean: which of them are said to the bot, by whom, where, and what.

An update is first cut down to what is read of it (`essentials`): validating the rest would cost several times as much,
and a form of it that is newer than the library would make a plain question unreadable.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aiogram.types import CallbackQuery, Chat, Message, MessageEntity, MessageGenerationStopped, Update, User

from bot.command import call_from_data
from bot.ids import TurnId, UnixMs
from bot.types import (
    ChatRenumbered,
    FilePart,
    Identity,
    Inbound,
    Incoming,
    Invocation,
    Part,
    Place,
    PlaceKind,
    StopRequest,
    TextPart,
    ThreadChanged,
)
from handlers.telegram import rich_inbound

KINDS = ("message", "edited_message", "callback_query", "stopped_message_generation")
"""The updates that `read` reads; no others need be asked for."""

CUT_UNITS = 4000
"""Telegram's apps cut a long paste every 4,096 UTF-16 units, some a little earlier, at a space."""

WHOLE_UNITS = 4096
"""The longest message: one of just this length was cut through whatever stood there, a shorter one at white space."""

_PLATFORM = "telegram"
_GENERAL_TOPIC = 1
_UNFINISHED_AT_ONCE = 100
_NEXT_PART_MS = 2000
"""Telegram gives whole seconds."""


@dataclass(frozen=True, slots=True)
class Me:
    """The bot itself, as `getMe` tells."""

    id: str
    username: str
    commands: frozenset[str]
    """In a group, a bare command that is none of these is meant for another bot."""


class Unfinished:
    """What people in groups have begun to say: only the first part of an album, or of a long paste, names the bot.

    A memory of the last few moments that may be lost: then the parts that do not name the bot are not read.
    """

    def __init__(self) -> None:
        self._last: dict[tuple[Place, str], Inbound] = {}

    def note(self, said: Inbound) -> None:
        """Remember what its sender said last, if that may go on in another message."""
        self._last.pop((said.place, said.sender.user_id), None)
        if said.place.kind.private or not (said.album or said.may_continue):
            return
        self._last[said.place, said.sender.user_id] = said
        if len(self._last) > _UNFINISHED_AT_ONCE:
            del self._last[next(iter(self._last))]

    def goes_on(self, message: Message, place: Place) -> bool:
        """Whether a message is a further part of what its sender has begun."""
        last = self._last.get((place, _id_of(message.from_user)))
        if last is None:
            return False
        if last.album is not None and last.album == message.media_group_id:
            return True
        return last.may_continue and 0 <= _sent_at(message) - last.sent_at <= _NEXT_PART_MS


def read(update: Update, me: Me, unfinished: Unfinished | None = None) -> Incoming | None:
    """What the update asks of the engine; None where it is not for the bot, or nothing that can be answered. No I/O."""
    key = str(update.update_id)
    if update.message is not None and (changed := _thread_changed(update.message, key, me)):
        return changed
    if update.message is not None and (moved := update.message.migrate_to_chat_id) is not None:
        place = _place(update.message.chat, None, me)
        return ChatRenumbered(key, place, str(moved)) if place is not None else None
    if update.message is not None:
        return _said(update.message, key, me, unfinished, edited=False)
    if update.edited_message is not None:
        return _said(update.edited_message, key, me, unfinished, edited=True)
    if update.callback_query is not None:
        return _pressed(update.callback_query, key, me)
    if update.stopped_message_generation is not None:
        return _stopped(update.stopped_message_generation, key, me)
    return None


# Messages


def _said(
    message: Message, key: str, me: Me, unfinished: Unfinished | None, *, edited: bool
) -> Inbound | Invocation | None:
    sender = _person(message)
    place = _place(message.chat, _topic(message), me)
    if sender is None or place is None:
        return None
    if message.text and (entity := _leading_command(message)):
        # A command is run when it is sent. Running it again, or another one, by an edit would take people by surprise.
        return None if edited else _invocation(message, message.text, entity, key, place, sender, me)
    reply = _replied_to(message)
    text, mentions = _words(message, me)
    shown: Message | None = None
    if not place.kind.private:
        answers_me = reply is not None and _id_of(reply.from_user) == me.id
        if not (mentions or answers_me or (unfinished and unfinished.goes_on(message, place))):
            return None
        text = _without(text, mentions)
        # What somebody else has said in a group is unknown to the engine: who replies to it shows it to the bot.
        shown = reply if mentions and not answers_me else None
    parts = tuple(_parts(message, text, shown))
    if not parts:
        return None
    return Inbound(
        event_key=key,
        place=place,
        sender=_identity(sender),
        remote_id=str(message.message_id),
        parts=parts,
        sent_at=_sent_at(message),
        reply_to=str(reply.message_id) if reply else None,
        album=message.media_group_id,
        may_continue=_units(message.text or "") >= CUT_UNITS,
        joint="" if _units(message.text or "") == WHOLE_UNITS else "\n",
        edited=edited,
        place_title=_title(message.chat),
    )


def _thread_changed(message: Message, key: str, me: Me) -> ThreadChanged | None:
    """What somebody else has done to a topic."""
    edited = message.forum_topic_edited
    closed = True if message.forum_topic_closed else False if message.forum_topic_reopened else None
    if (edited is None and closed is None) or _id_of(message.from_user) == me.id:
        return None
    place = _place(message.chat, message.message_thread_id, me)
    return ThreadChanged(key, place, edited.name if edited else None, closed) if place is not None else None


def _invocation(
    message: Message, text: str, entity: MessageEntity, key: str, place: Place, sender: User, me: Me
) -> Invocation | None:
    end = _index(text, entity.length)
    name, _, addressee = text[1:end].lower().partition("@")
    if addressee != me.username.lower() if addressee else not place.kind.private and name not in me.commands:
        return None
    rest = text[end:].strip()
    reply = _replied_to(message)
    return Invocation(
        event_key=key,
        place=place,
        sender=_identity(sender),
        command=name,
        args=(rest,) if rest else (),
        origin="typed",
        remote_id=str(message.message_id),
        reply_to=str(reply.message_id) if reply else None,
        place_title=_title(message.chat),
    )


def _sent_at(message: Message) -> UnixMs:
    return UnixMs(1000 * (message.edit_date or int(message.date.timestamp())))


def _leading_command(message: Message) -> MessageEntity | None:
    return next((e for e in message.entities or () if e.type == "bot_command" and e.offset == 0), None)


def _replied_to(message: Message) -> Message | None:
    """The message it answers. In a topic all that answers nothing points at the message that opened the topic."""
    reply = message.reply_to_message
    return None if reply is None or reply.message_id == _topic(message) else reply


# Who and where


def _person(message: Message) -> User | None:
    """Who said it; None for bots, channels and groups (anonymous administrators), whose `from` is a fake."""
    sender = message.from_user
    return None if sender is None or sender.is_bot or message.sender_chat is not None else sender


def _identity(user: User) -> Identity:
    return Identity(_PLATFORM, str(user.id), user.full_name, user.language_code or "")


def _id_of(user: User | None) -> str:
    return str(user.id) if user is not None else ""


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


# Words


Range = tuple[int, int]


def _rich_blocks(message: Message) -> list[Any]:
    """The blocks of a rich message, as plain data; none where it is not one."""
    rich = (message.model_extra or {}).get(RICH)
    return list(rich["blocks"]) if rich is not None else []


def _words(message: Message, me: Me) -> tuple[str, list[Range]]:
    """The text, and where in it (in code points) the bot is named."""
    if blocks := _rich_blocks(message):
        text = rich_inbound.to_markdown(blocks)
        name = re.compile(rf"(?<![\w@])@{re.escape(me.username)}(?!\w)", re.IGNORECASE)
        return text, [match.span() for match in name.finditer(text)]
    text = message.text or message.caption or ""
    if not text and message.sticker is not None:
        return message.sticker.emoji or "", []
    entities = (message.entities if message.text else message.caption_entities) or ()
    return text, [span for entity in entities if (span := _mention(text, entity, me))]


def _mention(text: str, entity: MessageEntity, me: Me) -> Range | None:
    if entity.type not in ("mention", "text_mention"):
        return None
    start, end = _index(text, entity.offset), _index(text, entity.offset + entity.length)
    named = text[start:end].lower() == f"@{me.username.lower()}"
    return (start, end) if named or _id_of(entity.user) == me.id else None


def _without(text: str, mentions: list[Range]) -> str:
    """The text without the mentions at its beginning and end, and without the comma or colon after the first."""
    start, end = 0, len(text)
    for first, last in mentions:
        if not text[start:first].strip():
            start = last
    for first, last in reversed(mentions):
        if first >= start and not text[last:end].strip():
            end = first
    return text[start:end].lstrip(",: \n" if start else " \n").rstrip()


def _parts(message: Message, text: str, shown: Message | None) -> Iterator[Part]:
    quoted = message.quote.text if message.quote is not None else (shown.text or shown.caption) if shown else ""
    if words := "\n\n".join(filter(None, (rich_inbound.quote(quoted or ""), text))):
        yield TextPart(words)
    yield from _files(message)
    if shown is not None and (file := _file(shown)):
        yield file


def _units(text: str) -> int:
    """The length in UTF-16 units, which Telegram counts in."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def _index(text: str, offset: int) -> int:
    """Where a position in UTF-16 units stands in the string."""
    if text.isascii():
        return offset
    return len(text.encode("utf-16-le")[: 2 * offset].decode("utf-16-le", "ignore"))


# Files


# What a file is called and taken for where Telegram does not say. The order matters: an animation comes as a document
# as well.
_FILES: Mapping[str, tuple[str, str]] = {
    "photo": ("photo.jpg", "image/jpeg"),
    "animation": ("animation.mp4", "video/mp4"),
    "document": ("document", "application/octet-stream"),
    "voice": ("voice.ogg", "audio/ogg"),
    "voice_note": ("voice.ogg", "audio/ogg"),
    "audio": ("audio.mp3", "audio/mpeg"),
    "video": ("video.mp4", "video/mp4"),
    "video_note": ("video_note.mp4", "video/mp4"),
}


def _files(message: Message) -> Iterator[FilePart]:
    if message.text:
        return
    blocks = _rich_blocks(message)
    holders: Iterable[object] = rich_inbound.nested(blocks) if blocks else (message,)
    for holder in holders:
        if file := _file(holder):
            yield file


def _file(holder: object) -> FilePart | None:
    """The file in a message, or in a block of a rich one."""
    for kind, (name, media_type) in _FILES.items():
        if content := _field(holder, kind):
            # A photo is a list of its sizes.
            file = max(content, key=_area) if kind == "photo" else content
            name = _field(file, "file_name") or name
            media_type = _field(file, "mime_type") or media_type
            spoken = kind in ("voice", "voice_note")
            return FilePart(_field(file, "file_id"), name, media_type, _field(file, "file_size"), spoken=spoken)
    return None


def _area(size: object) -> int:
    area: int = _field(size, "width") * _field(size, "height")
    return area


def _field(holder: object, name: str) -> Any:
    """A field of an object, or of plain data."""
    return holder.get(name) if isinstance(holder, Mapping) else getattr(holder, name, None)


# What is not a message


def _pressed(query: CallbackQuery, key: str, me: Me) -> Invocation | None:
    message = query.message
    button = call_from_data(query.data or "")
    if message is None or button is None or query.from_user.is_bot:
        return None
    # A message too old to be shown to the bot comes without its topic.
    place = _place(message.chat, _topic(message) if isinstance(message, Message) else None, me)
    if place is None:
        return None
    command, args = button
    return Invocation(
        event_key=key,
        place=place,
        sender=_identity(query.from_user),
        command=command,
        args=args,
        origin="button",
        remote_id=str(message.message_id),
        receipt=query.id,
        place_title=_title(message.chat),
    )


def _stopped(stopped: MessageGenerationStopped, key: str, me: Me) -> StopRequest | None:
    place = _place(stopped.chat, stopped.message_thread_id, me)
    return StopRequest(key, place, TurnId(stopped.draft_id)) if place is not None else None


# Cutting down


# Under this name a rich message stays plain data. aiogram's classes for it try every kind of text for every piece of
# it: bold within bold within bold, six deep, takes minutes, and everybody's messages would wait for that.
RICH = "plain_rich_message"

_AROUND = ("message_id", "date", "chat", "from", "message_thread_id", "is_topic_message")
_CONTENT = (
    *("text", "entities", "caption", "caption_entities", "rich_message", "sticker"),
    *(kind for kind in _FILES if kind != "voice_note"),
)
_TOPIC = ("forum_topic_edited", "forum_topic_closed", "forum_topic_reopened")
_MESSAGE = (*_AROUND, *_CONTENT, *_TOPIC, "sender_chat", "reply_to_message", "quote", "edit_date", "media_group_id")
_REPLIED_TO = tuple(name for name in (*_AROUND, *_CONTENT) if name not in ("entities", "rich_message", "sticker"))
_TELLING = ("mention", "text_mention", "bot_command")


def essentials(raw: Mapping[str, Any]) -> dict[str, Any] | None:
    """The update without what `read` does not look at; None where it looks at nothing. The original stays as it is.

    What is not shaped like an update raises TypeError, AttributeError or KeyError.
    """
    kind = next((kind for kind in KINDS if kind in raw), None)
    if kind is None:
        return None
    content = raw[kind]
    if kind == "callback_query":
        content = dict(content)
        if "message" in content:
            content["message"] = _only(_AROUND, content["message"])
    elif kind != "stopped_message_generation":
        content = _essential_message(content)
    return {"update_id": raw["update_id"], kind: content}


def _essential_message(raw: Mapping[str, Any]) -> dict[str, Any]:
    message = _only(_MESSAGE, raw)
    if "rich_message" in message:
        message[RICH] = message.pop("rich_message")
    for name in ("entities", "caption_entities"):
        if name in message:
            message[name] = [entity for entity in message[name] if entity["type"] in _TELLING]
    if (reply := message.get("reply_to_message")) is not None:
        # In a private chat the bot knows what it replies to; only its id counts.
        private = message["chat"]["type"] == "private"
        message["reply_to_message"] = _only(_AROUND if private else _REPLIED_TO, reply)
    return message


def _only(names: tuple[str, ...], raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: raw[name] for name in names if name in raw}
