"""What rain in a window is worth while the window runs: what fell counts, and only what is left can still fall."""

from __future__ import annotations

import h3
import pytest

from engine.core.contract import Metric
from engine.core.events import GridForecast, Observed
from engine.core.ids import Cell, MarketId
from engine.core.reading import CellQuantiles, Reading, ReportKind
from engine.core.units import HOUR, MINUTE, Nanos
from engine.kernel import modelling
from tests.engine.exchange import listed
from tests.engine.kernel.desk import CLOSES, MIDWAY, OPENS, Desk, gust, report

CELL = Cell(h3.cell_to_parent(listed.MIDWAY, 6))


class Rainy(Desk):
    """A desk with a rain market, its forecast, and hourly reports."""

    def __init__(self) -> None:
        super().__init__()
        self.list()
        cell = CellQuantiles(cell=CELL, p10=0.5, p50=4.0, p90=9.0)
        self.do(GridForecast(at=self.at, run="HRRR 18Z", metric=Metric.PRECIPITATION, unit="mm", opens=OPENS,
                             closes=CLOSES, cells=(cell,)))  # fmt: skip

    def report(self, at: int, hundredths: int) -> None:
        reading = Reading(station=MIDWAY, measured_at=Nanos(at), kind=ReportKind.ROUTINE, source="IEM",
                          raw=f"METAR {at}", precip_hundredths_in=hundredths)  # fmt: skip
        self.do(Observed(at=Nanos(max(at, self.at)), reading=reading))

    @property
    def chance(self) -> float:
        market = self.kernel.state.exchange.markets[MarketId("RAIN")]
        found = modelling.form(self.kernel.state, market.contract)
        assert found is not None
        return found.chances[0]


def hours() -> range:
    return range(OPENS - 7 * MINUTE + HOUR, CLOSES, HOUR)


def test_before_the_first_report_it_is_the_forecast_s_whole() -> None:
    desk = Rainy()
    before = desk.chance
    desk.report(OPENS - 3 * HOUR, 0)
    assert desk.chance == before


def test_dry_hours_make_it_ever_less_likely() -> None:
    desk = Rainy()
    told = [desk.chance]
    for at in hours():
        desk.report(at, 0)
        told.append(desk.chance)
    assert told == sorted(told, reverse=True)
    assert told[0] > told[-1]
    assert told[-1] < 0.05


def test_what_has_fallen_counts_in_full() -> None:
    desk, dry = Rainy(), Rainy()
    first = next(iter(hours()))
    desk.report(first, 15)
    dry.report(first, 0)
    assert desk.chance > dry.chance
    desk.report(first + HOUR, 40)
    assert desk.chance == pytest.approx(1.0, abs=1e-6), "the threshold is passed"


def test_a_gust_that_blew_is_part_of_the_opinion() -> None:
    desk = Desk()
    desk.list(gust())
    cell = CellQuantiles(cell=CELL, p10=10.0, p50=15.0, p90=20.0)
    desk.do(GridForecast(at=desk.at, run="HRRR 18Z", metric=Metric.WIND_GUST, unit="kt", opens=OPENS, closes=CLOSES,
                         cells=(cell,)))  # fmt: skip

    def chance() -> float:
        found = modelling.form(desk.kernel.state, desk.market("GUST").contract)
        assert found is not None
        return found.chances[0]

    assert chance() < 0.01
    desk.observe([report(Nanos(OPENS + 53 * MINUTE), gust_kt=31)])
    assert chance() == 1.0
