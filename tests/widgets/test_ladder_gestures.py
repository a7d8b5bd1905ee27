"""Every line of the ladder's mouse and keyboard tables, with real events on a real ladder and a kernel behind it.

The names of the lines are those of the tables in the design of the ladder; what is asserted is what came of each at
the venue, not what a widget said. Book of the market: bids 49 (5), 48 (9); asks 51 (4), 52 (8).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.core.commands import Cancel, Flatten, Halt
from engine.core.effects import Look
from engine.core.events import CancelRefused, GridChanged, Lost, Trade
from engine.core.ids import KALSHI
from engine.core.instrument import Band
from engine.core.order import Status as S
from engine.core.units import Leg, Lots, Nanos, Side, Ticks
from tests.widgets.ladder_rig import ALT, CTRL, LEFT, MIDDLE, NONE, RIGHT, SHIFT, Rig
from widgets import theme
from widgets.keys_overlay import KeysOverlay
from widgets.ladder_keys import Column
from widgets.palette import Palette

KEY = Qt.Key
BID, ASK = Column.BID, Column.ASK
Line = Callable[[Rig], None]
MOUSE: dict[str, Line] = {}
KEYS: dict[str, Line] = {}
QUIET_MENUS = pytest.mark.qt_log_ignore("does not support grabbing the keyboard", extend=True)


def mouse(line: str) -> Callable[[Line], Line]:
    """Note the test of a line of the mouse table."""
    return lambda test: MOUSE.setdefault(line, test)


def keys(line: str) -> Callable[[Line], Line]:
    """Note the test of a line of the keyboard table."""
    return lambda test: KEYS.setdefault(line, test)


# Mouse


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
    assert rig.grid.chosen == (99 - 47, BID)
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
    assert rig.grid.chosen is None


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


# Keyboard


@keys("Up/Down cursor row")
def _(rig: Rig) -> None:
    assert rig.cursor == 49
    rig.key(KEY.Key_Up)
    assert rig.cursor == 50
    rig.key(KEY.Key_Down)
    rig.key(KEY.Key_Down)
    assert rig.cursor == 48


@keys("PgUp/PgDn 10 rows")
def _(rig: Rig) -> None:
    rig.key(KEY.Key_PageUp)
    assert rig.cursor == 59
    rig.key(KEY.Key_PageDown)
    rig.key(KEY.Key_PageDown)
    assert rig.cursor == 39


@keys("Home best ask, End best bid")
def _(rig: Rig) -> None:
    rig.key(KEY.Key_Home)
    assert rig.cursor == 51
    rig.key(KEY.Key_End)
    assert rig.cursor == 49


@keys("C centre")
def _(rig: Rig) -> None:
    rig.grid.scroll_to(0)
    rig.key(KEY.Key_C)
    assert rig.grid.first < 99 - 50 < rig.grid.first + rig.grid.visible_rows()


@keys("Left/Right side")
def _(rig: Rig) -> None:
    rig.key(KEY.Key_Right)
    assert rig.grid.side is ASK
    rig.key(KEY.Key_Left)
    assert rig.grid.side is BID


@keys("Enter place at cursor")
def _(rig: Rig) -> None:
    rig.key(KEY.Key_Down)
    rig.key(KEY.Key_Return)
    rig.settle()
    assert rig.working() == [(4_800, 10)]


@keys("Enter place at cursor (needs arm)")
def _(rig: Rig) -> None:
    rig.panel.set_mode("live")
    rig.key(KEY.Key_Return)
    assert rig.orders == []
    assert [p.price for p in rig.tickets] == [4_900]


@keys("B join best bid")
def _(rig: Rig) -> None:
    rig.key(KEY.Key_B)
    assert rig.placed() == [("BUY", "YES", 4_900, 10, "GTC")]


@keys("S join best ask")
def _(rig: Rig) -> None:
    rig.hold(10)
    rig.key(KEY.Key_S)
    assert rig.placed(1) == [("SELL", "YES", 5_100, 10, "GTC")]


@keys("Shift+B improve by 1 tick")
def _(rig: Rig) -> None:
    rig.key(KEY.Key_B, SHIFT)
    assert rig.placed() == [("BUY", "YES", 5_000, 10, "GTC")]


@keys("Shift+S improve by 1 tick")
def _(rig: Rig) -> None:
    rig.hold(10)
    rig.key(KEY.Key_S, SHIFT)
    assert rig.placed(1) == [("SELL", "YES", 5_000, 10, "GTC")]


@keys("T take (IOC at opposite best, within protect)")
def _(rig: Rig) -> None:
    rig.key(KEY.Key_T)
    assert rig.placed() == [("BUY", "YES", 5_100, 4, "IOC")]


@keys("+/- size")
def _(rig: Rig) -> None:
    rig.key(KEY.Key_Plus)
    assert rig.panel.size_now == 25
    rig.key(KEY.Key_Minus)
    assert rig.panel.size_now == 10


@keys("1..6 size presets (1, 5, 10, 25, 50, 100)")
def _(rig: Rig) -> None:
    for key, size in zip("123456", (1, 5, 10, 25, 50, 100), strict=True):
        rig.key(KEY(ord(key)))
        assert rig.panel.size_now == size


@keys("Del cancel selected")
def _(rig: Rig) -> None:
    rig.rest(47)
    rig.rest(46)
    rig.key(KEY.Key_Delete)
    assert rig.asked == []
    rig.click(47, "mine")
    rig.key(KEY.Key_Delete)
    rig.settle()
    assert rig.statuses() == [S.CANCELED, S.WORKING]


@keys("Backspace cancel all in this market")
def _(rig: Rig) -> None:
    rig.rest(47)
    rig.rest(46)
    rig.rest(45, index=1)
    rig.key(KEY.Key_Backspace)
    rig.settle()
    assert rig.statuses() == [S.CANCELED, S.CANCELED, S.WORKING]


@keys("Shift+Up amend selected order by a tick")
def _(rig: Rig) -> None:
    rig.rest(47)
    rig.click(47, "mine")
    rig.key(KEY.Key_Up, SHIFT)
    rig.settle()
    rig.key(KEY.Key_Up, SHIFT)  # the selection went with it
    rig.settle()
    assert rig.working() == [(4_900, 10)]
    assert rig.requests() == {"new": 1, "amend": 2, "cancel": 0}


@keys("Shift+Down amend selected order by a tick")
def _(rig: Rig) -> None:
    rig.rest(47)
    rig.click(47, "mine")
    rig.key(KEY.Key_Down, SHIFT)
    rig.settle()
    assert rig.working() == [(4_600, 10)]


@keys("Shift+Up without a selection amends nothing")
def _(rig: Rig) -> None:
    rig.rest(47)
    rig.key(KEY.Key_Up, SHIFT)
    assert rig.asked == []
    assert rig.footer.startswith("select an order of yours first")


@keys("O select the next own order")
def _(rig: Rig) -> None:
    rig.rest(47)
    rig.rest(44)
    rig.key(KEY.Key_O)
    assert rig.grid.chosen == (99 - 47, BID)
    rig.key(KEY.Key_O)
    assert rig.grid.chosen == (99 - 44, BID)
    rig.key(KEY.Key_O)
    assert rig.grid.chosen == (99 - 47, BID)
    rig.key(KEY.Key_Delete)
    rig.settle()
    assert rig.working() == [(4_400, 10)]


@keys("F flatten: ticket opens prefilled")
def _(rig: Rig) -> None:
    rig.hold(7)
    shown = []
    rig.panel.closing.connect(shown.append)
    rig.key(KEY.Key_F)
    assert [(p.side, p.leg, p.qty, p.price) for p in shown] == [(Side.SELL, Leg.YES, 7, 4_900)]
    assert rig.asked == []
    assert rig.footer.startswith("FLATTEN")


@keys("F flatten: F again sends")
def _(rig: Rig) -> None:
    rig.hold(7)
    rig.rest(47)
    rig.key(KEY.Key_F)
    rig.key(KEY.Key_F)
    rig.settle(1)
    assert [type(one) for one in rig.asked] == [Flatten]
    assert rig.statuses()[:2] == [S.FILLED, S.CANCELED]  # what works is taken back first
    sale = rig.orders[-1].place
    assert (sale.side, sale.qty, sale.tif.value) == (Side.SELL, 7, "IOC")


@keys("H hedge to flat across the event")
def _(rig: Rig) -> None:
    wanted = []
    rig.panel.basket.connect(wanted.append)
    rig.key(KEY.Key_H)
    assert wanted == [rig.panel.instrument]
    assert rig.asked == []


@keys("A arm/disarm")
def _(rig: Rig) -> None:
    rig.panel.set_mode("live")
    assert not rig.panel.armed
    rig.key(KEY.Key_A)
    assert rig.panel.armed
    rig.click(47, "bid")
    assert rig.placed() == [("BUY", "YES", 4_700, 10, "GTC")]
    rig.key(KEY.Key_A)
    assert not rig.panel.armed


@keys("U cumulative")
def _(rig: Rig) -> None:
    rig.key(KEY.Key_U)
    assert "cum" not in rig.grid.columns.spans


@keys("E edge column")
def _(rig: Rig) -> None:
    rig.key(KEY.Key_E)
    assert "edge" not in rig.grid.columns.spans


@keys("X clears what traded")
def _(rig: Rig) -> None:
    def trade(n: int) -> None:
        at = Nanos(rig.session.at)
        one = rig.panel.instrument
        rig.session.do(Trade(at=at, instrument=one, price=Ticks(5_100), lots=Lots(n * 100), taker=Side.BUY))
        rig.show()

    def bought() -> Any:
        return next(r.bought for r in rig.grid.view.rows if r.price == 5_100)

    trade(6)
    assert bought() == 6
    rig.key(KEY.Key_X)
    assert bought() is None
    trade(2)
    assert bought() == 2


@keys("I expands the card")
def _(rig: Rig) -> None:
    QTest.qWait(60)
    rig.key(KEY.Key_I)
    assert rig.panel.card.isVisible()
    assert rig.panel.card.card is not None
    assert rig.panel.card.card.words.startswith("BUY 10 YES @ 49")
    rig.key(KEY.Key_I)
    assert not rig.panel.card.isVisible()


@keys("Esc disarm + abort drag")
def _(rig: Rig) -> None:
    rig.panel.set_mode("live")
    rig.panel.set_armed(True)
    rig.rest(47)
    rig.lift(47, "mine")
    rig.carry(45, "mine")
    rig.key(KEY.Key_Escape)
    assert not rig.panel.armed
    rig.let_go(45, "mine")
    rig.settle()
    assert rig.working() == [(4_700, 10)]


@keys("a money key never fires on auto-repeat")
def _(rig: Rig) -> None:
    rig.rest(47)
    rig.click(47, "mine")
    for key, held in (
        (KEY.Key_Return, NONE), (KEY.Key_B, NONE), (KEY.Key_S, NONE), (KEY.Key_B, SHIFT), (KEY.Key_S, SHIFT),
        (KEY.Key_T, NONE), (KEY.Key_Delete, NONE), (KEY.Key_Backspace, NONE), (KEY.Key_Up, SHIFT),
        (KEY.Key_Down, SHIFT), (KEY.Key_F, NONE),
    ):  # fmt: skip
        QApplication.sendEvent(rig.grid, QKeyEvent(QEvent.Type.KeyPress, key, held, "", True))
    assert rig.asked == []


@keys("nor while a text field has focus")
def _(rig: Rig) -> None:
    box = rig.panel.size_strip.box
    box.setFocus()
    QTest.keyClicks(box, "bstf")
    QTest.keyClick(box, KEY.Key_Backspace)
    assert rig.asked == []


@keys("nor within 500 ms of the window gaining focus")
def _(rig: Rig) -> None:
    rig.panel.focus_guard_ms = 60_000
    rig.front()
    for key in (KEY.Key_Return, KEY.Key_B, KEY.Key_T, KEY.Key_F):
        rig.key(key)
    assert rig.asked == []
    assert "only just come" in rig.footer


@pytest.mark.parametrize("line", KEYS, ids=str)
def test_key(line: str, qtbot: Any) -> None:
    KEYS[line](Rig(qtbot))


# What holds however it is asked


def test_a_cancel_that_is_not_acknowledged_stays_on_screen(qtbot) -> None:
    rig = Rig(qtbot)
    order = rig.rest(47)
    rig.session.withdraws = lambda _session, _effect: None  # the venue never answers
    rig.session.answers = False
    rig.click(47, "mine", RIGHT)
    for _ in range(4):
        rig.settle(1)
        assert rig.mark(47) == ("10", "canceling")
    assert order.status is S.CANCELING
    assert rig.state.venue_loss == Decimal("4.7")  # still counts as exposure
    rig.session.trade(order, 10)
    rig.settle()
    assert order.status is S.FILLED  # it did trade after all


def test_a_refused_cancel_leaves_the_order_solid(qtbot) -> None:
    rig = Rig(qtbot)
    order = rig.rest(47)
    rig.session.withdraws = lambda _session, _effect: None
    rig.click(47, "mine", RIGHT)
    rig.show()
    assert rig.mark(47) == ("10", "canceling")
    rig.session.do(CancelRefused(at=rig.session.at, order=order.id, code="busy"))
    rig.show()
    assert rig.mark(47) == ("10", "working")


@pytest.mark.parametrize("gesture", ["click", "Enter", "B", "T", "Ctrl+click", "copy", "drag"])
def test_stale_books_refuse(qtbot, gesture) -> None:
    rig = Rig(qtbot)
    rig.rest(47)
    before = len(rig.orders)
    rig.session.drop("market", "reset")
    rig.session.run(10)
    rig.show()
    assert rig.panel.state == "stale"
    {
        "click": lambda: rig.click(48, "bid"),
        "Enter": lambda: rig.key(KEY.Key_Return),
        "B": lambda: rig.key(KEY.Key_B),
        "T": lambda: rig.key(KEY.Key_T),
        "Ctrl+click": lambda: rig.click(52, "bid", held=CTRL),
        "copy": lambda: rig.drag(47, 45, held=CTRL),
        "drag": lambda: rig.drag(47, 45),
    }[gesture]()
    assert rig.asked == []
    assert "stale" in rig.footer
    assert len(rig.orders) == before
    rig.click(47, "mine", RIGHT)  # what takes back is never refused
    assert [type(one) for one in rig.asked] == [Cancel]


def test_a_halt_refuses_what_opens_and_lets_cancels_pass(qtbot) -> None:
    rig = Rig(qtbot)
    rig.rest(47)
    rig.session.withdraws = lambda _session, _effect: None
    rig.session.ask(Halt(why="enough"))
    rig.show()
    rig.click(48, "bid")
    assert rig.asked == []
    assert "halted" in rig.footer
    rig.click(47, "mine", RIGHT)
    assert rig.asked == []  # its cancel is out
    assert "nothing to cancel at 47: canceling" in rig.footer


@QUIET_MENUS
def test_an_order_of_unknown_fate_is_marked_asked_about_and_blocks(qtbot) -> None:
    rig = Rig(qtbot)
    rig.session.sends = lambda s, effect: s.tell(Lost(at=s.at, order=effect.order.order, why="timed out"))
    rig.session.answers = False
    rig.rest(47)
    assert rig.mark(47) == ("10 ?", "lost")
    rig.hover(48, "bid")
    QTest.qWait(60)
    assert "UNKNOWN_ORDER" in rig.label
    looks = len(rig.session.sent(Look))
    rig.click(47, "mine", RIGHT)
    rig.pick("ladder.lost", f"Ask {KALSHI}")
    assert len(rig.session.sent(Look)) > looks


def test_a_refusal_is_written_over_its_row_and_stays_until_it_is_read(qtbot) -> None:
    rig = Rig(qtbot)
    rig.panel.set_size(5_000)
    rig.click(47, "bid")
    rig.show()
    assert rig.orders[0].status is S.REFUSED
    end = rig.grid.ends[4_700, BID]
    assert (end.text, end.said) == ("!", True)
    assert end.order.why.startswith("ORDER_QTY — ")
    assert rig.footer.startswith("BUY 5000 YES @ 47 refused: ORDER_QTY — ")
    QTest.qWait(450)
    assert (4_700, BID) in rig.grid.ends
    rig.click(47, "mine")  # read
    assert rig.grid.ends == {}
    assert len(rig.orders) == 1


@QUIET_MENUS
def test_a_refused_order_can_be_tried_again_in_the_ticket(qtbot) -> None:
    rig = Rig(qtbot)
    rig.panel.set_size(5_000)
    rig.click(47, "bid")
    rig.show()
    rig.click(47, "mine", RIGHT)
    rig.pick("ladder.end", "Try again")
    assert [(p.price, p.qty) for p in rig.tickets] == [(4_700, 5_000)]
    assert len(rig.orders) == 1


def test_a_fill_flashes_and_a_cancelled_order_fades(qtbot) -> None:
    rig = Rig(qtbot)
    order = rig.rest(47)
    other = rig.rest(46)
    rig.session.trade(order, 10)
    rig.session.ask(Cancel(order=other.id))
    rig.settle()
    assert {key: end.order.state for key, end in rig.grid.ends.items()} == {
        (4_700, BID): "filled", (4_600, BID): "canceled",
    }  # fmt: skip
    qtbot.waitUntil(lambda: (4_700, BID) not in rig.grid.ends)
    assert (4_600, BID) in rig.grid.ends
    qtbot.waitUntil(lambda: rig.grid.ends == {})


def test_with_reduced_motion_only_refusals_are_marked(qtbot, monkeypatch) -> None:
    monkeypatch.setattr(theme.current(), "reduced_motion", True)
    rig = Rig(qtbot)
    rig.session.trade(rig.rest(47), 10)
    rig.panel.set_size(5_000)
    rig.click(46, "bid")
    rig.settle()
    assert {end.order.state for end in rig.grid.ends.values()} == {"refused"}


def test_a_wash_offers_to_cancel_the_own_order_first(qtbot) -> None:
    rig = Rig(qtbot)
    rig.hold(10)
    sale = rig.rest(53, side=Side.SELL)
    rig.click(53, "bid")
    rig.show()
    assert rig.orders[-1].status is S.REFUSED
    assert rig.footer.startswith("WASH: cancel SELL 10 YES @ 53 first?")
    rig.key(KEY.Key_Return)
    rig.settle()
    assert sale.status is S.CANCELED
    assert len(rig.orders) == 3


def test_doubts_are_asked_once_in_place_where_money_is_real(qtbot) -> None:
    rig = Rig(qtbot)
    rig.panel.asks_on_paper = True  # the kernel of this test is on paper: what asks is the same
    rig.session.quote((((4_900, 500),), ((5_100, 400), (5_800, 800))))
    rig.show()
    rig.panel.set_size(40)
    rig.click(58, "bid", held=CTRL)
    assert "it crosses 7c, past the protect offset" in rig.footer
    assert rig.asked == []
    rig.key(KEY.Key_Escape)
    assert rig.panel.hand.question is None
    rig.click(58, "bid", held=CTRL)
    rig.click(58, "bid", held=CTRL)  # a second press answers nothing
    assert rig.asked == []
    rig.key(KEY.Key_Return)
    assert rig.placed() == [("BUY", "YES", 5_800, 12, "IOC")]


@pytest.mark.parametrize("change", ["less there", "stale", "another doubt"])
def test_what_was_asked_about_goes_only_as_it_was_asked(qtbot, change) -> None:
    rig = Rig(qtbot)
    rig.panel.asks_on_paper = True
    rig.session.quote((((4_900, 500),), ((5_100, 400), (5_800, 800))))
    rig.show()
    rig.panel.set_size(40)
    rig.click(58, "bid", held=CTRL)
    assert "past the protect offset" in rig.footer
    if change == "less there":
        rig.session.quote((((4_900, 500),), ((5_100, 400), (5_800, 100))))
        rig.show()
    elif change == "stale":
        rig.panel._show(replace(rig.panel.view, state="stale", why="no message 14 s"))
    else:
        rig.panel.card_of = lambda place: replace(rig.kernel.preview(place), warnings=("the book is thin",))
    rig.key(KEY.Key_Return)
    assert rig.placed() == []
    words = {"less there": "it would be BUY 5 YES @ 58 now", "stale": "refused: stale", "another doubt": "is thin"}
    assert words[change] in rig.footer
    rig.key(KEY.Key_Return)
    assert len(rig.placed()) == (change == "another doubt")  # Return asks for the cursor's cell anew, which is doubted


def test_a_selection_is_of_orders_and_not_of_their_row(qtbot) -> None:
    rig = Rig(qtbot)
    first = rig.rest(47)
    rig.click(47, "mine")
    rig.settle()
    rig.session.ask(Cancel(order=first.id), gap=3.0)
    rig.settle()
    assert rig.grid.chosen is None
    other = rig.rest(47)
    rig.settle()
    rig.key(KEY.Key_Delete)
    rig.key(KEY.Key_Up, SHIFT)
    rig.settle()
    assert rig.working() == [(4_700, 10)]
    rig.click(47, "mine")
    rig.rest(47)
    rig.settle()
    rig.key(KEY.Key_Delete)
    rig.settle()
    assert other.status is S.CANCELED
    assert rig.working() == [(4_700, 10)]


def test_what_came_to_a_row_while_another_order_was_held_there_is_not_moved(qtbot) -> None:
    rig = Rig(qtbot)
    first = rig.rest(47)
    rig.lift(47, "mine")
    rig.carry(45, "mine")
    rig.session.ask(Cancel(order=first.id), gap=3.0)
    rig.rest(47)
    rig.settle()
    rig.let_go(45, "mine")
    rig.settle()
    assert rig.working() == [(4_700, 10)]
    assert "no order of yours there" in rig.footer


def test_live_disarms_on_a_refusal_and_on_a_lost_link(qtbot) -> None:
    rig = Rig(qtbot)
    rig.panel.set_mode("live")
    rig.panel.set_armed(True)
    rig.panel.set_size(5_000)
    rig.click(47, "bid")
    assert "it costs 24 % of the bankroll" in rig.footer
    rig.key(KEY.Key_Return)
    rig.show()
    assert rig.orders[0].status is S.REFUSED
    assert not rig.panel.armed
    rig.panel.set_armed(True)
    rig.panel.render(rig.topic, replace(rig.kernel.view(rig.topic), state="gap", why="resyncing"))
    assert not rig.panel.armed


@pytest.mark.parametrize("over", [Palette, KeysOverlay])
def test_no_key_of_a_ladder_acts_while_the_palette_or_the_keys_are_up(qtbot, over) -> None:
    """The keyboard may still be here, or in a window taken out: what is typed is meant for what lies over."""
    rig = Rig(qtbot)
    lies = over(rig.panel)
    lies.show()
    rig.key(KEY.Key_T)
    rig.key(KEY.Key_Return)
    assert rig.asked == []
    lies.hide()
    rig.key(KEY.Key_T)
    assert len(rig.asked) == 1


@pytest.mark.parametrize("way", ["drag", "nudge"])
def test_a_disarmed_live_ladder_moves_no_order(qtbot, way) -> None:
    """A moved order can cross the market like a new one; taking it back needs no arm."""
    rig = Rig(qtbot)
    rig.rest(40)
    rig.panel.set_mode("live")
    known = len(rig.asked)
    if way == "drag":
        rig.drag(40, 43)
    else:
        rig.key(KEY.Key_O)
        rig.key(KEY.Key_Up, SHIFT)
    assert rig.asked[known:] == []
    assert "disarmed: a moved order is sent anew. A arms" in rig.footer
    assert rig.working() == [(4_000, 10)]
    rig.panel.set_armed(True)
    rig.drag(40, 43)
    assert len(rig.asked) == known + 1


@pytest.mark.parametrize("venue", ["kalshi", "poly", "own"])
def test_a_drag_moves_one_order_whatever_the_venue_can(qtbot, venue) -> None:
    rig = Rig(qtbot, venue)
    order = rig.rest(40)
    rig.drag(40, 43)
    rig.settle(1)
    assert rig.working() == [(4_300, 10)]
    assert rig.mark(43) == ("10", "working")
    assert rig.mark(40) == ("", "")
    if venue == "kalshi":
        assert rig.requests() == {"new": 1, "amend": 1, "cancel": 0}
    elif venue == "poly":
        assert rig.requests() == {"new": 2, "amend": 0, "cancel": 1}
        assert [o.status for o in rig.orders] == [S.CANCELED, S.WORKING]
    else:
        assert order.status is S.WORKING
        assert len(rig.orders) == 1


def test_a_drag_on_a_venue_without_amendments_shows_both_places_until_the_venue_answers(qtbot) -> None:
    rig = Rig(qtbot, "poly")
    rig.rest(40)
    rig.drag(40, 43)
    rig.show()
    assert (rig.mark(40), rig.mark(43)) == (("10", "canceling"), ("10…", "amending"))
    rig.drag(40, 44)  # not twice
    assert "only a working order can be moved" in rig.footer
    rig.settle(1)
    assert rig.working() == [(4_300, 10)]


def test_rows_never_move_while_an_order_is_dragged(qtbot) -> None:
    rig = Rig(qtbot)
    rig.rest(47)
    rig.lift(47, "mine")
    rig.carry(45, "mine")
    rig.grid.inside = False  # as when the pointer leaves while the button is down
    first = rig.grid.first
    rig.session.quote((((500, 100),), ((900, 100),)))
    rig.show()
    assert rig.grid.first == first
    rig.let_go(45, "mine")
    rig.show()
    assert rig.grid.first != first


def test_a_press_outside_the_rows_asks_for_nothing(qtbot) -> None:
    rig = Rig(qtbot)
    QTest.mouseClick(rig.grid, LEFT, NONE, QPoint(100, 5))
    QTest.mouseClick(rig.grid, LEFT, NONE, rig.point(48, "price"))
    assert rig.asked == []


TENTHS = (Band(Ticks(10), Ticks(9_990), Ticks(10)),)


def test_a_grid_of_tenths_is_traded_by_the_tenth(qtbot) -> None:
    rig = Rig(qtbot, grid=TENTHS)
    assert len(rig.grid.view.rows) == 999
    rig.click(48.7, "bid")
    rig.settle()
    assert rig.placed() == [("BUY", "YES", 4_870, 10, "GTC")]
    rig.key(KEY.Key_B, SHIFT)
    assert rig.placed(1)[0][2] == 4_910
    rig.click(48.7, "mine")
    rig.key(KEY.Key_Up, SHIFT)
    rig.settle()
    assert (4_880, 10) in rig.working()
    rig.panel.grab()


def test_a_new_grid_voids_what_the_hand_holds_and_says_so(qtbot) -> None:
    rig = Rig(qtbot)
    rig.rest(47)
    rig.lift(47, "mine")
    rig.carry(45, "mine")
    rig.session.do(GridChanged(at=rig.session.at, instrument=rig.panel.instrument, grid=TENTHS))
    rig.show()
    assert rig.footer == "the prices of the rows have changed: nothing was sent"
    rig.let_go(50, "mine")
    assert rig.asked == []
    assert rig.working() == [(4_700, 10)]
    assert 48 <= rig.cursor <= 50
