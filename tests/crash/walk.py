"""One person talks with the gateway for two hundred turns, as people do; the chat is printed to be read.

    python -m tests.crash.walk [--turns 200] [--platform telegram]

They fork, edit, send files and pictures, take back, choose another model, write on while an answer is written, stop it,
have the past summed up; meanwhile the gateway is killed while it writes, told to end, and started again.

The model names the question that it answers, and sums up by naming every question that it has read of. So it can be
counted what has reached it: of its branch every question, in words or in the summary, and no other.
"""

import argparse
import asyncio
import re
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.standins.model import Hold, ModelServer
from tests.crash.apart import ApartHouse, chat
from tests.support import material
from tests.support.clock import TurnedClock
from tests.support.recalled import ASKS, all_made, answering, look
from tests.support.sides import SIDES, DiscordSide, Shown
from tests.support.world import Someone

CONTEXT = 20
"""Messages that a model reads at most."""
BACK = 12
"""Questions that a fork goes back."""
PATIENCE_S = 180.0
"""How long nothing may change: on a busy machine a process takes its time to start."""
_GROWN = 12
"""Tokens that have come where somebody does something while an answer is written."""
_QUESTION = re.compile(r"question (\d+)")
_FIRST_ACT = 8
_UNINDEXED = "SELECT COUNT(*) FROM message WHERE NOT indexed AND forgotten_at IS NULL"

Branch = tuple[int, ...]
"""The questions from the root."""


def numbers(text: str) -> list[int]:
    """The questions that a text names."""
    return [int(number) for number in _QUESTION.findall(text)]


def answer_to(number: int) -> str:
    """What each answer to a question holds."""
    return f"To question {number}: yes."


def _asked(message: str) -> int:
    return max(numbers(message.split("</earlier>")[-1]))


