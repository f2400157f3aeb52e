"""Who is told a broadcast: everybody of its audience once, a few at a time, whatever is killed, on both databases."""

import itertools
from collections.abc import Sequence
from types import SimpleNamespace
from typing import cast

from bot.broadcasts import Broadcasts
from bot.contracts.bots import Bots
from bot.contracts.platform import Condition, Platform
from bot.domain.ids import PersonId
from bot.domain.people import Identity, Role, RoleRules
from bot.domain.places import Place, PlaceKind
from bot.people import broadcasting
from bot.people.administering import By
from storage import broadcasts, outbox, people, places, private_chats
from storage.broadcasts import Audience, BroadcastState, Counted, Miss
from storage.database import Database
from storage.outbox import OutboxPage
from storage.programs import Program
from tests.storage.conftest import NOW, database
from tests.support.clock import FakeClock

__all__ = ["database"]

RULES = RoleRules()


def bot(platform: str, waiting: Sequence[int]) -> Platform:
    """A bot that is open, and for which so many calls wait at one look after the other."""
    counts = itertools.chain(waiting, itertools.repeat(0))
    fake = SimpleNamespace(
        name=platform, bot="1", shown_name="@bot", condition=lambda: Condition(True, next(counts), 0, 0.0)
    )
    return cast(Platform, fake)


def opened(waiting: Sequence[int] = ()) -> Bots:
    bots = Bots([bot("telegram", waiting), bot("discord", ())])
    for one in bots:
        bots.note_open(one)
    return bots


def known(name: str, role: Role, platforms: Sequence[str], *, bot: str = "1", wants: bool = True) -> Program[PersonId]:
    """Somebody who has written in private on these platforms."""
    identities = [Identity(platform, name, name) for platform in platforms]
    person = yield from people.add(identities[0], role, NOW)
    for identity in identities[1:]:
        yield (
            "INSERT INTO identity (platform, user_id, person) VALUES (?, ?, ?)",
            (identity.platform, identity.user_id, person.id),
        )
    for identity in identities:
        row, _ = yield from places.open_place(Place(identity.platform, bot, name, "", PlaceKind.PRIVATE), "")
        yield from private_chats.note(identity, row)
    yield from people.set_broadcasts(person.id, wants)
    return person.id


def crowd() -> Program[PersonId]:
    """Admins, members, and people who get nothing."""
    ada = yield from known("Ada", Role.ADMIN, ["telegram"])
    for number in range(20):
        yield from known(f"Mel {number}", Role.MEMBER, ["telegram", "discord"] if number % 2 else ["discord"])
    yield from known("Sten", Role.STRANGER, ["telegram"])
    yield from known("Blo", Role.BLOCKED, ["telegram"])
    yield from known("Lee", Role.MEMBER, ["telegram"], wants=False)
    yield from known("Gone", Role.MEMBER, ["telegram"], bot="2")
    yield from people.add(Identity("discord", "Nil", "Nil"), Role.MEMBER, NOW)
    return ada


def began(ada: PersonId, to: Audience) -> Program[int]:
    by = By((yield from people.get(ada)), NOW, ("page", "", "a"))
    number = yield from broadcasting.written(by, "We **move**.", to, ())
    assert (yield from broadcasting.begin(by, number, RULES))
    assert not (yield from broadcasting.begin(by, number, RULES))
    return number


def shown(pages: Sequence[OutboxPage]) -> Program[None]:
    for page in pages:
        yield from outbox.note_sent(page, "1")


def waits() -> Program[list[OutboxPage]]:
    found = yield from outbox.of_bot("telegram", "1", "")
    return [*found, *(yield from outbox.of_bot("discord", "1", ""))]


async def test_everybody_is_come_to_once_though_it_is_killed_after_each_step(database: Database) -> None:
    ada = await database.write(crowd())
    number = await database.write(began(ada, Audience()))
    clock, told = FakeClock(), list[OutboxPage]()
    most = 0
    while True:
        # What was handed over in memory is lost with the process; what was kept is found by the next one.
        sender = Broadcasts(database, opened(), RULES, clock, lambda _: None)
        await sender.step()
        pages = [page for page in await database.read(waits()) if page.broadcast is not None]
        most = max(most, len(pages))
        told += pages
        await database.write(shown(pages))
        found = await database.read(broadcasts.find(number))
        assert found is not None
        if found.state is BroadcastState.DONE:
            break
    assert most == 8
    assert len(told) == len({page.person for page in told}) == 21
    assert (found.people, found.reached) == (22, 21)
    assert [why for _, _, why in await database.read(broadcasts.missed(number, 9))] == [Miss.NO_BOT, Miss.NO_CHAT]
    [end] = await database.read(waits())
    assert "Reached: 21 of 22 · not reached: 2" in end.page.text


async def test_an_audience_is_counted_as_it_is_told(database: Database) -> None:
    await database.write(crowd())
    for to, counted in (
        (Audience(), Counted(22, 1, 1)),
        (Audience(Role.ADMIN), Counted(1)),
        (Audience(Role.MEMBER, "discord"), Counted(20, 0, 1)),
        (Audience(None, "telegram", "1"), Counted(11, 1, 1)),
    ):
        assert await database.read(broadcasts.count(to, RULES)) == counted, to


async def test_a_draft_is_aimed_and_sent_by_whoever_wrote_it_alone(database: Database) -> None:
    ada = await database.write(crowd())
    grace = await database.write(known("Grace", Role.ADMIN, ["telegram"]))
    hers, others = [By(await database.read(people.get(one)), NOW, ("page", "", "a")) for one in (ada, grace)]
    number = await database.write(broadcasting.written(hers, "We move.", Audience(), ()))
    assert await database.write(broadcasting.aim(others, number, Audience(Role.ADMIN), RULES)) is None
    assert not await database.write(broadcasting.begin(others, number, RULES))
    found = await database.read(broadcasts.find(number))
    assert found is not None
    assert found.audience == Audience()
    aimed = await database.write(broadcasting.aim(hers, number, Audience(Role.ADMIN), RULES))
    assert aimed is not None
    assert (aimed.draft.audience, aimed.counted) == (Audience(Role.ADMIN), Counted(2))


async def test_one_page_at_a_time_goes_while_others_wait_and_none_after_a_stop(database: Database) -> None:
    ada = await database.write(crowd())
    number = await database.write(began(ada, Audience(None, "discord")))
    pages: list[OutboxPage] = []
    sender = Broadcasts(database, opened([1] * 6), RULES, FakeClock(), pages.extend)
    for _ in range(3):
        await sender.step()
    assert len(pages) == 1
    by = By(await database.read(people.get(ada)), NOW, ("page", "", "b"))
    await database.write(broadcasting.stop(by, number))
    assert await database.read(waits()) == []
    assert not await sender.step()
    # Whoever held it in memory sees that it is gone.
    assert await database.write(outbox.note_sending(pages[0])) is None
