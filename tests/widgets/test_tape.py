"""The tape: newest first, stands still under the pointer, marks our own trades."""

from __future__ import annotations

from decimal import Decimal

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QEnterEvent, QWheelEvent

from engine.core.ids import MarketId, embedded
from engine.core.units import Nanos, Qty, Ticks
from engine.views import topics
from engine.views.market import TapeRow, TapeView
from widgets import panel
from widgets.tape import TapePanel

ONE = embedded(MarketId("M"), 0)


def view(count: int) -> TapeView:
    rows = tuple(
        TapeRow(at=Nanos(i), price=Ticks(4_200 + i), qty=Qty(Decimal(i + 1)), bought=i % 2 == 0, mine=i == 0)
        for i in reversed(range(count))
    )
    return TapeView(instrument=ONE, utc_offset_hours=-6, rows=rows, bought=Qty(Decimal(9)), sold=Qty(Decimal(4)))


@pytest.fixture
def tape(qtbot):
    one = TapePanel()
    qtbot.addWidget(one)
    one.resize(420, 260)
    one.set_instrument(ONE)
    one.show()
    return one


def test_it_waits_until_the_first_trades_come(tape):
    assert tape.state == panel.LOADING
    assert tape.topics() == frozenset({topics.tape(ONE.symbol)})


def test_the_newest_trade_stands_on_top(tape):
    tape.render(topics.tape(ONE.symbol), view(5))
    assert tape.state == panel.LIVE
    assert [row.at for row in tape.roll.rows()] == [4, 3, 2, 1, 0]


def test_nobody_traded_is_said_in_words(tape):
    tape.render(topics.tape(ONE.symbol), view(0))
    assert tape.state == panel.EMPTY


def test_it_stands_still_under_the_pointer_and_catches_up_after(tape):
    tape.render(topics.tape(ONE.symbol), view(3))
    inside = QPointF(10, 10)
    tape.roll.enterEvent(QEnterEvent(inside, inside, inside))
    tape.render(topics.tape(ONE.symbol), view(6))
    assert len(tape.roll.rows()) == 3
    tape.roll.leaveEvent(QEvent(QEvent.Type.Leave))
    assert len(tape.roll.rows()) == 6


def test_the_wheel_scrolls_no_further_than_the_last_trade(tape):
    tape.render(topics.tape(ONE.symbol), view(40))
    for _ in range(50):
        tape.roll.wheelEvent(_wheel(-120))
    assert len(tape.roll.rows()) == tape.roll.visible_rows()
    for _ in range(50):
        tape.roll.wheelEvent(_wheel(120))
    assert len(tape.roll.rows()) == 40


def test_another_instruments_trades_are_not_shown(tape):
    tape.set_instrument(embedded(MarketId("N"), 0))
    tape.render(topics.tape(ONE.symbol), view(3))
    assert tape.roll.rows() == ()


def test_it_paints_our_own_trades(tape):
    tape.render(topics.tape(ONE.symbol), view(3))
    assert not tape.grab().isNull()


def _wheel(turn: int) -> QWheelEvent:
    none = QPoint(0, 0)
    where = QPointF(10, 40)
    return QWheelEvent(
        where, where, none, QPoint(0, turn), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
