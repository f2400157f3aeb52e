"""What Telegram's updates mean: which of them are said to the bot, and what.

They come cut down to what is read of them, see `handlers.telegram.essentials`.
"""

from dataclasses import replace

from aiogram.types import ManagedBotUpdated, Message, MessageGenerationStopped, Update, User

from bot.contracts.abilities import BOT_MADE
from bot.domain.ids import TurnId, UnixMs
from bot.domain.incoming import ChatRenumbered, Inbound, Incoming, Invocation, Joined, StopRequest, ThreadChanged
from bot.domain.messages import FilePart, Part, own_words
from bot.domain.people import Identity
from bot.domain.places import NO_CUSTOMS, Place, PlaceKind
from handlers.telegram import pointed
from handlers.telegram.essentials import plain_of
from handlers.telegram.fields import QUIET
from handlers.telegram.files import files
from handlers.telegram.guest_buttons import guest_chat
from handlers.telegram.origins import PLATFORM, Me, identity_of, place_of, sender_of, title_of, topic_of
from handlers.telegram.presses import pressed
from handlers.telegram.unfinished import Unfinished
from handlers.telegram.whispers import whisper_of
from handlers.telegram.words import Json, Range, index, marked, mentions, text_and_entities, units, without

CUT_UNITS = 4000
"""Telegram's apps cut a long paste every 4,096 UTF-16 units, some a little earlier, at a space."""

WHOLE_UNITS = 4096
"""The longest message: one of just this length was cut through whatever stood there, a shorter one at white space."""

_BY_PROGRAMS = ("via_bot", "is_automatic_forward")
"""Fields of what another bot has written for somebody, and of what Telegram brings from a channel by itself."""


def read(update: Update, me: Me, unfinished: Unfinished | None = None) -> Incoming | None:
    """What the update asks of the engine; None if it is not for the bot, or nothing that can be answered. No I/O."""
    key = str(update.update_id)
    if update.message is not None and (changed := _thread_changed(update.message, key, me)):
        return changed
    if update.message is not None and (joined := _joined(update.message, key, me)):
        return joined
    if update.message is not None and (moved := update.message.migrate_to_chat_id) is not None:
        place = place_of(update.message.chat, None, me)
        return ChatRenumbered(key, place, str(moved)) if place is not None else None
    if update.message is not None:
        return _said(update.message, key, me, unfinished, edited=False)
    if update.edited_message is not None:
        return _said(update.edited_message, key, me, unfinished, edited=True)
    if update.guest_message is not None:
        return _called(update.guest_message, key, me)
    if update.callback_query is not None:
        return pressed(update.callback_query, key, me)
    if update.stopped_message_generation is not None:
        return _stopped(update.stopped_message_generation, key, me)
    if update.managed_bot is not None and me.makes_bots:
        return _made(update.managed_bot, key, me)
    return None


def _said(
    message: Message, key: str, me: Me, unfinished: Unfinished | None, *, edited: bool
) -> Inbound | Invocation | None:
    sender = sender_of(message)
    place = place_of(message.chat, topic_of(message), me)
    raw = plain_of(message)
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
    if (whisper := whisper_of(message, sender)) is not None:
        # A reply to what only its sender sees. It has no edits that anything would follow from.
        whole = _inbound(message, raw, key, place, sender, me, _words(raw, place, []), edited=edited)
        alone = replace(whole, remote_id=whisper.remote_id, receipt=whisper.receipt, private=True)
        return replace(alone, addressed=not edited)
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
    sender, raw = sender_of(message), plain_of(message)
    query = raw.get("guest_query_id")
    if sender is None or not query or any(name in QUIET for name in raw):
        return None
    place = Place(PLATFORM, me.id, guest_chat(message.chat.id), kind=PlaceKind.GUEST)
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
        place_title=title_of(message.chat),
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
    return "" if created.get("is_name_implicit") or _id_in(root.get("from")) == me.id else created.get("name") or ""


