from __future__ import annotations

import math
from decimal import Decimal

import h3
import pytest

from engine.core.contract import Bracket, EvidenceStation, Metric, Unit
from engine.exchange.answers import Declined
from engine.exchange.exchange import Exchange
from tests.engine.exchange.listed import CLOSES, MIDWAY, NOW, funded, high, open_rain, rain


def station(name: str = "KMDW", km: str = "1.2", weight: str = "1") -> EvidenceStation:
    return EvidenceStation(id=name, km=Decimal(km), weight=Decimal(weight))


def why(contract, b=100.0, prior=(), fee_rate=Decimal(0), at=NOW, exchange: Exchange | None = None) -> str:
    said = (exchange or funded()).create(contract, b, prior, fee_rate, at)
    if not isinstance(said, Declined):
        return ""
    assert said.text.endswith(".")
    return f"{said.code} {said.text}"


@pytest.mark.parametrize(
    "contract",
    [
        rain(),
        high(),
        rain(metric=Metric.SNOW, unit=Unit.INCH),
        rain(metric=Metric.WIND_GUST, unit=Unit.KNOT),
        rain(metric=Metric.TEMP_MIN, unit=Unit.CELSIUS, threshold=Decimal("-10.5")),
        rain(stations=(station(km="40"),)),
    ],
)
def test_sound_terms_are_listed(contract) -> None:
    assert why(contract) == ""


@pytest.mark.parametrize(
    ("metric", "source"), [(Metric.STORM_CATEGORY, "National Hurricane Center"), (Metric.AQI, "AirNow")]
)
def test_a_metric_without_a_source_is_refused_and_the_source_named(metric, source) -> None:
    said = why(rain(metric=metric))
    assert said.startswith("NO_SOURCE")
    assert source in said


@pytest.mark.parametrize(
    ("contract", "word"),
    [
        (rain(""), "id"),
        (rain("A/0"), "id"),
        (rain("x" * 81), "id"),
        (rain(title=""), "Title"),
        (rain(title="x" * 121), "Title"),
        (rain(place=""), "place"),
        (rain(brackets=high().brackets), "either"),
        (rain(unit=Unit.FAHRENHEIT), "measured in F"),
        (rain(opens=CLOSES), "must end after"),
        (rain(threshold=None), "either"),
        (high(threshold=Decimal(1)), "either"),
        (rain(threshold=Decimal("NaN")), "threshold"),
        (rain(threshold=Decimal("1E-999999999")), "12 decimals"),
        (rain(max_spread=Decimal("1E-999999999")), "spread"),
        (rain(coverage=Decimal("1.1")), "coverage"),
        (rain(coverage=Decimal("NaN")), "coverage"),
        (rain(max_spread=Decimal(-1)), "spread"),
        (rain(cell="nonsense"), "H3"),
        (rain(cell=h3.cell_to_parent(MIDWAY, 3)), "too large"),
        (rain(stations=(station(), station())), "twice"),
        (rain(stations=(station(weight="0.5"),)), "weights"),
        (rain(stations=(station(km="NaN"),)), "distance"),
        (rain(stations=(station(name=""),)), "id"),
        (rain(min_stations=2), "2 stations are asked for"),
        (rain(min_stations=0), "0 stations are asked for"),
        (high(edges=()), "2 to 40"),
    ],
)
def test_terms_that_are_wrong_are_refused_with_the_reason(contract, word) -> None:
    said = why(contract)
    assert said.startswith("BAD_TERMS")
    assert word in said


BRACKET = high().brackets


@pytest.mark.parametrize(
    ("brackets", "word"),
    [
        (BRACKET[1:], "open below"),
        (BRACKET[:-1], "open"),
        ((BRACKET[0], BRACKET[2], BRACKET[3]), "gap"),
        ((BRACKET[0], BRACKET[0], *BRACKET[1:]), "label"),
        ((BRACKET[0], Bracket(label="x", low=81, high=None), *BRACKET[2:]), "gap"),
        ((BRACKET[0], Bracket(label="x", low=81, high=79), Bracket(label="y", low=80, high=None)), "before it begins"),
        ((BRACKET[0], Bracket(label="x", low=80, high=None)), "overlap"),
    ],
)
def test_brackets_must_share_out_every_whole_value(brackets, word) -> None:
    assert word in why(high(brackets=brackets))


@pytest.mark.parametrize(
    ("stations", "word"),
    [((), "No station"), ((station(km="40.1"),), "KMDW, 40.1 km"), ((station(), station("KORD", "41", "0")), "KORD")],
)
def test_a_cell_without_a_station_in_reach_is_refused_with_the_nearest(stations, word) -> None:
    said = why(rain(stations=stations))
    assert said.startswith("NO_STATION")
    assert word in said


@pytest.mark.parametrize("b", [9.9, 1000.1, 0.0, -1.0, math.nan, math.inf])
def test_liquidity_outside_the_rules_is_refused(b) -> None:
    assert "Liquidity" in why(rain(), b=b)


@pytest.mark.parametrize(
    "prior", [(1.0,), (0.5, 0.6), (0.5, 0.25, 0.25), (0.0, 1.0), (-0.5, 1.5), (math.nan, 0.5), (0.0005, 0.9995)]
)
def test_a_prior_must_be_a_distribution_within_the_band(prior) -> None:
    assert why(rain(), prior=prior).startswith("BAD_TERMS")


@pytest.mark.parametrize("fee_rate", ["-0.01", "0.11", "NaN", "Infinity"])
def test_a_fee_outside_the_rules_is_refused(fee_rate) -> None:
    assert "fee" in why(rain(), fee_rate=Decimal(fee_rate))


def test_a_window_that_is_over_is_refused() -> None:
    assert "over" in why(rain(), at=CLOSES)


def test_an_id_is_used_once() -> None:
    assert why(rain(), exchange=open_rain()).startswith("DUPLICATE_ID")
