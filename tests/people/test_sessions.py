"""Which session is open where somebody speaks, what it is called, and what becomes of it."""

from dataclasses import replace

import pytest

from bot.domain.errors import PersonError
from bot.domain.ids import SessionId
from bot.domain.model_names import ModelName
from bot.domain.places import Place, PlaceKind
from bot.domain.policy import Policy
from bot.domain.sessions import Mode, Modes, TitleBy
from bot.people.sessions import (
    bring_back,
    delete,
    new_session,
    open_session,
    rename,
    session_of_mode,
    take_back,
    usable_default,
)
from storage import sessions
from storage.database import Database
from storage.programs import Program
from tests.people.rooms import NOW, Room, furnished, room_of

MODES = {name: Mode(name, "", (ModelName("p/m"),), "") for name in ("regular", "coder")}
POLICY = Policy(modes=Modes(MODES, "regular"))


async def test_the_open_session_goes_on_and_where_there_is_none_one_begins(database: Database) -> None:
    private, *_ = await database.write(furnished())

    async def opened(session: SessionId | None) -> SessionId:
        caller = replace(private.caller, session=session)
        return (await database.write(open_session(caller, POLICY, lambda: "new", NOW))).id

    assert await opened(private.session) == private.session
    assert await opened(None) not in (private.session, None)
    await database.write(sessions.delete(private.session, private.caller.person.id, NOW))
    assert await opened(private.session) != private.session


@pytest.mark.parametrize(
    ("wanted", "there", "begins_in"),
    [("coder", 0, "coder"), ("coder", 1, "regular"), ("gone", 0, "regular"), (None, 0, "regular")],
)
async def test_a_session_begins_in_ones_own_mode_in_private(
    database: Database, wanted: str | None, there: int, begins_in: str
) -> None:
    caller = (await database.write(furnished()))[there].caller
    assert usable_default(replace(caller, person=replace(caller.person, default_mode=wanted)), POLICY) == begins_in


async def test_a_thread_that_a_person_named_names_its_session(database: Database) -> None:
    private, *_ = await database.write(furnished())
    seen = set()
    for named in ("", "Our thread"):
        for by in (TitleBy.WORDS, TitleBy.PERSON):
            made = await database.write(new_session(replace(private.caller, named=named), "regular", "said", by, NOW))
            seen.add((named, by, made.title, made.title_by))
    assert seen == {
        ("", TitleBy.WORDS, "said", TitleBy.WORDS),
        ("", TitleBy.PERSON, "said", TitleBy.PERSON),
        ("Our thread", TitleBy.WORDS, "Our thread", TitleBy.PERSON),
        ("Our thread", TitleBy.PERSON, "said", TitleBy.PERSON),
    }


async def test_only_what_was_begun_for_a_refused_question_is_taken_back(database: Database) -> None:
    private, *_ = await database.write(furnished())
    caller = replace(private.caller, session=private.session)
    fresh = await database.write(new_session(caller, "regular", "new", TitleBy.WORDS, NOW))
    said = await database.read(sessions.get(private.session))
    assert said is not None and said.tip is not None
    for session, at in ((fresh, replace(caller, session=fresh.id)), (said, replace(caller, session=None))):
        await database.write(take_back(at, session))
        assert await database.read(sessions.get(session.id))
    await database.write(take_back(caller, fresh))
    assert await database.read(sessions.get(fresh.id)) is None


async def test_each_mode_has_its_own_session_and_a_thread_has_one(database: Database) -> None:
    private, *_ = await database.write(furnished())
    thread = await database.write(room_of(private.caller.person, Place("p", "b", "t", "1", PlaceKind.GROUP)))

    async def switched(room: Room, session: SessionId | None, mode: str) -> SessionId:
        caller = replace(room.caller, session=session)
        found = await database.write(session_of_mode(caller, mode, "new", NOW))
        assert found.mode == mode
        return found.id

    coder = await switched(private, private.session, "coder")
    assert coder != private.session
    assert await switched(private, coder, "regular") == private.session
    assert await switched(private, None, "coder") == coder
    assert await switched(thread, thread.session, "coder") == thread.session
    assert await switched(thread, None, "coder") != thread.session
    await database.write(sessions.delete(thread.session, private.caller.person.id, NOW))
    assert await switched(thread, thread.session, "coder") != thread.session


async def test_who_deletes_a_session_learns_what_still_runs_in_it(database: Database) -> None:
    private, group, *_ = await database.write(furnished())

    def runs() -> Program[None]:
        yield ("UPDATE turn SET state = 'running', worker = 'w' WHERE id = ?", (private.turn,))

    await database.write(runs())
    for room, running in ((private, (private.turn,)), (group, ())):
        assert (await database.write(delete(room.caller, room.session, NOW))).running == running


async def test_a_session_is_named_and_deleted_by_who_began_it(database: Database) -> None:
    _, group, bob, _ = await database.write(furnished())
    other = replace(group.caller, person=bob.caller.person)
    assert await database.write(rename(group.caller, group.session, "  mine ")) == "mine"
    for act in (lambda: rename(other, group.session, "his"), lambda: delete(other, group.session, NOW)):
        with pytest.raises(PersonError, match="Only the person who started"):
            await database.write(act())
    with pytest.raises(PersonError, match="not here"):
        await database.write(rename(bob.caller, group.session, "his"))
    with pytest.raises(PersonError, match="at least one letter"):
        await database.write(rename(group.caller, group.session, " "))


async def test_only_what_was_deleted_is_brought_back(database: Database) -> None:
    private, _, others, _ = await database.write(furnished())
    await database.write(sessions.delete(private.session, private.caller.person.id, NOW))
    with pytest.raises(PersonError):
        await database.write(bring_back(others.caller, private.session))
    back = await database.write(bring_back(private.caller, private.session))
    assert back.id == private.session
    with pytest.raises(PersonError):
        await database.write(bring_back(private.caller, private.session))
