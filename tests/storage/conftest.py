"""A database of its own for every test, and the people and places that most of them need."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.ids import UnixMs
from bot.domain.messages import TextPart
from bot.domain.people import Identity, Role
from bot.domain.places import Place
from bot.domain.sessions import TitleBy
from storage import ledger, messages, people, places, sessions, turns
from storage.database import Database, open_database
from storage.programs import Program
from storage.turns import NewTurn
from tests.support.new_data import lay_new_data

NOW = UnixMs(1_795_176_000_000)
ALICE = Identity("telegram", "1", "Alice", "en")
HERE = Place("telegram", "100", "1")


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A new one of each kind."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else ""
    if not url:
        lay_new_data(tmp_path / "data")
    async with await open_database(tmp_path / "data", url=url) as opened:
        yield opened


def ask(words: str, *, tokens: int = 1000) -> Program[NewTurn]:
    """Alice says something in her open session: the person, the place and the session are made at the first time."""
    person = yield from people.find(ALICE)
    if person is None:
        person = yield from people.add(ALICE, Role.MEMBER, NOW)
        yield from ledger.grant(person.id, tokens, "welcome", NOW)
    place, session_id = yield from places.open_place(HERE, "")
    session = (yield from sessions.get(session_id)) if session_id is not None else None
    if session is None:
        session = yield from sessions.add(person.id, place, "regular", words, TitleBy.WORDS, person.id, NOW)
        yield from places.show_session(place, session.id, "regular")
    question = yield from messages.add_question(session.id, (TextPart(words),), "", NOW)
    turn = NewTurn(session.id, place, person.id, question, reserved=100, attach="tip")
    number, _ = yield from turns.add(turn, NOW)
    yield from ledger.reserve(person.id, number, 100, NOW)
    return turn
