"""What every model's fields become: runs that hold a window, laws, events."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.contract import Metric
from engine.core.units import HOUR, MINUTE, Nanos
from engine.core.when import instant, iso
from engine.sources import forecasts
from engine.sources.forecasts import NotCarried, Wanted, candidates
from engine.sources.hrrr import horizon
from engine.weather.forecast import Z90
from engine.weather.gridded import Samples
from tests.engine.sources.bucket import CELLS, MDW, NYC

NOON = instant("2026-07-01T12:00:00Z")
RAIN = Wanted(Metric.PRECIPITATION, Nanos(NOON + 3 * HOUR), Nanos(NOON + 6 * HOUR), CELLS[:2])


def hrrr(now: Nanos, opens: Nanos, closes: Nanos, most: int = 6):
    return candidates(now, opens, closes, every=1, after=50, horizon=horizon, most=most)


def test_a_run_is_looked_for_fifty_minutes_after_its_hour() -> None:
    early, late = (hrrr(Nanos(NOON + m * MINUTE), RAIN.opens, RAIN.closes) for m in (49, 50))
    assert [iso(early[0].run)[11:16], iso(late[0].run)[11:16]] == ["11:00", "12:00"]
    assert (late[0].first, late[0].last) == (3, 6)


def test_a_run_holds_the_whole_window_or_is_none_of_them() -> None:
    day = instant("2026-07-01T06:00:00Z"), instant("2026-07-02T06:00:00Z")
    found = hrrr(instant("2026-07-01T20:00:00Z"), *day)
    assert [iso(one.run)[5:13] for one in found] == ["07-01T06", "07-01T00", "06-30T18", "06-30T12", "06-30T06"]
    assert [(one.first, one.last) for one in found] == [(0, 24), (6, 30), (12, 36), (18, 42), (24, 48)]


@given(st.integers(0, 96), st.integers(0, 40), st.integers(1, 24))
def test_every_run_is_out_by_then_begins_before_the_window_and_reaches_its_end(
    now: int, ahead: int, length: int
) -> None:
    at = Nanos(NOON + now * HOUR)
    opens = Nanos(at + ahead * HOUR)
    closes = Nanos(opens + length * HOUR)
    for one in hrrr(at, opens, closes):
        assert one.run + 50 * MINUTE <= at
        assert one.run + one.first * HOUR == opens
        assert one.run + one.last * HOUR == closes
        assert one.last <= horizon(one.run // HOUR % 24)


def test_members_become_quantiles_and_cells_without_a_value_are_left_out() -> None:
    members = np.array([[1.0, np.nan], [2.0, 1.0], [3.0, 1.0]])
    samples = Samples(members[0], np.array([2.0, 2]), np.array([4.0, 4]), np.array([1.0, 1]), np.array([9, 0]))
    event = forecasts.grid_event(RAIN, NOON, "HRRR 12Z", forecasts.of_members(members), samples, spread="3 runs")
    (cell,) = event.cells
    assert (cell.cell, cell.p10, cell.p50, cell.p90) == (CELLS[0], 1.2, 2.0, 2.8)
    assert cell.around is not None
    assert (cell.around.mean, cell.around.most, cell.around.least, cell.around.count) == (2.0, 4.0, 1.0, 9)
    assert (event.unit, event.radius_km, event.run, event.spread) == ("mm", 5.0, "HRRR 12Z", "3 runs")


def test_a_run_that_reaches_no_cell_is_no_forecast() -> None:
    with pytest.raises(NotCarried, match="HRRR 12Z does not reach any of the cells"):
        forecasts.grid_event(RAIN, NOON, "HRRR 12Z", np.full((3, 2), np.nan), None, spread="")


def test_a_spread_is_the_ensembles_but_never_less_than_the_usual_error() -> None:
    assert forecasts.sigma_f(6.0, np.array([1.0, 4.0, np.nan]), 3).tolist() == [2.1, 4.0, 2.1]
    assert forecasts.sigma_f(32.0, None, 2).tolist() == [2.7, 2.7]


def test_degrees_that_nobody_has_ever_measured_are_no_forecast() -> None:
    quantiles = np.stack([forecasts.about(np.array([at]), np.array([2.0])) for at in (9_999.0, 80.0, -459.67)])
    times = [Nanos(NOON + hour * HOUR) for hour in range(3)]
    (made,) = forecasts.station_events([MDW], quantiles, times, NOON, "HRRR 12Z", "usual error")
    assert [(hour.valid_at, hour.p50) for hour in made.hours] == [(times[1], 80.0)]


def test_stations_a_model_does_not_reach_have_no_forecast() -> None:
    quantiles = np.stack([forecasts.about(np.array([80.0, np.nan]), np.array([2.0, 2.0]))])
    (made,) = forecasts.station_events([MDW, NYC], quantiles, [NOON], NOON, "HRRR 12Z", "usual error")
    assert (made.station, made.hours[0].p50, made.hours[0].p90) == ("KMDW", 80.0, round(80 + 2 * Z90, 2))
