"""What is to be read aloud: wanted once for each answer, ended once, by the process that keeps its chat."""

from collections.abc import Iterator

import pytest

from bot.domain.ids import TurnId, UnixMs
from storage import speech
from tests.storage.scene import Scene


@pytest.fixture
def scene() -> Iterator[Scene]:
    """An answered turn in each of several chats."""
    made = Scene()
    made.put("person", role="member", name="Alice")
    for platform, bot, chat in (("p", "b", "c"), ("q", "b", "c"), ("p", "e", "c"), ("p", "b", "d")):
        place = made.put("place", platform=platform, bot=bot, chat=chat, thread="", kind="private")
        session = made.put("session", place=place)
        question = made.put("message", session=session, author="user")
        made.put("turn", session=session, place=place, question=question, state="delivered", attach="tip")
    made.put("keeper", platform="p", bot="b", chat="d", process="another")
    yield made
    made.close()


def test_it_ends_once(scene: Scene) -> None:
    scene.run(speech.want(TurnId(1), UnixMs(5), whole=False))
    assert scene.run(speech.end(TurnId(1))) is True
    assert scene.run(speech.end(TurnId(1))) is False, "Whoever was second shows nothing."


def test_who_wants_all_of_it_gets_all_of_it(scene: Scene) -> None:
    assert scene.run(speech.is_whole(TurnId(1))) is None
    for whole, told in ((False, False), (True, True), (False, True)):
        scene.run(speech.want(TurnId(1), UnixMs(5), whole=whole))
        assert scene.run(speech.is_whole(TurnId(1))) is told


def test_each_process_takes_up_what_is_its_own_the_longest_waiting_first(scene: Scene) -> None:
    for turn, moment in ((1, 9), (2, 8), (3, 7), (4, 6)):
        scene.run(speech.want(TurnId(turn), UnixMs(moment), whole=False))
    assert scene.run(speech.wanted("p", "b", "")) == [1]
    assert scene.run(speech.wanted("p", "b", "", "d")) == []
    assert scene.run(speech.wanted("p", "b", "another")) == [4]
    assert scene.run(speech.wanted("q", "b", "")) == [2]
