"""The people of a soak, who talk to the bot on their own, each as they like."""

import asyncio
import contextlib
import itertools
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.domain.blocks import OutFile
from bot.standins.discord.errors import CannotDo as DiscordCannot
from bot.standins.telegram.rooms import CannotDo as TelegramCannot
from tests.crash.soak.kept import AWAY, Kept
from tests.crash.soak.outcome import Outcome
from tests.crash.soak.questions import AT_LENGTH, BEGINNING, keys_of
from tests.support import material
from tests.support.sides import Room, Shown, Side

MOST_OPEN = 60
"""So many answers may be waited for until nobody asks for more: they would be waited for at the end."""

_SOON = "in 1 minute"
_GROWS_WITHIN_S = 6.0
"""How long somebody waits for an answer to begin that they want to stop."""


@dataclass(slots=True)
class Actor:
    """Somebody in one room. `said` are their messages by key, in order."""

    side: Side
    person: int
    room: Room
    mention: bool
    said: dict[int, int] = field(default_factory=dict)
    later: set[str] = field(default_factory=set)
    """What they wanted to be reminded of, or to have asked."""
    twin: "Actor | None" = None

    def seen(self) -> list[Shown]:
        """What the bot has written there."""
        return self.side.shown(self.room, self.person)

    def named(self) -> str:
        """How a text begins that names the bot where it has to be named."""
        side: Any = self.side
        if not self.mention:
            return ""
        return f"@{side.bot.username} " if side.name == "telegram" else f"<@{side.stand_in.application_id}> "

    def growing(self) -> list[str]:
        """The answers that grow there, if all of them say which they are: nobody stops what they cannot tell apart."""
        growing = self.side.growing(self.room)
        return growing if all(map(BEGINNING.match, growing)) else []


