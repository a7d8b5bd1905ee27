from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.units import HOUR, Nanos
from engine.core.when import day_start, instant, iso, week_start


def test_an_instant_is_written_with_z_and_no_fraction() -> None:
    assert iso(Nanos(1_783_338_660_000_000_000)) == "2026-07-06T11:51:00Z"


def test_a_fraction_is_written_only_where_there_is_one() -> None:
    assert iso(Nanos(1_500_000_000)) == "1970-01-01T00:00:01.5Z"


@given(st.integers(-2_000_000_000, 4_000_000_000))
def test_whole_seconds_survive_the_round_trip(seconds: int) -> None:
    at = Nanos(seconds * 1_000_000_000)
    assert instant(iso(at)) == at


def test_a_time_without_offset_is_utc_and_one_with_it_is_moved() -> None:
    assert instant("2026-07-06 11:51") == instant("2026-07-06T11:51Z")
    assert instant("2026-07-06T07:51-04:00") == instant("2026-07-06T11:51Z")


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="Invalid isoformat"):
        instant("yesterday")


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59Z", "2400-01-01", "0001-01-01T00:00:00+01:00", "1600-01-01"])
def test_a_time_that_no_journal_could_hold_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="beyond what can be kept"):
        instant(text)


def test_hours_before_the_epoch_have_a_day_too() -> None:
    assert iso(Nanos(-HOUR)) == "1969-12-31T23:00:00Z"


@pytest.mark.parametrize(
    ("at", "day", "week"),
    [
        ("2026-07-03T00:00:00Z", "2026-07-03T00:00:00Z", "2026-06-29T00:00:00Z"),
        ("2026-07-05T23:59:59.999999999Z", "2026-07-05T00:00:00Z", "2026-06-29T00:00:00Z"),
        ("2026-07-06T00:00:00Z", "2026-07-06T00:00:00Z", "2026-07-06T00:00:00Z"),
    ],
)
def test_days_and_weeks_of_results_begin_by_utc_and_on_monday(at: str, day: str, week: str) -> None:
    assert iso(day_start(instant(at))) == day
    assert iso(week_start(instant(at))) == week
