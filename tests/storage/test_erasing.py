"""What is erased goes in steps: nothing of it is left at the end, and nothing of it is seen in between."""

from collections.abc import Iterator
from typing import ClassVar, cast

import pytest

from bot.domain.ids import MessageId, PersonId, SessionId, UnixMs
from bot.domain.people import Identity, Role
from bot.domain.sessions import Reach, TitleBy
from storage import erasing, people, search, sessions, tree
from storage.database import Database
from storage.programs import Program
from tests.storage.scene import Scene

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


@pytest.fixture
def scene() -> Iterator[Scene]:
    """Alice and Bob, each on two platforms, and a chat."""
    made = Scene()
    for name in ("Alice", "Bob"):
        person = made.put("person", role="member", name=name)
        for platform in ("p", "q"):
            made.put("identity", platform=platform, user_id=f"{name}-{platform}", person=person)
    made.put("place", platform="p", bot="b", chat="c", thread="", kind="group")
    yield made
    made.close()


def test_what_could_not_be_read_goes_with_its_sender_alone(scene: Scene) -> None:
    for platform, raw in (("p", "Alice-p says"), ("q", "Alice-p says"), ("p", "Bob-p says"), ("q", "by Alice-q")):
        scene.put("dead_letter", platform=platform, raw=raw)
    scene.run(erasing.erase_person(PersonId(1), NOW))
    assert scene.rows("SELECT platform, raw FROM dead_letter") == [("q", "Alice-p says"), ("p", "Bob-p says")]


def test_only_among_others_a_title_is_taken_back_and_only_their_own(scene: Scene) -> None:
    for owner, begun_by in ((None, 1), (None, 2), (2, 1)):
        scene.put("session", place=1, owner=owner, begun_by=begun_by, title="words")
    scene.run(erasing.erase_person(PersonId(1), NOW))
    assert scene.rows("SELECT title FROM session ORDER BY id") == [("…",), ("words",), ("words",)]


def test_who_comes_back_was_welcomed_and_nobody_else(scene: Scene) -> None:
    scene.run(erasing.erase_person(PersonId(1), NOW))
    scene.put("person", role="member", name="Alice")
    scene.put("identity", platform="q", user_id="Alice-q", person=3)
    assert [scene.run(erasing.was_welcomed(PersonId(person))) for person in (2, 3)] == [False, True]


@pytest.mark.parametrize(("length", "at_once"), [(erasing.LENGTH, 2), (erasing.LENGTH + 1, 1)])
def test_a_step_ends_behind_the_message_that_makes_it_long(scene: Scene, length: int, at_once: int) -> None:
    scene.put("session", place=1, owner=1)
    for _ in range(3):
        scene.put("message", session=1, author="user", parts="[]".ljust(length), forgotten_at=NOW)
    assert scene.run(erasing.messages_forgotten(LATER)) == at_once
    assert scene.run(erasing.messages_forgotten(NOW)) == 0, "What was forgotten later stays."


def test_what_was_deleted_later_can_still_be_brought_back(scene: Scene) -> None:
    for at in (NOW, LATER):
        scene.put("session", place=1, owner=1, deleted_at=at)
        scene.put("message", session=scene.rows("SELECT MAX(id) FROM session")[0][0], author="user")
    assert scene.run(erasing.sessions_deleted(LATER)) == 1
    assert scene.rows("SELECT id, deleted_at FROM session") == [(1, erasing.BEING_ERASED), (2, LATER)]


async def test_the_log_is_written_back_now_and_then() -> None:
    class Counting:
        steps = 2 * erasing.FOLDED_AFTER + 1
        checkpoints: ClassVar[list[int]] = []

        async def write(self, program: Program[int]) -> int:
            if program.gi_code.co_name != "step":  # type: ignore[attr-defined]
                return 0
            self.steps -= 1
            return int(self.steps >= 0)

        async def checkpoint(self) -> None:
            self.checkpoints.append(self.steps)

    def step() -> Program[int]:
        yield ("SELECT 1", ())
        return 1

    counting = Counting()
    erased = await erasing.in_steps(cast(Database, counting), step)
    assert (erased, counting.checkpoints) == (2 * erasing.FOLDED_AFTER + 1, [erasing.FOLDED_AFTER + 1, 1])
