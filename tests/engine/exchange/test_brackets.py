"""Brackets count in the unit a value settles in: only where a contract can be stated in it may there be any."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core.contract import Metric, Unit
from engine.core.units import Nanos
from engine.exchange.answers import Declined
from engine.exchange.exchange import Exchange
from tests.engine.exchange.listed import high, rain

MILLIMETRES = high().brackets


@pytest.mark.parametrize(
    "contract",
    [
        rain(threshold=None, brackets=MILLIMETRES),
        rain(threshold=None, brackets=MILLIMETRES, metric=Metric.WIND_GUST, unit=Unit.KNOT),
        rain(threshold=None, brackets=MILLIMETRES, metric=Metric.SNOW, unit=Unit.INCH),
        high(unit=Unit.CELSIUS),
    ],
)
def test_brackets_of_another_unit_than_whole_fahrenheit_are_refused(contract) -> None:
    """Rain settles in hundredths of an inch: 5 mm fell into the bracket that began at 11 mm."""
    said = Exchange().create(contract, 100.0, (), Decimal(0), Nanos(0))
    assert isinstance(said, Declined)
    assert said.code == "BAD_TERMS"
    assert "Fahrenheit" in said.text
