"""Places: where something was said."""

from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.model_names import ModelName


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


@dataclass(frozen=True, slots=True)
class Customs:
    """What the admins of a chat, or of a thread of it, have chosen for it; None: what holds without them."""

    mode: str | None = None
    """The mode in which sessions begin."""
    model: ModelName | None = None
    """Asked first, in sessions for which none is chosen."""
    prompt: str | None = None
    """Added to the mode's own."""
    language: str | None = None
    """In which the bot speaks to everybody there: an IETF tag."""

    def over(self, wider: "Customs") -> "Customs":
        """These, and what the chat around has chosen where these say nothing."""
        return Customs(
            self.mode or wider.mode,
            self.model or wider.model,
            self.prompt or wider.prompt,
            self.language or wider.language,
        )


NO_CUSTOMS = Customs()
