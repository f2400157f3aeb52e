"""The pages of a turn: the first takes the place of its preview, and none of the others does."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.domain.blocks import OutFile, Page, plain_page
from bot.domain.ids import MessageId, PersonId, SessionId, TurnId, UnixMs
from bot.domain.places import Place, PlaceKind
from bot.domain.turns import Turn
from bot.texts import say_in
from bot.turns.turn_pages import add_pages, divided
from handlers.telegram.capabilities import capabilities
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


_FILE = OutFile("a.png", "image/png", b"picture")
_WORDS, _WITH_FILE, _ONLY_FILE = plain_page("words"), replace(plain_page("words"), file=_FILE), Page((), (), _FILE)


@pytest.mark.parametrize("many", [1, 2, 3])
def test_a_place_of_one_message_without_files_gets_one_and_the_rest_goes_elsewhere(scene: Scene, many: int) -> None:
    at = capabilities(PlaceKind.GUEST, topics=False)
    for pages in itertools.product((_WORDS, _WITH_FILE, _ONLY_FILE), repeat=many):
        (shown,), beyond = scene.run(divided(TURN, pages, at, "Bot", say_in("en")))
        assert shown.file is None
        assert shown.blocks
        for page in pages:
            stays = page.file is None and shown.blocks[: len(page.blocks)] == page.blocks
            assert stays or page in beyond
