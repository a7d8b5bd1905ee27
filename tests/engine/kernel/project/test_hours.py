"""The map hour by hour: forecasts of one hour, what was measured in it, and what of it is unknown."""

from __future__ import annotations

from decimal import Decimal

import h3
import pytest

from engine.core.contract import Metric, Unit
from engine.core.events import GridForecast, StationForecast
from engine.core.ids import Cell
from engine.core.reading import CellQuantiles, HourQuantiles
from engine.core.units import DAY, HOUR, MINUTE, Nanos
from engine.views import topics
from engine.views.weather import CellLine, CellsView
from tests.engine.exchange import listed
from tests.engine.kernel.desk import DAY_OPENS, MIDWAY, OPENS, Desk, gust, high, rain, report

HERE = Cell(h3.cell_to_parent(listed.MIDWAY, 6))
DISK = [Cell(cell) for cell in sorted(h3.grid_disk(HERE, 2))]
HOURS = [Nanos(DAY_OPENS + n * HOUR) for n in range(24)]


@pytest.fixture
def desk() -> Desk:
    """Half an hour after the thirteenth hour of the day began."""
    made = Desk()
    made.list(high())
    return made


def told(desk: Desk, opens: Nanos, middle: float, span: int = HOUR, metric: Metric = Metric.TEMP_MAX) -> None:
    cells = tuple(CellQuantiles(cell=c, p10=middle - 2, p50=middle, p90=middle + 2) for c in DISK)
    closes = Nanos(opens + span)
    unit = {Metric.TEMP_MAX: "F", Metric.PRECIPITATION: "mm", Metric.WIND_GUST: "kt"}[metric]
    desk.do(GridForecast(at=desk.at, run="TEST", metric=metric, unit=unit, opens=opens, closes=closes, cells=cells))


def seen(desk: Desk, hour: int | None, market: str = "HIGH") -> CellsView:
    found = desk.kernel.view(topics.cells(market, hour))
    assert isinstance(found, CellsView)
    return found


def here(desk: Desk, hour: int | None, market: str = "HIGH") -> CellLine:
    return next(line for line in seen(desk, hour, market).cells if line.cell == HERE)


def test_the_hours_are_those_of_the_window_that_something_is_known_of(desk) -> None:
    told(desk, DAY_OPENS, 85.0, DAY)
    assert seen(desk, None).hours == tuple(HOURS[:13])
    told(desk, HOURS[17], 88.0)
    assert seen(desk, None).hours == tuple(HOURS[:18])
    assert (seen(desk, None).hour, seen(desk, None).window) == (None, "day maximum")


def test_an_hour_shows_its_own_forecast_and_the_event_of_the_whole_window(desk) -> None:
    told(desk, DAY_OPENS, 85.0, DAY)
    told(desk, HOURS[15], 79.0)
    whole, one = here(desk, None), here(desk, HOURS[15])
    assert (whole.p50, one.p50, one.spread) == (85.0, 79.0, 4.0)
    assert one.probability == whole.probability
    assert one.edge == whole.edge
    assert seen(desk, HOURS[15]).hour == HOURS[15]


def test_an_hour_nobody_forecast_is_unknown(desk) -> None:
    told(desk, DAY_OPENS, 85.0, DAY)
    told(desk, HOURS[15], 79.0)
    assert (here(desk, HOURS[14]).p50, here(desk, HOURS[14]).spread) == (None, None)


def test_without_a_grid_of_the_hour_a_station_speaks_for_its_cell(desk) -> None:
    told(desk, DAY_OPENS, 85.0, DAY)
    hour = HourQuantiles(valid_at=HOURS[16], p10=80.0, p50=82.0, p90=85.0)
    desk.do(StationForecast(at=desk.at, station=MIDWAY, run="NWS", hours=(hour,)))
    known = {line.cell: (line.p50, line.spread) for line in seen(desk, HOURS[16]).cells if line.p50 is not None}
    assert known == {HERE: (82.0, 5.0)}
    desk.do(StationForecast(at=desk.at, station=MIDWAY, run="NWS", hours=()))
    assert here(desk, HOURS[16]).p50 is None


def test_a_newer_run_of_the_hour_is_shown_at_once(desk) -> None:
    told(desk, DAY_OPENS, 85.0, DAY)
    for middle in (79.0, 81.0):
        told(desk, HOURS[15], middle)
        assert here(desk, HOURS[15]).p50 == middle


