"""The strip under the map: where the forecast's numbers come from is told in full when it is pointed at."""

from __future__ import annotations

import h3

from engine.core.ids import Cell
from engine.views.weather import CellsView
from widgets.hexhours import RunStrip

HERE = Cell(h3.latlng_to_cell(41.78, -87.75, 6))


def view(origin: str) -> CellsView:
    return CellsView(
        market=None, title="", resolution=6, unit="mm", run="ECMWF 12Z", run_at=None, cells=(), stations=(),
        selected=HERE, evidence=(), facts=(), center=(41.78, -87.75), origin=origin,
    )  # fmt: skip


def test_the_credit_is_told_and_foreign_text_stays_text(qtbot) -> None:
    strip = RunStrip(None)
    qtbot.addWidget(strip)
    strip.show_run(view("Spread from 10 members · © ECMWF, CC BY 4.0"))
    assert "© ECMWF, CC BY 4.0" in strip.toolTip()
    strip.show_run(view("<img src=x>"))
    assert "<img" not in strip.toolTip()
    strip.show_run(view(""))
    assert strip.toolTip() == ""
