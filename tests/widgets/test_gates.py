from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from engine.core.commands import SetLimit
from engine.core.units import SECOND, Nanos
from engine.views import topics
from tests.widgets import account_views as views
from widgets.gates import GatesPanel


@pytest.fixture
def panel(qtbot):
    panel = GatesPanel()
    qtbot.addWidget(panel)
    panel.resize(1044, 330)
    panel.show()
    panel.activateWindow()
    panel.render(topics.SPINE, views.spine())
    panel.render(
        topics.GATES,
        views.gates(
            views.gate("AT_RISK"),
            views.gate(
                "DAILY_LOSS",
                "REFUSING",
                used="−30.12",
                limit="−30",
                value=Decimal(-30),
                share=1.004,
                last_refusal="BUY 10 YES @ 43",
                last_refusal_at=Nanos(views.NOW - 2 * SECOND),
                self_test="did not refuse",
            ),
            views.gate("WASH", "OFF", value=None, share=None, self_test="", self_test_at=None),
        ),
    )
    return panel


ORDER = ("DAILY_LOSS", "AT_RISK", "WASH")
"""As they are shown: what refuses comes first."""


def cell(panel, at, key):
    return panel.table.rows.cell(at, [column.key for column in panel.table.rows.columns].index(key))


def open_limit(panel, at):
    columns = [column.key for column in panel.table.rows.columns]
    panel.table.doubleClicked.emit(panel.table.rows.index(at, columns.index("limit")))


def test_what_a_row_says(panel):
    said = [cell(panel, 0, key).text for key in ("gate", "used", "limit", "state", "refusal", "test")]
    assert said == ["DAILY_LOSS", "−30.12", "−30", "REFUSING", "13:32:05 BUY 10 YES @ 43", "13:02 did not ref…"]
    assert cell(panel, 0, "gate").colour == "danger.text"
    assert cell(panel, 1, "gate").tip == "What AT_RISK means"
    assert panel.count() == 3


def test_money_has_its_symbol_and_a_result_its_sign(panel):
    loss = {"unit": "$", "used": "6.22", "limit": "-930.00", "amount": Decimal("6.22"), "value": Decimal(-930)}
    cash = {"unit": "$", "used": "992.83", "limit": "", "amount": Decimal("992.83"), "value": None}
    orders = {"unit": "orders", "used": "3 orders", "limit": "20 orders", "amount": Decimal(3), "value": Decimal(20)}
    panel.render(
        topics.GATES,
        views.gates(views.gate("DAILY_LOSS", **loss), views.gate("CASH", **cash), views.gate("OPEN_ORDERS", **orders)),
    )
    said = [(cell(panel, n, "used").text, cell(panel, n, "limit").text) for n in range(3)]
    assert said == [("+$6.22", "−$930.00"), ("$992.83", ""), ("3 orders", "20 orders")]


def test_a_gate_never_tested_and_never_refusing_says_so(panel):
    assert cell(panel, 2, "test").text == cell(panel, 2, "refusal").text == "—"


def test_a_double_click_on_the_limit_edits_it_in_place(qtbot, panel):
    open_limit(panel, 1)
    assert panel.editor.isVisible()
    assert panel.editor.value.text() == "150"
    panel.editor.value.setText("120")
    panel.editor.why.setText(" calmer ")
    with qtbot.waitSignal(panel.intent) as told:
        qtbot.keyClick(panel.editor.value, Qt.Key.Key_Return)
    assert told.args == [SetLimit(gate="AT_RISK", value=Decimal(120), why="calmer")]
    assert not panel.editor.isVisible()


def test_a_typographic_minus_is_a_minus(qtbot, panel):
    open_limit(panel, 0)
    panel.editor.value.setText("−25")
    with qtbot.waitSignal(panel.intent) as told:
        qtbot.keyClick(panel.editor.why, Qt.Key.Key_Return)
    assert told.args == [SetLimit(gate="DAILY_LOSS", value=Decimal(-25))]


@pytest.mark.parametrize("typed", ["", "abc", "NaN", "Infinity"])
def test_what_is_no_number_is_not_sent(qtbot, panel, typed):
    open_limit(panel, 1)
    panel.editor.value.setText(typed)
    with qtbot.assertNotEmitted(panel.intent):
        qtbot.keyClick(panel.editor.value, Qt.Key.Key_Return)
    assert panel.editor.value.wrong
    assert panel.editor.isVisible()


