from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from engine.core.events import StationForecast
from engine.core.ids import StationId
from engine.core.reading import HourQuantiles, ReportKind
from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.views import topics
from engine.views.weather import StationView
from tests.engine.kernel.desk import DAY_OPENS, MIDWAY, OPENS, Desk, climate, gust, high, hours, rain, report


@pytest.fixture
def desk() -> Desk:
    return Desk()


def station(desk: Desk, code: str = MIDWAY) -> StationView:
    found = desk.kernel.view(topics.station(code))
    assert isinstance(found, StationView)
    return found


def forecast(desk: Desk) -> None:
    told = tuple(HourQuantiles(valid_at=Nanos(OPENS + n * HOUR), p10=80, p50=82 + n, p90=86) for n in range(4))
    desk.do(StationForecast(at=desk.at, station=MIDWAY, run="TEST 18Z", hours=told))


def test_a_station_nobody_heard_of_waits_and_an_unknown_one_is_none(desk: Desk) -> None:
    view = station(desk)
    assert (view.state, view.unit, view.trace) == ("loading", "°F", ())
    assert (view.last, view.running, view.rain, view.gust) == (None,) * 4
    assert desk.kernel.view(topics.station("KXXX")) is None


def test_a_day_of_temperatures_is_what_a_station_shows_by_itself(desk: Desk) -> None:
    desk.list(high())
    desk.list(rain())
    forecast(desk)
    desk.observe([report(Nanos(OPENS + n * 10 * MINUTE), temp_tenths_c=270 + 5 * n) for n in range(4)])
    view = station(desk)
    assert (view.unit, view.running, view.last, view.state) == ("°F", 83, 83.0, "live")
    assert (view.day_from, view.day_to) == (DAY_OPENS, DAY_OPENS + DAY)
    assert [level[0] for level in view.levels] == [b.label for b in high().brackets]
    assert len(view.fan) == 4
    assert view.rate == pytest.approx((83 - 81) / 0.5)


def test_the_official_value_comes_with_its_source(desk: Desk) -> None:
    desk.run(Nanos(DAY_OPENS + DAY - MINUTE))
    desk.observe([climate(91)])
    assert (station(desk).official, station(desk).official_source) == (91, "CLI")


def test_a_gauge_that_settles_a_rain_market_shows_what_gathered_in_inches(desk: Desk) -> None:
    desk.list(rain())
    forecast(desk)
    desk.observe([report(Nanos(OPENS - HOUR), precip_hundredths_in=50), *hours(2, 5)])
    view = station(desk)
    assert (view.unit, view.rain, view.threshold) == ("in", Decimal("0.07"), pytest.approx(0.0984, abs=1e-4))
    assert [p.value for p in view.trace] == [0.02, 0.07]
    assert (view.fan, view.levels, view.running, view.official) == ((), (), None, None)
    assert dict(view.facts)["Threshold"] == "2.5 mm = 0.098 in"
    assert dict(view.facts)["Window"] == "12:00 – 15:00 LST"
    assert view.rain > Decimal(repr(view.trace[0].value))


def test_a_special_report_adds_to_the_hour_that_is_open(desk: Desk) -> None:
    desk.list(rain())
    special = report(Nanos(OPENS + 70 * MINUTE), precip_hundredths_in=3)
    desk.observe([*hours(2), replace(special, kind=ReportKind.SPECIAL)])
    assert [p.value for p in station(desk).trace] == [0.02, 0.05]


def test_a_mast_that_settles_a_gust_market_shows_the_strongest_wind(desk: Desk) -> None:
    desk.list(gust())
    gusts = enumerate((None, 22, 31))
    desk.observe([report(Nanos(OPENS + n * 20 * MINUTE), wind_kt=8 + n, gust_kt=knots) for n, knots in gusts])
    view = station(desk)
    assert (view.unit, view.gust, view.threshold) == ("kt", 31, 25.0)
    assert [p.value for p in view.trace] == [8.0, 22.0, 31.0]
    assert view.fan == ()


def test_a_silent_station_ages(desk: Desk) -> None:
    desk.observe([report(desk.at)])
    moods = []
    for minutes in (1, 66, 5):
        desk.run(Nanos(desk.at + minutes * MINUTE))
        moods.append(station(desk).state)
    assert moods == ["live", "ageing", "stale"]
    assert "No report for" in station(desk).why


def test_only_the_deciding_station_of_a_market_takes_its_look(desk: Desk) -> None:
    desk.list(rain())
    assert station(desk, StationId("KORD")).unit == "°F"
