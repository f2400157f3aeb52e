"""While what a press has steered is done, its line or the question under way is edited or deleted: at every point.

What is done lies between transactions. So each of them is held, right before and right after, until the other wish is
kept; whatever the order, what stands in the chat in the end is what has been asked and answered.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest

from bot.standins.model import Hold
from tests.support.world import House, Someone
from tests.support.writes import set_around

# What comes behind the press in its chat waits until that is done: it meets the answer that ends, and the next one.
PROGRAMS = ("_unless_taken_up", "Beginnings.begin")


@dataclass
class Gate:
    """Holds one transaction, right before or after it, of those whose program has this name."""

    moment: str = ""
    program: str = ""
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def holds(self, moment: str, program: str) -> None:
        if moment == self.moment and self.program and self.program in program and not self.reached.is_set():
            self.reached.set()
            await self.opened.wait()


@pytest.fixture
def gates(monkeypatch: pytest.MonkeyPatch) -> list[Gate]:
    """The last one counts."""
    found = [Gate()]

    async def held(program: str, write: Callable[[], Awaitable[Any]]) -> Any:
        gate = found[-1]
        await gate.holds("before", program)
        result = await write()
        await gate.holds("after", program)
        return result

    set_around(held, monkeypatch.setattr)
    return found


LINE, QUESTION = "dogs?", "cats?"
CHANGED = {LINE: "doves?", QUESTION: "birds?"}
MOMENTS = ("before", "after")
EDITS = list(product(["edits"], CHANGED, PROGRAMS, MOMENTS[:1]))
DELETIONS = list(product(["deletes"], CHANGED, PROGRAMS, MOMENTS))
_CHANGES = "SELECT COUNT(*), COUNT(forgotten_at), SUM(LENGTH(parts)) FROM message WHERE author = 'user'"


@pytest.mark.parametrize("label", ["Now instead", "Add to this answer"])
async def test_whatever_is_changed_meanwhile_what_stands_is_what_was_asked(
    house: House, gates: list[Gate], label: str
) -> None:
    house.model.reply = lambda body: f"On {str(body['messages'][-1]['content'])!r}. {'word ' * 60}"
    await house.start(rate_limit_per_minute=0)
    # Telegram tells of no deletion.
    cases = [*EDITS, *DELETIONS] if house.side.name == "discord" else EDITS
    for number, (act, what, program, moment) in enumerate(cases):
        someone, case = house.newcomer(f"Person {number}"), f"{act} {what} {moment} {program}"
        house.model.hold = Hold(20)
        said = {QUESTION: someone.says(QUESTION)}
        await someone.sees_growing(f"On {QUESTION!r}")
        house.model.hold = None
        said[LINE] = someone.says(LINE)
        notice = await someone.sees("1 ahead of it")
        gate = Gate(moment, program)
        gates.append(gate)
        await someone.presses(label, on=notice)
        await house.until(gate.reached.is_set)
        await _wish(someone, act, said[what], CHANGED[what])
        gate.opened.set()
        await house.rests()
        _has_become(someone, case, act, what)
        someone.says("and?")
        await someone.sees("and?'")
        read = str(house.model.requests[-1].body["messages"])
        assert what not in read, f"{case}: it is read although it is gone"
    odd = "SELECT turn FROM ledger WHERE kind IN ('settle', 'release') GROUP BY turn HAVING COUNT(*) <> 1"
    assert house.rows(odd) == [], "Each is paid or given back, once."


async def _wish(someone: Someone, act: str, message: int, text: str) -> None:
    """Edit or delete a message, and wait until that is kept."""
    house = someone.house
    before = house.rows(_CHANGES)
    if act == "edits":
        someone.edits(message, text)
    else:
        house.side.take_away(someone.room, message)
    await house.until(lambda: house.rows(_CHANGES) != before)


def _has_become(someone: Someone, case: str, act: str, what: str) -> None:
    """What stands in the chat is answered there, and nothing is under way."""
    shown = someone.answers()
    stands = [CHANGED[text] if text == what else text for text in (LINE, QUESTION) if act == "edits" or text != what]
    # A question of two messages that is being answered goes with either of them, and says so.
    gone = act == "deletes" and any("Stopped." in one.text for one in shown)
    for text in stands:
        found = [one.text for one in shown if one.text.startswith("On ") and text in one.text]
        assert found or gone, f"{case}: {text} has no answer in {[one.text[:40] for one in shown]}"
    assert not any(one.grows for one in shown), case
