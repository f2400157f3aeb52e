"""PostgreSQL is away for a while, or its line is cut in the middle of a transaction: nothing is lost or doubled."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from itertools import cycle
from typing import Any

import pytest

from bot.domain.errors import StorageError
from bot.standins.model import Pace
from tests.support.line import Line
from tests.support.world import House, Someone
from tests.support.writes import set_around

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


async def test_a_turn_of_whose_beginning_nothing_was_heard_is_begun_again(
    house: House, alice: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was kept, and the server stayed away for longer than it is asked about that."""
    unheard = iter((True, True))

    async def writes(program: str, write: Callable[[], Awaitable[Any]]) -> Any:
        kept = await write()
        if "begin" in program and next(unheard, False):
            raise StorageError("The server is away.")
        return kept

    house.model.reply = answer
    await house.start()
    set_around(writes, monkeypatch.setattr)
    alice.says("question 1")
    await alice.sees("answer to 1.", hurried=True)
    assert next(unheard, None) is None
    await asks(alice, 2)
    assert len(house.model.requests) == 2


async def test_a_turn_that_crashes_while_the_server_is_away_ends_when_it_is_back(
    house: House, alice: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.may_break.add("turn_crashed")
    crashes = iter((True,))
    refusals: Iterator[bool] = iter(())

    async def writes(program: str, write: Callable[[], Awaitable[Any]]) -> Any:
        nonlocal refusals
        if program == "_unless_taken_up" and next(crashes, False):
            refusals = iter((True, True))
            raise RuntimeError
        if next(refusals, False):
            raise StorageError("The server is away.")
        return await write()

    house.model.reply = answer
    await house.start()
    set_around(writes, monkeypatch.setattr)
    alice.says("question 1")
    await alice.sees("Nothing was charged.", hurried=True)
    await asks(alice, 2)
