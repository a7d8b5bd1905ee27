"""Keys on the real ladder: where the cursor goes, what each asks for, and which do nothing."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.core.commands import Cancel, CancelAll, Flatten
from tests.widgets import views_sample as sample
from tests.widgets.ladder_trader import NONE, SHIFT, Trader
from widgets.ladder_keys import Column


@pytest.fixture
def book(qtbot):
    return Trader(qtbot, sample.book())


@pytest.fixture
def curve(qtbot):
    return Trader(qtbot, sample.curve())


def test_cursor_keys(book) -> None:
    assert book.cursor_price == 42
    book.key(Qt.Key.Key_Up)
    assert book.cursor_price == 43
    book.key(Qt.Key.Key_Down)
    book.key(Qt.Key.Key_PageDown)
    assert book.cursor_price == 32
    book.key(Qt.Key.Key_PageUp)
    book.key(Qt.Key.Key_Home)
    assert book.cursor_price == 44
    book.key(Qt.Key.Key_End)
    assert book.cursor_price == 42
    book.key(Qt.Key.Key_Right)
    assert book.grid.caret.side is Column.ASK
    book.key(Qt.Key.Key_Left)
    assert book.grid.caret.side is Column.BID
    book.grid.scroll_to(0)
    book.key(Qt.Key.Key_C)
    assert book.grid.first > 30


def test_a_cursor_nobody_moved_stays_where_an_order_would_trade(curve) -> None:
    assert curve.cursor_price == 46  # 43.3 asks 44 first; ten shares take three rows
    curve.show(sample.curve(70.4))
    assert curve.cursor_price == 73
    assert curve.footer.startswith("Enter BUY 10 YES @ 73")
    curve.panel.set_size(1)
    assert curve.cursor_price == 71
    curve.key(Qt.Key.Key_Right)
    assert curve.cursor_price == 70
    curve.key(Qt.Key.Key_Left)
    assert curve.cursor_price == 71


def test_a_cursor_that_was_moved_stands_still(curve) -> None:
    curve.key(Qt.Key.Key_Up)
    at = curve.cursor_price
    curve.show(sample.curve(60.4))
    curve.panel.set_size(1)
    assert curve.cursor_price == at
    assert not curve.footer.startswith("Enter")
    assert "cannot rest on the curve" in curve.footer


def test_enter_places_at_the_cursor(book) -> None:
    book.key(Qt.Key.Key_Up)
    book.key(Qt.Key.Key_Return)
    assert book.places == [("BUY", 10, "YES", 4300)]


def test_join_improve_and_take_on_a_book(book, qtbot) -> None:
    book.key(Qt.Key.Key_B)
    book.key(Qt.Key.Key_S)
    book.key(Qt.Key.Key_B, SHIFT)
    book.key(Qt.Key.Key_S, SHIFT)
    book.key(Qt.Key.Key_T)
    assert book.places == [
        ("BUY", 10, "YES", 4200),
        ("SELL", 10, "YES", 4400),
        ("BUY", 10, "YES", 4300),
        ("SELL", 10, "YES", 4300),
        ("BUY", 10, "YES", 4400),
    ]


def test_b_and_s_on_a_curve_reach_as_far_as_the_size_needs(curve) -> None:
    curve.key(Qt.Key.Key_B)
    curve.key(Qt.Key.Key_S)
    assert curve.places == [("BUY", 10, "YES", 4600), ("BUY", 10, "NO", 6000)]


def test_size_keys(book) -> None:
    for key, size in zip("123456", (1, 5, 10, 25, 50, 100), strict=True):
        book.key(Qt.Key(ord(key)))
        assert book.panel.size_now == size
    book.key(Qt.Key.Key_Minus)
    assert book.panel.size_now == 50
    book.key(Qt.Key.Key_Plus)
    assert book.panel.size_now == 100


def test_delete_cancels_the_selected_order_and_backspace_all(book) -> None:
    book.key(Qt.Key.Key_Delete)
    assert book.asked == []
    book.click(48, "mineAsk")
    book.key(Qt.Key.Key_Delete)
    book.key(Qt.Key.Key_Backspace)
    assert book.asked == [Cancel(order="a48"), CancelAll(market=sample.BOOK.symbol)]


def test_flatten_asks_first(curve) -> None:
    curve.key(Qt.Key.Key_F)
    assert curve.asked == []
    assert curve.footer.startswith("FLATTEN sells every position of this market")
    curve.key(Qt.Key.Key_Escape)
    curve.key(Qt.Key.Key_F)
    assert curve.asked == []
    curve.key(Qt.Key.Key_F)
    assert curve.asked == [Flatten(market=sample.CHI)]


def test_columns_can_be_hidden(book) -> None:
    book.key(Qt.Key.Key_U)
    assert "cum" not in book.grid.columns.spans
    book.key(Qt.Key.Key_E)
    assert "edge" not in book.grid.columns.spans


def test_money_keys_do_not_repeat(book) -> None:
    for key in (Qt.Key.Key_Return, Qt.Key.Key_B, Qt.Key.Key_T, Qt.Key.Key_Backspace, Qt.Key.Key_F):
        QApplication.sendEvent(book.grid, QKeyEvent(QEvent.Type.KeyPress, key, NONE, "", True))
    assert book.asked == []


def test_money_keys_wait_after_the_window_came_to_the_front(book) -> None:
    book.panel.focus_guard_ms = 60_000
    QApplication.sendEvent(book.panel, QEvent(QEvent.Type.WindowActivate))
    book.key(Qt.Key.Key_Return)
    assert book.asked == []
    assert "only just come here" in book.footer


@pytest.mark.parametrize("typed", ["", "0", "00"])
def test_a_size_box_that_holds_no_size_shows_the_one_that_is_sent(book, typed) -> None:
    box = book.panel.size_strip.box
    book.panel.set_size(25)
    box.setFocus()
    box.selectAll()
    QTest.keyClick(box, Qt.Key.Key_Backspace)
    QTest.keyClicks(box, typed)
    book.grid.setFocus()
    assert (box.text(), book.panel.size_now) == ("25", 25)


def test_keys_typed_into_the_size_box_do_not_trade(book, qtbot) -> None:
    box = book.panel.size_strip.box
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "25bst")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert book.asked == []
    assert book.panel.size_now == 25
    assert book.grid.hasFocus()
