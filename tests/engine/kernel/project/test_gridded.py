"""What a model's grid tells beside its quantiles, on the map's side sheet, its run line and the station dock."""

from __future__ import annotations

import h3
import msgspec

from engine.core import codec
from engine.core.contract import Metric
from engine.core.events import GridForecast, StationForecast
from engine.core.ids import Cell
from engine.core.reading import Around, CellQuantiles, HourQuantiles
from engine.core.units import HOUR, Nanos
from engine.sources.ecmwf import CREDIT
from engine.views import topics
from tests.engine.exchange import listed
from tests.engine.kernel.desk import CLOSES, MIDWAY, OPENS, Desk

HERE = Cell(h3.cell_to_parent(listed.MIDWAY, 6))
AROUND = Around(mean=2.54, most=5.08, least=0.0, count=9)


def told(around: Around | None = None, **more) -> tuple[tuple[tuple[str, str], ...], str]:
    desk = Desk()
    desk.list()
    cell = CellQuantiles(cell=HERE, p10=0.5, p50=2.0, p90=6.0, around=around)
    desk.do(GridForecast(at=desk.at, run="HRRR 18Z", metric=Metric.PRECIPITATION, unit="mm", opens=OPENS, closes=CLOSES,
                         cells=(cell,), **more))  # fmt: skip
    view = desk.kernel.view(topics.cells("RAIN"))
    return view.facts, view.origin


def test_what_the_points_around_say_is_told_with_their_number_and_the_radius() -> None:
    facts, origin = told(AROUND, radius_km=5.0, spread="6 runs of HRRR")
    assert ("9 points ≤ 5 km", "0.0 – 5.1 mm") in facts
    assert ("Their mean", "2.5 mm") in facts
    assert ("Spread from", "6 runs of HRRR") in facts
    assert origin == "Spread from 6 runs of HRRR"


def test_what_a_forecast_does_not_tell_is_left_out() -> None:
    facts, origin = told()
    assert not {name for name, _ in facts} & {"Their mean", "Spread from", "Credit"}
    assert origin == ""


def test_a_licences_credit_is_shown_with_the_number_in_short_and_in_full() -> None:
    facts, origin = told(spread="10 members", credit=CREDIT)
    assert ("Credit", "© ECMWF, CC BY 4.0") in facts
    assert origin == f"Spread from 10 members · {CREDIT}"


def test_the_station_dock_names_them_too() -> None:
    desk = Desk()
    desk.list()
    hour = HourQuantiles(valid_at=Nanos(desk.at + HOUR), p10=80.0, p50=82.0, p90=84.0)
    desk.do(
        StationForecast(at=desk.at, station=MIDWAY, run="ECMWF 12Z", hours=(hour,), spread="usual error", credit=CREDIT)
    )
    facts = desk.kernel.view(topics.station(MIDWAY)).facts
    assert ("Spread from", "usual error") in facts
    assert ("Credit", "© ECMWF, CC BY 4.0") in facts


def test_a_journal_keeps_what_is_told_and_nothing_for_what_is_not() -> None:
    cells = tuple(CellQuantiles(cell=HERE, p10=0.5, p50=2.0, p90=6.0, around=around) for around in (AROUND, None))
    event = GridForecast(at=OPENS, run="HRRR 18Z", metric=Metric.PRECIPITATION, unit="mm", opens=OPENS, closes=CLOSES,
                         cells=cells, radius_km=5.0, spread="6 runs of HRRR", credit=CREDIT)  # fmt: skip
    assert codec.decode(codec.encode(event)) == event
    bare = GridForecast(at=OPENS, run="DEMO 18Z", metric=Metric.PRECIPITATION, unit="mm", opens=OPENS, closes=CLOSES,
                        cells=cells[1:])  # fmt: skip
    plain = msgspec.msgpack.decode(codec.encode(bare))
    assert plain.keys() == {"type", "at", "run", "metric", "unit", "opens", "closes", "cells"}
    assert plain["cells"] == [{"cell": HERE, "p10": 0.5, "p50": 2.0, "p90": 6.0}]
