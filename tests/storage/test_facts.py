"""What people chose to have remembered is never lost to what happens on another platform at the same time."""

import random

from bot.domain.facts import MOST_FACTS
from bot.domain.ids import FactId, PersonId, UnixMs
from bot.domain.people import Identity, Role
from storage import facts, people
from storage.database import Database
from storage.facts import Kept

NOW = UnixMs(0)


async def test_no_act_takes_away_what_its_side_has_not_seen(database: Database) -> None:
    for seed in range(30):
        identity = Identity("a", str(seed), "Alice")
        person = (await database.write(people.add(identity, Role.MEMBER, NOW))).id
        await _acts(database, person, random.Random(seed))


async def _acts(database: Database, person: PersonId, rng: random.Random) -> None:
    """Random acts of two sides, each on what it has last looked at."""
    seen: dict[bool, list[FactId]] = {False: [], True: []}
    for number in range(25):
        before = {fact.id: fact.text for fact in await database.read(facts.of_person(person))}
        known = seen[rng.random() < 0.5]
        chosen = rng.choice(known) if known else FactId(0)
        newest = max(known, default=FactId(0))
        text, meant = f"fact {number}", {chosen}
        match rng.choice(("add", "add", "edit", "edit", "erase", "erase all", "look", "look")):
            case "look":
                known[:] = list(before)
                continue
            case "add":
                meant = set()
                assert await database.write(facts.add(person, text, NOW)) is Kept.NEW
            case "edit":
                kept = await database.write(facts.edit(person, chosen, text, NOW))
                assert kept is (Kept.NEW if chosen in before else Kept.BESIDE)
            case "erase":
                text = ""
                await database.write(facts.erase(person, chosen))
            case _:
                text, meant = "", {fact for fact in before if fact <= newest}
                await database.write(facts.erase_all(person, newest))
        after = {fact.text for fact in await database.read(facts.of_person(person))}
        assert after == {words for fact, words in before.items() if fact not in meant} | ({text} - {""})


async def test_nobody_has_a_fact_twice_or_more_than_one_may_have(database: Database) -> None:
    person = (await database.write(people.add(Identity("a", "1", "Alice"), Role.MEMBER, NOW))).id
    other = (await database.write(people.add(Identity("b", "2", "Bob"), Role.MEMBER, NOW))).id

    async def add(whose: PersonId, text: str) -> Kept:
        return await database.write(facts.add(whose, text, NOW))

    assert await add(person, "I live in Bonn") is Kept.NEW
    assert await add(person, "i live in BONN.") is Kept.KNOWN
    assert await add(other, "I live in Bonn") is Kept.NEW
    for number in range(1, MOST_FACTS):
        assert await add(person, f"fact {number}") is Kept.NEW
    assert await add(person, "one more") is Kept.FULL
    (fact, *_) = await database.read(facts.of_person(person))
    assert await database.write(facts.edit(person, fact.id, "one more", NOW)) is Kept.NEW
    assert await database.read(facts.find(other, fact.id)) is None
    assert not await database.write(facts.erase(other, fact.id))


async def test_what_both_have_is_pinned_where_either_has_it_pinned(database: Database) -> None:
    one = (await database.write(people.add(Identity("a", "1", "Alice"), Role.MEMBER, NOW))).id
    two = (await database.write(people.add(Identity("b", "2", "Alice"), Role.MEMBER, NOW))).id
    for text, own, others in (("a", True, False), ("b", False, True), ("c", False, False)):
        await database.write(facts.add(one, text, NOW, pinned=own))
        await database.write(facts.add(two, text, NOW, pinned=others))
    await database.write(facts.add(two, "d", NOW))
    await database.write(facts.join(one, two))
    joined = await database.read(facts.of_person(one))
    assert {fact.text: fact.pinned for fact in joined} == {"a": True, "b": True, "c": False, "d": False}
    for fact in joined:
        assert await database.read(facts.find(one, fact.id)) == fact