@dataclass(slots=True)
class Walk:
    """The conversation, and what should have become of it."""

    house: ApartHouse
    alice: Someone
    branch: Branch = ()
    branches: dict[int, Branch] = field(default_factory=dict)
    """What the model should read of with each question, itself the last."""
    messages: dict[int, int] = field(default_factory=dict)
    """The message in which each question was asked."""
    answers: dict[int, int] = field(default_factory=dict)
    """How many answers of each question there should be in the chat."""
    done: Counter[str] = field(default_factory=Counter)
    hold: Hold | None = None
    """Where answers wait; summaries do not."""

    def reply(self, body: Mapping[str, Any]) -> str:
        """The model: it answers the last question, and sums up by naming every question that it has read of."""
        messages = [str(message["content"]) for message in body["messages"]]
        sums_up = ASKS in messages[-1]
        self.house.model.hold = None if sums_up else self.hold
        if sums_up:
            return ", ".join(f"question {number}" for number in sorted(set(numbers(" ".join(messages)))))
        return f"{answer_to(_asked(messages[-1]))} {'It goes on. ' * 9}"

    async def go(self, turns: int) -> None:
        """Ask so many questions; something else is done in every second turn, once a beginning is made."""
        acts, acted, number = self.acts(), False, 0
        while number < turns:
            is_due = number >= _FIRST_ACT and not acted
            act = acts[sum(self.done.values()) // 2 % len(acts)] if is_due else self.asks
            acted = act != self.asks
            self.done[act.__name__] += 1
            number = await act(number)
            await self.house.rests()
            await all_made(self.house)
        # Who searches finds all that has been said by then: the index waits for no housekeeping.
        await self.alice.commands("search", answer_to(0))
        await self.house.until(lambda: not look(self.house, _UNINDEXED))

    def acts(self) -> list[Callable[[int], Awaitable[int]]]:
        """What a person does beside asking: each takes the number of the next question, and gives the one behind."""
        return [
            self.sends_a_file, self.is_killed, self.edits, self.now_instead, self.looks_around, self.takes_back,
            self.adds, self.sends_a_picture, self.restarts, self.chooses_a_model, self.forks, self.stops,
            self.folds, self.asks_again, self.forgets,
        ]  # fmt: skip

    # What a person does

    async def asks(self, number: int) -> int:
        self._says(number)
        await self._is_answered(number)
        return number + 1

    async def forks(self, number: int) -> int:
        from_ = next(one for one in reversed(self.branch[:-BACK]) if self.answers[one])
        shown = next(one for one in self.alice.answers() if answer_to(from_) in one.text)
        self.branch = self.branches[from_]
        self._says(number, reply_to=shown)
        await self._is_answered(number)
        return number + 1

    async def edits(self, number: int) -> int:
        """The last question, which thereby becomes this one."""
        self.branch = self.branch[:-1]
        self._expect(number)
        self.messages[number] = self.messages[number - 1]
        self.alice.edits(self.messages[number], f"question {number}")
        await self._is_answered(number)
        return number + 1

    async def sends_a_file(self, number: int) -> int:
        self._expect(number)
        self.alice.sends_file(f"tides-{number}.txt", b"Spring tides are the highest.", caption=f"question {number}")
        await self._is_answered(number)
        return number + 1

    async def sends_a_picture(self, number: int) -> int:
        self._expect(number)
        self.alice.sends(material.photo(), caption=f"question {number}")
        await self._is_answered(number)
        return number + 1

    async def is_killed(self, number: int) -> int:
        """The gateway, while the answer grows."""
        await self._while_it_grows(number)
        await self.house.killed()
        self.hold = None
        await self.house.start()
        await self._is_answered(number)
        return number + 1

    async def restarts(self, number: int) -> int:
        """The gateway; what is said while it is down is answered."""
        await self.house.stop()
        self._says(number)
        await self.house.start()
        await self._is_answered(number)
        return number + 1

    async def now_instead(self, number: int) -> int:
        """The next question is answered at once, and what has come for this one stays."""
        await self._while_it_grows(number)
        self._says(number + 1)
        self.hold = None
        await self.alice.presses("Now instead")
        await self._is_answered(number + 1)
        return number + 2

    async def adds(self, number: int) -> int:
        """The next question becomes part of this one, which is answered with it."""
        await self._while_it_grows(number)
        self._says(number + 1)
        self.answers[number] = 0
        self.hold = None
        await self.alice.presses("Add to this answer")
        await self._is_answered(number + 1)
        return number + 2

    async def stops(self, number: int) -> int:
        await self._while_it_grows(number)
        self.alice.stops()
        await self._is_answered(number)
        self.hold = None
        return number + 1

    async def asks_again(self, number: int) -> int:
        """For another answer to the last question."""
        before = len(answering(self.house))
        await self.alice.presses("Regenerate")
        await self.house.until(lambda: len(answering(self.house)) > before)
        await self.house.rests()
        self.answers[number - 1] += 1
        return await self.asks(number)

    async def takes_back(self, number: int) -> int:
        """The last exchange, and brings it back, and takes it back."""
        steps = (("undo", "Take it back"), ("undo", ""), ("forget", ""))
        # Once something was taken back, /undo brings that back.
        for command, button in steps[2:] if self.done["takes_back"] > 1 else steps:
            await self._asks_of(command, button)
        self.branch = self.branch[:-1]
        return await self.asks(number)

    async def forgets(self, number: int) -> int:
        """The last question: deletes it, where the platform tells of that."""
        last, before = self.messages[self.branch[-1]], self._forgotten()
        if isinstance(self.house.side, DiscordSide):
            self.house.side.take_away(self.alice.room, last)
        else:
            await self.alice.commands_on("forget", last)
        await self.house.until(lambda: self._forgotten() > before)
        self.branch = self.branch[:-1]
        return await self.asks(number)

    async def folds(self, number: int) -> int:
        """What was said, into a summary."""
        await self.alice.commands("compact", "the tides")
        await self.alice.sees("Messages now read as this summary: ", times=self.done["folds"])
        return await self.asks(number)

    async def chooses_a_model(self, number: int) -> int:
        model = ("openai/gpt-6-sol", "openai/gpt-6-luna")[self.done["chooses_a_model"] % 2]
        await self.alice.commands("model", model)
        await self.house.until(lambda: any(f"{model} first" in shown.text for shown in self.alice.answers()))
        number = await self.asks(number)
        assert answering(self.house)[-1].model == model.partition("/")[2]
        return number

    async def looks_around(self, number: int) -> int:
        """At where the conversation stands."""
        for command in ("status", "history", "memory", "help"):
            await self._asks_of(command)
        return await self.asks(number)

    # How it is done

    async def _asks_of(self, command: str, button: str = "") -> None:
        before = len(self.alice.answers())
        await self.alice.commands(command)
        if button:
            await self.alice.presses(button)
        await self.house.until(lambda: len(self.alice.answers()) > before)

    def _forgotten(self) -> int:
        return look(self.house, "SELECT COUNT(*) FROM message WHERE forgotten_at IS NOT NULL")

    def _expect(self, number: int) -> None:
        """This is asked on the branch where the conversation stands, and is to have an answer."""
        self.branch = self.branches[number] = (*self.branch, number)
        self.answers[number] = 1

    def _says(self, number: int, reply_to: Shown | None = None) -> None:
        self._expect(number)
        self.messages[number] = self.alice.says(f"question {number}", reply_to=reply_to)

    async def _is_answered(self, number: int) -> None:
        await self.alice.sees(answer_to(number))

    async def _while_it_grows(self, number: int) -> None:
        """Ask, and come back when the answer grows and waits."""
        self.hold = Hold(_GROWN)
        self._says(number)
        await self.alice.sees_growing(answer_to(number))

    # What has become of it

    def troubles(self) -> Iterator[str]:
        """What is wrong, once the gateway is stopped: forgotten, doubled, silent, kept wrongly."""
        yield from self._of_requests()
        yield from self._of_the_chat()
        yield from self.house.troubles()

    def _of_requests(self) -> Iterator[str]:
        for request in answering(self.house):
            messages = [str(message["content"]) for message in request.body["messages"]]
            asked = _asked(messages[-1])
            if missing := set(self.branches[asked]) - set(numbers(" ".join(messages))):
                yield f"question {asked} was asked without {sorted(missing)}"
            if strange := set(numbers(" ".join(messages))) - set(self.branches[asked]):
                yield f"question {asked} was asked with {sorted(strange)}, of another branch"
            if len(messages) > CONTEXT + 1:
                yield f"question {asked} was asked with {len(messages)} messages"
        yield from self.house.model.refused

    def _of_the_chat(self) -> Iterator[str]:
        shown = self.alice.answers()
        for number, times in self.answers.items():
            found = sum(one.text.startswith(answer_to(number)) for one in shown)
            if found != times:
                yield f"question {number} has {found} answers in place of {times}"
        told = [one for one in shown if "the beginning of this session as a summary" in one.text]
        for path in self.branches.values():
            if sum(bool(set(numbers(one.text)) & set(path)) for one in told) > 1:
                yield f"It is said more than once on the branch of {path[-1]} that its beginning is a summary."
        if not any(set(numbers(one.text)) & set(self.branch) for one in told):
            yield "It was not said that the beginning is a summary."
        for one in shown:
            if one.grows:
                yield f"An answer grows for ever: {one.text[:80]}"
            if "I cannot see some of what" in one.text or "went wrong" in one.text:
                yield one.text
        if waiting := self.house.side.waiting(self.alice.person):
            yield f"They wait for what they have pressed: {waiting}"


@asynccontextmanager
async def beginning(platform: str, directory: Path, database_url: str = "") -> AsyncIterator[Walk]:
    """A walk on a platform, with everything around it. `database_url`: "" for SQLite in `directory`."""
    clock, model = TurnedClock(), ModelServer()
    side = SIDES[platform](clock)
    await side.start()
    await model.start()
    house = ApartHouse(directory, side, model, clock, database_url)
    house.patience_s = PATIENCE_S
    walk = Walk(house, house.newcomer("Alice"))
    model.reply = walk.reply
    address = f"{model.url}/v1"
    try:
        await house.start(
            context_messages=CONTEXT, tokens_start=10**6, openai_api_key="k", openai_base_url=address,
            openai_models="gpt-*",
        )  # fmt: skip
        yield walk
    finally:
        await house.stop()
        await side.stop()
        await model.close()


async def walked(platform: str, turns: int) -> bool:
    """Walk, and print the chat and what is wrong; whether nothing is."""
    with tempfile.TemporaryDirectory(prefix="walk-") as directory:
        async with beginning(platform, Path(directory) / "data") as walk:
            try:
                await walk.go(turns)
                await walk.house.stop()
            finally:
                sys.stdout.writelines(f"{line}\n" for line in chat(walk.alice))
            troubles = list(walk.troubles())
    sys.stdout.write(f"\n{platform}: {turns} questions, {dict(walk.done)}; wrong: {troubles or 'nothing'}\n")
    return not troubles


def main() -> int:
    """Read the options, walk, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.walk", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--turns", type=int, default=200)
    parser.add_argument("--platform", choices=sorted(SIDES), action="append")
    options = parser.parse_args()
    found = [asyncio.run(walked(platform, options.turns)) for platform in options.platform or SIDES]
    return 0 if all(found) else 1


if __name__ == "__main__":
    sys.exit(main())
