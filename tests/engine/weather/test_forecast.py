from __future__ import annotations

import math
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.contract import Bracket, Contract, EvidenceStation, Metric, Tier, Unit
from engine.core.ids import Cell, StationId
from engine.core.reading import CellQuantiles
from engine.core.units import DAY, Nanos
from engine.weather import forecast
from engine.weather.forecast import Range

BRACKETS = (
    Bracket(label="≤ 84", low=None, high=84),
    Bracket(label="85-86", low=85, high=86),
    Bracket(label="87-88", low=87, high=88),
    Bracket(label="≥ 89", low=89, high=None),
)
MEDIANS = st.floats(-40.0, 110.0)
SPREADS = st.floats(0.0, 20.0)


def law(p50: float, spread: float) -> CellQuantiles:
    return CellQuantiles(cell=Cell("872664521ffffff"), p10=p50 - spread, p50=p50, p90=p50 + spread)


class Quantile(NamedTuple):
    p10: float
    p50: float
    p90: float


def contract(
    metric: Metric = Metric.TEMP_MAX, unit: Unit = Unit.FAHRENHEIT, threshold: str = "88", brackets: tuple = ()
) -> Contract:
    return Contract(
        id="c",
        title="c",
        place="",
        metric=metric,
        unit=unit,
        cell=Cell("872664521ffffff"),
        stations=(EvidenceStation(id=StationId("KMDW"), km=Decimal(1), weight=Decimal(1)),),
        tier=Tier.A,
        opens=Nanos(0),
        closes=Nanos(DAY),
        threshold=None if brackets else Decimal(threshold),
        brackets=brackets,
    )


def test_a_tenth_lies_above_p90() -> None:
    assert forecast.above(law(80.0, 5.0), 85.0) == pytest.approx(0.1)


def test_the_most_honest_two_degree_bin_at_sigma_2_7_holds_29_percent() -> None:
    spread = 2.7 * forecast.Z90
    assert forecast.whole_in(law(85.5, spread), 85, 86) == pytest.approx(0.29, abs=0.005)


@given(MEDIANS, SPREADS)
def test_brackets_that_cover_every_degree_are_a_distribution(p50: float, spread: float) -> None:
    chances = forecast.chances(contract(brackets=BRACKETS), law(p50, spread))
    assert sum(chances) == pytest.approx(1.0)
    assert min(chances) >= 0.0


@given(MEDIANS, SPREADS, st.integers(-50, 120))
def test_what_was_measured_rules_out_all_below_and_keeps_the_sum(p50: float, spread: float, bound: int) -> None:
    known = Range(at_least=bound)
    assert forecast.whole_in(law(p50, spread), None, bound - 1, known) == 0.0
    chances = forecast.chances(contract(brackets=BRACKETS), law(p50, spread), known)
    assert sum(chances) == pytest.approx(1.0)


@given(MEDIANS, SPREADS, MEDIANS)
def test_a_passed_threshold_is_certain(p50: float, spread: float, threshold: float) -> None:
    known = Range(at_least=math.floor(threshold) + 1)
    assert forecast.whole_above(law(p50, spread), threshold, known) == pytest.approx(1.0)


@given(MEDIANS, SPREADS, MEDIANS, st.floats(0.0, 10.0))
def test_a_higher_threshold_is_no_likelier(p50: float, spread: float, threshold: float, more: float) -> None:
    assert forecast.above(law(p50, spread), threshold + more) <= forecast.above(law(p50, spread), threshold)


def test_a_running_low_cuts_from_above() -> None:
    assert forecast.whole_above(law(40.0, 5.0), 38.0, Range(at_most=38)) == 0.0


@given(st.lists(st.tuples(MEDIANS, SPREADS), min_size=1, max_size=20), MEDIANS)
def test_many_cells_at_once_equal_one_at_a_time(laws: list[tuple[float, float]], threshold: float) -> None:
    p50 = np.array([p for p, _ in laws])
    spread = np.array([s for _, s in laws])
    at_once = forecast.above_each(p50 - spread, p50, p50 + spread, threshold)
    singly = [forecast.above(law(p, s), threshold) for p, s in laws]
    assert at_once == pytest.approx(singly, abs=1e-9)


def test_a_cell_without_a_forecast_stays_unknown() -> None:
    nan = np.array([math.nan])
    assert math.isnan(forecast.above_each(nan, nan, nan, 1.0)[0])


def test_yes_and_no_are_complements_and_celsius_is_not_binned() -> None:
    yes, no = forecast.chances(contract(unit=Unit.CELSIUS, threshold="31"), law(31.0, 2.0))
    assert (yes, no) == (pytest.approx(0.5), pytest.approx(0.5))


def test_a_contract_without_terms_is_refused() -> None:
    with pytest.raises(ValueError, match="neither"):
        forecast.chances(contract(threshold="1").__class__(**_fields(threshold=None)), law(1.0, 1.0))


