"""Everything is reached through its session, from where somebody speaks; what is not there, forgotten or not theirs is
nothing."""

from bot.domain.ids import AttachmentId, FolderId, MessageId, SessionId, TurnId
from bot.people import reaching
from bot.people.callers import Caller
from bot.people.reaching import Lies
from storage import folders, sessions
from storage.database import Database
from tests.people.rooms import NOW, furnished

NOWHERE = 99
"""No row has this number."""


async def test_what_lies_in_a_room_is_reached_from_there_alone(database: Database) -> None:
    rooms = await database.write(furnished())
    for at in rooms:
        here = at.caller
        for of in rooms:
            mine = of is at
            session = await database.read(reaching.reachable(here, of.session))
            message = await database.read(reaching.reachable_message(here, of.message))
            turn = await database.read(reaching.reachable_turn(here, of.turn))
            file = await database.read(reaching.reachable_file(here, of.file))
            assert (session.id if session else None) == (of.session if mine else None)
            assert (message[1].id if message else None) == (of.message if mine else None)
            assert (turn[1].id if turn else None) == (of.turn if mine else None)
            assert (file.id if file else None) == (of.file if mine else None)
            assert await database.read(reaching.reachable_message(here, of.forgotten)) is None
            assert await database.read(reaching.reachable_file(here, of.forgotten_file)) is None
            place = of.caller.place
            lies = await database.read(reaching.lies_elsewhere(here, of.session))
            assert lies == (None if mine else Lies(place, place.chat))
        assert await database.read(reaching.reachable(here, SessionId(NOWHERE))) is None
        assert await database.read(reaching.reachable_message(here, MessageId(NOWHERE))) is None
        assert await database.read(reaching.reachable_turn(here, TurnId(NOWHERE))) is None
        assert await database.read(reaching.reachable_file(here, AttachmentId(NOWHERE))) is None


async def test_what_one_began_among_others_is_found_where_only_they_see_it(database: Database) -> None:
    private, group, bobs, bobs_group = await database.write(furnished())
    folder = await database.write(folders.add(private.caller.person.id, "work", NOW))
    await database.write(sessions.set_folder(private.session, folder))

    async def listed(caller: Caller, alone: bool, folder: FolderId | None = None) -> set[SessionId]:
        found = await database.read(reaching.listed(caller, "", 0, 99, folder, alone=alone))
        hits = await database.read(reaching.searched(caller, "xyzzy", 0, 99, alone=alone))
        ids = {session.id for session in found}
        assert folder is not None or {hit.session for hit in hits} == ids
        return ids

    assert await listed(private.caller, alone=True) == {private.session, group.session}
    assert await listed(group.caller, alone=False) == {group.session}
    assert await listed(group.caller, alone=True) == {group.session}
    assert await listed(private.caller, True, folder) == {private.session}
    found = await database.read(reaching.found_elsewhere(private.caller, group.session, alone=True))
    assert found is not None and found[0].id == group.session
    assert found[1].place == group.caller.place
    for caller, session, alone in (
        (private.caller, private.session, True),
        (group.caller, group.session, True),
        (group.caller, private.session, True),
        (private.caller, bobs.session, True),
        (private.caller, bobs_group.session, True),
        (private.caller, group.session, False),
        (private.caller, SessionId(NOWHERE), True),
    ):
        assert await database.read(reaching.found_elsewhere(caller, session, alone=alone)) is None
