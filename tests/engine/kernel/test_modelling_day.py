"""What a station's reports do to the chances of its day's brackets, with a forecast and without."""

from __future__ import annotations

import math

import pytest
from msgspec.structs import replace

from engine.core.events import StationForecast
from engine.core.ids import StationId
from engine.core.reading import HourQuantiles, Reading, ReportKind
from engine.core.snapshot import StationRow
from engine.core.units import DAY, HOUR, Nanos
from engine.kernel import results, weathering
from engine.kernel.project import odds
from engine.kernel.state import State
from engine.weather.climate_day import tenths_celsius
from tests.engine.kernel.project.floor import AT, FAMILY, state

OPENS = results.start_of_day(AT, -6)
CLOSES = Nanos(OPENS + DAY)
MIDWAY = StationId("KMDW")
WARM = [62, 61, 60, 59, 58, 58, 60, 64, 68, 72, 75, 78, 80, 81, 82, 83, 82, 80, 77, 75]


def day(station: StationId = MIDWAY) -> State:
    """A state in which a family is about Midway's high: 83 °F or lower, 84 °F or higher."""
    found = state()
    found.stations[station] = StationRow(
        id=station, name="Midway", lat=41.78, lon=-87.75, cell="872664521ffffff", utc_offset_hours=-6, routine_minute=53
    )
    family = found.families[FAMILY]
    found.families[FAMILY] = replace(
        family, title="Highest temperature in Chicago", station=station, unit="°F", closes=CLOSES
    )
    return found


def report(found: State, hour: int, fahrenheit: int, station: StationId = MIDWAY, **groups: int) -> None:
    at = Nanos(OPENS + hour * HOUR + 53 * HOUR // 60)
    tenths = tenths_celsius(fahrenheit)
    reading = Reading(
        station=station, measured_at=at, kind=ReportKind.ROUTINE, source="METAR", raw="", temp_tenths_c=tenths, **groups
    )
    found.observed.add(reading)
    weathering.forget(found, station)


def foretell(found: State, hours: tuple[int, ...], p50: float) -> None:
    quantiles = tuple(
        HourQuantiles(valid_at=Nanos(OPENS + hour * HOUR), p10=p50 - 2.0, p50=p50, p90=p50 + 2.0) for hour in hours
    )
    found.station_forecasts[MIDWAY] = StationForecast(at=AT, station=MIDWAY, run="TEST 12Z", hours=quantiles)
    weathering.forget(found, MIDWAY)


def test_reports_alone_are_an_opinion() -> None:
    found = day()
    assert weathering.opinion(found, FAMILY) is None
    for hour, temp in enumerate(WARM[:12]):
        report(found, hour, temp)
    formed = weathering.opinion(found, FAMILY)
    assert formed is not None
    assert math.fsum(formed.chances) == pytest.approx(1.0)
    assert (formed.run, formed.known.at_least) == ("", 78)
    assert formed.law.p10 < formed.law.p50 < formed.law.p90
    assert 0.05 < formed.chances[1] < 0.8


def test_after_the_peak_the_bracket_above_the_running_high_stays_alive() -> None:
    found = day()
    for hour, temp in enumerate(WARM):
        report(found, hour, temp)
    foretell(found, (20, 21, 22, 23), 70.0)
    formed = weathering.opinion(found, FAMILY)
    assert formed is not None
    assert 0.3 < formed.chances[1] < 0.5  # the thermometer may have passed 83 between two reports
    report(found, 17, 80, max6_tenths_c=tenths_celsius(83))
    formed = weathering.opinion(found, FAMILY)
    assert formed is not None
    assert formed.chances[1] < 0.02


def test_only_the_hours_still_to_come_of_a_forecast_count() -> None:
    found = day()
    for hour, temp in enumerate(WARM):
        report(found, hour, temp)
    foretell(found, (20, 21, 22, 23), 70.0)
    late = weathering.opinion(found, FAMILY)
    foretell(found, (15,), 95.0)
    gone = weathering.opinion(found, FAMILY)
    assert late is not None
    assert gone is not None
    assert gone.chances[1] == pytest.approx(late.chances[1], abs=0.02)


def test_the_band_is_of_what_is_still_to_come() -> None:
    found = day()
    for hour, temp in enumerate(WARM[:12]):
        report(found, hour, temp)
    contract, formed = weathering.contract_of(found, FAMILY), weathering.opinion(found, FAMILY)
    assert contract is not None
    assert formed is not None
    low, high = odds.band(contract, formed, 1)
    assert low is not None
    assert high is not None
    assert low < formed.chances[1] < high


def test_the_official_high_decides() -> None:
    found = day()
    for hour, temp in enumerate(WARM):
        report(found, hour, temp)
    report(found, 23, 70, max24_tenths_c=tenths_celsius(84))
    formed = weathering.opinion(found, FAMILY)
    assert formed is not None
    assert formed.chances == (0.0, 1.0)


def test_where_nobody_forecasts_a_morning_leans_on_the_usual_high_of_its_station() -> None:
    means = []
    for station in ("KMDW", "KMIA"):  # the table has no usual high of the one
        found = day(StationId(station))
        report(found, 6, 60, StationId(station))
        formed = weathering.opinion(found, FAMILY)
        assert formed is not None
        means.append(formed.law.p50)
    assert means[1] > means[0] + 3.0
