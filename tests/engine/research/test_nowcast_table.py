from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from engine.core.errors import InputError
from engine.core.units import Nanos
from engine.core.when import at_minute
from engine.research import climate_fit, days, nowcast_fit, nowcast_table
from engine.research.scoring import Tally, brier, reliability
from engine.weather import climatology, degrees, residual
from engine.weather.degrees import Degrees
from tests.shared import shared

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder() -> Path:
    if shutil.which("zstd") is None:
        pytest.skip("needs the zstd program")
    return shared("data/weather-daily-highs").parents[1]


def test_a_certain_truth_scores_0_and_a_certain_error_2() -> None:
    assert brier(degrees.sure(70), 71) == 0.0  # one bracket
    assert brier(degrees.sure(70), 72) == 2.0
    assert brier(Degrees(70, (0.5, 0.0, 0.5)), 70) == 0.5


def test_a_tally_is_the_mean_of_its_days() -> None:
    tally = Tally()
    tally.add(degrees.sure(70), 70)
    tally.add(degrees.sure(70), 74)
    assert (tally.n, tally.covered, tally.size, tally.mean_crps, tally.mean_brier) == (2, 0.5, 1.0, 2.0, 1.0)


def test_reliability_counts_how_often_what_was_given_a_chance_came() -> None:
    (low, high) = reliability([(0.25, True), (0.27, False), (1.0, True)])
    assert (low.low, low.n, low.said, low.came) == (0.2, 2, pytest.approx(0.26), 0.5)
    assert (high.high, high.n, high.came) == (1.0, 1, 1.0)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="acis_daily_high"):
        days.officials(tmp_path)


def test_the_shipped_table_is_the_one_the_days_give(folder: Path) -> None:
    fitted = nowcast_fit.table(nowcast_fit.lessons(1, nowcast_fit.courses(folder)))
    for shipped, row in zip(residual.TABLES[1], fitted, strict=True):
        assert row.base == pytest.approx(shipped.base, abs=0.05)
        assert row.sd == pytest.approx(shipped.sd, rel=0.05)


def test_days_without_an_hour_are_left_out_and_chicago_altogether(folder: Path) -> None:
    told = days.reanalysis(folder)
    assert {day.series for day in told} == set(days.CITIES)
    assert len(told) == 1368


def test_a_forecast_makes_the_nowcast_no_worse(folder: Path) -> None:
    board = nowcast_table.four_cities(folder).board
    assert board[nowcast_table.BOTH, 12].n == 12
    for clock in (12, 15, 18):
        both = board[nowcast_table.BOTH, clock]
        assert both.mean_crps < board[nowcast_table.FORECAST, clock].mean_crps
        assert both.mean_crps < board[nowcast_table.OURS, clock].mean_crps + 0.05
        assert both.covered >= 0.8


def test_the_shipped_climatology_holds_eight_tenths_of_the_days(folder: Path) -> None:
    inside, n = 0, 0
    for (series, day), high in days.officials(folder).items():
        usual = climatology.high(climate_fit.STATIONS[series], residual.season(Nanos(at_minute(day, 12, 0)), 1.0))
        assert usual is not None
        inside, n = inside + (usual.p10 <= high <= usual.p90), n + 1
    assert n == 27_036
    assert 0.77 < inside / n < 0.83


def test_the_hazard_of_a_new_high_means_what_it_says(folder: Path) -> None:
    pairs = nowcast_table.hazards(folder)
    share = sum(came for _, came in pairs) / len(pairs)
    assert len(pairs) > 800
    assert sum(chance for chance, _ in pairs) / len(pairs) == pytest.approx(share, abs=0.05)
    assert sum((chance - came) ** 2 for chance, came in pairs) / len(pairs) < 0.5 * share * (1.0 - share)
