"""A crash between what a command does and the note that it came: it is handed in again, and done once."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.domain.errors import StorageError
from tests.support.world import House, Someone
from tests.support.writes import set_around

DONE = "That is done already"
_FORGOTTEN = "SELECT COUNT(*) FROM message WHERE author = 'user' AND forgotten_at IS NOT NULL"


@pytest.fixture
def cut_off(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What notes that a command came fails once for each name that is put here."""
    names: list[str] = []

    async def breaks(program: str, write: Callable[[], Awaitable[Any]]) -> Any:
        if "Dispatcher._finish" in program and names:
            names.pop()
            raise StorageError("Cut off.")
        return await write()

    set_around(breaks, monkeypatch.setattr)
    return names


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_what_would_be_done_twice_is_done_once_and_said(house: House, alice: Someone, cut_off: list[str]) -> None:
    house.model.reply = "Yes."
    await house.start()
    for number, question in enumerate(("one?", "two?", "three?"), 1):
        alice.says(question)
        await alice.sees("Yes.", times=number)
    await house.rests()
    cut_off.append("forget")
    await alice.commands("forget")
    await alice.sees(DONE, hurried=True)
    assert house.rows(_FORGOTTEN) == [(1,)]
    await alice.commands("forget")
    await alice.sees("Forgotten, with everything after it.")
    await house.rests()
    cut_off.append("undo")
    await alice.commands("undo")
    await alice.sees(DONE, times=2, hurried=True)
    assert house.rows(_FORGOTTEN) == [(1,)]
    sessions = house.rows("SELECT COUNT(*) FROM session")
    cut_off.append("new")
    await alice.commands("new")
    await alice.sees(DONE, times=3, hurried=True)
    assert house.rows("SELECT COUNT(*) FROM session") == [(sessions[0][0] + 1,)]
