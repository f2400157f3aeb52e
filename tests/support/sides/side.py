"""What both platforms are to a scenario: `Side`, and what is seen there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from bot.domain.blocks import OutFile
from bot.standins.faults import FaultPlan
from bot.texts.say import LANGUAGES, say_in

Seen = TypeVar("Seen")

STOPS = frozenset(say_in(language)("Stop") for language in LANGUAGES)
"""The label below an answer while it grows."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A message of the bot as it stands in a chat: its words, the labels of its buttons, whether it made no sound."""

    id: int
    text: str
    labels: tuple[str, ...]
    silent: bool

    @property
    def grows(self) -> bool:
        """Whether it is the preview of an answer: it is not there for good, even if it shows all words by chance."""
        return not STOPS.isdisjoint(self.labels)


@dataclass(slots=True)
class Room:
    """Where people talk: a chat and, where one has been opened, a thread in it."""

    chat: int
    thread: int | None = None


class Side(Protocol):
    """One platform's stand-in with a bot on it."""

    name: str
    send: str
    """What the stand-in calls sending a message, for faults and for looking at calls."""
    edit: str
    types: str
    """What the stand-in calls showing that somebody types."""
    receipt: str
    """What the stand-in calls saying that a press was seen."""
    faults: FaultPlan

    def settings(self) -> dict[str, Any]:
        """The gateway's settings that lead it here."""

    async def start(self) -> None:
        """Listen."""

    async def stop(self) -> None:
        """Let go of everything."""

    def hears(self) -> bool:
        """Whether the bot hears what is said from now on (or hears it later, where the platform keeps it)."""

    def arrivals(self) -> int:
        """A number that grows when a gateway begins to listen."""

    def newcomer(self, name: str) -> tuple[int, Room]:
        """Somebody new, and their private chat with the bot."""

    def group(self, members: Sequence[int]) -> Room:
        """A chat of these people with the bot in it."""

    def threads(self, members: Sequence[int]) -> tuple[Room, Room]:
        """Two threads of one chat of these people."""

    def say(self, person: int, room: Room, text: str, *, reply_to: int | None, mention: bool) -> int:
        """Write something, with a mention of the bot where `mention` says so; gives the message's number."""

    def command(self, person: int, room: Room, name: str, args: Sequence[str]) -> None:
        """Give a command with its arguments in the declared order."""

    def command_on(self, person: int, room: Room, name: str, message: int) -> None:
        """Give a command on a message: as a reply to it, or by its own menu."""

    def knows(self, name: str, room: Room) -> bool:
        """Whether the bot has declared this command (a typed one needs no declaration)."""

    def asks(self, person: int, room: Room, label: str) -> bool:
        """Whether the question of that label waits for an answer."""

    def fill(self, person: int, room: Room, label: str, text: str) -> bool:
        """Answer the question of that label; False while it has not been asked."""

    def fill_all(self, person: int, room: Room, answers: Mapping[str, str], done: int) -> int:
        """Answer the questions of a form, of which so many are answered already; gives how many are now."""

    def stop_growing(self, person: int, room: Room) -> str:
        """Stop the answer that is growing there; gives its words so far. Raises StopIteration, CannotDo: none is."""

    def send_files(
        self, person: int, room: Room, files: Sequence[OutFile], caption: str, *, reply_to: int | None
    ) -> None:
        """Send the bot files in one go: pictures as photos, a recording that is called "voice" as a voice message."""

    def files(self, room: Room) -> list[tuple[str, bytes]]:
        """The files that the bot has sent, by name."""

    def file_words(self, room: Room) -> str:
        """What those are told of its files who cannot see them."""

    def voices(self, room: Room) -> list[tuple[float, bytes]]:
        """The voice messages that the bot has sent: how long each is said to last, and its bytes."""

    def change(self, person: int, room: Room, message: int, text: str) -> None:
        """Edit a message of one's own."""

    def change_to_call(self, person: int, room: Room, message: int, text: str) -> None:
        """Edit a message of one's own so that it names the bot."""

    def take_away(self, room: Room, message: int) -> None:
        """Let a message of the bot's be gone."""

    def press(self, person: int, room: Room, message: Shown, label: str) -> None:
        """Press a button."""

    def forge(self, person: int, room: Room, message: Shown, data: str) -> None:
        """Press a button that is not there."""

    def appoint(self, person: int, room: Room) -> None:
        """Make somebody one of those who keep order in a group."""

    def leave(self, person: int, room: Room) -> None:
        """Leave a group."""

    def block(self, person: int, *, blocked: bool) -> None:
        """Take no more messages from the bot, or take them again."""

    def shown(self, room: Room, viewer: int) -> list[Shown]:
        """What the bot has written there, as `viewer` sees it."""

    def told(self, person: int, room: Room) -> list[str]:
        """What the bot has said there to this person alone."""

    def waiting(self, person: int) -> list[str]:
        """What this person has given or pressed whose end their app still waits for."""

    def reactions(self, room: Room, message: int) -> list[str]:
        """The bot's reactions at a message."""

    def forbid_reactions(self, room: Room) -> None:
        """Let the bot react to nothing there."""

    def growing(self, room: Room) -> list[str]:
        """The words of answers that are not there for good yet."""

    def calls(self, method: str) -> int:
        """How many calls of this kind have come."""

    async def wait_for(self, look: Callable[[], Seen], timeout_s: float) -> Seen:
        """The first true value of `look`."""


def press_stop(side: Side, person: int, room: Room) -> str:
    """Press Stop below what grows there; gives its words so far. Raises StopIteration: nothing does."""
    growing = next(message for message in side.shown(room, person) if message.grows)
    side.press(person, room, growing, "Stop")
    return growing.text
