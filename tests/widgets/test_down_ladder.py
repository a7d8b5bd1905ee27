"""The ladder of Down: the book turned over, and orders of NO that go to the ticket and nowhere else."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from engine.core.units import TICKS_PER_UNIT, Leg, Qty, Side
from engine.views import topics as t
from tests.widgets import views_sample as sample
from widgets import theme
from widgets.down_ladder import DownPanel, turned


@pytest.fixture
def panel(qtbot: Any) -> DownPanel:
    found = DownPanel()
    qtbot.addWidget(found)
    found.resize(240, 500)
    found.show()
    view = sample.book(position=Qty(Decimal(-7)))
    found.set_instrument(view.instrument)
    found.render(t.ladder(view.instrument.symbol), view)
    found.asked, found.opened = [], []  # type: ignore[attr-defined]
    found.intent.connect(found.asked.append)  # type: ignore[attr-defined]
    found.ticket.connect(found.opened.append)  # type: ignore[attr-defined]
    return found


def press(panel: DownPanel, index: int, *, buys: bool) -> None:
    rect = panel.grid.cell_rect(index, buys=buys)
    QTest.mouseClick(panel.grid, Qt.MouseButton.LeftButton, pos=rect.center())


def test_bids_of_no_are_the_offers_of_yes_turned_over(panel: DownPanel) -> None:
    view = panel.grid.view
    assert view is not None
    rows = turned(view)
    assert [row.price for row in rows] == sorted((row.price for row in rows), reverse=True)
    bid, ask = panel.grid.best()
    assert bid is not None
    assert ask is not None
    assert (bid.price, ask.price) == (TICKS_PER_UNIT - view.best_ask, TICKS_PER_UNIT - view.best_bid)
    same = next(row for row in view.rows if row.price == view.best_ask)
    assert bid.bid == same.ask
    assert bid.price < ask.price


def test_a_click_opens_the_ticket_and_sends_nothing(panel: DownPanel) -> None:
    bid, ask = panel.grid.best()
    press(panel, panel.grid.rows.index(bid), buys=True)  # type: ignore[arg-type]
    press(panel, panel.grid.rows.index(ask), buys=False)  # type: ignore[arg-type]
    bought, sold = panel.opened  # type: ignore[attr-defined]
    assert (bought.side, bought.leg, bought.price, bought.qty) == (Side.BUY, Leg.NO, bid.price, 10)  # type: ignore[union-attr]
    assert (sold.side, sold.leg, sold.price, sold.qty) == (Side.SELL, Leg.NO, ask.price, 7)  # type: ignore[union-attr]
    assert (bought.reduce_only, sold.reduce_only) == (False, True)
    assert panel.asked == []  # type: ignore[attr-defined]


def test_what_is_not_held_is_not_sold_and_a_halt_opens_nothing(panel: DownPanel) -> None:
    symbol = panel.grid.view.instrument.symbol  # type: ignore[union-attr]
    panel.render(t.ladder(symbol), sample.book(position=Qty(Decimal(0))))
    _, ask = panel.grid.best()
    press(panel, panel.grid.rows.index(ask), buys=False)  # type: ignore[arg-type]
    assert panel.grid.said == "nothing of NO is held to sell"
    panel.render(t.ladder(symbol), sample.book(state="halted", why="by hand", refusing="KILL"))
    bid, _ = panel.grid.best()
    press(panel, panel.grid.rows.index(bid), buys=True)  # type: ignore[arg-type]
    assert panel.grid.said == "KILL refuses: by hand"
    assert panel.opened == []  # type: ignore[attr-defined]


def test_it_stays_where_it_was_scrolled_to(panel: DownPanel) -> None:
    grid = panel.grid
    first = grid.first
    QTest.keyClick(grid, Qt.Key.Key_Up)
    assert grid.first == first - 1
    panel.render(t.ladder(grid.view.instrument.symbol), sample.book())  # type: ignore[union-attr]
    assert grid.first == first - 1
    QTest.keyClick(grid, Qt.Key.Key_Home)
    assert grid.first == first
    QTest.mouseClick(grid, Qt.MouseButton.LeftButton, pos=QPoint(grid.width() // 2, 60))  # the price column is none
    assert panel.opened == []  # type: ignore[attr-defined]


def test_only_the_side_that_is_bid_or_offered_has_a_strong_ground(panel: DownPanel) -> None:
    grid = panel.grid
    bid, ask = grid.best()
    assert bid is not None
    assert ask is not None
    image = grid.grab().toImage()
    strong = {True: theme.current().colour("buy.zone").rgb(), False: theme.current().colour("sell.zone").rgb()}
    for index in range(grid.first, grid.first + 12):
        row = grid.rows[index]
        for buys, within in ((True, row.price <= bid.price), (False, row.price >= ask.price)):
            at = grid.cell_rect(index, buys=buys)
            pixel = image.pixel(at.left() + 1 if buys else at.right() - 1, at.top() + 1)
            assert (pixel == strong[buys]) == within, (row.price, buys)


def test_a_refusal_is_said_only_as_long_as_it_holds(panel: DownPanel) -> None:
    view = sample.book(position=Qty(Decimal(0)))
    panel.render(t.ladder(view.instrument.symbol), view)
    ask = panel.grid.best()[1]
    press(panel, panel.grid.rows.index(ask), buys=False)  # type: ignore[arg-type]
    assert panel.grid.said == "nothing of NO is held to sell"
    panel.render(t.ladder(view.instrument.symbol), sample.book(position=Qty(Decimal(0))))
    assert panel.grid.said == "nothing of NO is held to sell"
    panel.render(t.ladder(view.instrument.symbol), sample.book(position=Qty(Decimal(-7))))
    assert panel.grid.said == ""
