"""Every line of the ladder's keyboard table, with real events on a real ladder and a kernel behind it.

The names of the lines are those of the table in the design of the ladder; what is asserted is what came of each at
the venue, not what a widget said. Book of the market: bids 49 (5), 48 (9); asks 51 (4), 52 (8).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.core.commands import Flatten
from engine.core.events import Trade
from engine.core.order import Status as S
from engine.core.units import Leg, Lots, Nanos, Side, Ticks
from tests.widgets.ladder_rig import NONE, SHIFT, Rig
from widgets.ladder_keys import Column

KEY = Qt.Key
BID, ASK = Column.BID, Column.ASK
Line = Callable[[Rig], None]
KEYS: dict[str, Line] = {}


def keys(line: str) -> Callable[[Line], Line]:
    """Note the test of a line of the keyboard table."""
    return lambda test: KEYS.setdefault(line, test)


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
    assert rig.grid.caret.side is ASK
    rig.key(KEY.Key_Left)
    assert rig.grid.caret.side is BID


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
    assert rig.grid.chosen.cell == (99 - 47, BID)
    rig.key(KEY.Key_O)
    assert rig.grid.chosen.cell == (99 - 44, BID)
    rig.key(KEY.Key_O)
    assert rig.grid.chosen.cell == (99 - 47, BID)
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
