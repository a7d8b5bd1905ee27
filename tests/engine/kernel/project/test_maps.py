from __future__ import annotations

import random
from decimal import Decimal

import h3
import pytest
from msgspec import structs

from engine.core.contract import Metric, Unit
from engine.core.events import GridForecast, StationForecast
from engine.core.ids import Cell, MarketId
from engine.core.reading import CellQuantiles, HourQuantiles
from engine.core.snapshot import StationRow
from engine.core.units import DAY, HOUR, MINUTE, Leg, Nanos
from engine.kernel import weathering
from engine.kernel.project import maps
from engine.views import topics
from engine.views.weather import CellLine, CellsView
from tests.engine.exchange import listed
from tests.engine.kernel.desk import (
    CLOSES,
    DAY_OPENS,
    MIDWAY,
    NOON,
    OHARE,
    OPENS,
    Desk,
    gust,
    high,
    hours,
    rain,
    report,
)
from tests.engine.kernel.project import floor

HERE = Cell(h3.cell_to_parent(listed.MIDWAY, 6))
DISK = [Cell(cell) for cell in sorted(h3.grid_disk(HERE, 6))]


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.list()
    return made


def grid(desk: Desk, metric: Metric = Metric.PRECIPITATION, unit: str = "mm", middle: float = 2.5, **window) -> None:
    """A forecast whose spread is 2 either side, the same in every cell."""
    quantiles = (CellQuantiles(cell=c, p10=middle - 2, p50=middle, p90=middle + 2) for c in DISK)
    given = {"opens": OPENS, "closes": CLOSES} | window
    desk.do(GridForecast(at=desk.at, run="TEST 18Z", metric=metric, unit=unit, cells=tuple(quantiles), **given))


def cells(desk: Desk, market: str = "RAIN") -> CellsView:
    found = desk.kernel.view(topics.cells(market))
    assert isinstance(found, CellsView)
    return found


def here(desk: Desk, market: str = "RAIN") -> CellLine:
    return next(line for line in cells(desk, market).cells if line.cell == HERE)


def test_without_a_forecast_only_what_is_known_is_shown(desk: Desk) -> None:
    line = here(desk)
    assert (line.probability, line.edge, line.p50, line.observed, line.exposure) == (None,) * 5
    assert (line.market, line.stations) == ("RAIN", 1)
    desk.place(qty=10)
    assert (here(desk).exposure, here(desk).mine) == (Decimal("5.124948"), True)


def test_the_chance_is_of_the_market_s_event_and_the_edge_against_its_price(desk: Desk) -> None:
    grid(desk)
    desk.place(leg=Leg.NO, qty=20)
    view = cells(desk)
    assert view.title == "rain > 2.5 mm · Chicago"
    assert (view.run, view.run_at, len(view.cells)) == ("TEST 18Z", NOON + 6_000_000_000, len(DISK))
    assert here(desk).probability == pytest.approx(0.5)
    assert (here(desk).p50, here(desk).spread) == (2.5, 4.0)
    model = desk.kernel.view(topics.MARKETS).rows[0].model
    assert model == pytest.approx(0.5)  # the median, of dry days too, lies at the threshold
    assert here(desk).edge == pytest.approx(100 * (model - desk.market().prices[0]))
    assert [line.edge for line in view.cells if line.cell != HERE] == [None] * (len(DISK) - 1)


def test_stations_are_counted_in_their_cell(desk: Desk) -> None:
    grid(desk)
    found = {line.cell: line.stations for line in cells(desk).cells if line.stations}
    assert found == {HERE: 1, Cell(h3.latlng_to_cell(41.96, -87.93, 6)): 1} or found == {HERE: 1}


def test_rain_so_far_is_in_the_contract_s_unit(desk: Desk) -> None:
    grid(desk)
    desk.observe(hours(10, 20))
    assert here(desk).observed == pytest.approx(7.62)
    desk.list(rain("INCH", unit=Unit.INCH, threshold=Decimal("0.1")))
    assert here(desk, "INCH").observed == pytest.approx(0.3)


def test_the_last_temperature_or_the_strongest_gust_where_the_market_asks_for_that(desk: Desk) -> None:
    desk.list(high())
    desk.list(gust())
    grid(desk, Metric.TEMP_MAX, "F", 84.0, opens=DAY_OPENS, closes=desk.market("HIGH").contract.closes)
    grid(desk, Metric.WIND_GUST, "kt", 20.0)
    desk.observe([report(Nanos(OPENS + MINUTE), gust_kt=31), report(Nanos(OPENS + HOUR), temp_tenths_c=300)])
    assert here(desk, "HIGH").observed == pytest.approx(86.0)
    assert here(desk, "GUST").observed == 31.0


def test_celsius_contracts_read_the_grid_in_celsius(desk: Desk) -> None:
    desk.list(high("C", unit=Unit.CELSIUS, brackets=(), threshold=Decimal(30)))
    grid(desk, Metric.TEMP_MAX, "F", 86.0, opens=DAY_OPENS, closes=desk.market("C").contract.closes)
    line = here(desk, "C")
    assert (line.p50, line.probability) == (pytest.approx(30.0), pytest.approx(0.5))
    assert line.spread == pytest.approx(4 * 5 / 9)


