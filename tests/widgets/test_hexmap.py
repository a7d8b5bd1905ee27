"""The map dock: layers, the picked cell, moving about, and what it does where nothing is known."""

from __future__ import annotations

import h3
import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from engine.core.units import MINUTE, Nanos
from engine.views import topics
from tests.widgets import weather_sample as sample
from widgets import hexgrid, hexlayers, panel, theme
from widgets.hexmap import MapPanel

TOPIC = topics.cells(sample.MARKET)
LAYERS = {layer.key: layer for layer in hexlayers.layers(5.0)}


@pytest.fixture
def shown(qtbot, qapp):
    theme.install(qapp)
    dock = MapPanel(now=lambda: Nanos(sample.NOW))
    qtbot.addWidget(dock)
    dock.set_market(sample.MARKET)
    dock.resize(1044, 502)
    dock.show()
    dock.render(TOPIC, sample.cells_view())
    qapp.processEvents()
    return dock


def spot(dock: MapPanel, cell: str) -> QPoint:
    x, y = dock.canvas.viewport.point(*h3.cell_to_latlng(cell))
    return QPoint(round(x), round(y))


def colour_at(dock: MapPanel, cell: str) -> QColor:
    point = spot(dock, cell) + QPoint(0, 14)  # below the value's text
    return dock.canvas.grab().toImage().pixelColor(point)


def far_west() -> str:
    return h3.latlng_to_cell(41.80, -88.25, 6)


def test_a_click_says_which_cell_and_which_market(shown, qtbot) -> None:
    heard: list[str] = []
    shown.cell_clicked.connect(heard.append)
    shown.selected.connect(heard.append)
    qtbot.mouseClick(shown.canvas, Qt.MouseButton.LeftButton, pos=spot(shown, sample.CELL))
    assert heard == [sample.CELL, sample.MARKET]


def test_a_click_marks_the_cell_and_shows_its_own_facts(shown, qtbot) -> None:
    cell = far_west()
    qtbot.mouseClick(shown.canvas, Qt.MouseButton.LeftButton, pos=spot(shown, cell))
    assert shown.canvas.selected == cell
    value = LAYERS["probability"].words(sample.line(cell).probability, "")
    assert f"p(high ≥ 88 °F) {value}" in shown.sheet.accessibleDescription()


def test_the_cell_of_the_market_shows_what_the_engine_says(shown) -> None:
    assert "p(≥ 88 °F) market 26.9 %" in shown.sheet.accessibleDescription()


def test_a_cell_without_data_shows_dashes_and_is_not_filled(shown, qtbot) -> None:
    lake = h3.latlng_to_cell(41.85, -87.40, 6)
    shown.canvas._move(shown.canvas.viewport.panned(-120, 0))
    assert colour_at(shown, lake) == theme.current().colour("map.water")
    qtbot.mouseClick(shown.canvas, Qt.MouseButton.LeftButton, pos=spot(shown, lake))
    assert "Forecast p50 —" in shown.sheet.accessibleDescription()


