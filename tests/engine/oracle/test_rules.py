from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction

import pytest

from engine.core.contract import Metric, Unit
from engine.oracle.rules import RULES, missing_source, settlement_outcome, share_apart
from tests.shared import shared


def golden() -> list[dict]:
    return json.loads(shared("golden/models.json").read_text())["models"]["lmsr.settlement_outcome"]["cases"]


def test_the_twelve_golden_cases() -> None:
    cases = golden()
    assert len(cases) == 12
    for case in cases:
        found, stated = settlement_outcome(**case["in"]), case["out"]
        assert (found.outcome, found.reason) == (stated["outcome"], stated["reason"]), case["name"]
        assert found.value == (None if stated["value"] is None else pytest.approx(stated["value"])), case["name"]
        if "spread_ratio" in stated:
            assert found.spread == pytest.approx(stated["spread_ratio"], rel=1e-9), case["name"]


def test_a_spread_of_exactly_a_fifth_settles() -> None:
    assert settlement_outcome("wind_speed", 5.0, {"A": [(0, 22.0)], "B": [(0, 18.0)]}).outcome == "YES"


def test_a_low_is_the_least_and_snow_a_sum() -> None:
    obs = {"A": [(0, 3.0), (0, 1.0), (1, 2.0)]}
    assert settlement_outcome("temp_min", 0.0, obs).value == 1.0
    assert settlement_outcome("snow", 0.0, obs).value == 6.0
    assert settlement_outcome("temp_max", 0.0, obs).value == 3.0


@pytest.mark.parametrize(
    ("metric", "unit", "native", "stated"),
    [
        (Metric.PRECIPITATION, Unit.MM, 98, "24.892"),
        (Metric.PRECIPITATION, Unit.INCH, 98, "0.98"),
        (Metric.TEMP_MAX, Unit.CELSIUS, 77, "25"),
        (Metric.TEMP_MAX, Unit.CELSIUS, 78, "25.5556"),
        (Metric.TEMP_MIN, Unit.FAHRENHEIT, -4, "-4"),
        (Metric.SNOW, Unit.MM, 12, "30.48"),
        (Metric.WIND_GUST, Unit.KNOT, 41, "41"),
    ],
)
def test_native_values_in_the_contracts_unit(metric: Metric, unit: Unit, native: int, stated: str) -> None:
    assert str(RULES[metric].scales[unit].stated(native)) == stated


def test_a_threshold_is_converted_exactly() -> None:
    assert RULES[Metric.PRECIPITATION].scales[Unit.MM].native(Decimal("24.892")) == 98
    assert RULES[Metric.TEMP_MAX].scales[Unit.CELSIUS].native(Decimal("31.1")) == Fraction(8798, 100)


@pytest.mark.parametrize(
    ("metric", "source"), [(Metric.STORM_CATEGORY, "National Hurricane Center"), (Metric.AQI, "AirNow")]
)
def test_what_cannot_be_listed_names_the_source_it_lacks(metric: Metric, source: str) -> None:
    assert source in (missing_source(metric) or "")
    assert metric not in RULES


def test_every_other_metric_has_a_rule() -> None:
    assert all(missing_source(metric) is None for metric in RULES)
    assert len(RULES) + 2 == len(Metric)


@pytest.mark.parametrize(
    ("spread", "over", "told"),
    [
        ("0.20005", True, "20.1%"),
        ("0.1999", False, "19.9%"),
        ("0.2", False, "20%"),
        ("0", False, "0%"),
        ("1", True, "100%"),
    ],
)
def test_a_spread_is_told_on_its_side_of_the_limit(spread: str, over: bool, told: str) -> None:
    assert share_apart(Decimal(spread), over=over) == told
