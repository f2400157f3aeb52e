"""A decision holds for the call that the card has shown, while its turn waits, and by whoever may make it."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.contracts.bots import Bots
from bot.domain.calls import CallPart, Outcome, ResultPart
from bot.domain.errors import NoLonger, PersonError
from bot.domain.ids import SessionId, UnixMs
from bot.domain.messages import TextPart
from bot.domain.policy import Policy
from bot.domain.sessions import Modes
from bot.people.callers import Caller
from bot.turns.approval_card import Which
from bot.turns.approvals import DECIDED, EXPIRED, LONGEST_WORDS, TOO_LATE, Approvals, Decision
from bot.turns.form_answers import FormAnswers
from bot.turns.unfinished import DAY_MS
from storage import approvals, messages, sessions, tool_calls, tree, turns
from storage.database import Database
from storage.programs import Program
from storage.tool_calls import CallState, KeptCall
from storage.turns import NewTurn
from tests.people.rooms import NOW, Room, furnished
from tests.support.clock import FakeClock
from tests.support.new_data import open_new
from tests.tools.test_forms import wanted

POLICY = Policy(modes=Modes({}, "regular"))
CALL = KeptCall(0, 0, "", CallPart("a", "send", '{"to": "Eve"}'), False, CallState.ASKED, "v1", "Alice's letters")
OTHER = replace(CALL, number=1, call=CallPart("b", "send", '{"to": "Bob"}'))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with await open_new(tmp_path) as database:
        yield database


@pytest.fixture
async def rooms(database: Database) -> list[Room]:
    """Alice's room, then hers among others, then Bob's; in each waits a turn with two calls to decide about."""
    rooms = await database.write(furnished())
    for room in rooms:
        await database.write(waits(room))
    return rooms


def waits(room: Room) -> Program[None]:
    yield ("UPDATE turn SET state = 'running' WHERE id = ?", (room.turn,))
    yield from tool_calls.add_calls(room.turn, [CALL, OTHER], NOW)
    assert (yield from approvals.ask(room.turn))


class Deciding:
    """Somebody presses on the card of a room's turn."""

    def __init__(self, database: Database, room: Room) -> None:
        self.database = database
        self.room = room

    async def press(
        self, decision: Decision, call: KeptCall = CALL, *, by: Caller | None = None, words: str = ""
    ) -> None:
        which = Which(self.room.turn, call.round, call.number, call.seal)
        deciding = Approvals(Bots(), POLICY, FakeClock())
        await self.database.write(deciding.decide(by or self.room.caller, which, decision, words, None))

    async def call(self, number: int = 0) -> KeptCall:
        return (await self.database.read(tool_calls.of_turn(self.room.turn)))[number]

    async def state(self) -> str:
        found = await self.database.read(turns.get(self.room.turn))
        assert found is not None
        return found[1].value


def test_a_seal_changes_with_everything_that_is_consented_to() -> None:
    others = [
        replace(CALL, call=CallPart("a", "mail", CALL.call.arguments)),
        replace(CALL, call=CallPart("a", "send", '{"to": "Bob"}')),
        replace(CALL, version="v2"),
        replace(CALL, login="Bob's letters"),
        replace(CALL, state=CallState.UNKNOWN),
        replace(CALL, answers='{"values": ["Eve"]}'),
    ]
    assert len({each.seal for each in (CALL, *others)}) == 1 + len(others)
    # What the card does not show is not consented to.
    assert replace(CALL, round=3, wary=True, state=CallState.ALLOWED).seal == CALL.seal


def said_later(room: Room) -> Program[None]:
    yield from turns.add(NewTurn(room.session, 1, room.caller.person.id, room.message, 0, "tip"), NOW)


def stopped(room: Room) -> Program[None]:
    yield ("UPDATE turn SET stop_requested = ? WHERE id = ?", (True, room.turn))


def forgotten(room: Room) -> Program[None]:
    yield from tree.forget(room.session, room.message, room.caller.person.id, NOW)


def went_on(room: Room) -> Program[None]:
    number = yield from messages.add_question(room.session, (TextPart("Else."),), "", NOW)
    yield from sessions.set_tip(room.session, number, NOW)


def went_on_with_the_turn(room: Room) -> Program[None]:
    yield ("UPDATE turn SET state = 'queued' WHERE id = ?", (room.turn,))


def runs(room: Room) -> Program[None]:
    yield ("UPDATE turn SET state = 'running' WHERE id = ?", (room.turn,))


def ended(room: Room) -> Program[None]:
    yield ("UPDATE turn SET state = 'delivered' WHERE id = ?", (room.turn,))


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (said_later, TOO_LATE),
        (stopped, TOO_LATE),
        (forgotten, TOO_LATE),
        (went_on, TOO_LATE),
        (ended, TOO_LATE),
        (went_on_with_the_turn, DECIDED),
        (runs, DECIDED),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
async def test_a_press_counts_only_while_its_turn_waits(
    database: Database, rooms: list[Room], change: Callable[[Room], Program[None]], refusal: str
) -> None:
    deciding = Deciding(database, rooms[0])
    await database.write(change(rooms[0]))
    with pytest.raises(PersonError, match=refusal):
        await deciding.press(Decision.ONCE)
    assert (await deciding.call()).state is CallState.ASKED


