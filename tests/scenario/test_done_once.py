"""A crash between what a command does and the note that it came: it is handed in again, and done once."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from bot.domain.errors import PersonError
from bot.domain.ids import UnixMs
from bot.domain.places import Place
from bot.incoming.call import Call
from handlers.commands.once import once
from storage.database import open_database
from storage.programs import Program
from tests.support.world import House, Someone
from tests.support.writes import FINISH, cutting_off

DONE = "That is done already"
_FORGOTTEN = "SELECT COUNT(*) FROM message WHERE author = 'user' AND forgotten_at IS NOT NULL"


@pytest.fixture
def cut_off(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return cutting_off(monkeypatch.setattr)


@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_what_would_be_done_twice_is_done_once_and_said(house: House, alice: Someone, cut_off: list[str]) -> None:
    house.model.reply = "Yes."
    await house.start()
    for number, question in enumerate(("one?", "two?", "three?"), 1):
        alice.says(question)
        await alice.sees("Yes.", times=number)
    await house.rests()
    cut_off.append(FINISH)
    await alice.commands("forget")
    await alice.sees(DONE, hurried=True)
    assert house.rows(_FORGOTTEN) == [(1,)]
    await alice.commands("forget")
    await alice.sees("Forgotten, with everything after it.")
    await house.rests()
    cut_off.append(FINISH)
    await alice.commands("undo")
    await alice.sees(DONE, times=2, hurried=True)
    assert house.rows(_FORGOTTEN) == [(1,)]
    sessions = house.rows("SELECT COUNT(*) FROM session")
    cut_off.append(FINISH)
    await alice.commands("new")
    await alice.sees(DONE, times=3, hurried=True)
    assert house.rows("SELECT COUNT(*) FROM session") == [(sessions[0][0] + 1,)]


async def test_where_nothing_was_done_nothing_is_noted(tmp_path: Path) -> None:
    place = Place("telegram", "100", "1")
    call = cast(Call, SimpleNamespace(invocation=SimpleNamespace(place=place, event_key="c1"), now=UnixMs(1)))

    def does(what: str) -> Program[str]:
        yield ("SELECT 1", ())
        return what

    async with await open_database(tmp_path) as database:
        assert [await database.write(once(call, does(what))) for what in ("", "", "done")] == ["", "", "done"]
        with pytest.raises(PersonError):
            await database.write(once(call, does("again")))
