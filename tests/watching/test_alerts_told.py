"""What admins are told in chat when something that the gateway needs fails: once, and once when it is well again."""

import shutil
import sqlite3
from contextlib import closing
from types import SimpleNamespace

import pytest

from bot.llm.chain import ATTEMPTS
from bot.standins.model import Fault
from bot.texts import moments
from tests.support.clock import AstrayClock
from tests.support.world import House, Someone

REFUSED = "does not accept the key, so none of its models answer"
AGAIN = "mistral is responding again"


async def start_with_admin(house: House, alice: Someone) -> None:
    house.model.reply = "Here."
    await house.start(admins=f"{house.side.name}:user:{alice.person}")
    alice.says("hi")
    await alice.sees("Here.")


def told(alice: Someone, words: str) -> int:
    return sum(words in message.text for message in alice.answers())


async def test_a_vendor_that_refuses_its_key_is_told_once_and_once_when_it_answers(
    house: House, alice: Someone
) -> None:
    """Also over a restart in between."""
    await start_with_admin(house, alice)
    for count in (1, 2):
        house.model.fail(Fault("status", status=401))
        alice.says(f"question {count}")
        await alice.sees("Nothing was charged.", times=count)
    await alice.sees(REFUSED)
    await house.stop()
    await house.start()
    house.model.fail(Fault("status", status=401))
    alice.says("question 3")
    await alice.sees("Nothing was charged.", times=3)
    alice.says("and now?")
    await alice.sees("Here.", times=2)
    await alice.sees(AGAIN, hurried=True)
    assert told(alice, REFUSED) == 1


QUOTA = {"error": {"code": "insufficient_quota", "message": "You exceeded your current quota, check your plan."}}
ABROAD = {"error": {"code": "unsupported_country_region_territory", "message": "Country or territory not supported"}}
VENDORS = {
    "credit": (Fault("status", status=402), "has no credit left, so none of its models answer"),
    "quota": (Fault("status", status=429, body=QUOTA), "has no credit left, so none of its models answer"),
    "address": (Fault("status", status=404, body="<html>Not found</html>"), "There is no model at the address of"),
    "country": (Fault("status", status=403, body=ABROAD), "does not serve this country or network"),
    "time-out": (Fault("stall"), "has not answered for some minutes"),
    "reset": (Fault("reset"), "has not answered for some minutes"),
}


@pytest.mark.parametrize("kind", VENDORS)
@pytest.mark.parametrize("side", ["telegram"], indirect=True)
async def test_a_vendors_failure_is_reported_once_and_its_recovery_once(
    house: House, alice: Someone, kind: str
) -> None:
    """What often passes by itself only when it has lasted."""
    fault, words = VENDORS[kind]
    await start_with_admin(house, alice)
    if kind == "time-out":
        await house.stop()
        await house.start(model_first_byte_s=0.2, model_between_s=0.2)
    for count in (1, 2):
        house.model.fail(*[fault] * ATTEMPTS)
        alice.says(f"question {count}")
        await alice.sees("Nothing was charged.", times=count, hurried=True)
        house.model.faults.clear()
        house.clock.advance(200)
    await alice.sees(words, hurried=True)
    alice.says("and now?")
    await alice.sees("Here.", times=2, hurried=True)
    await alice.sees(AGAIN, hurried=True)
    assert (told(alice, words), told(alice, AGAIN)) == (1, 1)


async def test_a_passing_trouble_is_not_reported(house: House, alice: Someone) -> None:
    """A 429, however often; and a vendor that is overloaded for a moment."""
    await start_with_admin(house, alice)
    for count in (1, 2):
        house.model.fail(Fault("status", status=429, headers={"Retry-After": "3600"}))
        alice.says("again")
        await alice.sees("Nothing was charged.", times=count)
        house.clock.advance(3700)
    house.model.fail(Fault("status", status=503))
    alice.says("at last")
    await alice.sees("Here.", times=2, hurried=True)
    assert not told(alice, "model vendor")


async def test_a_nearly_full_disk_is_told_and_that_it_has_room_again(
    house: House, alice: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    await start_with_admin(house, alice)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=42_000_000))
    await alice.sees("The disk is nearly full: 42 MB are free.", hurried=True)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=9_000_000_000))
    await alice.sees("The disk has room again: 9,000 MB are free.", hurried=True)
    assert told(alice, "nearly full") == 1


