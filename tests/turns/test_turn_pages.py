"""The pages of a turn: the first takes the place of its preview, and none of the others does."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.domain.blocks import plain_page
from bot.domain.ids import MessageId, PersonId, SessionId, TurnId, UnixMs
from bot.domain.places import Place, PlaceKind
from bot.domain.turns import Turn
from bot.turns.turn_pages import add_pages
from storage.outbox import PageState
from tests.storage.scene import Scene

NOW = UnixMs(1_000)
PLACE = Place("p", "b", "c", "", PlaceKind.GROUP)
TURN = Turn(TurnId(1), SessionId(1), PLACE, PersonId(1), MessageId(1), 1, 0, None, False, "ask", "draft", "receipt")


@pytest.fixture
def scene() -> Iterator[Scene]:
    """Somebody has asked in a group."""
    made = Scene()
    made.put("person", role="member", name="Alice")
    made.put("place", platform="p", bot="b", chat="c", thread="", kind="group")
    made.put("session", place=1, owner=1)
    made.put("message", session=1, author="user")
    made.put("turn", session=1, place=1, payer=1, question=1, state="running", attach="tip")
    yield made
    made.close()


def test_only_the_first_page_takes_the_place_of_the_preview_and_replies(scene: Scene) -> None:
    pages = scene.run(add_pages(1, TURN, [plain_page(text) for text in "abc"], NOW, announced=True))
    assert [page.number for page in pages] == [0, 1, 2]
    assert [(page.remote_id, page.reply_to) for page in pages] == [("draft", "ask"), (None, None), (None, None)]
    assert [page.state for page in pages] == [PageState.ANNOUNCED, PageState.QUEUED, PageState.QUEUED]
    assert {page.receipt for page in pages} == {"receipt"}


@pytest.mark.parametrize(("kind", "replies_to"), [(PlaceKind.GROUP, "ask"), (PlaceKind.PRIVATE, None)])
def test_an_answer_says_whom_it_answers_only_where_there_are_others(
    scene: Scene, kind: PlaceKind, replies_to: str | None
) -> None:
    place = Place("p", "b", "c", "", kind)
    turn = replace(TURN, place=place, preview=None)
    (page,) = scene.run(add_pages(1, turn, [plain_page("a")], NOW))
    assert (page.reply_to, page.remote_id, page.state) == (replies_to, None, PageState.QUEUED)