def _answers(raw: Json, me: Me) -> bool:
    """Whether it replies to something that the bot has said."""
    reply = _replied_to_raw(raw)
    return reply is not None and _id_in(reply.get("from")) == me.id


def _thread_changed(message: Message, key: str, me: Me) -> ThreadChanged | None:
    """What somebody else has done to a topic."""
    edited = message.forum_topic_edited
    closed = True if message.forum_topic_closed else False if message.forum_topic_reopened else None
    if (edited is None and closed is None) or _id_of(message.from_user) == me.id:
        return None
    place = place_of(message.chat, message.message_thread_id, me)
    return ThreadChanged(key, place, edited.name if edited else None, closed) if place is not None else None


def _joined(message: Message, key: str, me: Me) -> Joined | None:
    """The bot was added to a group, or a group was made with it."""
    raw, place = plain_of(message), place_of(message.chat, None, me)
    added = any(_id_in(member) == me.id for member in raw.get("new_chat_members") or ())
    if place is None or place.kind.private or not (added or raw.get("group_chat_created")):
        return None
    language = message.from_user.language_code if message.from_user is not None else None
    return Joined(key, place, title_of(message.chat), language or "")


def _invocation(
    raw: Json, command: str, key: str, place: Place, sender: Identity, message: Message, me: Me
) -> Invocation | None:
    name, _, addressee = command[1:].lower().partition("@")
    if addressee != me.username.lower() if addressee else not place.kind.private and name not in me.commands:
        return None
    text, entities = text_and_entities(raw)
    rest = marked(text, entities, (len(command), len(text))).strip()
    reply = _replied_to(message)
    whisper = whisper_of(message, sender)
    return Invocation(
        event_key=key,
        place=place,
        sender=sender,
        command=name,
        args=(rest,) if rest else (),
        origin="typed",
        remote_id=whisper.remote_id if whisper is not None else str(message.message_id),
        receipt=whisper.receipt if whisper is not None else "",
        private=whisper is not None,
        reply_to=str(reply["message_id"]) if reply else None,
        place_title=title_of(message.chat),
        named=_named(raw, me),
        files=tuple(files(raw)),
        pointed=_pointed(raw, reply, me, sender),
    )


def _sent_at(message: Message) -> UnixMs:
    return UnixMs(1000 * (message.edit_date or int(message.date.timestamp())))


def _leading_command(raw: Json) -> str:
    """The command with which a text or caption begins; "" where it does not."""
    text, entities = text_and_entities(raw)
    first = next((e for e in entities if e["type"] == "bot_command" and e["offset"] == 0), None)
    return text[: index(text, first["length"])] if first else ""


def _replied_to(message: Message) -> Json | None:
    """The message it answers. In a topic all that answers nothing points at the message that opened the topic."""
    reply = _replied_to_raw(plain_of(message))
    return None if reply is None or reply["message_id"] == topic_of(message) else reply


def _replied_to_raw(raw: Json) -> Json | None:
    reply: Json | None = raw.get("reply_to_message")
    if reply is None or (raw.get("is_topic_message") and reply["message_id"] == raw.get("message_thread_id")):
        return None
    return reply


# What is not a message


def _stopped(stopped: MessageGenerationStopped, key: str, me: Me) -> StopRequest | None:
    place = place_of(stopped.chat, stopped.message_thread_id, me)
    return StopRequest(key, place, TurnId(stopped.draft_id)) if place is not None else None


def _made(made: ManagedBotUpdated, key: str, me: Me) -> Invocation:
    """Somebody has made a bot, or has another token for it."""
    place, sender = Place(PLATFORM, me.id, str(made.user.id), kind=PlaceKind.PRIVATE), identity_of(made.user)
    return Invocation(key, place, sender, BOT_MADE, (str(made.bot_user.id),), origin="native", remote_id="")


def _id_of(user: User | None) -> str:
    return str(user.id) if user is not None else ""


def _id_in(who: Json | None) -> str:
    return str((who or {}).get("id", ""))
