"""The proof at the end of a soak: everything that was said, beside what stands in the chats and in the database."""

import itertools
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.operations import backup, restoring
from bot.rendering.pages import SENT_AGAIN
from storage import search
from storage.database import open_database
from tests.crash.audit import troubles, troubles_on_server
from tests.crash.soak.announcer import Announcer
from tests.crash.soak.crowd import Actor, Crowd
from tests.crash.soak.kept import Kept
from tests.crash.soak.outcome import Kind, Outcome
from tests.crash.soak.questions import END, LATER, keys_of
from tests.support.sides import Shown

_NOTES = ("Stopped.", "The answer broke off here.", "Nothing was charged.")
"""What stands below an answer that is not whole, and is to be so."""


class Proof:
    """Counts what came of what the crowd and the announcer did, and notes what went wrong."""

    def __init__(self, crowd: Crowd, announcer: Announcer, kept: Kept, outcome: Outcome) -> None:
        self._crowd = crowd
        self._announcer = announcer
        self._kept = kept
        self._outcome = outcome

    def answers(self) -> None:
        """Every question has its answer once, and nothing half stands anywhere."""
        states = self._kept.states()
        left_over: set[int] = set()
        for actor in (*self._crowd.actors, *self._crowd.listeners):
            messages = actor.seen()
            for key in actor.said:
                self._answer(actor, key, states.get(key, "unknown"), messages)
            for message in filter(_is_half, messages):
                if actor.side.name == "telegram" and actor.mention:
                    # There a message that a crash made us forget cannot be found again; its button still ends it.
                    left_over.add(message.id)
                else:
                    self._outcome.went_wrong(Kind.HALF, f"{actor.side.name}: {message.text[-60:]!r}")
        self._outcome.left_over = len(left_over)

    def _answer(self, actor: Actor, key: int, state: str, messages: Sequence[Shown]) -> None:
        # What was left over of a killed moment is counted apart, however much of the answer it shows.
        whole = [one for one in messages if f"end K{key}." in one.text and not one.grows]
        self._outcome.marked += _again(whole)
        if key in self._crowd.touched:
            return
        once = len(whole) - _again(whole) <= 1
        if key in self._crowd.stopped and _is_settled(key, state, messages):
            self._outcome.stopped += 1
        elif state == "delivered" and whole and once:
            self._outcome.answered += 1
        elif state == "failed" and not whole:
            self._outcome.apologies += 1
        else:
            story = f"{actor.side.name} K{key} is {state}, shown {len(whole)} times: {self._kept.story(key)}"
            self._outcome.went_wrong(Kind.LOST if once else Kind.DOUBLED, story)

    def broadcasts(self) -> None:
        """Everybody has each broadcast once, and the admin the word that it was sent."""
        begun = self._kept.broadcasts()
        twins = [actor for actor in self._crowd.actors if actor.twin is not None]
        joined = [{id(actor), id(actor.twin)} for actor in twins]
        private = [actor for actor in self._crowd.actors if not actor.mention]
        seen = {id(actor): actor.seen() for actor in (*private, *self._crowd.listeners, self._announcer.actor)}
        self._outcome.broadcasts = len(begun)
        for text, state, reached, missed in begun:
            times = {who: self._once(text, messages) for who, messages in seen.items()}
            # Who has joined two accounts meanwhile is told it as one of them.
            lost = {who for who, count in times.items() if not count}
            lost -= {who for both in joined for who in both if not both <= lost}
            told = len(times) - sum(not count for count in times.values())
            self._outcome.told += told
            if lost or missed or state != "done":
                story = f"{text} is {state}, {missed} missed, {len(lost)} of {len(seen)} have it not"
                self._outcome.went_wrong(Kind.LOST, story)
            if reached != told:
                self._outcome.went_wrong(Kind.ACCOUNTS, f"{text} reached {reached} people, and {told} have it")
        words = self._once("The broadcast has been sent.", seen[id(self._announcer.actor)], len(begun))
        if words < len(begun):
            self._outcome.went_wrong(Kind.LOST, f"that it was sent was said {words} times, of {len(begun)}")

    def due(self, by: int) -> None:
        """Everybody was reminded once of what they wanted by that moment, and what they wanted asked was asked once."""
        found = self._kept.schedules(by)
        kept = {text: (state, is_due) for text, state, is_due in found}
        for text, count in Counter(text for text, _, _ in found).items():
            if count > 1:
                self._outcome.went_wrong(Kind.DOUBLED, f"{text} is kept {count} times")
        states = self._kept.states()
        for actor in self._crowd.actors:
            messages = actor.seen()
            for text in {text for message in messages for text in _set_in(message.text)} - kept.keys():
                self._outcome.went_wrong(Kind.LOST, f"{actor.side.name}: {text} was confirmed and is not kept")
            for text in actor.later & kept.keys():
                state, is_due = kept[text]
                if state == "on" and not is_due:
                    continue
                given = self._once(f"⏰ {text}", messages)
                if state != "done" or not given:
                    story = f"{actor.side.name}: {text} is {state}, and was given {given} times"
                    self._outcome.went_wrong(Kind.LOST, story)
                elif keys := keys_of(text):
                    self._answer(actor, keys[0], states.get(keys[0], "unknown"), messages)
                    self._outcome.asked += 1
                else:
                    self._outcome.reminded += 1

    def _once(self, text: str, messages: Sequence[Shown], most: int = 1) -> int:
        """How often a text is the first line of a message there: at most so often without a mark."""
        found = [message for message in messages if _unmarked(message.text).partition("\n")[0] == text]
        self._outcome.marked += _again(found)
        if len(found) - _again(found) > most:
            self._outcome.went_wrong(Kind.DOUBLED, f"{text!r} stands there {len(found)} times")
        return len(found)

    async def accounts(self) -> None:
        """What is kept adds up, and stands in the chats in the order of what was asked."""
        kept = self._kept
        on_server = kept.url and troubles_on_server(kept.url, kept.data / "files")
        for story in on_server or await self._restored():
            self._outcome.went_wrong(Kind.ACCOUNTS, story)
        if kept.url:
            for story in self._out_of_order():
                self._outcome.went_wrong(Kind.ORDER, story)

    async def _restored(self) -> list[str]:
        """What is wrong with a backup of it, as an operator would have it."""
        with tempfile.TemporaryDirectory() as directory:
            made = backup.back_up(self._kept.data, Path(directory))
            restored = Path(directory) / "data"
            restoring.restore(made.path, restored)
            # The index follows every minute, or when somebody searches.
            async with await open_database(restored) as database:
                while await database.write(search.index_pending()):
                    continue
            return list(troubles(restored / "parley.db", self._kept.data / "files"))

    def _out_of_order(self) -> Iterator[str]:
        """Answers of one session that stand before an earlier one: a platform counts its messages as they come."""
        for (session, place, one, first), (same, here, other, second) in itertools.pairwise(self._kept.first_pages()):
            if (session, place) == (same, here) and first > second:
                yield f"turns {one} and {other} of session {session}"


def _unmarked(text: str) -> str:
    return text.removeprefix(SENT_AGAIN).lstrip()


def _set_in(text: str) -> list[str]:
    """What a message says it will remind somebody of, or ask for them."""
    confirms = _unmarked(text).startswith(("I will remind you", "I will ask this"))
    return LATER.findall(text) if confirms else []


def _again(messages: Sequence[Shown]) -> int:
    """How many of these say that they were sent again."""
    return sum(message.text.startswith(SENT_AGAIN) for message in messages)


def _is_half(message: Shown) -> bool:
    half = message.text.startswith("answer") and not END.search(message.text)
    return (half and not any(note in message.text for note in _NOTES)) or "Stop" in message.labels


def _is_settled(key: int, state: str, messages: Sequence[Shown]) -> bool:
    """Whether an answer that was stopped stands there once, as far as it had come; or not at all."""
    there = [message for message in messages if f"answer K{key} " in message.text and not message.grows]
    if state == "stopped":
        return not there
    return state == "delivered" and bool(there) and len(there) - _again(there) <= 1