@pytest.mark.parametrize(
    "call",
    [
        replace(CALL, version="v2"),
        replace(CALL, call=CallPart("a", "send", '{"to": "Mallory"}')),
        replace(CALL, number=7),
        replace(CALL, round=7),
        replace(CALL, number=1),
    ],
    ids=["another version", "other arguments", "no such number", "no such round", "another call of its round"],
)
async def test_a_press_counts_only_for_what_its_card_has_shown(
    database: Database, rooms: list[Room], call: KeptCall
) -> None:
    deciding = Deciding(database, rooms[0])
    with pytest.raises(PersonError, match=TOO_LATE):
        await deciding.press(Decision.ONCE, call)
    assert [(await deciding.call(number)).state for number in (0, 1)] == [CallState.ASKED] * 2


async def test_the_time_to_decide_is_over_after_so_many_days(database: Database, rooms: list[Room]) -> None:
    first = UnixMs(NOW - POLICY.tools.approval_days * DAY_MS)
    in_time, late, *_ = rooms

    def asked(room: Room, at: UnixMs) -> Program[None]:
        for call in (CALL, OTHER):
            yield from tool_calls.set_state(room.turn, call, at)

    await database.write(asked(in_time, first))
    await database.write(asked(late, UnixMs(first - 1)))
    assert await database.read(approvals.waiting_since(first)) == [late.turn]
    with pytest.raises(PersonError, match=EXPIRED):
        await Deciding(database, late).press(Decision.ONCE)
    await Deciding(database, in_time).press(Decision.ONCE)


async def test_nobody_decides_in_the_name_of_another(database: Database, rooms: list[Room]) -> None:
    alice, among_others, bob, _ = rooms
    with pytest.raises(PersonError, match="no longer here"):
        await Deciding(database, alice).press(Decision.ONCE, by=bob.caller)
    there = replace(among_others.caller, person=bob.caller.person, identity=bob.caller.identity)
    with pytest.raises(PersonError, match="Only the person who asked"):
        await Deciding(database, among_others).press(Decision.ONCE, by=there)
    assert (await Deciding(database, among_others).call()).state is CallState.ASKED


@pytest.mark.parametrize(
    ("decision", "here", "elsewhere"),
    [
        (Decision.ONCE, set(), set()),
        (Decision.SESSION, {("send", "v1")}, set()),
        (Decision.ALWAYS, {("send", "v1")}, {("send", "v1")}),
    ],
)
async def test_what_is_allowed_holds_as_long_as_was_said(
    database: Database, rooms: list[Room], decision: Decision, here: set[object], elsewhere: set[object]
) -> None:
    deciding, room = Deciding(database, rooms[0]), rooms[0]
    await deciding.press(decision)
    assert ((await deciding.call()).state, await deciding.state()) == (CallState.ALLOWED, "asked")
    # It waits for the other one.
    await deciding.press(Decision.ONCE, OTHER)
    assert await deciding.state() == "queued"
    with pytest.raises(PersonError, match=DECIDED):
        await deciding.press(Decision.ONCE)
    alice, bob = room.caller.person.id, rooms[2].caller.person.id
    assert await database.read(approvals.allowed(alice, room.session)) == here
    assert await database.read(approvals.allowed(alice, rooms[1].session)) == elsewhere
    assert await database.read(approvals.allowed(bob, room.session)) == set()


async def test_what_is_denied_is_told_with_its_words(database: Database, rooms: list[Room]) -> None:
    deciding = Deciding(database, rooms[0])
    await deciding.press(Decision.NO, words="x" * (LONGEST_WORDS + 1))
    result = (await deciding.call()).result
    assert result is not None
    assert (result.outcome, result.text.count("x")) == (Outcome.DENIED, LONGEST_WORDS)
    await deciding.press(Decision.NO, OTHER)
    other = (await deciding.call(1)).result
    assert other is not None
    assert (other.outcome, other.text) == (Outcome.DENIED, "The person did not allow this, so it was not done.")


async def test_what_may_have_been_done_is_not_called_denied(database: Database, rooms: list[Room]) -> None:
    deciding = Deciding(database, rooms[0])
    unknown = replace(CALL, state=CallState.UNKNOWN)
    await database.write(tool_calls.set_state(rooms[0].turn, unknown, NOW))
    with pytest.raises(NoLonger, match="decided already"):
        await deciding.press(Decision.ONCE)  # On the card that asked before it began.
    await deciding.press(Decision.NO, unknown)
    result = (await deciding.call()).result
    assert isinstance(result, ResultPart)
    assert result.outcome is Outcome.UNKNOWN


