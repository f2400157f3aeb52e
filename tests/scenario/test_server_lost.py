"""PostgreSQL is away for a while, or its line is cut in the middle of a transaction: nothing is lost or doubled."""

import re
from collections.abc import AsyncIterator
from itertools import cycle
from typing import Any

import pytest

from bot.standins.model import Pace
from tests.support.line import Line
from tests.support.world import House, Someone

QUESTIONS = 4


@pytest.fixture
async def line(postgres_url: str) -> AsyncIterator[Line]:
    async with Line(postgres_url) as line:
        yield line


@pytest.fixture
def database_url(line: Line) -> str:
    return line.url


def answer(body: Any) -> str:
    return f"answer to {re.findall('question ([0-9])', str(body['messages'][-1]['content']))[-1]}."


async def asks(someone: Someone, number: int) -> None:
    someone.says(f"question {number}")
    await someone.sees(f"answer to {number}.", hurried=True)


async def test_a_commit_whose_answer_was_lost_is_neither_lost_nor_done_twice(
    house: House, alice: Someone, line: Line
) -> None:
    """The server is asked what became of it. Cut before and after each kind of transaction of a turn."""
    house.model.reply = answer
    await house.start(tokens_start=1000, tokens_per_request=10)
    await asks(alice, 0)
    line.at_commits = cycle((None, "after", None, "before", "after"))
    for number in range(1, QUESTIONS):
        await asks(alice, number)
    line.at_commits = iter(())
    assert line.commits_cut > QUESTIONS
    await alice.commands("tokens")
    # The price of each, once.
    await alice.sees(f"{1000 - 10 * QUESTIONS}", hurried=True)
    assert len(house.model.requests) == QUESTIONS
    for number in range(QUESTIONS):
        await alice.sees(f"answer to {number}.")


async def test_people_who_talk_while_the_server_is_away_are_answered_when_it_is_back(
    house: House, alice: Someone, line: Line
) -> None:
    house.model.reply = answer
    house.model.pace = Pace(token_s=0.01)
    await house.start()
    await asks(alice, 0)
    line.is_down = True
    line.cut()
    for number in range(1, QUESTIONS):
        alice.says(f"question {number}")
    await house.until(lambda: line.turned_away > QUESTIONS, hurried=True)
    line.is_down = False
    for number in range(1, QUESTIONS):
        await alice.sees(f"answer to {number}.", hurried=True)
    assert len(house.model.requests) == QUESTIONS