def test_brackets_have_an_edge_on_reaching_the_floor_most_in_doubt(desk: Desk) -> None:
    desk.list(high(), prior=(0.1, 0.3, 0.4, 0.2))
    grid(desk, Metric.TEMP_MAX, "F", 83.0, opens=DAY_OPENS, closes=desk.market("HIGH").contract.closes)
    view = cells(desk, "HIGH")
    assert view.title == "high ≥ 83 °F · Chicago"
    market = desk.market("HIGH")
    chance = here(desk, "HIGH").probability
    assert here(desk, "HIGH").edge == pytest.approx(100 * (chance - sum(market.prices[2:])))


def test_whole_degrees_above_a_threshold_begin_half_a_degree_over_it(desk: Desk) -> None:
    desk.list(high("WHOLE", brackets=(), threshold=Decimal(85)))
    closes = desk.market("WHOLE").contract.closes
    grid(desk, Metric.TEMP_MAX, "F", 85.5, opens=DAY_OPENS, closes=closes)
    assert here(desk, "WHOLE").probability == pytest.approx(0.5)
    hour = HourQuantiles(valid_at=Nanos(OPENS + 2 * HOUR), p10=83.5, p50=85.5, p90=87.5)
    desk.do(StationForecast(at=desk.at, station=MIDWAY, run="TEST 18Z", hours=(hour,)))
    assert here(desk, "WHOLE").edge == pytest.approx(0.0)


def test_pins_and_evidence_of_the_market_s_stations(desk: Desk) -> None:
    pins = {pin.id: pin for pin in cells(desk).stations}
    assert (pins[MIDWAY].settles, pins[MIDWAY].text) == (True, "—")
    assert OHARE not in pins  # nobody has heard of it
    desk.observe([*hours(10), report(desk.at, OHARE)])
    pins = {pin.id: pin for pin in cells(desk).stations}
    assert (pins[OHARE].settles, pins[OHARE].text) == (False, "77°")
    assert cells(desk).evidence[0][1] == "2.5 mm"


def test_lines_that_are_kept_are_those_made_afresh(desk: Desk) -> None:
    grid(desk)
    grid(desk, Metric.TEMP_MAX, "fahrenheit", 88.0, opens=DAY_OPENS, closes=Nanos(DAY_OPENS + 24 * HOUR))
    desk.list(high())
    chance = random.Random(7)
    for number in range(40):
        what = chance.randrange(4)
        if what == 0:
            desk.place(market="HIGH", outcome=chance.randrange(4), qty=chance.randint(1, 40))
        elif what == 1:
            desk.place(qty=chance.randint(1, 20), leg=chance.choice(list(Leg)))
        elif what == 2:
            station = chance.choice((MIDWAY, OHARE))
            desk.observe([report(Nanos(desk.at - MINUTE), station, temp_tenths_c=200 + number)])
        else:
            grid(desk, middle=2.0 + chance.random())
        for market in ("RAIN", "HIGH"):
            kept = cells(desk, market).cells
            assert kept is cells(desk, market).cells, "nothing happened in between"
            desk.state.hexagons.clear()
            assert kept == cells(desk, market).cells


def test_the_map_of_a_venue_s_event_is_that_of_its_station_s_day() -> None:
    found = floor.state()
    found.stations = {
        "KMDW": StationRow(
            id="KMDW", name="Chicago Midway", lat=41.786, lon=-87.752, cell=listed.MIDWAY, utc_offset_hours=-6,
            routine_minute=53,
        )
    }  # fmt: skip
    found.families[floor.FAMILY] = structs.replace(
        found.families[floor.FAMILY], station="KMDW", unit="°F", closes=Nanos(floor.AT + HOUR)
    )
    market = MarketId(floor.FAMILY)
    assert not maps.has_cells(found, market)
    opens = weathering.contract_of(found, floor.FAMILY).opens
    quantiles = tuple(CellQuantiles(cell=c, p10=81.5, p50=83.5, p90=85.5) for c in DISK)
    found.grids[Metric.TEMP_MAX.value] = {
        (opens, Nanos(opens + DAY)): GridForecast(
            at=floor.AT, run="TEST", metric=Metric.TEMP_MAX, unit="F", opens=opens, closes=Nanos(opens + DAY),
            cells=quantiles,
        )
    }  # fmt: skip
    assert maps.has_cells(found, market)
    view = maps.view(found, market)
    assert (view.market, view.title, view.selected) == (market, "high ≥ 84 °F · Chicago Midway", listed.MIDWAY)
    own = next(line for line in view.cells if line.cell == HERE)
    assert own.probability == pytest.approx(0.5)
    assert own.edge is None  # its book changes too often for a map
    assert dict(view.facts)["Outcomes"] == "2"
    assert "Worst-case subsidy" not in dict(view.facts)
    assert maps.view(found, MarketId("kalshi:OTHER")).market is None
    assert not maps.has_cells(found, MarketId("kalshi:OTHER"))
