from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.weather import climatology

seasons = st.floats(0.0, 2.0 * math.pi)


@given(st.sampled_from(sorted(climatology.STATIONS)), seasons)
def test_a_usual_high_has_ordered_quantiles_in_range(station: str, season: float) -> None:
    found = climatology.high(station, season)
    assert found is not None
    assert -10.0 < found.p10 < found.p50 < found.p90 < 125.0


@given(st.sampled_from(sorted(climatology.STATIONS)), seasons)
def test_the_year_closes(station: str, season: float) -> None:
    assert climatology.high(station, season) == pytest.approx(climatology.high(station, season + 2.0 * math.pi))


def test_july_is_warmer_than_january_and_steadier() -> None:
    for station in climatology.STATIONS:
        january, july = climatology.high(station, 0.0), climatology.high(station, math.pi)
        assert january is not None
        assert july is not None
        assert july.p50 > january.p50
    january, july = climatology.high("KNYC", 0.0), climatology.high("KNYC", math.pi)
    assert january is not None
    assert july is not None
    assert january.p90 - january.p10 > 1.5 * (july.p90 - july.p10)


def test_a_station_without_a_table_has_no_usual_high() -> None:
    assert climatology.high("KMDW", 0.0) is None
