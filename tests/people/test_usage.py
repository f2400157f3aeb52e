"""What was used, by the days of whoever looks: nothing is lost or counted twice, whatever their clocks do."""

import sqlite3
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ids import PersonId, UnixMs
from bot.people.usage import Period, Report, days_of, report, spans_of
from bot.texts import moments
from storage.programs import Program

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia")
FIRST = datetime(2011, 12, 1, tzinfo=UTC)
SHIFTS = [datetime(2026, month, day, 12, tzinfo=UTC) for month, day in ((3, 29), (10, 25), (4, 5), (11, 1))]
MOMENTS = st.one_of(
    st.sampled_from(SHIFTS), st.integers(0, 160_000).map(lambda hours: FIRST + timedelta(hours=hours))
)  # fmt: skip


def at(moment: datetime) -> UnixMs:
    return UnixMs(int(moment.timestamp() * 1000))


@given(now=MOMENTS, zone=st.sampled_from(ZONES), period=st.sampled_from(Period), back=st.integers(0, 3_000))
def test_every_moment_of_a_period_is_in_one_span(now: datetime, zone: str, period: Period, back: int) -> None:
    its_zone = moments.zone_of(zone)
    first = at(now - timedelta(days=back))
    today = moments.local(at(now), its_zone).date()
    for spans in (list(spans_of(period, first, at(now), its_zone)), list(days_of(period, first, at(now), its_zone))):
        names = [span.name for span in spans]
        assert names == sorted(set(names)), "in order, and none twice"
        assert all(one.until == other.since for one, other in pairwise(spans)), "without a gap"
        assert all(span.since <= span.until for span in spans)
        assert spans[0].since <= max(first, spans[0].since) <= at(now) < spans[-1].until
        begins = moments.local(spans[0].since, its_zone)
        assert (begins.hour, begins.minute) == (0, 0) or begins.utcoffset() != (begins - timedelta(1)).utcoffset()
        if period.days is not None:
            assert begins.date() == today - timedelta(days=period.days - 1)
        else:
            assert spans[0].since <= first


def looked(period: Period, now: datetime, zone: str, *used: tuple[datetime, str, int]) -> Report:
    """The report of somebody who used so many tokens of these models at these moments."""
    raw = sqlite3.connect(":memory:")
    raw.execute("CREATE TABLE usage (person, model, input_tokens, cached_tokens, output_tokens, microusd, at)")
    for moment, model, tokens in used:
        raw.execute("INSERT INTO usage VALUES (1, ?, ?, 0, 0, NULL, ?)", (model, tokens, at(moment)))
    return run(raw, report(period, PersonId(1), at(now), moments.zone_of(zone)))


def run(raw: sqlite3.Connection, program: Program[Report]) -> Report:
    rows = None
    try:
        while True:
            asked = program.send(rows)  # type: ignore[arg-type]
            assert isinstance(asked, tuple)
            rows = raw.execute(*asked).fetchall()
    except StopIteration as ended:
        made: Report = ended.value
        return made


def test_a_day_begins_at_midnight_where_somebody_is() -> None:
    now = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)
    late, early = datetime(2026, 11, 28, 22, 59, tzinfo=UTC), datetime(2026, 11, 28, 23, 0, tzinfo=UTC)
    week = looked(Period.WEEK, now, "Europe/Berlin", (late, "m", 1), (early, "m", 2))
    assert {span.name: span.used.tokens for span in week.spans if span.models} == {"2026-11-28": 1, "2026-11-29": 2}
    assert (week.first, week.last, week.used.answers, week.used.unpriced) == (
        date(2026, 11, 24),
        date(2026, 11, 30),
        2,
        2,
    )
    assert looked(Period.DAY, now, "Europe/Berlin", (early, "m", 2)).models == ()


def test_all_there_is_is_shown_by_days_then_by_months() -> None:
    now = datetime(2026, 11, 29, tzinfo=UTC)
    ago = [(now - timedelta(days=days), "m", 1) for days in (30, 31, 400)]
    assert len(looked(Period.ALL, now, "", ago[0]).spans) == 31
    assert [span.name for span in looked(Period.ALL, now, "", ago[1]).spans] == ["2026-10", "2026-11"]
    long = looked(Period.ALL, now, "", ago[2])
    assert (long.first, len(long.spans)) == (date(2025, 10, 25), 14)
    assert looked(Period.ALL, now, "").models == ()


def test_the_model_that_used_most_comes_first() -> None:
    now = datetime(2026, 11, 29, 12, tzinfo=UTC)
    used = [(now, name, tokens) for name, tokens in (("b", 1), ("c", 2), ("a", 1))]
    assert [name for name, _ in looked(Period.DAY, now, "", *used).models] == ["c", "a", "b"]
