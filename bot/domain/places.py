"""Places: where something was said."""

from dataclasses import dataclass, field
from enum import StrEnum


class PlaceKind(StrEnum):
    """What a place is to the people in it."""

    PRIVATE = "private"
    """One person and the bot; each mode has an active session."""
    PRIVATE_THREAD = "private_thread"
    """A thread of such a chat: the thread is the session."""
    GROUP = "group"
    """Several people; one session for all, the bot answers when it is addressed."""
    GROUP_THREAD = "group_thread"
    """A thread of such a chat: the thread is the session."""

    @property
    def private(self) -> bool:
        """Whether only one person reads here."""
        return self in (PlaceKind.PRIVATE, PlaceKind.PRIVATE_THREAD)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is said. `bot` is the bot's own id on the platform; `thread` is "" outside threads."""

    platform: str
    bot: str
    chat: str
    thread: str = ""
    kind: PlaceKind = field(default=PlaceKind.PRIVATE, compare=False)
