"""What was used, by the days of whoever looks: nothing is lost or counted twice, whatever their clocks do."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ids import UnixMs
from bot.people.usage import Period, Report, began, report
from bot.texts import moments
from storage.usage import NOTHING_USED, Share, Used

QUARTER_MS = 900_000
ONE = Used(1, 80, 20, 30, 500, 0)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia")
FIRST = datetime(2020, 1, 1, tzinfo=UTC)
SHIFTS = [datetime(2026, month, day, 12, tzinfo=UTC) for month, day in ((3, 29), (10, 25), (4, 5), (11, 1))]


def at(moment: datetime) -> UnixMs:
    return UnixMs(int(moment.timestamp() * 1000))


def looked(period: Period, now: datetime, zone: str, *shares: Share) -> Report:
    return report(period, shares, at(now), moments.zone_of(zone))


@given(
    now=st.one_of(st.sampled_from(SHIFTS), st.integers(0, 90_000).map(lambda hours: FIRST + timedelta(hours=hours))),
    zone=st.sampled_from(ZONES),
    period=st.sampled_from(Period),
    back=st.lists(st.integers(0, 400 * 96), max_size=20),
    model=st.sampled_from(("a", "b")),
)
def test_every_share_of_a_period_is_in_one_span_of_its_own(
    now: datetime, zone: str, period: Period, back: list[int], model: str
) -> None:
    its_zone = moments.zone_of(zone)
    since = began(period, at(now), its_zone)
    quarter = at(now) - at(now) % QUARTER_MS
    times = sorted({quarter - each * QUARTER_MS for each in back})
    shares = [Share(UnixMs(time), model, ONE) for time in times if time >= since]
    made = report(period, shares, at(now), its_zone)
    used = sum((share.used for share in shares), NOTHING_USED)
    assert made.used == used
    assert sum((span.used for span in made.spans), NOTHING_USED) == used
    names = [span.name for span in made.spans]
    assert names == sorted(set(names)), "in order, and none twice"
    assert made.last == moments.local(at(now), its_zone).date()
    if period.days is not None:
        assert len(made.spans) == (24 if period is Period.DAY else period.days)
        assert made.first == made.last - timedelta(days=period.days - 1)


def test_a_day_begins_at_midnight_where_somebody_is() -> None:
    now = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)
    assert began(Period.DAY, at(now), moments.zone_of("Europe/Berlin")) == at(datetime(2026, 11, 29, 23, tzinfo=UTC))
    assert began(Period.WEEK, at(now), moments.zone_of("")) == at(datetime(2026, 11, 23, tzinfo=UTC))
    late = Share(at(datetime(2026, 11, 28, 22, 45, tzinfo=UTC)), "m", ONE)
    early = Share(at(datetime(2026, 11, 28, 23, 0, tzinfo=UTC)), "m", ONE)
    week = looked(Period.WEEK, now, "Europe/Berlin", late, early)
    assert {span.name for span in week.spans if span.models} == {"2026-11-28", "2026-11-29"}


def test_all_there_is_is_shown_by_days_then_by_months() -> None:
    now = datetime(2026, 11, 29, tzinfo=UTC)
    ago = [Share(at(now - timedelta(days=days)), "m", ONE) for days in (30, 31, 400)]
    assert len(looked(Period.ALL, now, "", ago[0]).spans) == 31
    assert [span.name for span in looked(Period.ALL, now, "", ago[1]).spans] == ["2026-10", "2026-11"]
    long = looked(Period.ALL, now, "", ago[2])
    assert (long.first, len(long.spans)) == (date(2025, 10, 25), 14)
    assert looked(Period.ALL, now, "").models == ()


def test_the_model_that_used_most_comes_first() -> None:
    now = datetime(2026, 11, 29, tzinfo=UTC)
    shares = [Share(at(now), name, used) for name, used in (("b", ONE), ("c", ONE + ONE), ("a", ONE))]
    assert [name for name, _ in looked(Period.DAY, now, "", *shares).models] == ["c", "a", "b"]
