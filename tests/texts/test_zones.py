"""Times follow the rules that come with Parley, not those of the machine."""

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.texts import moments, zones

# What changed for good in 2026, with the hours from UTC in December.
CHANGED = {"America/Vancouver": -7, "America/Edmonton": -6, "America/Winnipeg": -5, "Africa/Casablanca": 0}
WINTER = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.fixture
def other_system(tmp_path: Path) -> Iterator[None]:
    """A machine whose own files say something else."""
    other = resources.files("tzdata").joinpath("zoneinfo", "Asia", "Tokyo").read_bytes()
    for name in CHANGED:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(other)
    zoneinfo.reset_tzpath([tmp_path])
    zoneinfo.ZoneInfo.clear_cache()
    yield
    zoneinfo.reset_tzpath()
    zoneinfo.ZoneInfo.clear_cache()


@pytest.mark.usefixtures("other_system")
@pytest.mark.parametrize(("name", "hours"), CHANGED.items())
def test_the_rules_are_those_that_come_with_parley(name: str, hours: int) -> None:
    zones.zone.cache_clear()
    here = WINTER.astimezone(moments.zone_of(name))
    assert here.utcoffset() == (here.replace(tzinfo=UTC) - WINTER)
    assert (here.hour - WINTER.hour) == hours
    # The machine's own way to zones is as it was.
    assert WINTER.astimezone(zoneinfo.ZoneInfo(name)).hour - WINTER.hour == 9


def test_every_zone_there_is_can_be_had() -> None:
    assert len(zones.names()) > 500
    for name in zones.names():
        assert str(zones.zone(name)) == name


@given(st.text(max_size=20) | st.sampled_from(("../zones", "Europe", "Europe/", "zone.tab", "tzdata.zi", "a\0b")))
def test_what_is_no_zone_is_a_sentence_and_never_anything_else(name: str) -> None:
    if name and name not in zones.names():
        with pytest.raises(LookupError, match="There is no time zone"):
            zones.zone(name)
        assert moments.zone_of(name) is UTC


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Europe/Berln", "Europe/Berlin"), ("berlim", "Europe/Berlin"), ("New Yrok", "America/New_York"),
        ("newyork", "America/New_York"), ("kyiw", "Europe/Kyiv"), ("US/Pacfic", "US/Pacific"),
        ("Vancover", "America/Vancouver"), ("UTC+2", "Etc/GMT-2"), ("gmt -5", "Etc/GMT+5"), ("+03:00", "Etc/GMT-3"),
    ],
)  # fmt: skip
def test_near_names_are_named(typed: str, meant: str) -> None:
    assert meant in zones.near(typed)


def test_what_is_proposed_for_an_offset_is_that_many_hours_ahead() -> None:
    for hours in range(-12, 15):
        [meant] = zones.near(f"UTC{hours:+}")
        assert WINTER.astimezone(zones.zone(meant)).utcoffset() == timedelta(hours=hours)


def test_the_rules_have_a_number() -> None:
    assert zones.rules() >= "2026f"
