"""Places: where something was said."""

from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.model_names import ModelName
from bot.domain.triggers import is_called


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
    GUEST = "guest"
    """A chat that the bot is not in, where somebody calls it: each question begins a session of its asker's own, and
    is answered by the receipt that came with it. There is nothing else that the bot can do there."""

    @property
    def private(self) -> bool:
        """Whether only one person reads here."""
        return self in (PlaceKind.PRIVATE, PlaceKind.PRIVATE_THREAD)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is said. `bot` is the bot's own id on the platform; `thread` is "" outside threads.

    Where the bot is a guest, `chat` is a name of the front-end's that no chat has which it is in.
    """

    platform: str
    bot: str
    chat: str
    thread: str = ""
    kind: PlaceKind = field(default=PlaceKind.PRIVATE, compare=False)


class Replies(StrEnum):
    """Where a question in a chat is answered."""

    THREADS = "threads"
    """In a thread that is opened at the question."""
    CHANNEL = "channel"
    """Below it, in the chat itself."""


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
    replies: Replies | None = None
    """Where the platform lets the bot open threads."""
    answers_all: bool | None = None
    """Whether every message is a question to the bot, or only those that name it."""
    triggers: tuple[str, ...] | None = None
    """Words that name it as well: see `bot.domain.triggers`."""
    listens: bool | None = None
    """Whether what is said beside the bot is kept for a while: see `storage.overheard`."""

    def over(self, wider: "Customs") -> "Customs":
        """These, and what the chat around has chosen where these say nothing."""
        return Customs(
            self.mode or wider.mode,
            self.model or wider.model,
            self.prompt or wider.prompt,
            self.language or wider.language,
            self.replies or wider.replies,
            wider.answers_all if self.answers_all is None else self.answers_all,
            wider.triggers if self.triggers is None else self.triggers,
            wider.listens if self.listens is None else self.listens,
        )

    def calls(self, text: str) -> bool:
        """Whether something that is said without the bot's name is a question to it."""
        return bool(self.answers_all) or is_called(self.triggers or (), text)


NO_CUSTOMS = Customs()


def nothing_chosen(_place: Place) -> Customs:
    """What holds where no admins have chosen anything."""
    return NO_CUSTOMS
