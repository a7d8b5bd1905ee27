"""The map dock: layers, the picked cell, moving about, and what it does where nothing is known."""

from __future__ import annotations

import h3
import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from engine.core.units import HOUR, MINUTE, Nanos
from engine.views import topics
from engine.views.alerts import AlertLine
from engine.weather import alerts
from tests.widgets import weather_sample as sample
from widgets import hexlayers, states, theme
from widgets.hexmap import MapPanel
from widgets.hexviewport import Viewport

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
    shown.canvas.move_to(shown.canvas.viewport.panned(-120, 0))
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
    shown.canvas.move_to(shown.canvas.viewport.zoomed(-2.6, 300, 200))
    assert shown.canvas.cells.resolution() == 5
    parent = h3.cell_to_parent(far_west(), 5)
    lines = shown.canvas.cells.lines_at(parent)
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
    assert shown.state == states.EMPTY


def test_another_market_asks_for_another_topic(shown, qtbot) -> None:
    with qtbot.waitSignal(shown.retargeted):
        shown.set_market("M2")
    assert shown.topics() == frozenset({topics.cells("M2")})
    assert shown.state == states.LOADING
    shown.render(TOPIC, sample.cells_view())
    assert shown.state == states.LOADING


def test_hovering_names_the_cell(shown, qtbot) -> None:
    qtbot.mouseMove(shown.canvas, spot(shown, far_west()))
    assert shown.canvas._hover == far_west()
    shown.canvas.grab()


def test_the_map_needs_no_network(no_sockets, shown) -> None:
    shown.canvas.move_to(Viewport(39.0, -95.0, 4.5, 800, 400))
    assert not shown.canvas.grab().isNull()


def test_age_is_that_of_the_run(shown) -> None:
    shown.render(TOPIC, sample.cells_view(run_at=Nanos(sample.NOW - 39 * MINUTE)))
    assert shown.run.words()[1].endswith("39 m")
    shown.render(TOPIC, sample.cells_view(run="", run_at=None))
    assert shown.run.words()[:2] == ("no forecast", "—")


HOURS = tuple(Nanos(sample.DAY_FROM + n * HOUR) for n in range(24))


def hourly(**changes):
    return sample.cells_view(
        **{
            "hours": HOURS,
            "now": sample.NOW,
            "utc_offset_hours": -6,
            "window": "day maximum",
            "closes": Nanos(sample.DAY_FROM + 24 * HOUR),
            **changes,
        }
    )


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


def alert(name: str, severity: str, *where: str, **terms) -> AlertLine:
    given = {"event": f"{name} Warning", "headline": f"{name} near you", "onset": None, "rank": alerts.rank(severity)}
    times = {"sent": sample.NOW, "effective": sample.NOW, "over_at": Nanos(sample.NOW + HOUR)}
    return AlertLine(id=name, severity=severity, cells=frozenset(where), **{**given, **times, **terms})


def warned(*told: AlertLine):
    ranks = {cell: one.rank for one in reversed(told) for cell in one.cells}
    lines = (msgspec.structs.replace(line, alert=ranks.get(line.cell, 0)) for line in sample.cells_view().cells)
    return hourly(cells=tuple(lines), alerts=told)


def test_alerts_colour_their_cells_by_severity_and_hatch_the_grave(shown, qtbot) -> None:
    qtbot.mouseClick(shown.layers.buttons["alerts"], Qt.MouseButton.LeftButton)
    west, other = far_west(), h3.latlng_to_cell(41.92, -88.05, 6)
    shown.render(TOPIC, warned(alert("Tornado", "Extreme", west), alert("Heat", "Moderate", other)))
    tones = [QColor(tone) for tone in theme.current().section("hex")["alerts"]]
    assert colour_at(shown, other) == tones[2]
    image, spot_ = shown.canvas.grab().toImage(), spot(shown, west)
    near = {image.pixelColor(spot_ + QPoint(dx, 14)).name() for dx in range(-8, 9)}
    assert tones[4].name() in near
    assert len(near) > 2
    assert colour_at(shown, sample.CELL) not in tones


def test_the_sheet_lists_what_stands_on_the_cell_gravest_first(shown) -> None:
    inside = h3.cell_to_center_child(sample.CELL, 7)
    shown.render(TOPIC, warned(alert("Flood", "Severe", inside), alert("Heat", "Moderate", sample.CELL),
                               alert("Far", "Severe", far_west())))  # fmt: skip
    shown.select(sample.CELL)
    said = shown.sheet.accessibleDescription()
    assert "Severe: Flood Warning until 14:32, Moderate: Heat Warning until 14:32" in said
    assert "Far" not in said
    shown.grab()


def test_hostile_words_of_an_alert_stay_words(shown) -> None:
    shown.render(TOPIC, warned(alert("<b>x</b>", "Severe", sample.CELL, headline='<img src="http://x/">')))
    shown.select(sample.CELL)
    assert "<img" not in shown.sheet.toolTip()
    assert "&lt;img" in shown.sheet.toolTip()


def test_tiers_are_letters_and_parents_have_the_best(shown, qtbot) -> None:
    tier = LAYERS["tier"]
    lines = [sample.line(far_west(), tier=name) for name in ("C", "A", "")]
    assert [tier.value(line) for line in lines] == [1.0, 3.0, None]
    assert (tier.text(3.0), tier.words(1.0, "")) == ("A", "C: two within 25 km or one within 40")
    assert hexlayers.value_of(tier, lines) == 3.0
    assert hexlayers.value_of(LAYERS["alerts"], [sample.line(far_west(), alert=n) for n in (0, 2, 4)]) == 4.0
    qtbot.mouseClick(shown.layers.buttons["tier"], Qt.MouseButton.LeftButton)
    shown.canvas.grab()


def test_the_sheet_asks_for_a_hedge_of_its_cell(shown, qtbot) -> None:
    shown.select(far_west())
    with qtbot.waitSignal(shown.hedge_wanted) as heard:
        qtbot.mouseClick(shown.sheet.hedge, Qt.MouseButton.LeftButton)
    assert heard.args == [far_west()]


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
