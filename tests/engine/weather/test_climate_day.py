from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.units import HOUR, MINUTE, Nanos
from engine.core.when import iso
from engine.weather import climate_day
from engine.weather.climate_day import fahrenheit, fahrenheit_set, high, low, tenths_celsius, window
from tests.engine.weather import katl

OPENS, CLOSES = window(date(2026, 7, 3), -5)


def at(hour: int, minute: int = 51, **fields: object) -> Reading:
    kind = fields.pop("kind", ReportKind.ROUTINE)
    when = Nanos(OPENS + hour * HOUR + minute * MINUTE)
    return Reading(station=StationId("KNYC"), measured_at=when, kind=kind, source="METAR", raw="", **fields)  # type: ignore[arg-type] # fields of a reading by name


def climate(high_f: int | None = None, low_f: int | None = None) -> Reading:
    return at(24, 0, kind=ReportKind.CLIMATE, high_f=high_f, low_f=low_f)


def test_the_day_is_local_standard_time_in_summer_too() -> None:
    assert [iso(t) for t in window(date(2026, 7, 3), -5)] == ["2026-07-03T05:00:00Z", "2026-07-04T05:00:00Z"]


@given(st.integers(-(10**18), 4 * 10**18), st.integers(-12, 14))
def test_every_instant_lies_in_its_day(instant: int, offset: int) -> None:
    opens, closes = climate_day.window_at(Nanos(instant), offset)
    assert opens <= instant < closes


@given(st.integers(-80, 130))
def test_exact_groups_carry_whole_fahrenheit(whole_f: int) -> None:
    assert fahrenheit(tenths_celsius(whole_f)) == whole_f


@given(st.integers(-80, 130))
def test_a_whole_celsius_body_may_mean_the_degree_it_came_from(whole_f: int) -> None:
    celsius = ((whole_f - 32) * 10 + 9) // 18
    assert whole_f in fahrenheit_set(celsius)


def test_the_settlement_sheets_sets() -> None:
    assert (fahrenheit_set(22), fahrenheit_set(25), fahrenheit_set(-8)) == ((71, 72), (77,), (17, 18))


def test_halves_round_up_below_zero_too() -> None:
    assert (fahrenheit(-175), fahrenheit(25)) == (1, 37)  # 0.5 and 36.5


def test_the_running_high_is_the_highest_exact_group() -> None:
    found = high([at(9, temp_tenths_c=250), at(10, temp_tenths_c=261), at(11, temp_tenths_c=261)], OPENS, CLOSES)
    assert (found.bound, found.bound_at) == (79, at(10).measured_at)
    assert (found.official, found.source, found.candidates) == (None, None, ())


def test_a_whole_celsius_body_feeds_its_lowest_meaning_only() -> None:
    assert high([at(9, temp_whole_c=22)], OPENS, CLOSES).bound == 71
    assert low([at(9, temp_whole_c=22)], OPENS, CLOSES).bound == 72


def test_a_six_hour_group_counts_when_its_hours_lie_inside_the_day() -> None:
    assert high([at(6, max6_tenths_c=300)], OPENS, CLOSES).bound == 86
    assert high([at(0, max6_tenths_c=300)], OPENS, CLOSES).bound is None


def test_neighbouring_days_do_not_count() -> None:
    assert high([at(-1, temp_tenths_c=300), at(24, temp_tenths_c=300)], OPENS, CLOSES).bound is None


def test_the_24_hour_group_of_midnight_is_official() -> None:
    found = high([at(23, max24_tenths_c=300, min24_tenths_c=200)], OPENS, CLOSES)
    assert (found.official, found.source, found.candidates) == (86, "metar24h", (86,))


def test_the_24_hour_group_of_the_midnight_before_belongs_to_the_day_before() -> None:
    assert high([at(-1, max24_tenths_c=300)], OPENS, CLOSES).official is None


def test_a_climate_report_comes_before_the_24_hour_group_and_both_stay_candidates() -> None:
    found = high([at(23, max24_tenths_c=300), climate(high_f=87)], OPENS, CLOSES)
    assert (found.official, found.source, found.candidates) == (87, "cli", (86, 87))


def test_part_of_a_day_has_no_official_high() -> None:
    assert high([at(5, max24_tenths_c=300), climate(87)], OPENS, Nanos(OPENS + 6 * HOUR)).official is None


def test_nothing_reported_is_nothing_known() -> None:
    assert low([], OPENS, CLOSES).bound is None


@pytest.fixture(scope="module")
def days() -> list[katl.Day]:
    return katl.days()


def test_52_real_days_the_24_hour_group_is_the_official_high_on_every_one(days: list[katl.Day]) -> None:
    found = [(high(day.readings, day.opens, day.closes).official, day.high_f) for day in days]
    assert len(found) == 52
    assert all(official == stated for official, stated in found)


def test_52_real_days_the_lower_bound_is_49_times_equal_and_never_above(days: list[katl.Day]) -> None:
    off = Counter((high(d.readings, d.opens, d.closes).bound or 0) - d.high_f for d in days)
    assert off == {0: 49, -1: 2, -2: 1}


def test_52_real_days_the_upper_bound_of_the_low_is_never_below(days: list[katl.Day]) -> None:
    off = Counter((low(d.readings, d.opens, d.closes).bound or 0) - d.low_f for d in days)
    assert off == {0: 49, 1: 3}


def test_the_bound_never_falls_as_reports_come_in(days: list[katl.Day]) -> None:
    for day in days[:6]:
        bounds = [high(day.readings[:n], day.opens, day.closes).bound for n in range(1, len(day.readings))]
        known = [bound for bound in bounds if bound is not None]
        assert known == sorted(known)
