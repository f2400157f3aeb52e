"""What people in groups have begun to say: albums and long pastes, of which one part alone names the bot."""

from typing import TypeVar

from bot.domain.incoming import Inbound
from bot.domain.places import Place

_AT_ONCE = 100
_NEXT_PART_MS = 2000
"""Telegram gives whole seconds."""

Kept = TypeVar("Kept")


class Unfinished:
    """What has been begun, and by whom.

    A memory of the last few moments that may be lost: then the parts that do not name the bot are not read.
    """

    def __init__(self) -> None:
        self._last: dict[tuple[Place, str], Inbound] = {}
        self._unnamed: dict[tuple[Place, str], list[Inbound]] = {}
        """Parts that came before the one that names the bot, if one will."""

    def note(self, said: Inbound) -> None:
        """Remember what its sender has said to the bot last, if that may go on in another message."""
        who = (said.place, said.sender.user_id)
        self._last.pop(who, None)
        self._unnamed.pop(who, None)
        if not said.place.kind.private and (said.album or said.may_continue):
            _put(self._last, who, said)

    def keep(self, unnamed: Inbound) -> None:
        """Remember what does not name the bot, if another part of it may."""
        who = (unnamed.place, unnamed.sender.user_id)
        begun = self._unnamed.pop(who, [])
        if not _is_next(begun[-1], unnamed) if begun else True:
            begun = []
        if unnamed.album or unnamed.may_continue:
            _put(self._unnamed, who, [*begun, unnamed])

    def whole(self, said: Inbound) -> list[Inbound]:
        """What names the bot, in its place among the other parts of the same album or paste."""
        begun = self._unnamed.get((said.place, said.sender.user_id), [])
        if not begun or not _is_next(begun[-1], said):
            return [said]
        parts = [part for part in begun if part.remote_id != said.remote_id]
        return sorted([*parts, said], key=lambda part: int(part.remote_id))

    def goes_on(self, said: Inbound) -> bool:
        """Whether a message is a further part of what its sender has said to the bot."""
        last = self._last.get((said.place, said.sender.user_id))
        return last is not None and _is_next(last, said)


def _put(kept: dict[tuple[Place, str], Kept], who: tuple[Place, str], what: Kept) -> None:
    kept[who] = what
    if len(kept) > _AT_ONCE:
        del kept[next(iter(kept))]


def _is_next(last: Inbound, said: Inbound) -> bool:
    """Whether a message is the next part of an album or of a cut paste; the two are by the same person."""
    if last.album is not None or said.album is not None:
        return last.album == said.album
    return last.may_continue and 0 <= said.sent_at - last.sent_at <= _NEXT_PART_MS