@pytest.mark.parametrize("seconds", [7200, -7200])
async def test_a_clock_that_jumps_is_told(house: House, alice: Someone, seconds: int) -> None:
    await start_with_admin(house, alice)
    house.clock.jump(seconds)
    await alice.sees("The clock of this machine has jumped", hurried=True)
    await alice.sees("is steady again", hurried=True)


@pytest.mark.parametrize("off_s", [7200, -86_400])
async def test_a_clock_that_is_wrong_is_told_by_the_platforms(house: House, alice: Someone, off_s: int) -> None:
    """Once, and once when it has been set right."""
    clock = house.gateways_clock = AstrayClock(house.clock, off_s)
    await start_with_admin(house, alice)
    await alice.sees(f"seconds {'ahead' if off_s > 0 else 'behind'}", hurried=True)
    clock.set_right()
    alice.says("is it right?")
    await alice.sees("Here.", times=2)
    await alice.sees("is right again", hurried=True)
    assert told(alice, "seconds ahead") + told(alice, "seconds behind") == 1


async def test_what_waited_and_cannot_be_opened_any_more_is_told(house: House, alice: Someone) -> None:
    """As after a secret that was lost: whose it was is sealed as well."""
    await start_with_admin(house, alice)
    await house.stop()
    with closing(sqlite3.connect(house.directory / "parley.db")) as database, database:
        database.execute(
            "INSERT INTO waiting (platform, bot, sealed) SELECT platform, bot, 'gone.AAAA' FROM place LIMIT 1"
        )
    await house.start()
    await alice.sees("Messages and commands that were lost: 1.")
    await house.stop()
    await house.start()
    alice.says("hello")
    await alice.sees("Here.", times=2)
    assert told(alice, "Messages and commands that were lost") == 1


async def test_a_limit_of_tokens_is_told_when_it_is_nearly_used_when_it_is_and_when_it_begins_anew(
    house: House, alice: Someone
) -> None:
    await start_with_admin(house, alice)
    await house.stop()
    await house.start(tokens_per_day=500)
    for count in (2, 3, 4):
        alice.says(f"question {count}")
        await alice.sees("Here.", times=count)
    await alice.sees("80 % of the daily limit for everyone together is used: 400 of 500.", hurried=True)
    alice.says("question 5")
    await alice.sees("Here.", times=5, hurried=True)
    await alice.sees("is used up: 500 of 500.", hurried=True)
    house.clock.advance(24 * 3600)
    await alice.sees("has been reset", hurried=True)


async def test_a_limit_of_dollars_is_told_when_it_refuses(house: House, alice: Someone) -> None:
    """Also where most of it is left: what was asked could have cost more."""
    await start_with_admin(house, alice)
    await house.stop()
    await house.start(usd_per_day=0.000001)
    alice.says("question 2")
    await alice.sees("A request was refused because too little is left of the $1e-06", hurried=True)
    house.clock.advance(24 * 3600)
    await alice.sees("has been reset", hurried=True)


@pytest.mark.parametrize("quiet", [True, False])
async def test_in_quiet_hours_admins_are_told_without_a_sound(
    house: House, alice: Someone, monkeypatch: pytest.MonkeyPatch, quiet: bool
) -> None:
    """By their own clock, not the machine's: quiet on Kiritimati is not quiet in Tokyo, five hours behind."""
    await start_with_admin(house, alice)
    hour = moments.local(house.clock.now(), moments.zone_of("Pacific/Kiritimati")).hour
    await house.stop()
    zone = "Pacific/Kiritimati" if quiet else "Asia/Tokyo"
    with closing(sqlite3.connect(house.directory / "parley.db")) as database, database:
        database.execute("UPDATE person SET time_zone = ?", (zone,))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=42_000_000))
    await house.start(quiet_hours=f"{(hour + 23) % 24}:00-{(hour + 1) % 24}:00", timezone="Europe/Berlin")
    assert (await alice.sees("The disk is nearly full", hurried=True)).silent is quiet
    assert not (await alice.sees("Here.")).silent
