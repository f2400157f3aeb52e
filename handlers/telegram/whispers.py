"""What one member of a group alone sees: Telegram's ephemeral messages (Bot API 10.2 and later).

A chat's administrator may send one to any member. Any other bot may answer what a member has just done, within 15
seconds: a press, or a command or reply that only the bot sees. Such a message has an id of its own kind, is changed by
methods of its own, and may be gone when the app is started again: so no answer of a model is sent as one.
"""

from dataclasses import dataclass
from typing import Self

import structlog
from aiogram.exceptions import TelegramNotFound
from aiogram.types import Message

from bot.contracts.platform import Address
from bot.domain.errors import MessageGone, NotSent, PlatformError, Rejected, Unreachable
from bot.domain.people import Identity
from bot.domain.places import Place
from handlers.telegram.calls import Call
from handlers.telegram.params import Params
from handlers.telegram.wire import Wire

log = structlog.get_logger(__name__)

_ASKED_AGAIN_S = 3600.0
"""How long a chat in which the bot may not speak to one member unasked is believed to stay so."""
_MOST_CHATS = 1_000

RECEIPT = "e"
"""Stands before the number of a message that only the bot sees, where the receipt of a press is its query's id."""


@dataclass(frozen=True, slots=True)
class Whisper:
    """A message that one member alone sees. Its number may be used again for another once it is gone."""

    number: int
    reader: int

    @classmethod
    def named(cls, remote_id: str) -> Self | None:
        """The one that the engine calls so; None if it calls an ordinary message so."""
        number, slash, reader = remote_id.partition("/")
        return cls(int(number), int(reader)) if slash else None

    @property
    def remote_id(self) -> str:
        """What the engine calls it."""
        return f"{self.number}/{self.reader}"

    @property
    def receipt(self) -> str:
        """Of what its member has said or asked in it: what answers that may be for them alone."""
        return f"{RECEIPT}{self.number}"

    @property
    def params(self) -> Params:
        """How a call names it."""
        return {"receiver_user_id": self.reader, "ephemeral_message_id": self.number}


def whisper_in(message: Params, reader: int) -> Whisper | None:
    """What a message of Telegram's is, if `reader` alone sees it, or alone has sent it."""
    number = message.get("ephemeral_message_id")
    return Whisper(number, reader) if isinstance(number, int) else None


def whisper_of(message: Message, sender: Identity) -> Whisper | None:
    """The message as one that beside the bot its sender, or the presser of its button, alone sees."""
    number = message.ephemeral_message_id
    return Whisper(number, int(sender.user_id)) if number is not None else None


class Whispers:
    """Where one bot may speak to one member of a chat, and how."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._refused_until: dict[str, float] = {}
        """By chat, on the wire's clock."""
        self._known: bool | None = None
        """Whether the server knows such messages; None: it has not been asked."""

    async def params(self, place: Place, address: Address, now_s: float) -> Params | None:
        """What makes a new message one for its reader alone; None where everybody would see it.

        Raises:
            PlatformError: the server could not be asked.
        """
        if not address.reader or place.kind.private:
            return None
        if not address.receipt and self._refused_until.get(place.chat, 0.0) > now_s:
            return None
        if not await self._is_known():
            return None
        alone: Params = {"receiver_user_id": int(address.reader)}
        if address.receipt.startswith(RECEIPT):
            asked = {"ephemeral_message_id": int(address.receipt.removeprefix(RECEIPT))}
            return {"ephemeral_message_parameters": alone, "reply_parameters": asked}
        if address.receipt:
            alone["callback_query_id"] = address.receipt
        return {"ephemeral_message_parameters": alone}

    def note_refused(self, place: Place, address: Address, now_s: float, error: PlatformError) -> None:
        """Telegram did not let the bot speak to one member here."""
        log.info("not_to_one_alone", chat=place.chat, answers=bool(address.receipt), reason=error)
        if not address.receipt:
            if len(self._refused_until) >= _MOST_CHATS:
                del self._refused_until[next(iter(self._refused_until))]
            self._refused_until[place.chat] = now_s + _ASKED_AGAIN_S

    async def delete(self, place: Place, whisper: Whisper) -> None:
        """Take one away. Raises PlatformError."""
        await self._wire.final(place, Call("deleteEphemeralMessage", chat_id=place.chat, **whisper.params))

    async def _is_known(self) -> bool:
        """Whether the server knows such messages: one of an operator's own that is older would show them to all."""
        if self._known is None:
            try:
                await self._wire.in_line(Call("deleteEphemeralMessage"))
            except NotSent as error:
                if not isinstance(error.__cause__, TelegramNotFound):
                    raise
                self._known = False
            except (Rejected, Unreachable, MessageGone):
                self._known = True  # It knows the method, and misses what to delete.
            else:
                self._known = True
        return self._known
