from decimal import Decimal

import pytest

from engine.views import topics
from tests.widgets import account_views as views
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
