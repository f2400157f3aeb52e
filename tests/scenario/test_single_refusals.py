"""Whichever single call is refused for good, the answer arrives in its next best form, or is not charged and kept.

The calls are those that the stand-in has recorded of the same conversation without a refusal: a call that the gateway
comes to make is refused here on its first day.
"""

import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from bot.domain.blocks import OutFile
from bot.standins import faults
from bot.standins.faults import Fault
from bot.standins.model import Hold
from storage import ledger
from storage.programs import Program
from tests.support.sides import DiscordSide, Room, TelegramSide
from tests.support.world import House, Someone

REFUSALS = {
    "telegram": (
        faults.refusal("Forbidden: bot was kicked from the supergroup chat", status=403),
        faults.refusal("Bad Request: not enough rights to send text messages to the chat"),
        faults.refusal("Bad Request: CHAT_RESTRICTED"),
        faults.refusal("Bad Request: MESSAGE_ID_INVALID"),
    ),
    "discord": (
        faults.refusal("Missing Permissions", code=50013, status=403),
        faults.refusal("Missing Access", code=50001, status=403),
        faults.refusal("Message was blocked by automatic moderation", code=200000),
        faults.refusal("Unknown Message", code=10008, status=404),
    ),
}
"""In the platforms' own words: of the place, of a right, of what no list of ours holds, of a message that is gone."""

ACTS = ("plain", "table", "file", "regenerate", "growing", "giant")
SLOW = ("growing", "giant")
"""Their calls meet one of the refusals each, in turn."""

GIANT = "\n\n".join(f"Line {number}: " + "much " * 60 for number in range(150))


class Model:
    """Answers each question in the form that its first word asks for, with a number of its own at the end."""

    def __init__(self) -> None:
        self.last = ""
        self._count = itertools.count(1)

    def __call__(self, body: Mapping[str, Any]) -> str:
        question = str(body["messages"][-1]["content"])
        self.last = f"answer-{next(self._count)}-ends"
        if "table" in question:
            return f"| a | b |\n|---|---|\n| 1 | {self.last} |"
        if "growing" in question:
            return f"{'word ' * 15}{self.last}"
        return f"{GIANT}\n\n{self.last}" if "giant" in question else self.last


class Talks:
    """Conversations, each with somebody new, of whom the first is an admin."""

    def __init__(self, house: House, admin: Someone, *, shared: bool) -> None:
        self.house = house
        self.admin = admin
        self.shared = shared
        self.model = Model()
        self.paid: dict[int, int] = {}
        """For each person how many answers they got."""

    def called(self) -> list[str]:
        """The methods of all calls so far."""
        side = self.house.side
        if isinstance(side, TelegramSide):
            return [call.method for call in side.stand_in.calls]
        assert isinstance(side, DiscordSide)
        return [call.name for call in side.stand_in.calls]

    async def hold(self, act: str, method: str = "", fault: Fault | None = None) -> set[str]:
        """Have one conversation, with calls of `method` refused from its second answer on; gives what was called."""
        someone = self.house.newcomer(f"Person {len(self.paid)}")
        home = Room(someone.room.chat)
        if self.shared:
            (someone,) = self.house.group(someone)
        someone.says("plain")
        await self._ends(someone, home, answers=1)
        begun = len(self.called())
        if fault is not None:
            spared = {self.admin.room.chat} | ({home.chat} if self.shared else set())
            self.house.side.faults.add(fault, method=method, times=1_000_000, spared=spared)
        before = self.kept()
        self.house.model.hold = hold = Hold(10) if act == "growing" else None
        await self._act(act, someone)
        if hold is not None:
            rooms = (someone.room, Room(someone.room.chat), home)
            # What is refused may be the preview itself.
            await self.house.until(lambda: any(map(self.house.side.growing, rooms)) or method in self.called()[begun:])
            hold.over.set()
        await self._ends(someone, home, answers=2, kept_before=before)
        self.house.side.faults.clear()
        return set(self.called()[begun:])

    async def _act(self, act: str, someone: Someone) -> None:
        asked = self.model.last
        if act == "regenerate":
            await someone.presses("Regenerate")
        elif act == "file" and not someone.shared:
            someone.sends(OutFile("notes.txt", "text/plain", b"some notes"), caption="file")
        else:
            someone.says(act, to_bot=someone.room.thread is None or isinstance(self.house.side, TelegramSide))
        await self.house.until(lambda: self.model.last != asked)

    async def _ends(self, someone: Someone, home: Room, *, answers: int, kept_before: int | None = None) -> None:
        """Wait until the last answer is there, or stands among those that no platform took."""

        def ended() -> str:
            if self._arrived(someone, home):
                return "shown"
            return "kept" if kept_before is not None and self.kept() > kept_before else ""

        how = await self.house.until(ended)
        self.paid[someone.person] = answers if how == "shown" else answers - 1

    def kept(self) -> int:
        """How many answers stand among those that no platform took."""
        [(count,)] = self.house.rows("SELECT COUNT(*) FROM given_up")
        return int(count)

    def _arrived(self, someone: Someone, home: Room) -> bool:
        side, rooms = self.house.side, (someone.room, Room(someone.room.chat), home)
        shown = (message.text for room in rooms for message in side.shown(room, someone.person))
        files = (data.decode() for room in rooms for _, data in side.files(room))
        return any(self.model.last in text for text in itertools.chain(shown, files))


def balance(person: int) -> Program[int]:
    rows = yield ("SELECT person FROM identity WHERE user_id = ?", (str(person),))
    return (yield from ledger.balance(rows[0][0]))


@pytest.mark.parametrize("shared", [False, True], ids=["private", "group"])
async def test_whichever_single_call_is_refused_no_answer_is_lost(house: House, alice: Someone, shared: bool) -> None:
    talks = Talks(house, alice, shared=shared)
    house.model.reply = talks.model
    name = house.side.name
    await house.start(rate_limit_per_minute=0, chat_rate_limit_per_minute=0, admins=f"{name}:user:{alice.person}")
    alice.says("plain")
    await alice.sees("answer-1-ends")
    seen = {"getUpdates"}
    turn = itertools.cycle(REFUSALS[name])
    for act in ACTS:
        new = sorted(await talks.hold(act) - seen)
        seen.update(new)
        for method in new:
            for refusal in [next(turn)] if act in SLOW else REFUSALS[name]:
                await talks.hold(act, method, refusal)
    # Not of each: a hundred of them are one message.
    told = any("rejects everything I send" in shown.text for shown in alice.answers())
    assert told == bool(talks.kept())
    await house.stop()
    assert {"sendMessage", "message.create"} & seen
    for person, answers in talks.paid.items():
        assert await house.read(balance(person)) == 4_000 - 100 * answers
