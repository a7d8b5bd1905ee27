"""The crosshair between a ladder and the docks beside it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication

from engine.core.ids import KALSHI, InstrumentId
from engine.views import topics
from tests.widgets import views_sample as sample
from widgets.crosshair import Pointed
from widgets.ladder import LadderPanel


@pytest.fixture
def ladder(qtbot):
    view = sample.book()
    panel = LadderPanel()
    qtbot.addWidget(panel)
    panel.resize(562, 660)
    panel.set_instrument(view.instrument)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.render(topics.ladder(view.instrument.symbol), view)
    return panel


def test_the_pointer_tells_its_price_once_and_leaving_ends_it(ladder, qtbot) -> None:
    told = []
    ladder.crosshair.pointed.connect(told.append)
    index = ladder.grid.first + 3
    place = ladder.grid.cell_rect(index, "bid").center()
    qtbot.mouseMove(ladder.grid, place)
    ladder.grid.looked_at.emit()
    assert told == [Pointed(ladder.instrument, None, ladder.grid.view.rows[index].price / 100)]
    QApplication.sendEvent(ladder.grid, QEvent(QEvent.Type.Leave))
    assert told[-1] is None


def test_a_price_that_is_pointed_at_is_framed_where_its_row_is(ladder) -> None:
    mark, grid = ladder.crosshair.mark, ladder.grid
    index = grid.first + 4
    cents = grid.view.rows[index].price / 100
    ladder.crosshair.show_pointed(Pointed(ladder.instrument, None, cents + 0.3))
    assert mark.isVisible()
    assert mark.geometry().contains(grid.cell_rect(index, "bid").center())
    grid.scroll_to(grid.first + 1)
    grid.repaint()
    assert mark.geometry().contains(grid.cell_rect(index, "bid").center())
    assert mark.testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    ladder.crosshair.show_pointed(Pointed(InstrumentId(KALSHI, "OTHER"), None, cents))
    assert not mark.isVisible()
    ladder.crosshair.show_pointed(Pointed(ladder.instrument, None, 99.9))
    assert not mark.isVisible()
    ladder.crosshair.show_pointed(None)
    assert not mark.isVisible()
