"""When a rule's times are: by the wall, in every zone, across every change of its clocks."""

import itertools
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ids import UnixMs
from bot.domain.schedules import Cron, Every, EveryDays, Monthly, Once, Rule, rule_from_text, rule_to_text
from bot.schedules.times import NoSuchTime, next_moment, next_moments, too_often
from bot.texts import zones

HOUR = timedelta(hours=1)
YEARS = range(2026, 2036)


def moment(*when: int, zone: tzinfo = UTC) -> UnixMs:
    return UnixMs(round(datetime(*when, tzinfo=zone).timestamp() * 1000))  # type: ignore[arg-type, misc]


def shown(at: UnixMs, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(at / 1000, zone).replace(tzinfo=None)


def changes(zone: tzinfo) -> Iterator[tuple[datetime, timedelta]]:
    """Every moment at which the clocks of a zone change in ten years, in UTC, and by how much."""
    at, end = datetime(YEARS[0], 1, 1, tzinfo=UTC), datetime(YEARS[-1] + 1, 1, 1, tzinfo=UTC)
    while at < end:
        # Nowhere are clocks changed back within a week.
        after = at + timedelta(days=7)
        if by := offset(after, zone) - offset(at, zone):
            low, high = at, after
            while high - low > timedelta(minutes=1):
                middle = low + timedelta(minutes=(high - low) // timedelta(minutes=2))
                low, high = (middle, high) if offset(middle, zone) == offset(low, zone) else (low, middle)
            yield high, by
        at = after


def offset(at: datetime, zone: tzinfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


@cache
def kinds_of_change() -> Sequence[tuple[str, datetime, timedelta]]:
    """One zone and moment for each way in which clocks change anywhere: when on the wall, and by how much."""
    found: dict[object, tuple[str, datetime, timedelta]] = {}
    for name in sorted(zones.names()):
        zone = zones.zone(name)
        for at, by in changes(zone):
            found.setdefault((at.astimezone(zone).time(), by), (name, at, by))
    return list(found.values())


def test_a_daily_time_comes_once_for_every_day_whatever_the_clocks_do_anywhere() -> None:
    assert {by for _, _, by in kinds_of_change()} >= {HOUR, -HOUR, HOUR / 2, -HOUR / 2}
    for name, at, by in kinds_of_change():
        zone = zones.zone(name)
        around = at.astimezone(zone).replace(tzinfo=None)
        first = UnixMs(round((at - timedelta(days=3)).timestamp() * 1000))
        for minutes in range(-90, 91, 30):
            reading = (around + timedelta(minutes=minutes)).time()
            moments = next_moments(Cron(f"{reading.minute} {reading.hour} * * *"), first, zone, 6)
            # At the time itself, or so much later where no clock shows it: that may be on the next day.
            seen = [shown(one, zone) for one in moments]
            meant = [one if one.time() == reading else one - by for one in seen]
            assert {one.time() for one in meant} == {reading}, (name, at, reading)
            assert all(later - sooner == timedelta(days=1) for sooner, later in itertools.pairwise(meant)), (
                name,
                meant,
            )


def test_an_hourly_time_comes_whenever_a_clock_shows_its_minute() -> None:
    for name, at, by in kinds_of_change():
        zone = zones.zone(name)
        start = UnixMs(round((at - 3 * HOUR).timestamp() * 1000))
        minutes = (UnixMs(start + minute * 60_000) for minute in range(1, 6 * 60))
        expected = [one for one in minutes if shown(one, zone).minute == 30]
        assert next_moments(Cron("30 * * * *"), start, zone, len(expected)) == expected, (name, at, by)


@given(
    st.sampled_from(
        (
            Cron("30 2 * * *"), Cron("0 8 * * 1-5"), Cron("0,30 1-3 * * *"), Cron("15 */2 * * *"), Cron("5 * * * sun"),
            Monthly(31, (), time(2, 30)), Monthly(29, (2,), time(9)), EveryDays(3, date(2026, 1, 1), time(2, 30)),
            Every(90, UnixMs(0)),
        )
    ),
    st.integers(0, 1000),
    st.integers(-4 * 24 * 60, 24 * 60),
)  # fmt: skip
def test_the_next_time_is_the_same_from_wherever_one_looks(rule: Rule, change: int, minutes: int) -> None:
    name, at, _ = kinds_of_change()[change % len(kinds_of_change())]
    zone = zones.zone(name)
    start = UnixMs(round((at + timedelta(minutes=minutes)).timestamp() * 1000))
    moments = next_moments(rule, start, zone, 4)
    assert moments == sorted(set(moments))
    for sooner, later in itertools.pairwise([start, *moments]):
        assert next_moment(rule, sooner, zone) == later
        assert next_moment(rule, UnixMs(later - 1), zone) == later


@pytest.mark.parametrize("day", [1, 28, 29, 30, 31])
def test_a_day_of_the_month_is_its_last_one_where_the_month_is_too_short(day: int) -> None:
    found = [shown(one, UTC) for one in next_moments(Monthly(day, (), time(9)), moment(2027, 1, 1), UTC, 24)]
    assert [(one.year, one.month) for one in found] == [
        (year, month) for year in (2027, 2028) for month in range(1, 13)
    ]
    for one in found:
        following = (one.replace(day=1) + timedelta(days=32)).replace(day=1)
        assert one.day == min(day, (following - timedelta(days=1)).day)


@pytest.mark.parametrize(
    ("fields", "first"),
    [
        ("0 8 * * 1-5", (2026, 11, 30, 8)),
        ("0 8 * * 0", (2026, 11, 29, 8)),
        ("0 8 * * 7", (2026, 11, 29, 8)),
        ("0 8 * * fri-sun", (2026, 11, 28, 8)),
        # Of two restricted kinds of days either will do.
        ("0 8 13 * 5", (2026, 12, 4, 8)),
        ("0 8 13 * *", (2026, 12, 13, 8)),
        ("*/20 9 1 jan *", (2027, 1, 1, 9)),
        ("0 0 29 2 *", (2028, 2, 29, 0)),
    ],
)
def test_five_fields_are_read_as_cron_reads_them(fields: str, first: tuple[int, ...]) -> None:
    assert next_moment(Cron(fields), moment(2026, 11, 27, 12), UTC) == moment(*first)


@pytest.mark.parametrize("fields", ["61 * * * *", "* * * * 8", "* * * * montag", "* * 0 * *", "0 8 * * 5-x"])
def test_fields_that_say_nothing_are_refused(fields: str) -> None:
    with pytest.raises(NoSuchTime):
        next_moment(Cron(fields), moment(2026, 1, 1), UTC)


def test_a_day_that_never_comes_has_no_time() -> None:
    assert next_moment(Cron("0 0 30 2 *"), moment(2026, 1, 1), UTC) is None
    assert next_moment(Once(moment(2025, 1, 1)), moment(2026, 1, 1), UTC) is None


def test_what_comes_too_often_is_known() -> None:
    assert too_often(Cron("* * * * *"), moment(2026, 1, 1), UTC)
    assert too_often(Cron("0,1 8 * * *"), moment(2026, 1, 1), UTC)
    assert not too_often(Cron("*/5 * * * *"), moment(2026, 1, 1), UTC)
    assert too_often(Every(4, UnixMs(0)), moment(2026, 1, 1), UTC)


@pytest.mark.parametrize(
    "rule",
    [
        Once(UnixMs(5)), Every(90, UnixMs(7)), EveryDays(14, date(2026, 1, 5), time(2, 30)), Monthly(31, (), time(9)),
        Monthly(24, (6, 12), time(18)), Cron("0 8 * * 1-5"),
    ],
)  # fmt: skip
def test_a_rule_is_kept_as_text(rule: Rule) -> None:
    assert rule_from_text(rule_to_text(rule)) == rule
