"""Clocks of the wall: every stretch begins once, days are as long as their clock says, standard time never moves."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.core import zone
from engine.core.units import DAY, HOUR, MINUTE, SECOND

CITIES = (
    "America/Chicago", "America/Havana", "Atlantic/Azores", "America/Sao_Paulo", "Asia/Kolkata", "Asia/Kathmandu",
    "Australia/Adelaide", "Europe/Berlin", "America/Phoenix",
)  # fmt: skip
"""Clocks that skip midnight (São Paulo), show it twice (Havana, the Azores), or stand beside the hour."""
ZONES = {name: zone.of(ZoneInfo(name)) for name in CITIES}
SPANS = (SECOND, 5 * SECOND, MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR, DAY)
MOMENTS = st.integers(1_000_000_000, 1_800_000_000).map(lambda s: s * SECOND)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND


@given(MOMENTS, st.sampled_from(CITIES), st.sampled_from(SPANS))
@example(at("2026-11-01T06:30:00"), "America/Chicago", 4 * HOUR)
@example(at("2026-11-01T05:30:00"), "America/Havana", DAY)
@example(at("2018-11-04T03:30:00"), "America/Sao_Paulo", DAY)
def test_a_stretch_holds_its_moments_and_begins_once(moment, city, span) -> None:
    clock = ZONES[city]
    begins = clock.floor(moment, span)
    ends = clock.after(begins, span)
    assert begins <= moment < ends
    assert clock.floor(begins, span) == begins
    assert clock.floor(ends, span) == ends
    assert clock.floor(ends - 1, span) == begins


@given(MOMENTS, st.sampled_from(CITIES))
@example(at("2026-11-01T05:00:00"), "America/Havana")
@example(at("2026-10-25T00:30:00"), "Atlantic/Azores")
@example(at("2018-11-04T02:59:59"), "America/Sao_Paulo")
def test_a_day_is_all_that_bears_its_date(moment, city) -> None:
    clock, info = ZONES[city], ZoneInfo(city)

    def date(when: int) -> object:
        return datetime.fromtimestamp(when // SECOND, info).date()

    begins = clock.floor(moment, DAY)
    assert date(begins) == date(moment)
    assert date(begins - SECOND) < date(moment)
    assert date(clock.after(begins, DAY)) > date(moment)


def test_days_of_summer_time_are_as_long_as_the_clock_says() -> None:
    chicago = ZONES["America/Chicago"]
    lengths = {}
    for day in ("2026-03-08", "2026-07-04", "2026-11-01"):
        begins = chicago.floor(at(f"{day}T18:00:00"), DAY)
        lengths[day] = (chicago.after(begins, DAY) - begins) // HOUR
    assert lengths == {"2026-03-08": 23, "2026-07-04": 24, "2026-11-01": 25}


def test_an_hour_told_twice_is_two() -> None:
    chicago = ZONES["America/Chicago"]
    first, second = at("2026-11-01T06:15:00"), at("2026-11-01T07:15:00")
    assert str(chicago.wall(first)) == str(chicago.wall(second)) == "2026-11-01 01:15:00"
    assert (chicago.name(first // SECOND), chicago.name(second // SECOND)) == ("CDT", "CST")
    assert chicago.floor(second, HOUR) - chicago.floor(first, HOUR) == HOUR


@pytest.mark.parametrize(("hours", "name"), [(0, "UTC"), (-6, "UTC−6"), (5.5, "UTC+5:30"), (-3.5, "UTC−3:30")])
def test_standard_time_stands_still_and_says_where(hours, name) -> None:
    clock = zone.fixed(hours)
    assert [clock.offset(at(f"2026-{month}-15T12:00:00")) for month in ("01", "07")] == [round(hours * HOUR)] * 2
    assert clock.name(0) == name


def test_a_name_that_is_no_short_word_is_told_as_an_offset() -> None:
    assert ZONES["America/Sao_Paulo"].name(at("2026-01-01T00:00:00") // SECOND) == "UTC−3"
    assert ZONES["Asia/Kathmandu"].name(at("2026-01-01T00:00:00") // SECOND) == "UTC+5:45"


@pytest.mark.parametrize(
    ("span", "known"), [(SECOND, True), (15 * MINUTE, True), (7 * MINUTE, False), (5 * HOUR, False), (7 * DAY, True)]
)
def test_spans_that_part_an_hour_or_a_day(span, known) -> None:
    assert zone.is_span(span) is known
