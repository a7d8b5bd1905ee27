"""The strip under the map: its slider of hours, and where the forecast's numbers come from when it is pointed at."""

from __future__ import annotations

import h3
import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor

from engine.core.ids import Cell
from engine.views import topics
from engine.views.weather import CellsView
from tests.widgets import weather_sample as sample
from tests.widgets.map_rig import HOURS, TOPIC, colour_at, far_west, hourly, map_dock
from widgets import hexlayers, theme
from widgets.hexhours import RunStrip

HERE = Cell(h3.latlng_to_cell(41.78, -87.75, 6))


@pytest.fixture
def shown(qtbot, qapp):
    return map_dock(qtbot, qapp)


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


def test_the_slider_begins_at_the_whole_window_and_keys_go_through_the_hours(shown, qtbot) -> None:
    shown.render(TOPIC, hourly())
    slider = shown.run.slider
    assert (slider.hour(), slider.value(), slider.maximum()) == (None, 24, 24)
    assert shown.run.words()[2] == "valid day maximum, to 00:00"
    with qtbot.waitSignal(shown.retargeted):
        qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert shown.hour() == HOURS[23]
    assert slider.accessibleDescription() == "23:00"
    assert shown.topics() == frozenset({topics.cells(sample.MARKET, HOURS[23])})
    assert shown.whole() == TOPIC
    for key, hour in ((Qt.Key.Key_PageDown, 17), (Qt.Key.Key_Home, 0), (Qt.Key.Key_Right, 1)):
        qtbot.keyClick(slider, key)
        assert shown.hour() == HOURS[hour]
    qtbot.keyClick(slider, Qt.Key.Key_End)
    assert shown.hour() is None
    assert shown.topics() == frozenset({TOPIC})


def test_a_press_on_the_slider_picks_the_hour_under_it(shown, qtbot) -> None:
    shown.render(TOPIC, hourly())
    slider = shown.run.slider
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(round(slider.x_of(16)), 12))
    assert shown.hour() == HOURS[16]
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(round(slider.x_of(3)), 12))
    assert shown.hour() == HOURS[3]


def test_an_hour_is_drawn_with_its_own_values_and_says_when_it_is(shown, qtbot) -> None:
    qtbot.mouseClick(shown.layers.buttons["p50"], Qt.MouseButton.LeftButton)
    shown.render(TOPIC, hourly())
    cell, before = far_west(), colour_at(shown, far_west())
    shown.set_hour(HOURS[21])
    lines = tuple(msgspec.structs.replace(line, p50=70.0 + 20 * (line.cell == cell)) for line in hourly().cells)
    shown.render(topics.cells(sample.MARKET, HOURS[21]), hourly(hour=HOURS[21], cells=lines))
    assert colour_at(shown, cell) == QColor(theme.current().section("hex")["stops"][-1]) != before
    assert hexlayers.legend_title(shown.canvas.cells.layer, shown.view()) == "forecast median 21 h, °F"
    assert shown.run.words()[2] == "valid Fri 21 h"
    assert "21 h Forecast p50 70.0 °F" in shown.sheet.accessibleDescription()


def test_a_view_of_an_hour_that_was_left_is_not_drawn(shown) -> None:
    shown.render(TOPIC, hourly())
    shown.set_hour(HOURS[21])
    shown.set_hour(None)
    shown.render(topics.cells(sample.MARKET, HOURS[21]), hourly(hour=HOURS[21], cells=()))
    assert shown.view().cells


def test_hours_that_are_told_later_leave_the_one_that_was_picked(shown) -> None:
    shown.render(TOPIC, hourly(hours=HOURS[:20]))
    shown.set_hour(HOURS[7])
    assert shown.run.slider.hour() == HOURS[7]
    shown.render(topics.cells(sample.MARKET, HOURS[7]), hourly(hours=HOURS[2:], hour=HOURS[7]))
    assert (shown.hour(), shown.run.slider.hour(), shown.run.slider.value()) == (HOURS[7], HOURS[7], 5)
    shown.set_market("M2")
    assert shown.run.slider.hour() is None


def test_an_hour_that_is_no_more_gives_way_to_the_whole(shown) -> None:
    shown.render(TOPIC, hourly())
    shown.set_hour(HOURS[2])
    shown.render(topics.cells(sample.MARKET, HOURS[2]), hourly(hour=HOURS[2], hours=HOURS[5:]))
    assert (shown.hour(), shown.run.slider.hour()) == (None, None)


def test_another_market_begins_at_the_whole_window(shown) -> None:
    shown.render(TOPIC, hourly())
    shown.set_hour(HOURS[2])
    shown.set_market("M2")
    assert shown.topics() == frozenset({topics.cells("M2")})


def test_without_hours_the_slider_says_so_and_takes_no_key(shown, qtbot) -> None:
    shown.render(TOPIC, sample.cells_view())
    assert not shown.run.slider.isEnabled()
    shown.run.grab()
