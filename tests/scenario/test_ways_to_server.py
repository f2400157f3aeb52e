"""How often a short turn waits for PostgreSQL while no other process can write."""

import threading
from collections.abc import Sequence

import pytest

from storage.drivers.postgres.blocking import Blocking
from storage.programs import Rows, Statement
from tests.support.world import House, Someone

LEAST = 22
"""Accepted with 8 at most, begun with 4, answered with 4, shown with 2, and each of these kept with one more."""
TURNS = 5
"""Other work that falls into one may only add to it: of so many one is quiet."""


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_a_short_turn_goes_there_no_more_than_it_has_to(
    house: House, alice: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways = 0
    real = Blocking.ask_all

    def counted(connection: Blocking, asked: Sequence[Statement]) -> list[Rows]:
        nonlocal ways
        ways += threading.current_thread().name == "writer"
        return real(connection, asked)

    house.model.reply = "Yes."
    await house.start()
    alice.says("one?")
    await alice.sees("Yes.")
    await house.rests()
    monkeypatch.setattr(Blocking, "ask_all", counted)
    found: list[int] = []
    while len(found) < TURNS and min(found, default=LEAST + 1) > LEAST:
        ways = 0
        alice.says("again?")
        await alice.sees("Yes.", times=len(found) + 2)
        await house.rests()
        found.append(ways)
    assert min(found) <= LEAST, found
