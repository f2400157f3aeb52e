"""Joining, parting and erasing accounts."""

import random
from itertools import accumulate
from pathlib import Path

import pytest

from bot.domain.ids import PersonId, TurnId, UnixMs
from bot.domain.messages import TextPart
from bot.domain.people import Identity, Role
from bot.domain.places import Place
from bot.domain.sessions import Reach, TitleBy
from storage import (
    codes,
    erasing,
    facts,
    folders,
    ledger,
    linking,
    messages,
    overheard,
    people,
    places,
    private_chats,
    search,
    sessions,
    turns,
)
from storage.database import Database
from storage.programs import Program
from storage.turns import NewTurn
from tests.storage.test_search import written_in
from tests.support.new_data import open_new

NOW = UnixMs(1_795_176_000_000)


def someone(platform: str, tokens: int = 4_000) -> Program[PersonId]:
    """A person with a welcome, a session in a folder, an answered question and one whose answer is running."""
    person = yield from people.add(Identity(platform, platform, f"of {platform}"), Role.MEMBER, NOW)
    yield from ledger.grant(person.id, tokens, "welcome", NOW)
    place, _ = yield from places.open_place(Place(platform, "b", "c"), "")
    yield from private_chats.note(Identity(platform, platform, ""), place)
    session = yield from sessions.add(
        person.id, place, "regular", f"title on {platform}", TitleBy.WORDS, person.id, NOW
    )
    yield from places.show_session(place, session.id, "regular")
    yield from sessions.set_folder(session.id, (yield from folders.add(person.id, "Work", NOW)))
    for spent in (30, None):
        question = yield from messages.add_question(session.id, (TextPart(f"words on {platform}"),), "", NOW)
        turn, _ = yield from turns.add(NewTurn(session.id, place, person.id, question, 100, "tip"), NOW)
        yield from ledger.reserve(person.id, turn, 100, NOW)
        if spent is not None:
            yield from ledger.settle(turn, spent, NOW)
    for text in ("I live in Bonn", f"I like {platform}"):
        yield from facts.add(person.id, text, NOW, pinned=platform == "discord")
    yield from codes.add_code(person.id, f"CODE{platform}", NOW)
    yield from codes.note_event(person.id, "wrong", NOW)
    return person.id


async def two(database: Database) -> tuple[PersonId, PersonId]:
    one, other = await database.write(someone("telegram")), await database.write(someone("discord"))
    await database.write(search.index_pending())
    return one, other


def ledger_of(person: PersonId) -> Program[list[tuple[int, int]]]:
    """Each entry's amount, and the balance that is kept with it, the oldest first."""
    return (yield ("SELECT amount, balance FROM ledger WHERE person = ? ORDER BY id", (person,)))


def count(table: str) -> Program[int]:
    rows = yield (f"SELECT COUNT(*) FROM {table}", ())  # noqa: S608
    number: int = rows[0][0]
    return number


async def test_every_table_that_refers_to_a_person_is_dealt_with(tmp_path: Path) -> None:
    def referring() -> Program[set[str]]:
        tables = yield ("SELECT name FROM sqlite_schema WHERE type = 'table'", ())
        found = set()
        for (table,) in tables:
            keys = yield (f"PRAGMA foreign_key_list({table})", ())
            if any(key[2] == "person" for key in keys):
                found.add(table)
        return found

    async with await open_new(tmp_path) as database:
        assert await database.read(referring()) == linking.MOVED


async def test_joined_accounts_have_one_of_everything(database: Database) -> None:
    one, two_ = await two(database)
    await database.write(overheard.leave_out(two_, NOW))
    joined = await database.write(linking.join(two_, one, NOW))
    assert (joined.survivor, joined.gone) == (one, two_)
    identities = await database.read(people.identities(one))
    assert len(identities) == 2
    assert all([await database.read(overheard.is_left_out(identity)) for identity in identities])
    assert len(await database.read(sessions.page(Reach(owner=one), "", 0, 9))) == 2
    [folder] = await database.read(folders.of_owner(one))
    assert folder.sessions == 2
    await database.write(search.index_pending())
    hits = await database.read(search.find(Reach(owner=one), "words discord", 9))
    assert {hit.text for hit in hits} == {"words on discord"}
    assert await database.read(people.find_by_id(two_)) is None
    remembered = await database.read(facts.of_person(one))
    assert [(fact.text, fact.pinned) for fact in remembered] == [
        ("I like discord", True),
        ("I live in Bonn", True),
        ("I like telegram", False),
    ]


