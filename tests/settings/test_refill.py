"""When balances are brought back, and how that is written."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import SettingsError
from bot.domain.ids import UnixMs
from bot.domain.refill import NO_REFILL, Refill
from bot.settings import load_settings

moments = st.datetimes(datetime(2001, 1, 1), datetime(2199, 12, 31)).map(  # noqa: DTZ001
    lambda at: UnixMs(int(at.replace(tzinfo=UTC).timestamp() * 1000))
)
refills = st.builds(Refill, st.sampled_from(("weekly", "monthly")), st.integers(1, 999_999_999))


@given(refills, moments)
def test_a_period_lasts_until_the_next_starts_and_has_a_name_of_its_own(refill: Refill, now: UnixMs) -> None:
    start = refill.next_start(now)
    assert now < start
    assert refill.period(UnixMs(start - 1)) == refill.period(now) != refill.period(start)
    begins = datetime.fromtimestamp(start / 1000, UTC)
    assert begins.time() == datetime.min.time()
    assert begins.weekday() == 0 if refill.every == "weekly" else begins.day == 1
    length = timedelta(milliseconds=refill.next_start(start) - start)
    assert length == timedelta(days=7) if refill.every == "weekly" else 28 <= length.days <= 31


@given(refills)
def test_what_is_written_is_read(refill: Refill) -> None:
    assert Refill.parse(str(refill)) == refill
    assert Refill.parse(f" {refill} ".upper()) == refill


@pytest.mark.parametrize("text", ["none", "off", "NONE", "never", ""])
def test_none_is_none(text: str, tmp_path: object) -> None:
    settings = load_settings({"REFILL": text}, tmp_path)  # type: ignore[arg-type]
    assert settings.refill == NO_REFILL
    assert str(settings.refill) == "none"


@pytest.mark.parametrize("text", ["daily:5", "weekly", "weekly:0", "monthly:-3", "monthly:4,000", "4000", "weekly:1e3"])
def test_anything_else_is_refused_with_its_cure(text: str, tmp_path: object) -> None:
    with pytest.raises(SettingsError, match="Write none, weekly:N or monthly:N"):
        load_settings({"REFILL": text}, tmp_path)  # type: ignore[arg-type]
