"""A session's line of turns: what lies in it, is put first, is taken up anew. Others' turns stay as they are."""

from collections.abc import Iterator
from itertools import product

import pytest

from bot.domain.ids import MessageId, SessionId, TurnId
from bot.domain.turns import TurnState
from storage import steering
from tests.storage.scene import Scene

OPEN = [TurnState.QUEUED, TurnState.RUNNING, TurnState.ANSWERED]
STATES = [*OPEN, TurnState.DELIVERED, TurnState.FAILED, TurnState.STOPPED, TurnState.QUEUED]


@pytest.fixture
def scene() -> Iterator[Scene]:
    """Two sessions, each with a turn in every state that steering knows, and one more that is queued."""
    made = Scene()
    made.put("person", role="member", name="Alice")
    made.put("place", platform="p", bot="b", chat="c", thread="", kind="group")
    for session in (1, 2):
        made.put("session", place=1)
        made.put("message", session=session, author="user")
    for session, state in product((1, 2), STATES):
        worker = "w" if state is TurnState.RUNNING else None
        made.put("turn", session=session, place=1, question=session, state=state.value, attach="tip", worker=worker)
    yield made
    made.close()


def states(scene: Scene, session: int) -> list[TurnState]:
    return [turn.state for turn in scene.run(steering.line(SessionId(session)))]


def test_the_line_is_what_has_not_ended_in_that_session(scene: Scene) -> None:
    for session in (1, 2):
        assert sorted(states(scene, session)) == sorted([*OPEN, TurnState.QUEUED])
    line = scene.run(steering.line(SessionId(1)))
    assert {turn.turn for turn in line} == {1, 2, 3, 7}
    scene.run(steering.requeue(TurnId(2), MessageId(1)))
    assert [turn.begins_here for turn in scene.run(steering.line(SessionId(1)))].count(False) == 1


def test_what_is_lifted_goes_before_all_that_waits_there_and_nowhere_else(scene: Scene) -> None:
    urgency = "SELECT id FROM turn WHERE urgency > 0"
    # What is urgent elsewhere, or has ended, or was so once: none of it is in this line.
    scene.rows("UPDATE turn SET urgency = 9 WHERE id IN (5, 8)")
    assert scene.touched(steering.lift(TurnId(7))) == {"turn": {7}}
    assert scene.rows("SELECT urgency FROM turn WHERE id = 7") == [(1,)]
    assert scene.touched(steering.lift(TurnId(1))) == {"turn": {1}}
    assert scene.rows("SELECT urgency FROM turn WHERE id = 1") == [(2,)]
    assert [turn.turn for turn in scene.run(steering.line(SessionId(1)))][-2:] == [1, 7]
    for number in (2, 3, 4, 5, 6):
        assert scene.touched(steering.lift(TurnId(number))) == {}, "It no longer waits."
    assert scene.rows(urgency) == [(1,), (5,), (7,), (8,)]


def test_only_what_runs_is_taken_up_anew(scene: Scene) -> None:
    assert scene.touched(steering.requeue(TurnId(2), MessageId(1))) == {"turn": {2}}
    taken = scene.rows("SELECT state, attach, attempt, worker, run_after, parent, album FROM turn WHERE id = 2")
    assert taken == [("queued", "attached", 0, None, 0, None, None)]
    for number in (1, 2, 3, 4, 5, 6):
        assert scene.touched(steering.requeue(TurnId(number), MessageId(1))) == {}


def test_another_process_is_told_of_what_is_taken_up_anew() -> None:
    scene = Scene(kept_elsewhere=True)
    scene.run(steering.requeue(TurnId(5), MessageId(1)))
    assert scene.told == [5]
    scene.close()