async def test_the_balance_is_the_sum_and_the_second_welcome_does_not_count(database: Database) -> None:
    one, two_ = await two(database)
    # Each has 4,000 less 30 for one answer and 100 held for another.
    await database.write(linking.join(one, two_, NOW))
    assert await database.read(ledger.balance(one)) == 3_870
    # What is held for a turn of the account that is gone comes back to the one that stays.
    await database.write(ledger.release(TurnId(4), "stopped", NOW))
    assert await database.read(ledger.balance(one)) == 3_970
    entries = await database.read(ledger_of(one))
    assert entries[-1][1] == sum(amount for amount, _ in entries)


async def test_joining_fresh_accounts_again_and_again_gives_nothing(database: Database) -> None:
    first = await database.write(someone("first"))
    before = await database.read(ledger.balance(first))
    for number in range(5):
        fresh = await database.write(someone(f"fresh{number}"))
        await database.write(linking.join(first, fresh, NOW))
    assert await database.read(ledger.balance(first)) <= before


async def test_a_code_is_good_once_for_one_of_two_who_use_it_at_once(database: Database) -> None:
    one, _ = await two(database)
    await database.write(codes.add_code(one, "ABCD2345", NOW))
    used = [await database.write(codes.use_code(code, NOW)) for code in ("abcd 2345", "ABCD2345")]
    assert used == [one, None]


@pytest.mark.parametrize(("later_ms", "good"), [(codes.CODE_MS - 1, True), (codes.CODE_MS, False)])
async def test_a_code_is_good_for_ten_minutes(database: Database, later_ms: int, good: bool) -> None:
    one, _ = await two(database)
    await database.write(codes.add_code(one, "ABCD2345", NOW))
    used = await database.write(codes.use_code("ABCD2345", UnixMs(NOW + later_ms)))
    assert (used == one) is good


async def test_who_parts_begins_anew_and_leaves_everything(database: Database) -> None:
    one, two_ = await two(database)
    await database.write(linking.join(one, two_, NOW))
    fresh = await database.write(linking.part(Identity("discord", "discord", "Alice"), NOW))
    assert await database.read(ledger.balance(fresh)) == 0
    assert await database.read(sessions.page(Reach(owner=fresh), "", 0, 9)) == []
    assert len(await database.read(sessions.page(Reach(owner=one), "", 0, 9))) == 2
    assert await database.read(places.session_at(Place("discord", "b", "c"))) is None
    assert await database.read(places.session_at(Place("telegram", "b", "c"))) is not None


async def test_of_an_erased_person_nothing_is_left_but_a_mark(tmp_path: Path) -> None:
    async with await open_new(tmp_path) as database:
        person = await database.write(someone("telegram"))
        await database.write(search.index_pending())
        await database.write(erasing.erase_person(person, NOW))
        await database.write(places.forget_left())
        while await database.write(search.merge()):
            continue
        await database.wipe_free()
        for table in (*linking.MOVED, "person", "message", "shown", "active_session", "place"):
            assert await database.read(count(table)) == 0, table
        assert b"of telegram" not in written_in(tmp_path)
        assert b"words on" not in written_in(tmp_path)

        def comes_again() -> Program[bool]:
            again = yield from people.add(Identity("telegram", "telegram", "x"), Role.MEMBER, NOW)
            return (yield from erasing.was_welcomed(again.id))

        assert await database.write(comes_again())


async def test_balances_stay_true_whatever_is_joined(database: Database) -> None:
    rng = random.Random(5)
    everybody = [await database.write(someone(f"p{number}", rng.randrange(200, 5_000))) for number in range(6)]
    while len(everybody) > 1:
        one, other = rng.sample(everybody, 2)
        joined = await database.write(linking.join(one, other, NOW))
        everybody.remove(joined.gone)
        entries = await database.read(ledger_of(joined.survivor))
        assert [balance for _, balance in entries] == [*accumulate(amount for amount, _ in entries)]