def test_dragging_moves_the_map_and_picks_nothing(shown, qtbot) -> None:
    before, picked = shown.canvas.viewport, []
    shown.cell_clicked.connect(picked.append)
    start = QPoint(300, 200)
    qtbot.mousePress(shown.canvas, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(shown.canvas, start + QPoint(40, 10))
    qtbot.mouseRelease(shown.canvas, Qt.MouseButton.LeftButton, pos=start + QPoint(40, 10))
    assert shown.canvas.viewport.place(340, 210) == pytest.approx(before.place(300, 200), abs=1e-6)
    assert picked == []


def test_the_wheel_zooms_about_the_pointer(shown) -> None:
    before = shown.canvas.viewport
    wheel = QWheelEvent(
        QPointF(200, 120), QPointF(200, 120), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(shown.canvas, wheel)
    assert shown.canvas.viewport.zoom > before.zoom
    assert shown.canvas.viewport.place(200, 120) == pytest.approx(before.place(200, 120), abs=1e-6)


def test_keys_zoom_move_and_return(shown, qtbot) -> None:
    home = shown.canvas.viewport
    qtbot.keyClick(shown.canvas, Qt.Key.Key_Plus)
    assert shown.canvas.viewport.zoom == pytest.approx(home.zoom + 0.5)
    qtbot.keyClick(shown.canvas, Qt.Key.Key_Left)
    assert shown.canvas.viewport.lon < home.lon
    qtbot.keyClick(shown.canvas, Qt.Key.Key_Home)
    assert shown.canvas.viewport == home


def test_layers_colour_the_same_cell_differently(shown, qtbot) -> None:
    cell = far_west()
    seen = set()
    for key in ("probability", "edge", "spread"):
        qtbot.mouseClick(shown.layers.buttons[key], Qt.MouseButton.LeftButton)
        seen.add(colour_at(shown, cell).name())
    assert len(seen) == 3


def test_a_new_view_recolours_in_place(shown, qapp) -> None:
    cell, view = far_west(), sample.cells_view()
    before, viewport = colour_at(shown, cell), shown.canvas.viewport
    cells = tuple(msgspec.structs.replace(line, probability=1.0) for line in view.cells)
    shown.render(TOPIC, msgspec.structs.replace(view, cells=cells))
    assert colour_at(shown, cell) != before
    assert colour_at(shown, cell) == QColor(theme.current().section("hex")["stops"][-1])
    assert shown.canvas.viewport == viewport


class Paints(QObject):
    """Counts how often a widget is painted, and how much of it each time."""

    def __init__(self, watched: QWidget) -> None:
        super().__init__()
        self.areas: list[QRect] = []
        watched.installEventFilter(self)

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            self.areas.append(event.rect())
        return False


def test_what_looks_the_same_is_not_painted_again(shown, qapp) -> None:
    paints, view = Paints(shown.canvas), sample.cells_view()
    shown.render(TOPIC, view)
    qapp.processEvents()
    assert paints.areas == []
    pins = tuple(msgspec.structs.replace(pin, text="99°") for pin in view.stations)
    shown.render(TOPIC, msgspec.structs.replace(view, stations=pins))
    qapp.processEvents()
    assert len(paints.areas) == 1


def test_zoomed_out_larger_cells_stand_for_the_mean_of_theirs(shown) -> None:
    shown.canvas._move(shown.canvas.viewport.zoomed(-2.6, 300, 200))
    assert shown.canvas.resolution() == 5
    parent = h3.cell_to_parent(far_west(), 5)
    lines = shown.canvas.lines_at(parent)
    assert len(lines) == 7
    mean = np.mean([line.probability for line in lines])
    assert hexlayers.value_of(LAYERS["probability"], lines) == pytest.approx(mean)
    assert dict(hexlayers.facts_of(lines, sample.cells_view()))["Mean of"] == "7 cells"


def test_exposure_of_larger_cells_is_the_sum() -> None:
    lines = (sample.line(sample.CELL, exposure=3), sample.line(far_west(), exposure=4))
    assert hexlayers.value_of(LAYERS["exposure"], lines) == 7


def test_the_line_of_a_finer_cell_does_not_hide_the_forecast() -> None:
    inner = h3.cell_to_center_child(sample.CELL, 7)
    view = msgspec.structs.replace(sample.cells_view(), cells=(sample.line(sample.CELL), sample.line(inner)))
    assert hexlayers.gathered(view, 6) == {sample.CELL: (view.cells[0],)}
    alone = msgspec.structs.replace(view, cells=(view.cells[1],))
    assert hexlayers.gathered(alone, 6) == {sample.CELL: (alone.cells[0],)}


def test_scales_are_round_and_signed_ones_centred() -> None:
    lines = {sample.CELL: (sample.line(sample.CELL, p50=83.3),), far_west(): (sample.line(far_west(), p50=89.1),)}
    assert hexlayers.domain(LAYERS["p50"], lines) == (82.0, 90.0)
    assert hexlayers.domain(LAYERS["edge"], lines) == (-5.0, 5.0)
    assert hexlayers.domain(LAYERS["observed"], lines) == (0.0, 1.0)


def test_the_sheet_goes_when_the_dock_is_narrow_or_closed(shown, qapp) -> None:
    assert shown.sheet.isVisible()
    shown.resize(640, 400)
    assert not shown.sheet.isVisible()
    shown.resize(1044, 502)
    shown.sheet.closed.emit()
    assert not shown.sheet.isVisible()
    shown.select(far_west())
    assert shown.sheet.isVisible()


def test_the_sheet_goes_where_its_facts_would_run_into_its_buttons(shown, qapp) -> None:
    shown.resize(shown.width(), 300)
    qapp.processEvents()
    assert not shown.sheet.isVisible()
    shown.resize(shown.width(), 500)
    qapp.processEvents()
    assert shown.sheet.isVisible()


def test_buttons_of_the_sheet_say_what_is_wanted(shown, qtbot) -> None:
    with qtbot.waitSignal(shown.markets_wanted) as markets:
        qtbot.mouseClick(shown.sheet.markets, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(shown.station_wanted) as station:
        qtbot.mouseClick(shown.sheet.station, Qt.MouseButton.LeftButton)
    assert (markets.args, station.args) == ([sample.MARKET], ["KMDW"])
    shown.select(far_west())
    assert not shown.sheet.markets.isEnabled()
    assert not shown.sheet.station.isEnabled()


def test_the_contracts_own_finer_cell_opens_its_market(shown, qtbot) -> None:
    inner = h3.latlng_to_cell(*sample.MIDWAY, 7)
    bare = tuple(msgspec.structs.replace(line, market=None) for line in sample.cells_view().cells)
    shown.render(TOPIC, sample.cells_view(cells=bare, selected=inner))
    shown.select(inner)
    with qtbot.waitSignal(shown.markets_wanted) as heard:
        qtbot.mouseClick(shown.sheet.markets, Qt.MouseButton.LeftButton)
    assert heard.args == [sample.MARKET]


def test_an_empty_view_says_so_and_an_unknown_run_has_no_age(shown, qapp) -> None:
    view = msgspec.structs.replace(sample.cells_view(), run="", run_at=None)
    shown.render(TOPIC, view)
    shown.run.grab()
    shown.render(TOPIC, msgspec.structs.replace(view, cells=(), stations=()))
    assert shown.state == panel.EMPTY


def test_another_market_asks_for_another_topic(shown, qtbot) -> None:
    with qtbot.waitSignal(shown.retargeted):
        shown.set_market("M2")
    assert shown.topics() == frozenset({topics.cells("M2")})
    assert shown.state == panel.LOADING
    shown.render(TOPIC, sample.cells_view())
    assert shown.state == panel.LOADING


def test_hovering_names_the_cell(shown, qtbot) -> None:
    qtbot.mouseMove(shown.canvas, spot(shown, far_west()))
    assert shown.canvas._hover == far_west()
    shown.canvas.grab()


def test_the_map_needs_no_network(no_sockets, shown) -> None:
    shown.canvas._move(hexgrid.Viewport(39.0, -95.0, 4.5, 800, 400))
    assert not shown.canvas.grab().isNull()


def test_age_is_that_of_the_run(shown) -> None:
    assert shown.run._age(Nanos(sample.NOW - 39 * MINUTE)) == "39 m"
    assert shown.run._age(None) == "—"