async def test_a_card_of_a_form_acts_only_while_it_asks_what_is_asked(database: Database, rooms: list[Room]) -> None:
    """At each step, whatever is pressed on the card of any step before is refused, and changes nothing."""
    room, forms = rooms[0], FormAnswers(Approvals(Bots(), POLICY, FakeClock()))
    asks = replace(CALL, state=CallState.WANTS, form=wanted(a={"type": "boolean"}, b={"type": "boolean"}).kept)
    await database.write(tool_calls.set_state(room.turn, asks, NOW))
    before: list[tuple[Which, int]] = []

    async def call() -> KeptCall:
        return (await database.read(tool_calls.of_turn(room.turn)))[0]

    # What is answered anew is answered otherwise: the same answers would be the same card.
    for step, option in ((0, 0), (1, 0), (2, 0), (0, 1), (1, 1)):
        now = await call()
        for which, at in before:
            for late in (
                forms.opened(room.caller, which, "old"),
                forms.pressed(room.caller, which, at, 0, "old"),
                forms.typed(room.caller, which, at, ["yes"]),
                forms.send(room.caller, which, "old"),
                forms.anew(room.caller, which, "old"),
                forms.leave(room.caller, which, "old"),
            ):
                with pytest.raises(NoLonger, match="answered already"):
                    await database.write(late)
        assert await call() == now
        which = Which.at(room.turn, now)
        before.append((which, step))
        if step == 2:
            await database.write(forms.anew(room.caller, which, "new"))
        else:
            await database.write(forms.pressed(room.caller, which, step, option, "new"))
    decided = await database.write(forms.send(room.caller, Which.at(room.turn, await call()), "new"))
    assert (decided.call.state, decided.twin) == (CallState.ANSWERED, None)


async def test_what_is_allowed_anew_replaces_and_what_is_taken_back_is_gone(
    database: Database, rooms: list[Room]
) -> None:
    alice, bob = rooms[0].caller.person.id, rooms[2].caller.person.id
    here, gone = rooms[0].session, rooms[1].session

    async def allow(session: SessionId | None, tool: str, version: str) -> None:
        await database.write(approvals.allow(alice, session, tool, version, NOW))

    await database.write(approvals.allow(bob, None, "send", "v1", NOW))
    for session, tool, version in (
        (None, "send", "v1"), (None, "send", "v2"), (None, "put", "v1"), (here, "send", "v3"), (gone, "send", "v4"),
    ):  # fmt: skip
        await allow(session, tool, version)
    await database.write(sessions.delete(gone, alice, NOW))
    found = await database.read(approvals.of_person(alice))
    assert [(one.tool, one.session, one.title) for one in found] == [
        ("send", gone, ""), ("send", here, "of alice"), ("put", None, ""), ("send", None, ""),
    ]  # fmt: skip
    assert await database.read(approvals.allowed(alice, here)) == {("send", "v2"), ("put", "v1"), ("send", "v3")}
    theirs = (await database.read(approvals.of_person(bob)))[0].id
    assert not await database.write(approvals.take_back(alice, theirs))
    assert await database.write(approvals.take_back(alice, found[1].id))
    assert not await database.write(approvals.take_back(alice, found[1].id))
    assert await database.read(approvals.allowed(alice, here)) == {("send", "v2"), ("put", "v1")}
    assert await database.read(approvals.allowed(bob, here)) == {("send", "v1")}


async def test_only_what_runs_can_begin_to_wait(database: Database, rooms: list[Room]) -> None:
    room = rooms[0]
    assert not await database.write(approvals.ask(room.turn)), "It waits."
    await database.write(runs(room))
    await database.write(stopped(room))
    assert not await database.write(approvals.ask(room.turn)), "It is to end."
    assert await database.read(approvals.waiting(room.turn)) is None
    await database.write(approvals.note_card(room.turn, "9"))
    found = await database.read(turns.get(room.turn))
    assert found is not None
    assert found[0].preview is None, "What runs has no card."


async def test_what_is_noted_of_one_turn_is_noted_of_it_alone(database: Database, rooms: list[Room]) -> None:
    one, other, third, _ = rooms

    async def states() -> list[tuple[str, str | None]]:
        found = [await database.read(turns.get(room.turn)) for room in (one, other, third)]
        return [(each[1].value, each[0].preview) for each in found if each is not None]

    await database.write(runs(other))
    await database.write(runs(third))
    assert await database.write(approvals.ask(other.turn))
    assert [state for state, _ in await states()] == ["asked", "asked", "running"]
    await database.write(approvals.note_card(one.turn, "9"))
    assert await states() == [("asked", "9"), ("asked", None), ("running", None)]
    assert await database.read(approvals.waiting_since(UnixMs(NOW + 1))) == [one.turn, other.turn, rooms[3].turn]
    await database.write(approvals.go_on(one.turn, one.caller.place_row, "9", ""))
    await database.write(approvals.go_on(third.turn, third.caller.place_row, "9", ""))
    assert await states() == [("queued", "9"), ("asked", None), ("running", None)]


async def test_a_question_is_open_in_its_own_session_alone(database: Database, rooms: list[Room]) -> None:
    one, other, *_ = rooms

    async def is_open(session: SessionId) -> bool:
        return await database.read(approvals.question_is_open(one.message, session))

    assert [await is_open(one.session), await is_open(other.session)] == [True, False]
    await database.write(sessions.delete(one.session, one.caller.person.id, NOW))
    assert not await is_open(one.session)
