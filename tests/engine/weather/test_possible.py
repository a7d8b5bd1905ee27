from __future__ import annotations

import random
from collections import Counter
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.units import HOUR, MINUTE, Nanos
from engine.weather import possible
from engine.weather.climate_day import tenths_celsius, window
from engine.weather.possible import Origin
from tests.engine.weather import katl

OPENS, CLOSES = window(date(2026, 7, 3), -5)


def at(hour: int, minute: int = 51, **fields: object) -> Reading:
    kind = fields.pop("kind", ReportKind.ROUTINE)
    when = Nanos(OPENS + hour * HOUR + minute * MINUTE)
    return Reading(station=StationId("KNYC"), measured_at=when, kind=kind, source="METAR", raw="", **fields)  # type: ignore[arg-type] # fields of a reading by name


def f(whole: int) -> int:
    return tenths_celsius(whole)


def test_a_whole_celsius_body_stays_a_set_and_its_least_meaning_is_the_bound() -> None:
    found = possible.high([at(9, temp_whole_c=22)], OPENS, CLOSES)
    assert (found.bound, found.sampled, found.so_far, found.by_tenths) == (71, (71, 72), (71, 72), False)
    assert found.by is not None
    assert found.by.text == "71 or 72 °F by whole Celsius"


def test_sets_of_a_low_are_read_from_the_other_end() -> None:
    found = possible.low([at(5, temp_whole_c=22), at(6, temp_tenths_c=f(74))], OPENS, CLOSES)
    assert (found.bound, found.so_far) == (72, (71, 72))


def test_a_group_inside_the_day_is_exact_for_its_hours_and_the_moments_in_it_add_nothing() -> None:
    found = possible.high([at(11, temp_whole_c=22), at(12, temp_tenths_c=f(70), max6_tenths_c=f(72))], OPENS, CLOSES)
    assert (found.bound, found.exact, found.sampled) == (72, 72, ())
    assert found.by is not None
    assert found.by.origin is Origin.SIX_HOURS


def test_a_group_across_midnight_caps_and_feeds_nothing() -> None:
    found = possible.high([at(0, temp_tenths_c=f(60), max6_tenths_c=f(75))], OPENS, CLOSES)
    assert (found.bound, found.cap, found.so_far) == (60, 75, tuple(range(60, 76)))
    assert [claim.origin for claim in found.claims] == [Origin.STRADDLING, Origin.TENTHS]


def test_without_a_group_over_some_hour_nothing_caps() -> None:
    groups = [at(0, max6_tenths_c=f(75), temp_tenths_c=f(60)), at(12, max6_tenths_c=f(77))]
    assert possible.high(groups, OPENS, CLOSES).cap is None
    assert possible.high([*groups, at(6, max6_tenths_c=f(61))], OPENS, CLOSES).cap == 77


def test_an_hour_after_the_last_group_lifts_the_cap() -> None:
    groups = [at(0, max6_tenths_c=f(75)), at(6, max6_tenths_c=f(61))]
    assert possible.high([*groups, at(7, temp_tenths_c=f(63))], OPENS, CLOSES).cap is None


def test_the_24_hour_group_and_the_climate_report_are_the_official_values() -> None:
    climate = at(24, 0, kind=ReportKind.CLIMATE, high_f=87)
    found = possible.high([at(23, max24_tenths_c=f(86)), climate], OPENS, CLOSES)
    assert (found.official, found.so_far) == ((86, 87), (86, 87))
    assert [claim.text for claim in found.named] == ["86 °F by 24-hour group", "87 °F by climate report"]


def test_the_minutes_after_the_24_hour_group_may_still_lower_a_low() -> None:
    group = at(23, temp_tenths_c=f(45), max24_tenths_c=f(60), min24_tenths_c=f(42))
    assert possible.low([group], OPENS, CLOSES).official == (41, 42)
    assert possible.high([group], OPENS, CLOSES).official == (60,)
    climate = at(24, 0, kind=ReportKind.CLIMATE, high_f=60, low_f=42)
    assert possible.low([climate], OPENS, CLOSES).official == (42,)
    for told, left in ((41, (41,)), (42, (42,)), (43, (42, 43)), (40, (40, 42))):
        final = at(24, 0, kind=ReportKind.CLIMATE, high_f=60, low_f=told)
        assert possible.low([group, final], OPENS, CLOSES).official == left


def test_nothing_reported_is_nothing_known() -> None:
    found = possible.high([], OPENS, CLOSES)
    assert (found.bound, found.by, found.so_far, found.cap, found.until) == (None, None, (), None, OPENS)


@given(st.lists(st.tuples(st.integers(0, 23), st.integers(-20, 40), st.booleans()), max_size=12), st.randoms())
def test_the_order_of_the_reports_does_not_matter(told: list[tuple[int, int, bool]], order: random.Random) -> None:
    readings = [at(h, temp_whole_c=c) if body else at(h, temp_tenths_c=c * 10) for h, c, body in told]
    mixed = list(readings)
    order.shuffle(mixed)
    for find in (possible.high, possible.low):
        one, other = find(readings, OPENS, CLOSES), find(mixed, OPENS, CLOSES)
        assert (one.bound, one.sampled, one.so_far) == (other.bound, other.sampled, other.so_far)


@pytest.fixture(scope="module")
def days() -> list[katl.Day]:
    return katl.days()


def test_52_real_days_the_official_high_and_low_lie_in_the_set_before_they_are_named(days: list[katl.Day]) -> None:
    sizes: Counter[int] = Counter()
    for day in days:
        readings = [msgspec.structs.replace(r, max24_tenths_c=None, min24_tenths_c=None) for r in day.readings]
        high = possible.high(readings, day.opens, day.closes)
        low = possible.low(readings, day.opens, day.closes)
        assert day.high_f in high.so_far
        assert day.low_f in low.so_far
        sizes.update((len(high.so_far), len(low.so_far)))
    assert sizes[1] == 78  # of 104: the groups leave one degree alone


def test_the_bound_never_recedes_as_reports_come_in(days: list[katl.Day]) -> None:
    for day in days[:6]:
        highs = [possible.high(day.readings[:n], day.opens, day.closes).bound for n in range(1, len(day.readings))]
        known = [bound for bound in highs if bound is not None]
        assert known == sorted(known)
