"""Presses of the bot's buttons, as the calls of commands that they are."""

from aiogram.types import CallbackQuery, Message

from bot.contracts.command import call_from_data
from bot.domain.incoming import Invocation
from bot.domain.places import Place, PlaceKind
from handlers.telegram.guest_buttons import guest_chat, receipt_of, split_data
from handlers.telegram.origins import PLATFORM, Me, identity_of, place_of, title_of, topic_of
from handlers.telegram.whispers import whisper_of

_NO_COMMAND = "?"


def pressed(query: CallbackQuery, key: str, me: Me) -> Invocation | None:
    """What a press calls; None where it counts for nothing."""
    message = query.message
    button = call_from_data(query.data or "")
    if query.inline_message_id is not None:
        return _as_guest(query, query.inline_message_id, key, me)
    if message is None or query.from_user.is_bot:
        return None
    # A message too old to be shown to the bot comes without its topic.
    place = place_of(message.chat, topic_of(message) if isinstance(message, Message) else None, me)
    if place is None:
        return None
    # A tampered app sends what it likes; its press is answered as that of a command which does not exist.
    command, args = button if button is not None else (_NO_COMMAND, ())
    sender = identity_of(query.from_user)
    whisper = whisper_of(message, sender) if isinstance(message, Message) else None
    return Invocation(
        event_key=key,
        place=place,
        sender=sender,
        command=command,
        args=args,
        origin="button",
        remote_id=whisper.remote_id if whisper is not None else str(message.message_id),
        receipt=query.id,
        place_title=title_of(message.chat),
        private=whisper is not None,
    )


def _as_guest(query: CallbackQuery, message: str, key: str, me: Me) -> Invocation | None:
    """A press below what the bot has said where it is not."""
    if query.from_user.is_bot:
        return None
    # What no button of ours holds names no chat either; it is answered like any command that does not exist.
    call, chat = split_data(query.data or "") or ("", guest_chat(""))
    command, args = call_from_data(call) or (_NO_COMMAND, ())
    return Invocation(
        event_key=key,
        place=Place(PLATFORM, me.id, chat, kind=PlaceKind.GUEST),
        sender=identity_of(query.from_user),
        command=command,
        args=args,
        origin="button",
        remote_id=message,
        receipt=receipt_of(query.id, message),
    )
