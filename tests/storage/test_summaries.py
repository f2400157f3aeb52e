"""A summary is its own branch's, and goes with the words that it may hold."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.domain.ids import MessageId, PersonId, SessionId, SummaryId, UnixMs
from bot.domain.people import Identity, Role
from bot.domain.sessions import TitleBy
from bot.domain.summaries import Mark
from storage import attachments, erasing, ledger, messages, people, sessions, summaries, tree
from storage.database import Database
from storage.programs import Program, Rows, T
from tests.storage.scene import Scene
from tests.support.new_data import open_new

NOW, LATER = UnixMs(1_000), UnixMs(2_000)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with await open_new(tmp_path) as database:
        yield database


def a_session(among_others: bool = False) -> Program[tuple[PersonId, SessionId, list[MessageId]]]:
    """A branch of five messages, the second of which has a second one below it: 1-2-3-4-5 and 2-6. Bob asked all."""
    bob = yield from people.add(Identity("p", "bob", "Bob"), Role.MEMBER, NOW)
    alice = yield from people.add(Identity("p", "alice", "Alice"), Role.MEMBER, NOW)
    yield ("INSERT INTO place (platform, bot, chat, thread, kind) VALUES ('p', 'b', 'c', '', 'group')", ())
    owner = None if among_others else bob.id
    session = yield from sessions.add(owner, 1, "regular", "Tides", TitleBy.PERSON, alice.id, NOW)
    ids: list[MessageId] = []
    for parent in (None, 0, 1, 2, 3, 1):
        rows = yield (
            """
            INSERT INTO message (session, parent, author, parts, created_at)
            VALUES (?, ?, 'user', '[]', ?)
            RETURNING id
            """,
            (session.id, ids[parent] if parent is not None else None, NOW),
        )
        ids.append(rows[0][0])
        yield (
            """
            INSERT INTO turn (session, place, payer, question, state, attach, reserved, run_after, created_at)
            VALUES (?, 1, ?, ?, 'delivered', 'attached', 0, 0, ?)
            """,
            (session.id, bob.id, ids[-1], NOW),
        )
    return bob.id, session.id, ids


def made(session: SessionId, message: MessageId, payer: PersonId, price: int = 0) -> Program[bool]:
    yield from summaries.want(session, message, payer, NOW)
    (wanted,) = yield from summaries.wanted_in(session)
    return (yield from summaries.complete(wanted, f"Up to {message}.", "m/x", price, NOW))


async def test_a_branch_has_the_nearest_summary_above_it_and_no_other(database: Database) -> None:
    bob, session, (first, second, third, fourth, fifth, other) = await database.write(a_session())

    def read(message: MessageId) -> Program[str]:
        found = yield from summaries.above(message)
        return found.text if found is not None else ""

    assert await database.read(read(fifth)) == ""
    for message in (fourth, first):
        assert await database.write(made(session, message, bob))
    texts = [await database.read(read(message)) for message in (first, second, third, fourth, fifth, other)]
    assert texts == [f"Up to {at}." for at in (first, first, first, fourth, fourth, first)]


async def test_it_is_made_and_paid_for_once_and_never_beyond_what_there_is(database: Database) -> None:
    bob, session, (message, *_) = await database.write(a_session())
    await database.write(ledger.grant(bob, 30, "from an admin", NOW))
    await database.write(summaries.want(session, message, bob, NOW))
    (wanted,) = await database.read(summaries.wanted_in(session))
    assert await database.write(summaries.complete(wanted, "One.", "m/x", 20, NOW))
    assert not await database.write(summaries.complete(wanted, "Two.", "m/x", 20, NOW))
    await database.write(summaries.want(session, message, bob, NOW))
    assert not await database.read(summaries.wanted_in(session)), "It is there."
    assert await database.read(ledger.balance(bob)) == 10
    await database.write(summaries.ask(session, message, bob, "the tides", NOW))
    (again,) = await database.read(summaries.wanted_in(session))
    assert again.text == "One.", "It serves until there is another."
    assert await database.write(summaries.complete(again, "Three.", "m/x", 20, NOW))
    assert await database.read(ledger.balance(bob)) == 0


async def test_what_is_forgotten_takes_the_summaries_below_it_along(database: Database) -> None:
    bob, session, (first, second, third, fourth, *_) = await database.write(a_session())
    for message in (fourth, first):
        await database.write(made(session, message, bob))
    await database.write(tree.forget(session, third, bob, NOW))
    while await database.write(erasing.messages_forgotten(LATER)):
        pass
    assert await database.read(summaries.at([fourth])) == {}
    assert list(await database.read(summaries.at([first, second]))) == [first]


async def test_what_is_taken_out_of_a_session_is_in_none_of_its_summaries(database: Database) -> None:
    bob, session, (message, *_) = await database.write(a_session(among_others=True))

    def brings_a_file() -> Program[None]:
        yield (
            """
            INSERT INTO attachment (message, number, session, person, name, media_type, state, created_at)
            VALUES (?, 0, ?, ?, 'plan.pdf', 'application/pdf', 'read', ?)
            """,
            (message, session, bob, NOW),
        )

    await database.write(brings_a_file())
    await database.write(made(session, message, bob))
    (file,) = await database.read(attachments.of_message(message))
    await database.write(attachments.remove(file))
    assert await database.read(summaries.above(message)) is None

    alice = (await database.read(people.find(Identity("p", "alice", "Alice")))) or pytest.fail()
    await database.write(made(session, message, alice.id))
    await database.write(summaries.ask(session, message, alice.id, "what Bob said", NOW))
    (begun,) = await database.read(summaries.wanted_in(session))
    await database.write(erasing.erase_person(bob, NOW))
    assert await database.read(messages.get(message)) is not None, "What others said is below it."
    assert await database.read(summaries.above(message)) is None
    assert not await database.write(summaries.complete(begun, "Bob said it.", "m/x", 0, NOW)), "It came too late."
    assert await database.read(summaries.above(message)) is None


@pytest.fixture
def scene() -> Iterator[Scene]:
    """Two sessions of one branch each, 1-2-3-4 and 5-6. Made at 1, 3 and 6; wanted at 2; wanted anew at 3."""
    made = Scene()
    made.put("person", role="member", name="Alice")
    made.put("place", platform="p", bot="b", chat="c", thread="", kind="group")
    for session, branch in ((1, (1, 2, 3, 4)), (2, (5, 6)), (3, (7,))):
        made.put("session", place=1)
        for message in branch:
            parent = message - 1 if message != branch[0] else None
            made.put("message", session=session, parent=parent, author="user")
    for session, message, text, wanted in ((1, 1, "one", 0), (1, 2, "", 1), (1, 3, "three", 1), (2, 6, "six", 0)):
        made.put("summary", session=session, message=message, text=text, wanted=wanted, asked=message == 3)
    yield made
    made.close()


def above(scene: Scene, message: int) -> str:
    found = scene.run(summaries.above(MessageId(message)))
    return found.text if found is not None else ""


def test_what_stands_is_what_was_made(scene: Scene) -> None:
    asked = [MessageId(number) for number in (1, 2, 3, 4)]
    assert scene.run(summaries.standing_on(asked)) == [Mark(MessageId(1), False), Mark(MessageId(3), True)]
    assert list(scene.run(summaries.at(asked))) == [1, 3]
    assert list(scene.run(summaries.of_session(SessionId(1)))) == [1, 3]


def test_the_nearest_above_is_one_that_was_made_on_the_same_branch(scene: Scene) -> None:
    assert [above(scene, message) for message in range(1, 8)] == ["one", "one", "three", "three", "", "six", ""]


def noted(program: Program[T], statements: list[str]) -> Program[T]:
    """The same program; its statements are kept."""
    rows: Rows = []
    statement = next(program)
    try:
        while True:
            assert isinstance(statement, tuple)
            statements.append(statement[0])
            rows = yield statement
            statement = program.send(rows)
    except StopIteration as done:
        found: T = done.value
        return found


def test_a_session_without_any_is_not_walked(scene: Scene) -> None:
    for message, walked in ((7, False), (4, True)):
        statements: list[str] = []
        scene.run(noted(summaries.above(MessageId(message)), statements))
        assert any("RECURSIVE" in statement for statement in statements) == walked


def test_it_is_walked_back_so_far_and_no_further(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.rows("DELETE FROM summary WHERE message = 3")
    for reach, found in ((2, ""), (3, ""), (4, "one")):
        monkeypatch.setattr(summaries, "LONGEST_REACH", reach)
        assert above(scene, 4) == found


def test_what_is_wanted_is_known_by_session_and_by_number(scene: Scene) -> None:
    assert scene.run(summaries.sessions_wanting()) == [1]
    assert [scene.run(summaries.is_wanted(SummaryId(number))) for number in (1, 2, 3, 4)] == [False, True, True, False]
    assert [one.message for one in scene.run(summaries.wanted_in(SessionId(1)))] == [2, 3]


def test_what_is_given_up_goes_unless_it_was_made_before(scene: Scene) -> None:
    for number in (2, 3):
        scene.run(summaries.give_up(SummaryId(number)))
    assert scene.rows("SELECT message, wanted FROM summary ORDER BY id") == [(1, 0), (3, 0), (6, 0)]
