from __future__ import annotations

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.ids import StationId
from engine.core.reading import Reading, ReportKind
from engine.core.units import HOUR, MINUTE, Nanos
from engine.weather import residual
from engine.weather.climate_day import tenths_celsius, window
from engine.weather.residual import Sky

OPENS, CLOSES = window(date(2026, 7, 3), -5)
PLACE = 40.78, -73.97


def at(hour: int, fahrenheit: int) -> Reading:
    when = Nanos(OPENS + hour * HOUR + 51 * MINUTE)
    return Reading(
        station=StationId("KNYC"),
        measured_at=when,
        kind=ReportKind.ROUTINE,
        source="METAR",
        raw="",
        temp_tenths_c=tenths_celsius(fahrenheit),
    )


def seen(hour: float, now_f: float = 80.0, edge_f: float = 80.0) -> Sky:
    return Sky(OPENS, hour, 24.0 - hour, now_f, edge_f, None, None, math.pi)


def mean(sign: int, sky: Sky) -> float:
    return math.fsum(part.weight * part.mean for part in residual.ahead(sign, sky))


def spread(sign: int, sky: Sky) -> float:
    return math.sqrt(math.fsum(part.weight * part.sd**2 for part in residual.ahead(sign, sky)))


def test_a_sky_is_the_last_report_with_its_trend() -> None:
    found = residual.sky(1, [at(8, 70), at(9, 72), at(10, 75), at(11, 79), at(12, 78)], OPENS, CLOSES, *PLACE)
    assert found is not None
    assert (found.now_f, found.edge_f, found.last_hour, found.last_three) == (78.0, 79.0, -1.0, 6.0)
    assert found.left == pytest.approx(24 - 12.85)
    assert found.hour == pytest.approx(12.85 + 5 - 73.97 / 15)


def test_reports_of_the_evening_before_tell_the_trend_and_not_the_extreme() -> None:
    found = residual.sky(1, [at(-1, 80), at(0, 70)], OPENS, CLOSES, *PLACE)
    assert found is not None
    assert (found.edge_f, found.last_hour, found.last_three) == (70.0, -10.0, None)


def test_without_a_report_of_the_day_there_is_no_sky() -> None:
    assert residual.sky(1, [at(-1, 80), at(24, 70)], OPENS, CLOSES, *PLACE) is None


@given(st.sampled_from([1, -1]), st.floats(0.0, 23.99), st.floats(-30.0, 110.0), st.floats(-40.0, 40.0))
def test_a_law_ahead_is_sound_at_every_hour(sign: int, hour: float, now_f: float, off: float) -> None:
    parts = residual.ahead(sign, seen(hour, now_f, now_f + off))
    assert math.fsum(part.weight for part in parts) == pytest.approx(1.0)
    assert all(part.sd > 0.0 and math.isfinite(part.mean) for part in parts)
    assert 0.0 <= residual.open_share(sign, hour) <= 1.0


@given(st.floats(9.0, 16.0), st.floats(0.0, 1.0))
def test_from_the_forenoon_to_the_afternoon_less_is_still_to_come(hour: float, later: float) -> None:
    assert mean(1, seen(hour + later)) <= mean(1, seen(hour)) + 1e-9
    assert residual.open_share(1, hour + later) <= residual.open_share(1, hour) + 1e-9


@pytest.mark.parametrize(
    ("sign", "hour", "phase"),
    [
        (1, 0.0, "pre_peak"), (1, 9.0, "pre_peak"), (1, 12.0, "pre_peak"), (1, 13.0, "peak"), (1, 14.5, "peak"),
        (1, 15.0, "post_peak"), (1, 23.9, "post_peak"), (-1, 3.0, "pre_peak"), (-1, 6.0, "peak"),
        (-1, 9.0, "post_peak"),
    ],
)  # fmt: skip
def test_the_phase_of_the_day_follows_from_the_hour(sign: int, hour: float, phase: str) -> None:
    assert residual.phase(sign, hour).value == phase


def test_the_same_clock_is_another_phase_where_the_sun_stands_otherwise() -> None:
    east, west = (residual.sky(1, [at(12, 70)], OPENS, CLOSES, 40.0, place) for place in (-80.0, -97.0))
    assert east is not None
    assert west is not None
    assert (residual.phase(1, east.hour).value, residual.phase(1, west.hour).value) == ("peak", "pre_peak")


def test_the_day_ends_with_nothing_to_come() -> None:
    last = seen(23.999)
    assert mean(1, last) == pytest.approx(80.0, abs=0.01)
    assert spread(1, last) < 0.1


def test_it_warms_in_the_forenoon_and_cools_in_the_evening() -> None:
    assert residual.pace(seen(10.0)).drift > 0.0 > residual.pace(seen(18.0)).drift


@given(st.floats(0.0, 23.9), st.floats(-2.0, 2.0))
def test_the_suns_hour_counts_by_day_and_the_clocks_at_night(clock: float, off: float) -> None:
    hour = residual.hour_of(clock, clock + off)
    assert 0.0 <= hour < 24.0
    if clock >= residual.CLOCK:
        assert hour == pytest.approx(clock)
    elif 2.0 <= clock <= residual.SUNNY:
        assert hour == pytest.approx(clock + off)
