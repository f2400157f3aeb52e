"""A conversation of two hundred turns, used as a person would: nothing of it is forgotten without a word."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.recalled import ASKS, all_made, answering, look
from tests.support.world import House, Someone

TURNS = 200
FORKED, EDITED, WITH_A_FILE = range(15, TURNS, 30), range(25, TURNS, 30), range(8, TURNS, 60)
RESTARTED, FOLDED = 100, 130


def numbers(text: str) -> set[int]:
    return {int(number) for number in re.findall(r"question (\d+)", text)}


def voice(body: Mapping[str, Any]) -> str:
    """Answers the last question; sums up by naming every question that it has read of."""
    messages = [str(message["content"]) for message in body["messages"]]
    if ASKS in messages[-1]:
        return ", ".join(f"question {number}" for number in sorted(numbers(" ".join(messages))))
    return f"To question {max(numbers(messages[-1].split('</earlier>')[-1]))}: yes."


@pytest.mark.timeout(300)
async def test_whatever_was_said_on_a_branch_reaches_the_model(house: House, alice: Someone) -> None:
    house.model.reply = voice
    await house.start(context_messages=20, tokens_start=10**6)
    branch: list[int] = []
    branches: dict[int, list[int]] = {}
    asked: dict[int, int] = {}
    for number in range(TURNS):
        words = f"question {number}"
        if number in FORKED:
            branch = branches[number - 12]
            answer = next(shown for shown in alice.answers() if f"To question {number - 12}: yes." in shown.text)
            asked[number] = alice.says(words, reply_to=answer)
        elif number in EDITED:
            branch = branch[:-1]
            alice.edits(asked[number - 1], words)
        elif number in WITH_A_FILE:
            alice.sends_file(f"tides-{number}.txt", b"Spring tides are the highest.", caption=words)
        else:
            asked[number] = alice.says(words)
        branch = branches[number] = [*branch, number]
        await alice.sees(f"To question {number}: yes.")
        await all_made(house)
        if number == RESTARTED:
            await house.stop()
            await house.start()
        if number == FOLDED:
            await alice.commands("compact")
            await alice.sees("Messages now read as this summary: ")
    # Every word of its branch stands in each request, or in the summary that it holds.
    for number, request in enumerate(answering(house)):
        read = numbers(" ".join(str(message["content"]) for message in request.body["messages"]))
        assert read == set(branches[number]), f"question {number}"
        assert len(request.body["messages"]) <= 21
    told = [shown for shown in alice.answers() if "the beginning of this session as a summary" in shown.text]
    said_at = {number for shown in told for number in numbers(shown.text)}
    assert all(shown.labels[-1] == "What I still read" for shown in told)
    assert all(len(said_at & set(path)) <= 1 for path in branches.values()), "It is said once on a branch."
    assert said_at & set(branch)
    assert not [shown for shown in alice.answers() if "I cannot see some of what" in shown.text]
    assert look(house, "SELECT COUNT(*) FROM summary") > TURNS // 12