class Crowd:
    """All of them: `people` in private chats on each side, three of those in a group as well. `listeners`, on each side
    too, say one thing and hear what everybody is told."""

    def __init__(
        self, sides: Sequence[Side], people: int, listeners: int, rng: random.Random, kept: Kept, outcome: Outcome
    ) -> None:
        self.touched: set[int] = set()
        """Keys whose answers people have changed: asked anew, edited."""
        self.stopped: set[int] = set()
        """Keys whose answers people have stopped."""
        self._rng = rng
        self._kept = kept
        self._outcome = outcome
        self._keys: Iterator[int] = itertools.count(1)
        self.actors = [actor for side in sides for actor in _cast(side, people)]
        self.listeners = [
            Actor(side, *side.newcomer(f"Listener {number}"), mention=False)
            for side in sides
            for number in range(listeners)
        ]
        if len(sides) > 1:
            self.actors[0].twin = self.actors[people + 3]

    def greet(self) -> None:
        """Everybody says their first words."""
        for actor in (*self.actors, *self.listeners):
            # The first mention in a channel may open the thread in which all goes on.
            if not actor.mention or not any(other.room is actor.room and other.said for other in self.actors):
                self._says(actor)

    def unheard(self) -> set[int]:
        """Keys that are said and in no message of the database."""
        said = {key for actor in (*self.actors, *self.listeners) for key in actor.said} - self.touched
        return said - self._kept.heard()

    async def play(self, actor: Actor) -> None:
        """Talk until cancelled."""
        others = (self._regenerates, self._edits, self._sends_file, self._stops, self._begins_anew)
        acts = (self._says,) * 12 + (*others, self._asks_to_be_reminded, self._asks_for_later)
        while True:
            await asyncio.sleep(self._rng.uniform(0.3, 2.0))
            if self._is_far_behind():
                continue
            act = self._rng.choice((*acts, self._links) if actor.twin else acts)
            # What a platform does not let people do just now (the bot is away), they do not do.
            with contextlib.suppress(DiscordCannot, TelegramCannot):
                if act == self._stops:
                    await self._asks_and_waits(actor)
                act(actor)
                if act != self._says:
                    self._outcome.acts[_ACTS[act.__name__]] += 1

    def _is_far_behind(self) -> bool:
        """Whether people wait for so many answers that they say nothing more; unknown while the database is away.

        Where several talk in one channel of Discord, its limit of five messages in five seconds is below what they ask.
        """
        try:
            return self._kept.open() > MOST_OPEN
        except AWAY:
            return False

    def _says(self, actor: Actor, how: str = "") -> None:
        key = next(self._keys)
        words = f"question K{key} {how}".strip()
        actor.said[key] = actor.side.say(actor.person, actor.room, words, reply_to=None, mention=actor.mention)
        self._outcome.said += 1

    def _sends_file(self, actor: Actor) -> None:
        if actor.mention:
            return
        key = next(self._keys)
        kinds = [
            OutFile("note.txt", "text/plain", f"The note of number {key}.".encode()),
            OutFile("a.pdf", "application/pdf", material.pdf([f"The page of number {key}."])),
        ]
        actor.side.send_files(actor.person, actor.room, [self._rng.choice(kinds)], f"read this K{key}", reply_to=None)
        actor.said[key] = 0
        self._outcome.said += 1

    def _edits(self, actor: Actor) -> None:
        theirs = [(key, message) for key, message in actor.said.items() if message][-3:]
        if theirs:
            key, message = self._rng.choice(theirs)
            new = next(self._keys)
            self.touched |= {key, new}
            actor.side.change(actor.person, actor.room, message, f"{actor.named()}question K{new}")
            del actor.said[key]

    def _regenerates(self, actor: Actor) -> None:
        answers = [shown for shown in actor.seen() if any("Regenerate" in label for label in shown.labels)]
        if answers:
            shown = self._rng.choice(answers[-3:])
            self.touched |= set(keys_of(shown.text))
            label = next(label for label in shown.labels if "Regenerate" in label)
            actor.side.press(actor.person, actor.room, shown, label)

    async def _asks_and_waits(self, actor: Actor) -> None:
        """Ask for a long answer, and wait for one to grow there, whichever that is."""
        self._says(actor, AT_LENGTH)
        with contextlib.suppress(TimeoutError):
            await actor.side.wait_for(actor.growing, _GROWS_WITHIN_S)

    def _stops(self, actor: Actor) -> None:
        if actor.growing():
            with contextlib.suppress(StopIteration):
                [key] = BEGINNING.findall(actor.side.stop_growing(actor.person, actor.room))
                self.stopped.add(int(key))

    def _begins_anew(self, actor: Actor) -> None:
        actor.side.command(actor.person, actor.room, "new", ())

    def _asks_to_be_reminded(self, actor: Actor) -> None:
        self._sets("remind", actor, f"thing R{next(self._keys)}")

    def _asks_for_later(self, actor: Actor) -> None:
        self._sets("schedule", actor, f"later K{next(self._keys)}")

    @staticmethod
    def _sets(name: str, actor: Actor, words: str) -> None:
        actor.side.command(actor.person, actor.room, name, (_SOON, words))
        actor.later.add(words)

    def _links(self, actor: Actor) -> None:
        """One step of joining two accounts, whichever is next."""
        twin = actor.twin
        assert twin is not None
        offered = [shown for shown in twin.seen() if "Link the accounts" in shown.labels]
        codes = [found[1] for shown in actor.seen() if (found := re.search(r"/link (\S+)", shown.text))]
        if offered:
            twin.side.press(twin.person, twin.room, offered[-1], "Link the accounts")
        elif codes:
            twin.side.command(twin.person, twin.room, "link", (codes[-1].strip("`"),))
        else:
            actor.side.command(actor.person, actor.room, "link", ())


_ACTS = {
    "_regenerates": "had an answer made anew",
    "_edits": "edited a question",
    "_sends_file": "sent a file",
    "_stops": "stopped an answer",
    "_begins_anew": "began a new session",
    "_asks_to_be_reminded": "set a reminder",
    "_asks_for_later": "had a question asked later",
    "_links": "went on with joining two accounts",
}
"""What each is called in the report; messages are counted by themselves."""


def _cast(side: Side, people: int) -> list[Actor]:
    alone = [Actor(side, *side.newcomer(f"Person {number}"), mention=False) for number in range(people)]
    room = side.group([actor.person for actor in alone[:3]])
    return [*alone, *(Actor(side, actor.person, room, mention=True) for actor in alone[:3])]
