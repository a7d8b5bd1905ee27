from decimal import Decimal

import pytest
from PySide6.QtCore import Qt

from engine.views import topics
from tests.widgets import account_views as views
from widgets import paint
from widgets.cells import fonts
from widgets.fills import FillsPanel


@pytest.fixture
def panel(qtbot):
    panel = FillsPanel()
    qtbot.addWidget(panel)
    panel.resize(900, 240)
    panel.render(topics.SPINE, views.spine())
    panel.render(
        topics.FILLS,
        views.fills(
            views.fill(1), views.fill(2, slippage=None, realised=Decimal("-1.25")), views.fill(3, slippage=-0.2)
        ),
    )
    panel.show()
    return panel


def cells(panel, key):
    at = [column.key for column in panel.table.rows.columns].index(key)
    return [panel.table.rows.cell(row, at) for row in range(panel.table.rows.rowCount())]


def test_what_rows_say(panel):
    assert [cell.text for cell in cells(panel, "qty")] == ["1\u00a0250"] * 3
    assert [cell.text for cell in cells(panel, "price")] == ["42.15"] * 3
    assert [cell.text for cell in cells(panel, "fee")] == ["−0.04"] * 3
    assert [cell.text for cell in cells(panel, "slip")] == ["+0.40", "—", "−0.20"]
    assert [cell.text for cell in cells(panel, "real")] == ["0.00", "−1.25", "0.00"]
    assert panel.count() == 3


def test_a_long_id_stays_in_its_column_and_shows_both_ends(panel):
    long = "kalshi:o-000006:o-000006-a1b2c3d4-e5f6-4711"
    panel.render(topics.FILLS, views.fills(views.fill(1, trade_id=long), views.fill(2)))
    (column,) = [one for one in panel.table.rows.columns if one.key == "id"]
    first, second = cells(panel, "id")
    assert (first.text, first.tip, second.text) == ("kalshi…-e5f6-4711", long, "t2")
    assert all(paint.width(one.text, fonts(column.kind)[0]) <= column.width - 8 for one in (first, second))


def test_worse_than_the_mid_is_drawn_as_loss(panel):
    assert [cell.colour for cell in cells(panel, "slip")] == ["loss", "text.dim", "profit"]


def test_empty_and_back(panel):
    panel.render(topics.FILLS, views.fills())
    assert panel.state == "empty"
    panel.render(topics.FILLS, views.fills(views.fill(1)))
    assert panel.state == "live"
    panel.grab()


def test_a_fill_turns_the_linked_docks(qtbot, panel):
    with qtbot.waitSignal(panel.selected) as told:
        panel.table.select("t2")
    assert told.args == [views.instrument(1)]


def test_enter_turns_the_linked_docks_to_the_fill_s_market_again(qtbot, panel):
    row = panel.table.rows.row(0)
    panel.table.select(row.trade_id)
    turned = []
    panel.selected.connect(turned.append)
    qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    assert turned == [row.instrument]
