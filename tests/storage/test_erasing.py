"""What is erased goes in steps: nothing of it is left at the end, and nothing of it is seen in between."""

from bot.domain.ids import MessageId, PersonId, SessionId, UnixMs
from bot.domain.people import Identity, Role
from bot.domain.sessions import Reach, TitleBy
from storage import erasing, people, search, sessions, tree
from storage.database import Database
from storage.programs import Program

NOW = UnixMs(1_000)
LATER = UnixMs(2_000)
LONG = 2 * erasing.AT_ONCE + 1


def a_long_session(name: str) -> Program[tuple[PersonId, SessionId]]:
    """Somebody with a session of many messages, each below the one before, all in the index."""
    person = yield from people.add(Identity("p", name, name), Role.MEMBER, NOW)
    yield (
        "INSERT INTO place (platform, bot, chat, thread, kind) VALUES ('p', 'b', ?, '', 'private')",
        (name,),
    )
    [(place,)] = yield ("SELECT MAX(id) FROM place", ())
    session = yield from sessions.add(person.id, place, "regular", f"Title of {name}", TitleBy.PERSON, person.id, NOW)
    parent: MessageId | None = None
    for number in range(LONG):
        rows = yield (
            "INSERT INTO message (session, parent, author, parts, created_at) VALUES (?, ?, 'user', ?, ?) RETURNING id",
            (session.id, parent, f'[{{"text":"word{number} {name}"}}]', NOW),
        )
        parent = rows[0][0]
    yield from sessions.set_tip(session.id, parent, NOW)
    while (yield from search.index_pending()):
        pass
    return person.id, session.id


async def count(database: Database, table: str) -> int:
    """How many rows it has."""

    def counted() -> Program[int]:
        rows = yield (f"SELECT COUNT(*) FROM {table}", ())  # noqa: S608
        return int(rows[0][0])

    return await database.read(counted())


async def test_a_session_is_erased_in_steps_and_wholly(database: Database) -> None:
    alice, gone = await database.write(a_long_session("alice"))
    bob, kept = await database.write(a_long_session("bob"))
    await database.write(sessions.delete(gone, alice, NOW))
    steps = 0
    while await database.write(erasing.sessions_deleted(LATER)):
        steps += 1
    assert steps == -(-LONG // erasing.AT_ONCE) + 1
    assert await count(database, "session") == 1
    assert await count(database, "message") == LONG
    assert await database.read(sessions.get(kept)) is not None
    assert await database.read(search.find(Reach(owner=bob), "word3", 9))


async def test_what_is_being_erased_cannot_be_brought_back(database: Database) -> None:
    alice, session = await database.write(a_long_session("alice"))
    await database.write(sessions.delete(session, alice, NOW))
    await database.write(erasing.sessions_deleted(LATER))
    assert await database.read(sessions.last_deleted(Reach(alice), alice)) is None
    assert await database.write(sessions.restore(session, Reach(alice), alice)) is None


async def test_all_of_somebody_goes_and_nothing_of_others(database: Database) -> None:
    alice, session = await database.write(a_long_session("alice"))
    await database.write(a_long_session("bob"))
    assert await erasing.in_steps(database, lambda: erasing.sessions_of(alice)) == LONG + 1
    assert await database.read(sessions.get(session)) is None
    assert await count(database, "message") == LONG


async def test_a_forgotten_branch_goes_in_steps(database: Database) -> None:
    alice, session = await database.write(a_long_session("alice"))
    await database.write(tree.forget(session, MessageId(3), alice, NOW))
    assert await erasing.in_steps(database, lambda: erasing.messages_forgotten(LATER)) == LONG - 2
    assert await count(database, "message") == 2
    assert not await database.read(search.find(Reach(owner=alice), "word7", 9))
