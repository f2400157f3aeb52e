"""Codes that join accounts: whose they are, how often one may be wrong or have one sent, and for how long."""

from collections.abc import Iterator

import pytest

from bot.domain.errors import PersonError
from bot.domain.ids import PersonId, UnixMs
from bot.people.joining import CODE_MINUTES, join_by_code, note_mailed, owner_of, prove
from storage import codes, people
from storage.codes import CODE_MS, MAILED_CODES, MAILED_MS, WRONG_CODES
from storage.linking import Joined
from tests.storage.scene import Scene

NOW = UnixMs(10 * MAILED_MS)
ALICE, BOB = PersonId(1), PersonId(2)


@pytest.fixture
def scene() -> Iterator[Scene]:
    """Alice and Bob, with a code that Alice has got."""
    made = Scene()
    for name in ("Alice", "Bob"):
        made.put("person", role="member", name=name)
    made.run(codes.add_code(ALICE, "CODE", NOW))
    yield made
    made.close()


def wrong(scene: Scene, person: PersonId) -> int:
    return scene.run(codes.events_since(person, "wrong", UnixMs(0)))


def test_ones_own_code_and_none_at_all_are_wrong(scene: Scene) -> None:
    alice, bob = (scene.run(people.get(person)) for person in (ALICE, BOB))
    assert scene.run(owner_of("CODE", ALICE, NOW)) is None
    assert scene.run(owner_of("NONE", BOB, NOW)) is None
    assert scene.run(owner_of("CODE", BOB, NOW)) == alice
    assert (wrong(scene, ALICE), wrong(scene, BOB)) == (1, 1)
    assert scene.run(join_by_code("CODE", alice, NOW)) is None
    assert scene.run(join_by_code("NONE", bob, NOW)) is None
    assert (wrong(scene, ALICE), wrong(scene, BOB)) == (2, 2)
    scene.run(codes.add_code(ALICE, "AGAIN", NOW))
    assert scene.run(join_by_code("AGAIN", bob, NOW)) == Joined(ALICE, BOB)


def test_a_code_may_be_wrong_so_often_while_one_lives(scene: Scene) -> None:
    for _ in range(WRONG_CODES):
        assert scene.run(prove("NONE", BOB, NOW)) is None
    with pytest.raises(PersonError, match="Too many") as refused:
        scene.run(prove("NONE", BOB, NOW))
    assert refused.value.values == {"minutes": CODE_MINUTES} and CODE_MINUTES * 60_000 == CODE_MS
    assert scene.run(prove("NONE", BOB, UnixMs(NOW + CODE_MS))) is None


def test_codes_are_sent_by_mail_so_often_in_an_hour(scene: Scene) -> None:
    for number in range(MAILED_CODES):
        scene.run(note_mailed(f"M{number}", "a@example.com", BOB, NOW))
    with pytest.raises(PersonError, match="enough codes"):
        scene.run(note_mailed("M", "a@example.com", BOB, NOW))
    scene.run(note_mailed("LATER", "a@example.com", BOB, UnixMs(NOW + MAILED_MS)))
    assert scene.run(prove("LATER", BOB, UnixMs(NOW + MAILED_MS))) == ("a@example.com", None)
