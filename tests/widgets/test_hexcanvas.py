"""The map under hand and keys: what it shows while it moves, how fine, and what is not painted again."""

from __future__ import annotations

import h3
import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from tests.widgets import weather_sample as sample
from tests.widgets.map_rig import LAYERS, TOPIC, colour_at, far_west, map_dock, spot
from widgets import hexlayers, hexmarks, theme
from widgets.hexviewport import Viewport


@pytest.fixture
def shown(qtbot, qapp):
    return map_dock(qtbot, qapp)


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
    shown.canvas.move_to(shown.canvas.viewport.zoomed(-2.6, 300, 200))
    assert shown.canvas.cells.resolution() == 5
    parent = h3.cell_to_parent(far_west(), 5)
    lines = shown.canvas.cells.lines_at(parent)
    assert len(lines) == 7
    mean = np.mean([line.probability for line in lines])
    assert hexlayers.value_of(LAYERS["probability"], lines) == pytest.approx(mean)
    assert dict(hexlayers.facts_of(lines, sample.cells_view()))["Mean of"] == "7 cells"


def test_hovering_names_the_cell(shown, qtbot) -> None:
    qtbot.mouseMove(shown.canvas, spot(shown, far_west()))
    assert shown.canvas._hover == far_west()
    shown.canvas.grab()


@pytest.mark.parametrize(("zoom", "res"), [(7.0, 5), (8.2, 6), (9.5, 7), (12.0, 7)])
def test_the_resolution_follows_the_zoom_as_fine_as_the_data(shown, zoom, res) -> None:
    fine = tuple(sample.line(cell) for cell in sorted(h3.grid_disk(h3.latlng_to_cell(*sample.MIDWAY, 7), 20)))
    shown.render(TOPIC, sample.cells_view(cells=fine, resolution=7))
    shown.canvas.move_to(Viewport(*sample.MIDWAY, zoom, 800, 420))
    assert shown.canvas.cells.resolution() == res
    drawn = h3.latlng_to_cell(*sample.MIDWAY, res)
    lines = shown.canvas.cells.lines_at(drawn)
    assert len(lines) == {5: 49, 6: 7, 7: 1}[res]
    mean = sum(line.probability for line in lines) / len(lines)
    assert hexlayers.value_of(LAYERS["probability"], lines) == pytest.approx(mean)


def test_a_dragged_map_shows_the_picture_before_where_it_belongs_until_the_hand_rests(shown, qtbot) -> None:
    canvas, start = shown.canvas, QPoint(300, 200)
    before = canvas.grab().toImage()
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(canvas, start + QPoint(60, 20))
    assert canvas._resting.isActive()
    moved = canvas.grab().toImage()
    spots = [(x, y) for x in range(250, 500, 10) for y in range(100, 300, 10)]
    same = sum(moved.pixelColor(x + 60, y + 20) == before.pixelColor(x, y) for x, y in spots)
    assert same > 0.8 * len(spots)  # stations, legend and outlines do not move with it alike
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=start + QPoint(60, 20))
    assert not canvas._resting.isActive()
    assert canvas._drawn_at != canvas.viewport  # it is painted anew
    canvas.grab()
    assert canvas._drawn_at == canvas.viewport


def test_a_map_that_was_zoomed_settles_by_itself(shown, qtbot) -> None:
    moved = []
    shown.canvas.moved.connect(lambda: moved.append(1))
    shown.canvas.grab()
    shown.canvas.move_to(shown.canvas.viewport.zoomed(-1.5, 300, 200), moving=True)
    assert moved == []
    qtbot.waitUntil(lambda: moved == [1])
    assert shown.canvas.cells.resolution() == 6 - (shown.canvas.viewport.zoom < 7.8)


def test_a_click_while_it_moves_picks_the_cell_of_where_it_is(shown, qtbot) -> None:
    heard: list[str] = []
    shown.cell_clicked.connect(heard.append)
    shown.canvas.grab()
    shown.canvas.move_to(shown.canvas.viewport.panned(-80, 30), moving=True)
    qtbot.mouseClick(shown.canvas, Qt.MouseButton.LeftButton, pos=spot(shown, far_west()))
    assert heard == [far_west()]


def test_new_values_while_it_moves_are_those_of_where_it_is(shown) -> None:
    shown.canvas.grab()
    shown.canvas.move_to(shown.canvas.viewport.panned(-80, 30), moving=True)
    cells = tuple(msgspec.structs.replace(line, probability=1.0) for line in sample.cells_view().cells)
    shown.render(TOPIC, sample.cells_view(cells=cells))
    assert colour_at(shown, far_west()) == QColor(theme.current().section("hex")["stops"][-1])


def test_a_map_of_very_many_cells_is_cut_from_them_and_follows_their_values(shown, qtbot) -> None:
    middle = h3.latlng_to_cell(41.8, -88.0, 7)
    disk = sorted(h3.grid_disk(middle, 45))
    lines = tuple(sample.line(cell, probability=0.0) for cell in disk)
    shown.render(TOPIC, sample.cells_view(cells=lines, resolution=7))
    shown.canvas.resize(1600, 1000)
    shown.canvas.move_to(Viewport(41.8, -88.0, 9.25, 1600, 1000))
    grid = shown.canvas.cells.grid()
    assert shown.canvas.cells._numbers is not None
    assert set(grid.cells) <= set(disk)
    fewer = tuple(sample.line(cell, probability=1.0) for cell in disk if cell != disk[0])
    shown.render(TOPIC, sample.cells_view(cells=fewer, resolution=7))
    assert set(shown.canvas.cells.values(shown.canvas.cells.grid()).tolist()) == {1.0}


def test_a_map_that_stays_hidden_lets_its_pictures_go_and_comes_back_as_it_was(shown, qtbot) -> None:
    canvas = shown.canvas
    before = canvas.grab().toImage()
    canvas._unseen.setInterval(1)
    shown.hide()
    qtbot.waitUntil(lambda: canvas._picture is None)
    assert (canvas._ground, canvas._borders, canvas.cells._grid) == (None, None, None)
    shown.show()
    assert not canvas._unseen.isActive()
    assert canvas.grab().toImage() == before


def test_a_map_that_is_shown_again_soon_keeps_its_pictures(shown) -> None:
    kept = shown.canvas._picture
    assert kept is not None
    shown.hide()
    assert shown.canvas._unseen.isActive()
    shown.show()
    assert shown.canvas._picture is kept


def test_no_station_s_plate_lies_over_the_number_of_the_chosen_cell(qapp) -> None:
    """A cell east of Midway was chosen, and 25 % could not be read."""
    theme.install(qapp)
    pin = msgspec.structs.replace(sample.cells_view().stations[0], settles=True)
    view = Viewport(pin.lat, pin.lon, 9.5, 400, 200)
    chosen = h3.latlng_to_cell(*view.place(200 + 50, 100), 6)
    x, y = view.point(*h3.cell_to_latlng(chosen))
    blank = QColor("#123456").rgb()

    def inked(cell: str) -> bool:
        image = QImage(400, 200, QImage.Format.Format_RGB32)
        image.fill(blank)
        p = QPainter(image)
        hexmarks.station(p, view, pin, cell)
        p.end()
        return any(image.pixel(round(x) + dx, round(y) + dy) != blank for dx in range(-8, 9) for dy in range(-4, 5))

    assert inked("")
    assert not inked(chosen)
