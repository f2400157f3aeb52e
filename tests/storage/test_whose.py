"""Of all sessions there are, everybody gets at those that are theirs to get at, whichever way they ask."""

import itertools
from dataclasses import dataclass

from bot.domain.efforts import Effort
from bot.domain.ids import PersonId, SessionId, UnixMs
from bot.domain.messages import TextPart
from bot.domain.model_names import ModelName
from bot.domain.people import Identity, Role
from bot.domain.places import Place, PlaceKind
from bot.domain.sessions import Elsewhere, Reach, Session, TitleBy
from storage import folders, messages, people, places, sessions
from storage.database import Database
from storage.programs import Program

NOW = UnixMs(1_795_176_000_000)


@dataclass(frozen=True, slots=True)
class Kept:
    """A session as it was made."""

    id: SessionId
    owner: PersonId | None
    place: int
    chat: str
    stands_in: int
    """The place whose session it counts as, if its own place could not be opened."""
    begun_by: PersonId
    said: bool
    title: str

    def within(self, reach: Reach) -> bool:
        if reach.owner is not None:
            return self.owner == reach.owner
        return self.owner is None and reach.place in (self.place, self.stands_in)

    def begun(self, elsewhere: Elsewhere, chats: dict[int, str]) -> bool:
        near = elsewhere.near is None or chats[elsewhere.near] == self.chat
        return self.owner is None and self.begun_by == elsewhere.begun_by and self.said and near


@dataclass(frozen=True, slots=True)
class World:
    people: list[PersonId]
    chats: dict[int, str]
    """The chat of each place, by the place's row."""
    sessions: list[Kept]

    def reaches(self) -> list[Reach]:
        return [*(Reach(owner=one) for one in self.people), *(Reach(place=row) for row in self.chats)]

    def elsewheres(self) -> list[Elsewhere]:
        return [Elsewhere(one, near) for one in self.people for near in (None, *self.chats)]


def furnished() -> Program[World]:
    """Two people, chats with threads on two bots (one thread could not be opened), and every kind of session there."""
    alice = yield from people.add(Identity("p", "1", "Alice"), Role.MEMBER, NOW)
    bob = yield from people.add(Identity("p", "2", "Bob"), Role.MEMBER, NOW)
    persons = [alice.id, bob.id]
    chats: dict[int, str] = {}
    stands_in: dict[int, int] = {}
    for bot, chat, thread in (("a", "g", ""), ("a", "g", "1"), ("a", "g", "2"), ("a", "h", "1"), ("b", "g", "1")):
        row, _ = yield from places.open_place(Place("p", bot, chat, thread, PlaceKind.GROUP), "")
        chats[row] = f"{bot} {chat}"
        if thread == "2":
            stands_in[row], _ = yield from places.let_stand_in(row)
    made = []
    kinds = itertools.product(chats, persons, (True, False), (True, False))
    for number, (place, by, owned, said) in enumerate(kinds):
        title = f"{'red' if number % 3 else 'blue'} {number}"
        owner = by if owned else None
        new = yield from sessions.add(owner, place, "regular", title, TitleBy.WORDS, by, NOW)
        if said:
            tip = yield from messages.add_question(new.id, (TextPart("hi"),), "", NOW)
            yield from sessions.set_tip(new.id, tip, UnixMs(NOW + number))
        made.append(Kept(new.id, owner, place, chats[place], stands_in.get(place, place), by, said, title))
    return World(persons, chats, made)


def _all(found: list[Session]) -> set[SessionId]:
    return {one.id for one in found}


async def test_sessions_are_reached_and_listed_by_whom_they_belong_to(database: Database) -> None:
    world = await database.write(furnished())
    for reach in world.reaches():
        theirs = {one.id for one in world.sessions if one.within(reach)}
        assert theirs and set(await database.read(sessions.ids_within(reach))) == theirs
        assert _all(await database.read(sessions.page(reach, "", 0, 100))) == theirs
        for one in world.sessions:
            found = await database.read(sessions.reachable(one.id, reach))
            assert (found.id if found else None) == (one.id if one.id in theirs else None)
        red = {one.id for one in world.sessions if one.within(reach) and one.title.startswith("red")}
        assert _all(await database.read(sessions.page(reach, "RED", 0, 100))) == red


async def test_what_was_begun_elsewhere_is_found_by_who_began_it_alone(database: Database) -> None:
    world = await database.write(furnished())
    reach = Reach(owner=world.people[0])
    own = {one.id for one in world.sessions if one.within(reach)}
    for elsewhere in world.elsewheres():
        theirs = {one.id for one in world.sessions if one.begun(elsewhere, world.chats)}
        assert _all(await database.read(sessions.page(reach, "", 0, 100, elsewhere=elsewhere))) == own | theirs
        found = [await database.read(sessions.findable(one.id, elsewhere)) for one in world.sessions]
        assert _all([one for one in found if one]) == theirs


