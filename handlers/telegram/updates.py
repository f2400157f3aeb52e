"""One raw update as what the gateway takes in; one that cannot be read is set aside, and holds up no other."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import structlog
from aiogram.types import Update
from pydantic import ValidationError

from bot.domain.incoming import Inbound, Incoming, Unreadable
from handlers.telegram.essentials import envelope, essentials
from handlers.telegram.inbound import read
from handlers.telegram.origins import Me
from handlers.telegram.unfinished import Unfinished

log = structlog.get_logger(__name__)


def number_of(raw: Any) -> int | None:
    """An update's number; None if it has none that counts."""
    number = raw.get("update_id") if isinstance(raw, dict) else None
    # No JSON that we send can hold a longer one; Telegram's have 32 bits.
    return number if isinstance(number, int) and 0 < number < 2**63 else None


def read_update(raw: Any, me: Me, unfinished: Unfinished) -> Sequence[Incoming]:
    """What an update brings; where it names the bot, with the parts of it that came before and did not."""
    try:
        wanted = essentials(raw)
        incoming = read(Update.model_validate(wanted), me, unfinished) if wanted is not None else None
    except Exception as error:  # noqa: BLE001
        # The border of reading: one update, whatever is wrong with it or with us, must not hold up the others.
        unreadable = _unreadable(raw, error, me)
        told = _unread(raw, me)
        return (unreadable, told) if told is not None else (unreadable,)
    if incoming is None:
        return ()
    if not isinstance(incoming, Inbound):
        return (incoming,)
    if incoming.private or not (incoming.addressed or incoming.edited):
        return (incoming,)
    whole = unfinished.whole(incoming)
    if incoming.addressed:
        unfinished.note(incoming)
    return whole


def reread(kept: str, me: Me) -> Sequence[Incoming]:
    """What an update brings that was set aside; nothing if it still cannot be read, or was not kept as it came."""
    try:
        raw = json.loads(kept)
    except ValueError:
        return ()
    brought = read_update(raw, me, Unfinished())
    return () if any(isinstance(one, Unreadable) for one in brought) else brought


def _unread(raw: Any, me: Me) -> Inbound | None:
    """What can be answered of a message that cannot be read: who sent it in private has to hear that it was not."""
    try:
        bare = Update.model_validate({"update_id": raw["update_id"], "message": envelope(raw["message"])})
        said = read(bare, me)
    except Exception:  # noqa: BLE001
        return None  # It does not even say who sent it.
    if not isinstance(said, Inbound) or not said.place.kind.private:
        return None
    return replace(said, event_key=f"{said.event_key}/unread")


def _unreadable(raw: Any, error: Exception, me: Me) -> Unreadable:
    text = json.dumps(raw)
    number = number_of(raw)
    key = str(number) if number is not None else f"unnumbered-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    log.error("update_unreadable", update=key, error=type(error).__name__)
    return Unreadable(key, "telegram", me.id, text, _reason(error))


def _reason(error: Exception) -> str:
    """What is wrong, without repeating what somebody wrote."""
    if not isinstance(error, ValidationError):
        return f"{type(error).__name__}: {error}"
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found[:3])
