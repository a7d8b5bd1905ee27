"""The map dock: layers, the picked cell, its sheet and alerts, and what it does where nothing is known."""

from __future__ import annotations

import h3
import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor

from engine.core.units import HOUR, MINUTE, Nanos
from engine.views import topics
from engine.views.alerts import AlertLine
from engine.weather import alerts
from tests.widgets import weather_sample as sample
from tests.widgets.map_rig import LAYERS, TOPIC, colour_at, far_west, hourly, map_dock, spot
from widgets import hexlayers, states, theme
from widgets.hexviewport import Viewport


@pytest.fixture
def shown(qtbot, qapp):
    return map_dock(qtbot, qapp)


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


def test_the_map_needs_no_network(no_sockets, shown) -> None:
    shown.canvas.move_to(Viewport(39.0, -95.0, 4.5, 800, 400))
    assert not shown.canvas.grab().isNull()


def test_age_is_that_of_the_run(shown) -> None:
    shown.render(TOPIC, sample.cells_view(run_at=Nanos(sample.NOW - 39 * MINUTE)))
    assert shown.run.words()[1].endswith("39 m")
    shown.render(TOPIC, sample.cells_view(run="", run_at=None))
    assert shown.run.words()[:2] == ("no forecast", "—")


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