async def test_what_is_deleted_is_gone_and_comes_back_for_who_deleted_it(database: Database) -> None:
    world = await database.write(furnished())
    alice, bob = world.people
    for one in world.sessions[::3]:
        reaches = [reach for reach in world.reaches() if one.within(reach)]
        elsewhere = Elsewhere(one.begun_by)
        assert await database.read(sessions.get(one.id))
        await database.write(sessions.delete(one.id, alice, UnixMs(NOW + one.id)))
        for reach in reaches:
            assert not await database.read(sessions.reachable(one.id, reach))
            assert one.id not in await database.read(sessions.ids_within(reach))
            assert one.id not in _all(await database.read(sessions.page(reach, "", 0, 100)))
            assert await database.read(sessions.last_deleted(reach, alice)) == (one.id, NOW + one.id)
            assert await database.read(sessions.last_deleted(reach, bob)) is None
            assert await database.write(sessions.restore(one.id, reach, bob)) is None
        assert not await database.read(sessions.get(one.id))
        assert not await database.read(sessions.findable(one.id, elsewhere))
        for reach in world.reaches():
            if reach not in reaches:
                assert await database.read(sessions.last_deleted(reach, alice)) is None
                assert await database.write(sessions.restore(one.id, reach, alice)) is None
        # Another that lies there and was deleted too stays so.
        beside = next(kept for kept in world.sessions if kept.within(reaches[0]) and kept is not one)
        await database.write(sessions.delete(beside.id, alice, NOW))
        back = await database.write(sessions.restore(one.id, reaches[0], alice))
        assert back is not None and back.id == one.id
        assert await database.write(sessions.restore(beside.id, reaches[0], alice))
        # What is there is nothing to bring back.
        assert await database.write(sessions.restore(one.id, reaches[0], alice)) is None
        assert await database.read(sessions.get(one.id)) == back


async def test_what_is_set_is_set_in_one_session(database: Database) -> None:
    one, other = (await database.write(furnished())).sessions[:2]
    assert one.owner is not None
    folder = await database.write(folders.add(one.owner, "work", NOW))
    before = await database.read(sessions.get(other.id))
    for change in (
        sessions.set_title(one.id, "mine", TitleBy.PERSON),
        sessions.set_mode(one.id, "other"),
        sessions.set_model(one.id, ModelName("p/m")),
        sessions.set_temperature(one.id, 0.5),
        sessions.set_folder(one.id, folder),
        sessions.set_tip(one.id, None, UnixMs(NOW + 1000)),
    ):
        await database.write(change)
    assert await database.read(sessions.get(other.id)) == before
    for effort in (Effort.LOW, None):
        await database.write(sessions.set_effort(one.id, effort))
        assert getattr(await database.read(sessions.get(one.id)), "effort", "") == effort
    changed = await database.read(sessions.get(one.id))
    assert changed is not None
    assert (changed.title, changed.mode, changed.model, changed.temperature) == ("mine", "other", "p/m", 0.5)
    reach = Reach(owner=one.owner)
    assert _all(await database.read(sessions.page(reach, "", 0, 100, folder))) == {one.id}


async def test_a_title_that_a_person_gave_stays_until_they_give_it_up(database: Database) -> None:
    one, other = (await database.write(furnished())).sessions[:2]
    for session in (one, other):
        assert await database.write(sessions.set_title(session.id, "by a model", TitleBy.MODEL))
        assert await database.write(sessions.set_title(session.id, "mine", TitleBy.PERSON))
        assert not await database.write(sessions.set_title(session.id, "by a model", TitleBy.MODEL))
        assert await database.write(sessions.set_title(session.id, "mine too", TitleBy.PERSON))
    await database.write(sessions.give_up_title(one.id))
    assert await database.write(sessions.set_title(one.id, "by a model", TitleBy.MODEL))
    assert not await database.write(sessions.set_title(other.id, "by a model", TitleBy.MODEL))


async def test_a_session_that_is_taken_back_leaves_the_others(database: Database) -> None:
    world = await database.write(furnished())
    by_place = {one.place: one for one in world.sessions if not one.said and one.stands_in == one.place}
    one, other, *_ = by_place.values()
    for kept in (one, other):
        await database.write(places.show_session(kept.place, kept.id, "regular"))
    await database.write(sessions.take_back(one.id))
    assert not await database.read(sessions.get(one.id))
    assert await database.read(sessions.get(other.id))
    assert await database.read(places.showing(other.id))
    assert await database.read(places.last_session_of_mode(other.place, "regular")) == other.id
