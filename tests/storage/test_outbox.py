"""Each page in the outbox is its own row: what is noted of one says nothing of those beside it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest

from bot.domain.blocks import plain_page
from bot.domain.ids import MessageId, PageId, PersonId, SessionId, TurnId, UnixMs
from bot.domain.places import Place
from storage import outbox
from storage.outbox import OutboxPage, PageState, Target
from storage.programs import Program
from tests.storage.scene import Scene, Touched

NOW = UnixMs(1_000)
HERE = Place("p", "b", "c")


@pytest.fixture
def scene() -> Iterator[Scene]:
    """Alice and Bob have asked at one place, each in a session; the answers have two pages and one."""
    made = Scene()
    furnish(made)
    yield made
    made.close()


def furnish(scene: Scene) -> None:
    for name in ("Alice", "Bob"):
        person = scene.put("person", role="member", name=name, language=name[:1].lower())
        place = scene.put("place", platform="p", bot="b", chat="c", thread=name, kind="private_thread")
        scene.put("identity", platform="p", user_id=name, person=person, private_chat=place)
    scene.put("place", platform="p", bot="b", chat="c", thread="", kind="group")
    for person in (1, 2):
        scene.put("session", place=3, owner=person)
        scene.put("message", session=person, author="assistant")
        scene.put("turn", session=person, place=3, payer=person, question=person, state="answered", attach="tip")
    for turn, page in ((1, 0), (1, 1), (2, 0)):
        scene.put("outbox", place=3, turn=turn, message=turn, page=page, state="queued")


def waiting(scene: Scene) -> list[OutboxPage]:
    return scene.run(outbox.of_bot("p", "b", ""))


@pytest.mark.parametrize(
    ("change", "touched"),
    [
        (outbox.note_sending, {"outbox": {1}}),
        (outbox.drop, {"outbox": {1}}),
        (lambda page: outbox.note_target(page, "77"), {"outbox": {1}}),
        (lambda page: outbox.change(replace(page, private=True)), {"outbox": {1}}),
        (lambda page: outbox.note_sent(page, "77"), {"outbox": {1}, "shown": {"p"}}),
        (lambda page: outbox.recast(page, [plain_page("other")], []), {"outbox": {1}}),
    ],
)
def test_what_is_noted_of_a_page_is_noted_of_it_alone(
    scene: Scene, change: Callable[[OutboxPage], Program[object]], touched: Touched
) -> None:
    assert scene.touched(change(waiting(scene)[0])) == touched


def test_what_certainly_was_not_sent_is_queued_again_and_nothing_beside_it(scene: Scene) -> None:
    for page in waiting(scene):
        scene.run(outbox.note_sending(page))
    page = scene.run(outbox.note_not_sent(waiting(scene)[1]))
    assert page.state is PageState.QUEUED
    assert [each.state for each in waiting(scene)] == [PageState.SENDING, PageState.QUEUED, PageState.SENDING]


def test_what_was_erased_meanwhile_is_nothing_to_send(scene: Scene) -> None:
    page, *_ = waiting(scene)
    scene.run(outbox.drop(page))
    assert scene.run(outbox.note_sending(page)) is None
    assert scene.run(outbox.change(page)) is None
    assert scene.run(outbox.recast(page, [plain_page("a"), plain_page("b")], [])) == []
    assert scene.touched(outbox.note_sent(page, "77")) == {}, "Its message is gone as well."


def test_a_page_of_no_message_is_shown_without_being_kept(scene: Scene) -> None:
    page = scene.run(outbox.add(Target(3, HERE), plain_page("a notice"), NOW))
    assert scene.touched(outbox.note_sent(page, "77")) == {"outbox": {page.id}}


def test_a_page_is_for_all_and_waits_unless_it_is_said_otherwise(scene: Scene) -> None:
    page = scene.run(outbox.add(Target(3, HERE), plain_page("a notice"), NOW))
    assert (page.private, page.state, page.person) == (False, PageState.QUEUED, None)


def test_a_turns_page_without_a_message_is_the_card_that_asks(scene: Scene) -> None:
    scene.rows("UPDATE turn SET state = 'asked' WHERE id = 1")
    card = scene.run(outbox.add(Target(3, HERE), plain_page("May I?"), NOW, turn=TurnId(1)))
    notice = scene.run(outbox.add(Target(3, HERE), plain_page("a notice"), NOW))
    erased = scene.run(outbox.add(Target(3, HERE), plain_page("May I?"), NOW, turn=TurnId(1)))
    scene.run(outbox.drop(erased))
    assert scene.touched(outbox.note_sent(erased, "76")) == {}
    assert scene.touched(outbox.note_sent(card, "77")) == {"outbox": {card.id}, "turn": {1}}
    assert scene.touched(outbox.note_sent(notice, "78")) == {"outbox": {notice.id}}


def test_what_waits_is_taken_up_by_its_own_bot_and_by_the_process_that_keeps_its_chat() -> None:
    scene = Scene()
    chats = [("p", "b", "c", ""), ("q", "b", "c", ""), ("p", "e", "c", ""), ("p", "b", "d", ""), ("p", "b", "c", "t")]
    for platform, bot, chat, thread in [*chats, ("p", "b", "f", "")]:
        place = scene.put("place", platform=platform, bot=bot, chat=chat, thread=thread, kind="group")
        scene.put("outbox", place=place, state="queued")
    scene.put("keeper", platform="p", bot="b", chat="d", process="another")

    def taken(platform: str, bot: str, process: str, chat: str | None = None) -> list[int]:
        return [page.id for page in scene.run(outbox.of_bot(platform, bot, process, chat))]

    assert taken("p", "b", "") == [1, 5, 6]
    assert taken("p", "b", "", "c") == [1, 5]
    assert taken("p", "b", "another") == [4]
    assert taken("p", "b", "another", "c") == []
    assert taken("q", "b", "") == [2]
    assert taken("p", "e", "") == [3]
    scene.close()


def test_pages_that_take_the_place_of_one_move_on_what_follows_in_its_message(scene: Scene) -> None:
    first, second, others = waiting(scene)
    erased = replace(second, id=PageId(99))
    queue = scene.run(outbox.recast(first, [plain_page(text) for text in "abc"], [second, erased, others]))
    told = [(page.message, page.number) for page in queue]
    assert told == [(1, 0), (1, 1), (1, 2), (1, 3), (2, 0)]
    assert [(page.id, page.message, page.number) for page in waiting(scene)] == [
        (page.id, message, number) for page, (message, number) in zip(queue, told, strict=True)
    ]
    assert queue[0].id == first.id and {page.state for page in queue} == {PageState.QUEUED}
    assert [page.page for page in queue] == [page.page for page in waiting(scene)]


def test_one_page_for_one_leaves_those_behind_it_where_they_are(scene: Scene) -> None:
    first, *behind = waiting(scene)
    assert [page.id for page in scene.run(outbox.recast(first, [plain_page("a")], behind))] == [1, 2, 3]
    assert waiting(scene)[1:] == behind


def test_pages_of_no_message_are_no_pages_of_one(scene: Scene) -> None:
    notices = [scene.run(outbox.add(Target(3, HERE), plain_page(text), NOW)) for text in "ab"]
    queue = scene.run(outbox.recast(notices[0], [plain_page(text) for text in "cd"], notices[1:]))
    assert [page.number for page in queue] == [0, 1, 0]


def test_a_page_speaks_the_language_of_whom_it_is_for(scene: Scene) -> None:
    first, _, others = waiting(scene)
    assert [scene.run(outbox.language_of(page)) for page in (first, others)] == ["a", "b"]
    notice = replace(first, turn=None)
    assert [scene.run(outbox.language_of(replace(notice, place_row=place))) for place in (1, 2, 3)] == ["a", "b", ""]


def test_a_page_is_for_who_asked_or_whom_it_names(scene: Scene) -> None:
    first, _, others = waiting(scene)
    assert [scene.run(outbox.asker_of(page)) for page in (first, others)] == [1, 2]
    assert scene.run(outbox.asker_of(replace(first, turn=None, person=PersonId(2)))) == 2
    assert scene.run(outbox.asker_of(replace(first, turn=TurnId(99)))) is None


@pytest.mark.parametrize("announced", [True, False])
def test_a_page_is_kept_as_it_is_and_for_somebody_who_is_there(scene: Scene, announced: bool) -> None:
    add = partial(outbox.add, turn=TurnId(2), session=SessionId(2), message=MessageId(2), number=4, person=PersonId(2))
    target = Target(3, HERE, remote_id="7", reply_to="8", receipt="9", private=announced)
    page = scene.run(add(target, plain_page("x"), NOW, announced=announced))
    kept = waiting(scene)[-1]
    assert page.state is (PageState.ANNOUNCED if announced else PageState.QUEUED)
    assert kept.state is (PageState.SENDING if announced else PageState.QUEUED)
    assert replace(kept, state=page.state) == page
    gone = scene.run(outbox.add(Target(3, HERE), plain_page("x"), NOW, person=PersonId(99)))
    assert [each.person for each in waiting(scene) if each.id == gone.id] == [None]


def test_a_page_that_another_process_shows_is_not_announced_by_this_one() -> None:
    scene = Scene(kept_elsewhere=True)
    furnish(scene)
    page = scene.run(outbox.add(Target(3, HERE), plain_page("x"), NOW, announced=True))
    assert (page.ours, page.state, waiting(scene)[-1].state) == (False, PageState.QUEUED, PageState.QUEUED)
    changed = scene.run(outbox.change(page))
    assert changed is not None and not changed.ours
    scene.close()
