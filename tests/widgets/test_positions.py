from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from engine.core.commands import Flatten
from engine.core.units import SECOND, Nanos
from engine.views import topics
from tests.widgets import account_views as views
from widgets.controls import FlatButton
from widgets.positions import PositionsPanel


@pytest.fixture
def panel(qtbot):
    panel = PositionsPanel()
    qtbot.addWidget(panel)
    panel.resize(1060, 224)
    panel.show()
    panel.render(topics.SPINE, views.spine())
    panel.render(
        topics.POSITIONS,
        views.positions(
            views.position(0), views.position(1, "NO", mark=None, unrealised=None, net=None), views.position(0, "NO")
        ),
    )
    return panel


def cell(panel, at, key):
    return panel.table.rows.cell(at, [column.key for column in panel.table.rows.columns].index(key))


def test_what_a_row_says(panel):
    said = [cell(panel, 0, column.key).text for column in panel.table.rows.columns]
    assert said == [
        *("CHI 84–85 °F", "YES", "24", "38.5", "43.0", "curve", "+1.08", "+0.84", "−0.12"),
        *("▲ +1.80", "−9.24", "+14.76", "10:26:53", "KMDW open"),
    ]


def test_what_is_not_known_is_a_dash(panel):
    assert [cell(panel, 1, key).text for key in ("mark", "unreal", "net")] == ["—", "—", "—"]


def test_the_last_row_is_the_total(panel):
    assert panel.table.rows.is_total(3)
    said = [cell(panel, 3, key).text for key in ("market", "unreal", "real", "fees", "net", "maxLoss", "mark")]
    assert said == ["Total", "+1.98", "+1.64", "−0.44", "▲ +3.18", "−45.62", ""]


def test_the_time_left_runs_with_the_session_s_clock(panel):
    panel.render(topics.SPINE, views.spine(now=Nanos(views.NOW + 53 * SECOND)))
    assert cell(panel, 0, "closes").text == "10:26:00"


def test_what_has_no_end_closes_in_no_time(panel):
    """A perpetual: 0:00:00 said that it was over."""
    panel.render(topics.POSITIONS, views.positions(views.position(0, closes=None), views.position(1)))
    assert [cell(panel, row, "closes").text for row in (0, 1)] == ["—", "10:26:53"]
    panel.table.rows.sort([column.key for column in panel.table.rows.columns].index("closes"))
    assert [cell(panel, row, "closes").text for row in (0, 1)] == ["10:26:53", "—"]


def test_legs_of_one_outcome_are_two_rows(panel):
    assert panel.table.rows.place_of((views.instrument(0), "NO")) == 2


@pytest.mark.parametrize(("action", "market"), [(0, views.MARKET), (1, None)])
def test_flatten_is_asked_in_place_before_it_is_emitted(qtbot, panel, action, market):
    asked = []
    panel.intent.connect(asked.append)
    menu = QMenu()
    panel.row_menu(menu, panel.table.rows.row(0))
    menu.actions()[action].trigger()
    assert asked == []
    button = next(b for b in panel.findChildren(FlatButton) if b.text() == "Flatten")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked == [Flatten(market=market)]


def test_empty_has_no_total(panel):
    panel.render(topics.POSITIONS, views.positions())
    assert panel.table.rows.rowCount() == 0
    assert panel.state == "empty"


def test_a_small_dock_keeps_what_decides(panel):
    panel.resize(560, 224)
    hidden = {c.key for i, c in enumerate(panel.table.rows.columns) if panel.table.isColumnHidden(i)}
    assert not hidden & {"market", "side", "qty", "average", "mark", "unreal", "net"}
    assert {"source", "from", "maxWin"} <= hidden
    assert panel.table.horizontalHeader().length() <= panel.table.viewport().width()


def test_a_position_that_loses_is_drawn_as_loss(panel):
    panel.render(topics.POSITIONS, views.positions(views.position(0, net=Decimal("-0.33"))))
    assert cell(panel, 0, "net") == ("▼ −0.33", "loss", None, False, "", False)
    panel.grab()


def test_enter_turns_the_linked_docks_to_the_chosen_market_again(qtbot, panel):
    line = views.position(1, "NO")
    panel.table.select((line.instrument, line.leg))
    turned = []
    panel.selected.connect(turned.append)
    qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    assert turned == [line.instrument]


def test_a_market_that_is_closed_is_said_to_be(panel):
    panel.render(topics.POSITIONS, views.positions(views.position(0, closes=Nanos(SECOND))))
    shown = cell(panel, 0, "closes")
    assert (shown.text, shown.colour) == ("closed", "text.dim")


def test_what_is_wrong_is_told_over_no_part_of_a_row(panel):
    panel.set_state("stale", "Nothing came for 24 s.", age_s=24.0)
    strip, table = panel._dock_state.strip, panel.table.viewport()
    assert strip.isVisible()
    assert strip.geometry().bottom() < table.mapTo(panel, table.rect().topLeft()).y()
