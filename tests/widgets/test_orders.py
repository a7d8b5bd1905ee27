from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from engine.core.commands import Cancel, CancelAll
from engine.core.ids import OrderId
from engine.core.order import Status
from engine.views import topics
from tests.widgets import account_views as views
from widgets.orders import STATUS_COLOURS, OrdersPanel, side_colour


@pytest.fixture
def panel(qtbot):
    panel = OrdersPanel()
    qtbot.addWidget(panel)
    panel.resize(1040, 300)
    panel.show()
    panel.render(topics.SPINE, views.spine())
    panel.render(
        topics.ORDERS,
        views.orders(
            views.order(1),
            views.order(2, "partial", "Part 4/10", filled=Decimal(4), average=42.12),
            views.order(3, "refused", "Refused", why="EVENT_EXPOSURE: the event would stand at $31.20 of $30"),
            views.order(4, "filled", "Filled", filled=Decimal(10), side="SELL NO"),
        ),
    )
    return panel


def ids(panel):
    return [row.id for row in panel.table.rows.rows()]


def cell(panel, at, key):
    columns = [column.key for column in panel.table.rows.columns]
    return panel.table.rows.cell(at, columns.index(key))


def test_every_status_of_an_order_has_its_colour():
    assert set(STATUS_COLOURS) == {status.value for status in Status}


@pytest.mark.parametrize(
    ("side", "colour"), [("BUY YES", "buy"), ("SELL NO", "buy"), ("BUY NO", "sell"), ("SELL YES", "sell")]
)
def test_blue_gains_from_yes(side, colour):
    assert side_colour(side) == colour


def test_what_a_row_says(panel):
    assert cell(panel, 0, "at").text == "13:32:06.000"
    assert cell(panel, 1, "state").text == "Part 4/10"
    assert cell(panel, 1, "average").text == "42.12"
    assert cell(panel, 0, "average").text == "—"
    assert cell(panel, 0, "edge").text == "+3.37"
    assert cell(panel, 2, "why").text.startswith("EVENT_EXPOSURE")
    assert panel.count() == 2


@pytest.mark.parametrize(
    ("key", "shown"),
    [("all", ["o1", "o2", "o3", "o4"]), ("working", ["o1", "o2"]), ("filled", ["o2", "o4"]), ("refused", ["o3"])],
)
def test_filters(panel, key, shown):
    panel.filter.set_value(key)
    panel.render(topics.ORDERS, panel._view)
    assert ids(panel) == shown


def test_delete_cancels_what_has_not_ended(qtbot, panel):
    asked = []
    panel.intent.connect(asked.append)
    panel.activateWindow()
    panel.table.setFocus()
    panel.table.selectAll()
    panel.cancel_selected()
    assert asked == [Cancel(order=OrderId("o1")), Cancel(order=OrderId("o2"))]


def test_the_menu_cancels_one_or_all(panel):
    asked = []
    panel.intent.connect(asked.append)
    menu = QMenu()
    panel.row_menu(menu, panel.table.rows.row(0))
    for action in menu.actions():
        action.trigger()
    assert asked == [Cancel(order=OrderId("o1")), CancelAll()]
    menu.clear()
    panel.row_menu(menu, panel.table.rows.row(3))
    assert not menu.actions()[0].isEnabled()


def test_choosing_a_row_turns_the_linked_docks(qtbot, panel):
    with qtbot.waitSignal(panel.selected) as told:
        panel.table.select(OrderId("o2"))
    assert told.args == [views.instrument(2)]


def test_without_orders_it_says_so(panel):
    panel.render(topics.ORDERS, views.orders())
    assert panel.state == "empty"
    panel.render(topics.ORDERS, views.orders(views.order(1)))
    assert panel.state == "live"


def test_another_zone_moves_the_times_and_keeps_what_is_selected(panel):
    panel.table.select(OrderId("o2"))
    panel.render(topics.SPINE, views.spine(utc_offset_hours=0))
    assert cell(panel, 0, "at").text == "19:32:06.000"
    assert panel.table.selected_row().id == OrderId("o2"), "Delete would have taken nothing back"


def test_the_state_is_never_dropped(panel):
    panel.resize(560, 300)
    keys = [column.key for column in panel.table.rows.columns]
    assert not panel.table.isColumnHidden(keys.index("state"))
    assert panel.table.isColumnHidden(keys.index("mode"))
    assert panel.table.horizontalHeader().length() <= panel.table.viewport().width()


def test_hostile_text_is_plain_and_short(panel):
    panel.render(topics.ORDERS, views.orders(views.order(1, "rejected", "Rejected", why="<img src=x>\n" * 200)))
    text = cell(panel, 0, "why").text
    assert "\n" not in text
    assert len(text) <= 240
    index = panel.table.rows.index(0, [column.key for column in panel.table.rows.columns].index("why"))
    assert panel.table.rows.data(index, Qt.ItemDataRole.ToolTipRole).startswith("<qt>&lt;img src=x&gt;")
    panel.grab()


def test_enter_turns_the_linked_docks_to_the_order_s_market_again(qtbot, panel):
    row = panel.table.rows.row(0)
    panel.table.select(row.id)
    turned = []
    panel.selected.connect(turned.append)
    qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    assert turned == [row.instrument]


def test_only_a_refusal_is_told_in_its_colour(panel):
    panel.render(
        topics.ORDERS,
        views.orders(
            views.order(1, "canceled", "Cancelled", why="as asked", ends=True),
            views.order(2, "refused", "Refused", why="DUPLICATE", ends=True),
        ),
    )
    at = [column.key for column in panel.table.rows.columns].index("why")
    assert [panel.table.rows.cell(row, at).colour for row in (0, 1)] == ["text.muted", "danger.text"]
