"""Every line of the ladder's mouse table, with real events on a real ladder and a kernel behind it.

The names of the lines are those of the table in the design of the ladder; what is asserted is what came of each at
the venue, not what a widget said. Book of the market: bids 49 (5), 48 (9); asks 51 (4), 52 (8).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.core.commands import Cancel
from engine.core.order import Status as S
from engine.core.units import Leg, Side
from tests.widgets.ladder_rig import ALT, CTRL, MIDDLE, RIGHT, SHIFT, Rig
from widgets.ladder_keys import Column

KEY = Qt.Key
BID, ASK = Column.BID, Column.ASK
Line = Callable[[Rig], None]
MOUSE: dict[str, Line] = {}
QUIET_MENUS = pytest.mark.qt_log_ignore("does not support grabbing the keyboard", extend=True)


def mouse(line: str) -> Callable[[Line], Line]:
    """Note the test of a line of the mouse table."""
    return lambda test: MOUSE.setdefault(line, test)


@mouse("left click in bid column = BUY YES limit at row, size = current size")
def _(rig: Rig) -> None:
    rig.panel.set_size(25)
    rig.click(47, "bid")
    rig.settle()
    assert rig.placed() == [("BUY", "YES", 4_700, 25, "GTC")]
    assert rig.working() == [(4_700, 25)]
    assert rig.mark(47) == ("25", "working")


@mouse("left click in ask column = SELL YES limit at row")
def _(rig: Rig) -> None:
    rig.hold(10)
    rig.click(53, "ask")
    rig.settle()
    assert rig.placed(1) == [("SELL", "YES", 5_300, 10, "GTC")]
    assert rig.mark(53, ASK) == ("10", "working")


@mouse("left click in ask column when flat = BUY NO at 100-p, and the line below names the real order")
def _(rig: Rig) -> None:
    rig.hover(53, "ask")
    assert rig.footer.startswith("BUY 10 NO @ 47")
    rig.click(53, "ask")
    rig.settle()
    assert rig.placed() == [("BUY", "NO", 4_700, 10, "GTC")]
    assert rig.mark(53, ASK) == ("10", "working")


@mouse("click through the market up to the protect offset trades")
def _(rig: Rig) -> None:
    rig.click(54, "bid")
    assert rig.placed() == [("BUY", "YES", 5_400, 10, "GTC")]


@mouse("click through the market further than the protect offset is blocked with the words")
def _(rig: Rig) -> None:
    rig.click(58, "bid")
    assert rig.orders == []
    assert rig.footer == "BUY 10 YES @ 58 refused: crosses 7c: Ctrl+click to take"


@mouse("right click on own order = cancel that order")
def _(rig: Rig) -> None:
    rig.rest(47)
    rig.rest(46)
    rig.click(47, "mine", RIGHT)
    rig.settle()
    assert rig.statuses() == [S.CANCELED, S.WORKING]
    assert rig.working() == [(4_600, 10)]


@mouse("right click elsewhere = context menu")
def _(rig: Rig) -> None:
    rig.click(45, "bid", RIGHT)
    assert rig.orders == []
    assert [a.text() for a in rig.menu("ladder.choices").actions()][:3] == [
        "BUY 10 YES @ 45", "BUY 10 NO @ 55", "Open in ticket",
    ]  # fmt: skip
    rig.pick("ladder.choices", "BUY 10 YES")
    assert rig.placed() == [("BUY", "YES", 4_500, 10, "GTC")]


@mouse("right click on the price column = context menu")
def _(rig: Rig) -> None:
    rig.click(45, "price", RIGHT)
    rig.pick("ladder.choices", "Open in ticket")
    assert [p.price for p in rig.tickets] == [4_500]
    assert rig.orders == []


@mouse("click own order = select")
def _(rig: Rig) -> None:
    rig.rest(47)
    rig.click(47, "mine")
    rig.settle()
    assert rig.grid.chosen.cell == (99 - 47, BID)
    assert rig.working() == [(4_700, 10)]


@mouse("second click on the selected order cancels it")
def _(rig: Rig) -> None:
    rig.rest(47)
    rig.click(47, "mine")
    rig.click(47, "mine")
    rig.settle()
    assert rig.statuses() == [S.CANCELED]


@mouse("single-click cancel as an option for the fast")
def _(rig: Rig) -> None:
    rig.rest(47)
    rig.panel.toggle_click_cancels()
    rig.click(47, "mine")
    rig.settle()
    assert rig.statuses() == [S.CANCELED]


@mouse("click where two own orders stand = select, and a list to cancel one of them")
def _(rig: Rig) -> None:
    rig.rest(47, qty=10)
    rig.rest(47, qty=5)
    assert rig.mark(47) == ("15(2)", "working")
    rig.click(47, "mine")
    rig.pick("ladder.orders", "Cancel BUY 5 YES @ 47")
    rig.settle()
    assert rig.working() == [(4_700, 10)]


@mouse("drag own order = amend to row")
def _(rig: Rig) -> None:
    rig.rest(47)
    rig.drag(47, 45)
    rig.settle()
    assert rig.working() == [(4_500, 10)]
    assert rig.mark(45) == ("10", "working")
    assert rig.requests() == {"new": 1, "amend": 1, "cancel": 0}


@mouse("drag own order: ghost at the old row until the ack")
def _(rig: Rig) -> None:
    rig.rest(47)
    rig.drag(47, 45)
    rig.show()
    assert (rig.mark(47), rig.mark(45)) == (("10", "moved"), ("10…", "amending"))
    rig.session.run(0.003)  # on disk and on its way
    rig.show()
    assert (rig.mark(47), rig.mark(45)) == (("10", "moved"), ("10…", "amending"))
    rig.settle()
    assert (rig.mark(47), rig.mark(45)) == (("", ""), ("10", "working"))


@mouse("drag own sale = amend to row on the other side of the price")
def _(rig: Rig) -> None:
    rig.hold(10)
    rig.rest(54, side=Side.SELL)
    rig.drag(54, 56, "mineAsk")
    rig.settle()
    assert rig.working() == [(5_600, 10)]


@mouse("drag of a purchase of NO on the ask side keeps its leg")
def _(rig: Rig) -> None:
    rig.rest(46, leg=Leg.NO)
    rig.drag(54, 57, "mineAsk")
    rig.settle()
    assert rig.working() == [(4_300, 10)]
    assert rig.placed() == [("BUY", "NO", 4_300, 10, "GTC")]


@mouse("drag of a partly filled order moves what is left")
def _(rig: Rig) -> None:
    order = rig.rest(47)
    rig.session.trade(order, 4)
    rig.settle()
    assert rig.mark(47) == ("4/10", "partial")
    rig.drag(47, 45)
    rig.settle()
    assert rig.working() == [(4_500, 6)]
    assert order.filled == 4


@mouse("Esc while dragging aborts")
def _(rig: Rig) -> None:
    rig.rest(47)
    rig.lift(47, "mine")
    rig.carry(45, "mine")
    assert rig.grid.mouse.dragging is not None
    assert "amend BUY 10 YES @ 47 → 45" in rig.footer
    rig.key(KEY.Key_Escape)
    assert rig.grid.mouse.dragging is None
    rig.let_go(45, "mine")
    rig.settle()
    assert rig.working() == [(4_700, 10)]
    assert rig.requests()["amend"] == 0


@mouse("drag back to the same row does nothing")
def _(rig: Rig) -> None:
    rig.rest(47)
    rig.lift(47, "mine")
    rig.carry(45, "mine")
    rig.carry(47, "mine")
    rig.let_go(47, "mine")
    rig.settle()
    assert rig.working() == [(4_700, 10)]
    assert rig.grid.chosen.cell is None


@mouse("drag through the market further than the protect offset is blocked with the words")
def _(rig: Rig) -> None:
    rig.rest(47)
    rig.drag(47, 58)
    rig.settle()
    assert rig.working() == [(4_700, 10)]
    assert rig.footer == "not moved: crosses 7c: Ctrl+click to take"


@mouse("drag of an order whose cancel is out is refused in words")
def _(rig: Rig) -> None:
    order = rig.rest(47)
    rig._ask(Cancel(order=order.id))
    rig.show()
    rig.drag(47, 45)
    assert rig.footer == "not moved: BUY 10 YES @ 47 is cancelling: only a working order can be moved"
    assert rig.requests()["amend"] == 0


@mouse("Ctrl+drag = copy")
def _(rig: Rig) -> None:
    rig.rest(47)
    rig.drag(47, 45, held=CTRL)
    rig.settle()
    assert rig.working() == [(4_500, 10), (4_700, 10)]
    assert rig.requests() == {"new": 2, "amend": 0, "cancel": 0}


@mouse("Alt+drag = move the whole bracket")
def _(rig: Rig) -> None:
    rig.hold(10)
    rig.rest(47)
    rig.rest(46)
    rig.rest(54, side=Side.SELL)
    rig.drag(47, 45, held=ALT)
    rig.settle()
    assert rig.working() == [(4_400, 10), (4_500, 10), (5_200, 10)]
    assert len(rig.orders) == 4


@mouse("Alt+drag of a bracket that would leave the grid moves none of it")
def _(rig: Rig) -> None:
    rig.session.quote((((500, 500),), ((700, 400),)))
    rig.show()
    rig.rest(4)
    rig.rest(1)
    rig.grid.centre()
    rig.drag(4, 2, held=ALT)
    rig.settle()
    assert rig.working() == [(100, 10), (400, 10)]
    assert "would leave the grid" in rig.footer


@mouse("Ctrl + click = take what is there: IOC up to the displayed size, never more")
def _(rig: Rig) -> None:
    rig.panel.set_size(100)
    rig.click(52, "bid", held=CTRL)
    assert rig.placed() == [("BUY", "YES", 5_200, 12, "IOC")]


@mouse("Ctrl + click where nothing stands asks for nothing")
def _(rig: Rig) -> None:
    rig.click(49, "bid", held=CTRL)
    assert rig.orders == []
    assert "nothing to take at 49" in rig.footer


@mouse("Shift + click = flatten-size click")
def _(rig: Rig) -> None:
    rig.hold(7)
    rig.click(49, "ask", held=SHIFT)
    assert rig.placed(1) == [("SELL", "YES", 4_900, 7, "GTC")]
    assert rig.orders[1].place.reduce_only


@mouse("middle click = recentre")
def _(rig: Rig) -> None:
    rig.grid.scroll_to(0)
    rig.click(99, "mine", MIDDLE)
    assert rig.grid.first < 99 - 50 < rig.grid.first + rig.grid.visible_rows()
    assert rig.orders == []


@mouse("wheel on size box = step 1/5/10/25/100")
def _(rig: Rig) -> None:
    box = rig.panel.size_strip.box
    seen = []
    rig.panel.set_size(1)
    for _ in range(5):
        rig.turn(1, widget=box)
        seen.append(rig.panel.size_now)
    assert seen == [5, 10, 25, 50, 100]
    rig.turn(-1, widget=box)
    assert rig.panel.size_now == 50


@mouse("wheel = rows, Ctrl+wheel = row height, Shift+wheel = size")
def _(rig: Rig) -> None:
    first = rig.grid.first
    rig.turn(1)
    assert rig.grid.first == first - 1
    rig.turn(-1, CTRL)
    assert rig.grid.row_height == 16
    rig.turn(1, SHIFT)
    assert rig.panel.size_now == 25


@mouse("hover = label at the cursor with order, cost and fee")
def _(rig: Rig) -> None:
    rig.hover(48, "bid")
    QTest.qWait(60)  # the card is asked for when the pointer has rested for a moment
    assert rig.label == "BUY 10 YES @ 48 = $4.80"
    before = rig.grid.grab().toImage()
    rig.grid.label = ()
    assert rig.grid.grab().toImage() != before


@mouse("hover over a row through several prices says average and worst")
def _(rig: Rig) -> None:
    rig.hover(52, "bid")
    QTest.qWait(60)
    assert rig.footer.startswith("BUY 10 YES @ 52 = $5.16")
    assert "avg 51.6c worst 52.0c" in rig.footer


@mouse("hover = struck through with the gate's name where it would be refused")
def _(rig: Rig) -> None:
    rig.panel.set_size(5_000)
    rig.hover(48, "bid")
    QTest.qWait(60)
    (words, _tone, _weight, struck), why = rig.grid.label
    assert (words, struck) == ("BUY 5000 YES @ 48", True)
    assert why[0].startswith("ORDER_QTY: ")


@mouse("hover over an own order = what it is and what may be done")
def _(rig: Rig) -> None:
    rig.rest(47)
    rig.hover(47, "mine")
    assert rig.footer.startswith("BUY 10 YES @ 47 · Working · drag or Shift+Up/Down moves it")


@mouse("double click is never bound: a second click within 300 ms is the same order")
def _(rig: Rig) -> None:
    rig.double_click(47, "bid")
    rig.settle()
    assert rig.working() == [(4_700, 10)]
    assert len(rig.asked) == 2
    assert len({one.intent for one in rig.asked}) == 1
    assert "SAME_ORDER" in rig.session.codes()


@mouse("a click after 300 ms is another order")
def _(rig: Rig) -> None:
    rig.click(47, "bid")
    QTest.qWait(320)
    rig.click(47, "bid")
    rig.settle()
    assert rig.working() == [(4_700, 10), (4_700, 10)]


@mouse("double click on an own order cancels once and places nothing")
def _(rig: Rig) -> None:
    rig.rest(47)
    rig.double_click(47, "mine")
    rig.settle()
    assert rig.requests() == {"new": 1, "amend": 0, "cancel": 1}
    assert rig.statuses() == [S.CANCELED]


@QUIET_MENUS
@pytest.mark.parametrize("line", MOUSE, ids=str)
def test_mouse(line: str, qtbot: Any) -> None:
    MOUSE[line](Rig(qtbot))
