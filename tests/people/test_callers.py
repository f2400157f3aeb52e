"""Who is speaking: made once for a message, and true of the account, the place and the rules."""

from dataclasses import replace

import pytest

from bot.domain.ids import UnixMs
from bot.domain.incoming import Inbound
from bot.domain.messages import TextPart
from bot.domain.model_names import ModelName
from bot.domain.people import Access, Identity
from bot.domain.places import Place, PlaceKind
from bot.domain.policy import Policy
from bot.domain.refill import Refill
from bot.domain.sessions import Elsewhere, Mode, Modes, Reach
from bot.people.callers import Caller, identify, not_speaking
from storage import ledger, people
from storage.database import Database

NOW = UnixMs(1_795_176_000_000)
NEXT_MONTH = UnixMs(NOW + 32 * 24 * 3600 * 1000)
ALICE = Identity("p", "1", "Alice", "de")
PRIVATE = Place("p", "b", "1")
GROUP = Place("p", "b", "g", kind=PlaceKind.GROUP)
POLICY = Policy(
    modes=Modes({"regular": Mode("regular", "", (ModelName("p/m"),), "")}, "regular"),
    access=Access.OPEN,
    tokens_start=10,
    refill=Refill("monthly", 100),
    time_zone="Europe/Berlin",
)


async def speaks(database: Database, sender: Identity, place: Place = PRIVATE, *, now: UnixMs = NOW) -> Caller:
    """Someone says something."""
    said = Inbound("1", place, sender, "1", (TextPart("hi"),), now, adults_only=place is GROUP)
    return await database.write(identify(said, POLICY, now))


async def test_someone_is_new_once_and_keeps_the_first_language_that_is_known(database: Database) -> None:
    seen = []
    for language in ("", "de", "", "fr"):
        caller = await speaks(database, replace(ALICE, language=language))
        kept = await database.read(people.get(caller.person.id))
        seen.append((caller.is_new, caller.person.language, kept.language))
    assert seen == [(True, "", ""), (False, "de", "de"), (False, "de", "de"), (False, "de", "de")]


async def test_the_time_zone_is_the_operators_until_one_is_chosen(database: Database) -> None:
    caller = await speaks(database, ALICE)
    assert caller.person.time_zone == "Europe/Berlin"
    await database.write(people.set_time_zone(caller.person.id, "Asia/Tokyo"))
    assert (await speaks(database, ALICE)).person.time_zone == "Asia/Tokyo"


@pytest.mark.parametrize(("anonymous", "first", "then"), [(False, 100, 100), (True, 0, 0)])
async def test_balances_are_filled_for_people_and_not_for_who_anybody_can_be(
    database: Database, anonymous: bool, first: int, then: int
) -> None:
    sender = replace(ALICE, anonymous=anonymous)
    person = (await speaks(database, sender, GROUP)).person.id
    assert await database.read(ledger.balance(person)) == first
    await database.write(ledger.charge(person, 30, "answered", NOW))
    await speaks(database, sender, GROUP)
    assert await database.read(ledger.balance(person)) == max(first - 30, 0)
    await speaks(database, sender, GROUP, now=NEXT_MONTH)
    assert await database.read(ledger.balance(person)) == then


async def test_what_is_theirs_and_what_they_may_find_follows_from_where_they_speak(database: Database) -> None:
    private, group = await speaks(database, ALICE), await speaks(database, ALICE, GROUP)
    person = private.person.id
    assert private.reach == Reach(owner=person)
    assert group.reach == Reach(place=group.place_row)
    # Among others only what was begun in that chat; what only they see may come from anywhere.
    assert group.elsewhere(alone=False) == Elsewhere(person, group.place_row)
    assert group.elsewhere(alone=True) == Elsewhere(person)
    assert (private.adults_only, group.adults_only) == (False, True)


async def test_who_does_not_speak_is_known_and_nothing_is_taken_for_granted_of_them(database: Database) -> None:
    person = (await speaks(database, ALICE)).person
    # What the platform says only of who speaks: that all are adults there, and that they may moderate.
    assert not_speaking(person, ALICE, GROUP, 7, None) == Caller(
        person, ALICE, GROUP, 7, None, is_new=False, adults_only=False, named="", keeps_order=None
    )