def test_hours_alone_make_a_map_where_the_window_has_no_forecast(desk) -> None:
    told(desk, HOURS[15], 79.0)
    assert len(seen(desk, HOURS[15]).cells) == len(DISK)
    assert here(desk, HOURS[15]).probability is None


def test_what_was_measured_is_that_of_the_hour(desk) -> None:
    told(desk, DAY_OPENS, 85.0, DAY)
    desk.observe([report(Nanos(HOURS[n] + 53 * MINUTE), temp_tenths_c=10 * n + 200) for n in (9, 10, 11)])
    assert here(desk, HOURS[10]).observed == pytest.approx(86.0)
    assert here(desk, HOURS[8]).observed is None
    assert here(desk, HOURS[20]).observed is None
    assert here(desk, None).observed == pytest.approx(87.8)


def test_rain_and_gusts_of_an_hour_are_its_own(desk) -> None:
    desk.list(rain())
    desk.list(gust())
    told(desk, OPENS, 2.0, 3 * HOUR, Metric.PRECIPITATION)
    told(desk, OPENS, 2.0, 3 * HOUR, Metric.WIND_GUST)
    first, second = (report(Nanos(OPENS + n * HOUR + 53 * MINUTE), precip_hundredths_in=20 - 10 * n, gust_kt=30 + n)
                     for n in (0, 1))  # fmt: skip
    desk.observe([first, second])
    assert here(desk, OPENS, "RAIN").observed == pytest.approx(5.08)
    assert here(desk, OPENS + HOUR, "RAIN").observed == pytest.approx(2.54)
    assert here(desk, None, "RAIN").observed == pytest.approx(7.62)
    assert here(desk, OPENS, "GUST").observed == 30.0
    assert seen(desk, None, "RAIN").window == "3 h rain"


def test_celsius_markets_read_hours_in_celsius(desk) -> None:
    desk.list(high("C", unit=Unit.CELSIUS, brackets=(), threshold=Decimal(30)))
    told(desk, DAY_OPENS, 86.0, DAY)
    told(desk, HOURS[15], 77.0)
    assert here(desk, HOURS[15], "C").p50 == pytest.approx(25.0)


def test_the_forecast_of_an_hour_changes_no_opinion_but_a_market_of_that_very_hour(desk) -> None:
    told(desk, DAY_OPENS, 85.0, DAY)
    before = desk.kernel.view(topics.MARKETS).rows[0].model
    assert desk.state.opinions
    told(desk, HOURS[15], 99.0)
    assert desk.state.opinions
    assert desk.kernel.view(topics.MARKETS).rows[0].model == before
    desk.list(high("ONE", opens=HOURS[15], closes=HOURS[16], brackets=(), threshold=Decimal(90)))
    told(desk, HOURS[15], 91.0)
    assert not desk.state.opinions


@pytest.mark.parametrize("key", ["HIGH", "HIGH@", "HIGH@x", "HIGH@-5", "@5", "HIGH@" + "9" * 40])
def test_keys_that_name_no_hour_are_markets(key) -> None:
    market, hour = topics.hour_of(key)
    assert (market, hour) == (key, None) or (market, hour) == ("", 5)


def test_a_key_says_market_and_hour() -> None:
    assert topics.hour_of(topics.cells("A@B", 17).key) == ("A@B", 17)


@pytest.mark.parametrize("resolution", [5, 6, 7])
def test_the_map_is_as_fine_as_its_grid_and_marks_the_market_there(desk, resolution) -> None:
    own = Cell(h3.cell_to_parent(listed.MIDWAY, resolution))
    cells = tuple(CellQuantiles(cell=Cell(c), p10=80.0, p50=85.0, p90=88.0) for c in sorted(h3.grid_disk(own, 3)))
    closes = Nanos(DAY_OPENS + DAY)
    desk.do(GridForecast(at=desk.at, run="T", metric=Metric.TEMP_MAX, unit="F", opens=DAY_OPENS, closes=closes,
                         cells=cells))  # fmt: skip
    desk.observe([report(Nanos(HOURS[12] + 23 * MINUTE), temp_tenths_c=300)])
    desk.place(market="HIGH", qty=10)
    view = seen(desk, None)
    assert view.resolution == resolution
    (line,) = [line for line in view.cells if line.market is not None]
    station = Cell(h3.latlng_to_cell(41.786, -87.752, resolution))
    assert (line.cell, line.mine, line.edge is not None) == (own, True, True)
    assert [one.cell for one in view.cells if one.observed is not None] == [station]