def test_escape_leaves_the_limit_as_it_is(qtbot, panel):
    open_limit(panel, 1)
    with qtbot.assertNotEmitted(panel.intent):
        qtbot.keyClick(panel.editor.value, Qt.Key.Key_Escape)
    assert not panel.editor.isVisible()


def test_a_gate_without_a_number_cannot_be_edited(panel):
    open_limit(panel, 2)
    assert not panel.editor.isVisible()
    menu = QMenu()
    panel.row_menu(menu, panel.table.rows.row(2))
    assert not menu.actions()[0].isEnabled()


def test_other_columns_do_not_edit(panel):
    panel.table.doubleClicked.emit(panel.table.rows.index(0, 0))
    assert not panel.editor.isVisible()


def test_the_editor_lies_in_its_row(panel):
    open_limit(panel, 0)
    rect = panel.table.visualRect(panel.table.rows.index(0, 0))
    assert panel.editor.y() == rect.y()
    assert panel.editor.height() < rect.height() + 1
    panel.grab()


@pytest.mark.parametrize("width", [420, 260, 180, 120])
def test_the_editor_is_seen_in_its_row_where_its_column_is_folded_away(panel, width):
    panel.resize(width, 300)
    panel.grab()
    at = panel.table.rows.place_of("WASH") or 0
    row = panel.table.rows.row(0)
    panel._edit(row, "limit")  # as its menu does
    editor, rect = panel.editor, panel.table.visualRect(panel.table.rows.index(0, 0))
    assert at != 0
    assert (editor.y(), editor.height()) == (rect.y(), rect.height() - 1)
    assert editor.value.width() >= 60
    assert editor.x() >= 0
    assert editor.x() + editor.value.width() <= panel.table.viewport().width()
    panel.grab()


def test_a_row_out_of_sight_is_brought_into_view_to_be_edited(panel):
    panel.resize(600, 90)
    panel.grab()
    last = panel.table.rows.rowCount() - 1
    wanted = next(
        row for n in range(last, -1, -1) if (row := panel.table.rows.row(n)) is not None and row.value is not None
    )
    panel._edit(wanted, "limit")
    assert panel.editor.y() >= 0
    assert panel.editor.geometry().bottom() <= panel.table.viewport().height()


def test_self_test_is_asked_for(qtbot, panel):
    with qtbot.waitSignal(panel.self_test):
        qtbot.mouseClick(panel.test_button, Qt.MouseButton.LeftButton)


def test_before_its_first_view_it_is_loading(qtbot):
    panel = GatesPanel()
    qtbot.addWidget(panel)
    assert panel.state == "loading"
    panel.render(topics.GATES, views.gates(views.gate()))
    assert panel.state == "live"


def test_what_refuses_is_shown_first_then_what_is_near_and_strategies_gates_last(panel):
    panel.render(
        topics.GATES,
        views.gates(
            views.gate("AT_RISK"),
            views.gate("STRATEGY_RATE", flow="strategies", whose="alice"),
            views.gate("CASH"),
            views.gate("CORRELATED", "REFUSING", flow="strategies", whose="KMDW 21 Nov"),
            views.gate("DAILY_LOSS", "NEAR"),
            views.gate("LOT", flow="venues"),
        ),
    )
    rows = [panel.table.rows.row(n) for n in range(6)]
    assert [row.code for row in rows] == ["CORRELATED", "DAILY_LOSS", "AT_RISK", "CASH", "LOT", "STRATEGY_RATE"]
    assert [cell(panel, n, "met").text for n in (0, 2, 4)] == ["strategies", "every order", "venues"]
    assert cell(panel, 0, "scope").text == "KMDW 21 Nov"
    assert "portfolio" in cell(panel, 0, "scope").tip
    assert panel.table.rows.row(0).whose == "KMDW 21 Nov"


def test_rows_keep_their_places_while_a_limit_is_being_typed(panel):
    open_limit(panel, 1)
    panel.render(
        topics.GATES, views.gates(views.gate("WASH", value=None), views.gate("DAILY_LOSS"), views.gate("AT_RISK"))
    )
    assert [panel.table.rows.row(n).code for n in range(3)] == list(ORDER)
    panel.editor.hide()
    panel.render(
        topics.GATES, views.gates(views.gate("WASH", value=None), views.gate("DAILY_LOSS"), views.gate("AT_RISK"))
    )
    assert [panel.table.rows.row(n).code for n in range(3)] == ["WASH", "DAILY_LOSS", "AT_RISK"]