def _fields(**changes: object) -> dict:
    made = contract()
    return {name: getattr(made, name) for name in made.__struct_fields__} | changes


@given(MEDIANS, SPREADS, st.floats(0.1, 5.0))
def test_b_rises_with_the_spread_of_the_forecast(p50: float, spread: float, more: float) -> None:
    narrow = forecast.opening(contract(), law(p50, spread), 100.0)
    wide = forecast.opening(contract(), law(p50, spread + more), 100.0)
    assert narrow.b <= wide.b


def test_rain_divides_by_its_median_in_millimetres() -> None:
    rain = contract(Metric.PRECIPITATION, Unit.MM, "2.5")
    opened = forecast.opening(rain, law(10.0, 5.0), 100.0)
    assert (opened.scale, opened.scale_name) == (10.0, "median")
    assert opened.b == pytest.approx(100.0 * opened.iqr / 10.0)
    inches = contract(Metric.PRECIPITATION, Unit.INCH, "0.1")
    assert forecast.opening(inches, law(10.0 / 25.4, 5.0 / 25.4), 100.0).b == pytest.approx(opened.b)


def test_a_dry_forecast_gives_the_least_b() -> None:
    assert forecast.opening(contract(Metric.PRECIPITATION, Unit.MM, "2.5"), law(0.0, 0.0), 100.0).b == 10.0


def test_a_dry_median_with_a_wet_tail_keeps_its_liquidity() -> None:
    members = CellQuantiles(cell=Cell("872664521ffffff"), p10=0.0, p50=0.0, p90=6.0)  # most members dry, some pour
    opened = forecast.opening(contract(Metric.PRECIPITATION, Unit.MM, "2.5"), members, 100.0)
    assert opened.iqr == pytest.approx(forecast.iqr(members) / 2)  # it cannot rain less than nothing
    assert opened.b == pytest.approx(100.0 * opened.iqr)
    assert opened.b > 100.0
    assert opened.prior[0] > 0.1


def test_no_outcome_opens_below_one_percent() -> None:
    opened = forecast.opening(contract(brackets=BRACKETS), law(60.0, 1.0), 100.0)
    assert min(opened.prior) == pytest.approx(forecast.LEAST_PRIOR)
    assert sum(opened.prior) == pytest.approx(1.0)
    assert opened.worst_case == pytest.approx(opened.b * math.log(1.0 / min(opened.prior)))


def test_an_observation_far_beyond_the_forecast_is_as_good_as_certain() -> None:
    chances = forecast.chances(contract(brackets=BRACKETS), law(40.0, 1.0), Range(at_least=95))
    assert chances == (0.0, 0.0, 0.0, 1.0)


@pytest.mark.parametrize("p10", [math.nan, math.inf, 90.0])
def test_quantiles_out_of_order_are_refused(p10: float) -> None:
    crossed = CellQuantiles(cell=Cell("872664521ffffff"), p10=p10, p50=80.0, p90=85.0)
    with pytest.raises(ValueError, match="out of order"):
        forecast.opening(contract(), crossed, 100.0)


@pytest.mark.parametrize(("unit", "step"), [(Unit.MM, 0.254), (Unit.INCH, 0.01)])
def test_any_rain_at_all_is_as_likely_as_the_forecast_says(unit: Unit, step: float) -> None:
    """A law cut off at nothing and scaled up gave it 100 %, of a dry day too."""
    rain = contract(Metric.PRECIPITATION, unit, "0")
    for fallen in (Range(), Range(at_least=0.0)):
        assert forecast.chances(rain, Quantile(0.0, 0.0, 0.0), fallen)[0] == 0.0
        assert 0.1 < forecast.chances(rain, Quantile(0.0, 0.0, 20 * step), fallen)[0] < 0.5  # its median is dry
        assert forecast.chances(rain, Quantile(0.0, 40 * step, 80 * step), fallen)[0] > 0.85
    assert forecast.chances(rain, Quantile(0.0, 0.0, 0.0), Range(at_least=step))[0] == 1.0


def test_the_median_of_an_amount_is_passed_on_half_of_the_days() -> None:
    rain = contract(Metric.PRECIPITATION, Unit.MM, "2.5")
    assert forecast.chances(rain, Quantile(0.5, 2.5, 4.5), Range(at_least=0.0))[0] == pytest.approx(0.5)


@pytest.mark.parametrize(("blown", "chance"), [(None, 0.5), (25.0, 0.5), (26.0, 1.0)])
def test_a_gust_that_was_measured_stays(blown: float | None, chance: float) -> None:
    gust = contract(Metric.WIND_GUST, Unit.KNOT, "25")
    yes, no = forecast.chances(gust, Quantile(20.5, 25.5, 30.5), Range(at_least=blown))
    assert (yes, no) == (pytest.approx(chance), pytest.approx(1 - chance))
