"""Fields of the simulated models: one throw a run, on the grids of the real ones."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.units import HOUR, Nanos
from engine.sandbox import day
from engine.sandbox.model_runs import HALF, ModelRuns
from engine.sandbox.sky import minute_of
from engine.weather.grids import HRRR

RUN = Nanos(day.START - day.START % HOUR)


@pytest.fixture
def runs(world) -> ModelRuns:
    skies, outlook = world(1)[:2]
    return ModelRuns(outlook, skies[0])


def test_a_total_is_the_sum_of_its_hours(runs: ModelRuns) -> None:
    hours = sum(runs.rain(RUN, hour, hour + 1).values for hour in range(9))
    total = runs.rain(RUN, 0, 9).values
    assert total == pytest.approx(hours)
    assert total.max() > 1.0


def test_a_field_lies_on_the_models_grid_around_home(runs: ModelRuns, world) -> None:
    home = world(1)[0][0].region.home
    field = runs.kelvin(RUN, 3)
    assert (field.grid, field.values.shape) == (HRRR, (2 * HALF + 1, 2 * HALF + 1))
    i, j = HRRR.ij(np.array([home.lat]), np.array([home.lon]))
    assert abs(i[0] - field.i0 - HALF) <= 0.5
    assert abs(j[0] - field.j0 - HALF) <= 0.5
    coarse = runs.kelvin(RUN, 3, coarse=True)
    there = coarse.at(np.array([home.lat]), np.array([home.lon]))[0]
    assert there == pytest.approx(field.at(np.array([home.lat]), np.array([home.lon]))[0], abs=2.5)


def test_temperatures_are_the_days_own_but_for_the_runs_error(runs: ModelRuns, world) -> None:
    sky = world(1)[0][0]
    field = runs.kelvin(RUN, 2)
    truth, column = sky.at(minute_of(Nanos(RUN + 2 * HOUR)))
    lat, lon = np.array([sky.region.home.lat]), np.array([sky.region.home.lon])
    assert field.at(lat, lon)[0] * 1.8 - 459.67 == pytest.approx(float(truth.fahrenheit[0, column]), abs=8.0)


def test_members_differ_and_a_run_repeats_itself(runs: ModelRuns, world) -> None:
    amounts = [runs.rain(RUN, 0, 12, member, coarse=True).values.sum() for member in range(5)]
    assert len(set(amounts)) > 1
    skies, outlook = world(1)[:2]
    again = ModelRuns(outlook, skies[0]).rain(RUN, 0, 12, 3, coarse=True).values.sum()
    assert again == pytest.approx(amounts[3])


def test_temperatures_lie_wider_apart_further_ahead(runs: ModelRuns) -> None:
    apart = [float(runs.spread(hour).values[0, 0]) for hour in (0, 3, 12, 24)]
    assert apart == sorted(apart)
    assert apart[2] == apart[3]


def test_gusts_blow_everywhere(runs: ModelRuns) -> None:
    assert 3.0 < float(runs.gust(RUN, 2).values.min()) < 30.0
