"""The tape: newest first, stands still under the pointer, marks our own trades."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QCursor, QEnterEvent, QWheelEvent

from engine.core.ids import MarketId, embedded
from engine.core.units import Nanos, Qty, Ticks
from engine.views import topics
from engine.views.tape import TapeRow, TapeView
from engine.views.topics import TapeFilter
from widgets import actions, states
from widgets.crosshair import Pointed
from widgets.tape import TapePanel
from widgets.tape_roll import sums

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
    one.move(QCursor.pos() + QPoint(40, 40))  # where no pointer rests, wherever the last test left it
    one.show()
    return one


def test_it_waits_until_the_first_trades_come(tape):
    assert tape.state == states.LOADING
    assert tape.topics() == frozenset({topics.tape(ONE.symbol)})


def test_the_newest_trade_stands_on_top(tape):
    tape.render(topics.tape(ONE.symbol), view(5))
    assert tape.state == states.LIVE
    assert [row.at for row in tape.roll.rows()] == [4, 3, 2, 1, 0]


def test_nobody_traded_is_said_in_words(tape):
    tape.render(topics.tape(ONE.symbol), view(0))
    assert tape.state == states.EMPTY


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


def press(qtbot, tape, key) -> None:
    qtbot.keyClick(tape.roll, key)


def test_filters_are_asked_of_the_engine(tape, qtbot):
    press(qtbot, tape, Qt.Key.Key_S)
    press(qtbot, tape, Qt.Key.Key_O)
    press(qtbot, tape, Qt.Key.Key_A)
    press(qtbot, tape, Qt.Key.Key_V)
    press(qtbot, tape, Qt.Key.Key_Plus)
    wanted = TapeFilter("event", "buy", mine=True, together=True, least=5)
    assert tape.filter == wanted
    assert tape.topics() == frozenset({topics.tape_of(ONE.symbol, wanted)})
    assert tape.whole() == topics.MARKETS
    assert (tape.scope.value(), tape.side.value(), tape.mine.isChecked()) == ("event", "buy", True)
    assert tape.least.text() == "≥ 5"
    for _ in range(20):
        press(qtbot, tape, Qt.Key.Key_Minus)
    assert tape.least.text() == "any size"


def test_a_filtered_tape_of_one_market_goes_by_that_markets_trades(tape):
    tape.set_filter(mine=True)
    assert tape.whole() == topics.tape(ONE.symbol)
    tape.render(next(iter(tape.topics())), view(0))
    assert (tape.state, tape.why) == (states.LOADING, "All trades are filtered out.")


def test_what_was_bought_less_what_was_sold_runs_from_the_oldest_row(tape):
    assert sums(view(4).rows) == [Decimal(-2), Decimal(2), Decimal(-1), Decimal(1)]
    assert sums([*view(2).rows[:1], msgspec.structs.replace(view(2).rows[1], bought=None)]) == [Decimal(-2), Decimal(0)]
    tape.render(topics.tape(ONE.symbol), view(4))
    assert "cum Δ" in dict(tape.roll.columns())
    tape.set_filter(side="buy")
    tape.render(next(iter(tape.topics())), view(4))
    assert "cum Δ" not in dict(tape.roll.columns())


def test_a_trade_of_no_known_side_says_so(tape):
    rows = (msgspec.structs.replace(view(1).rows[0], bought=None, count=3),)
    tape.render(topics.tape(ONE.symbol), msgspec.structs.replace(view(1), rows=rows))
    assert "— ×3" in [text for text, _ in tape.roll._texts(0)]


def test_several_markets_have_their_names_and_narrow_tapes_leave_them_out(tape):
    tape.set_filter(scope="all")
    rows = (msgspec.structs.replace(view(1).rows[0], label="Chicago 86-87 °F", value=64_000.5, binary=False),)
    tape.render(next(iter(tape.topics())), msgspec.structs.replace(view(1), rows=rows))
    assert [text for text, _ in tape.roll._texts(0)][1:3] == ["Chicago 86-87 °F", "64\u00a0000.50"]
    tape.resize(300, 260)
    assert "market" not in dict(tape.roll.columns())
    assert not tape.grab().isNull()


def test_keys_go_through_the_trades_and_point_the_charts_at_them(tape, qtbot):
    told = []
    tape.pointed.connect(told.append)
    tape.render(topics.tape(ONE.symbol), view(40))
    for _ in range(12):
        press(qtbot, tape, Qt.Key.Key_Down)
    assert told[-1] == Pointed(ONE, Nanos(28), 42.28)
    assert tape.roll.rows()[0].at < 39
    assert "42.3" in tape.roll.accessibleDescription()
    press(qtbot, tape, Qt.Key.Key_Home)
    assert told[-1] is None
    assert tape.roll.rows()[0].at == 39


def test_the_pointer_points_the_charts_at_its_row_and_they_point_back(tape, qtbot):
    told = []
    tape.pointed.connect(told.append)
    tape.render(topics.tape(ONE.symbol), view(5))
    qtbot.mouseMove(tape.roll, QPoint(30, 50))
    assert told[-1] == Pointed(ONE, Nanos(3), 42.03)
    tape.show_pointed(Pointed(ONE, Nanos(2), None))
    assert tape.roll.marked().at == 2
    tape.show_pointed(None)
    assert tape.roll.marked() is None


def test_what_was_chosen_comes_back_and_nonsense_does_not(tape, qtbot):
    tape.set_filter(scope="all", side="sell", least=25)
    other = TapePanel()
    qtbot.addWidget(other)
    other.apply_settings(tape.settings())
    assert other.filter == tape.filter
    other.apply_settings({"scope": "moon", "side": 7, "least": -3})
    assert other.filter == tape.filter


def test_every_action_of_its_area_does_something(tape):
    assert set(tape.acts()) == {name for name, one in actions.ACTIONS.items() if one.area == "tape"}


def _wheel(turn: int) -> QWheelEvent:
    none = QPoint(0, 0)
    where = QPointF(10, 40)
    return QWheelEvent(
        where, where, none, QPoint(0, turn), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip


def test_under_the_pointer_another_market_s_trades_and_another_filter_s_are_shown(tape):
    tape.render(topics.tape(ONE.symbol), view(3))
    inside = QPointF(10, 10)
    tape.roll.enterEvent(QEnterEvent(inside, inside, inside))
    tape.set_filter(least=5)
    tape.render(topics.tape_of(ONE.symbol, tape.filter), view(2))
    assert len(tape.roll.rows()) == 2
    tape.render(topics.tape_of(ONE.symbol, tape.filter), view(4))
    assert len(tape.roll.rows()) == 2
    other = embedded(MarketId("M"), 1)
    tape.set_instrument(other)
    assert tape.roll.rows() == ()
    tape.render(topics.tape(other.symbol), msgspec.structs.replace(view(6), instrument=other))
    assert len(tape.roll.rows()) == 6
    tape.render(topics.tape(other.symbol), msgspec.structs.replace(view(7), instrument=other))
    assert len(tape.roll.rows()) == 6
