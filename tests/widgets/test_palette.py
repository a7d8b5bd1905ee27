"""The palette on screen: what it offers, what a press takes, and that no press of it trades by itself."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from widgets.palette import SEEN, Palette, fitting
from widgets.palette_rows import ROW, Entry

ENTRIES = (
    Entry("action:a", "Go to Ladder", "dock", key="Ctrl+L", code="lad"),
    Entry("action:b", "Go to Bracket board", "dock", code="bb"),
    Entry("action:c", "Cancel all orders", "stop", asks="Enter again does it: Cancel all orders"),
    Entry("market:x", "Chicago", "market", "KMDW · Kalshi"),
    *(Entry(f"station:{n}", f"K{n:03d} Somewhere", "station") for n in range(100)),
)


class Hand:
    """A palette over a page with a field that had the keyboard."""

    def __init__(self, qtbot):
        self.page = QWidget()
        self.page.resize(900, 600)
        self.before = QLineEdit(self.page)
        self.palette = Palette(self.page)
        self.taken: list[str] = []
        self.palette.taken.connect(lambda entry: self.taken.append(entry.id))
        qtbot.addWidget(self.page)
        with qtbot.waitExposed(self.page):
            self.page.show()
        self.page.activateWindow()
        self.before.setFocus()
        self.palette.open(ENTRIES, ["market:x"])

    def type(self, words):
        self.palette.field.clear()
        QTest.keyClicks(self.palette.field, words)
        return [entry.id for entry in self.palette.shown()]

    def key(self, key):
        QTest.keyClick(self.palette.field, key)


@pytest.fixture
def hand(qtbot):
    return Hand(qtbot)


def test_it_opens_with_the_recent_ones_first_and_the_keyboard_in_its_field(hand) -> None:
    assert hand.palette.shown()[0].id == "market:x"
    assert QApplication.focusWidget() is hand.palette.field


def test_typing_narrows_and_enter_takes_the_best(hand) -> None:
    assert hand.type("lad")[0] == "action:a"
    hand.key(Qt.Key.Key_Return)
    assert hand.taken == ["action:a"]
    assert not hand.palette.isVisible()
    assert QApplication.focusWidget() is hand.before


def test_what_is_muted_is_searched_too(hand) -> None:
    assert hand.type("kalshi") == ["market:x"]


def test_the_arrows_go_round_and_keep_the_row_in_view(hand) -> None:
    hand.type("somewhere")
    hand.key(Qt.Key.Key_Up)
    last = hand.palette.shown()[-1].id
    assert hand.palette.list.chosen().id == last
    assert hand.palette.list.verticalScrollBar().value() > 0
    hand.key(Qt.Key.Key_Down)
    hand.key(Qt.Key.Key_PageDown)
    assert hand.palette.list.at == SEEN
    hand.key(Qt.Key.Key_Return)
    assert hand.taken == [f"station:{SEEN}"]


def test_a_click_takes_a_row(hand) -> None:
    rows = hand.palette.list
    hand.type("go to")
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(100, ROW + 5))
    assert len(hand.taken) == 1


def test_what_stops_trading_is_asked_once_and_another_key_takes_the_question_back(hand) -> None:
    hand.type("cancel")
    hand.key(Qt.Key.Key_Return)
    assert hand.taken == []
    assert hand.palette.list.accessibleName() == "Enter again does it: Cancel all orders"
    hand.key(Qt.Key.Key_Escape)
    assert hand.palette.isVisible()
    hand.key(Qt.Key.Key_Return)
    assert hand.taken == []
    hand.key(Qt.Key.Key_Return)
    assert hand.taken == ["action:c"]


def test_a_key_that_repeats_takes_nothing(hand) -> None:
    hand.type("cancel")
    held = QKeyEvent(QKeyEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r", autorep=True)
    for _ in range(3):
        QApplication.sendEvent(hand.palette, held)
    assert hand.taken == []
    assert hand.palette.isVisible()


def test_escape_closes_and_gives_the_keyboard_back(hand) -> None:
    hand.key(Qt.Key.Key_Escape)
    assert not hand.palette.isVisible()
    assert QApplication.focusWidget() is hand.before


def test_it_closes_when_the_keyboard_goes_elsewhere(qtbot, hand) -> None:
    hand.before.setFocus()
    qtbot.waitUntil(lambda: not hand.palette.isVisible())
    assert QApplication.focusWidget() is hand.before


def test_opened_twice_it_is_closed(hand) -> None:
    hand.palette.open(ENTRIES)
    assert not hand.palette.isVisible()


def test_nothing_that_fits_takes_nothing(hand) -> None:
    assert hand.type("zzzz") == []
    hand.key(Qt.Key.Key_Return)
    hand.key(Qt.Key.Key_Down)
    assert hand.taken == []
    hand.palette.grab()


def test_what_a_text_stands_for_by_itself_comes_first(hand) -> None:
    hand.palette.close_up()
    hand.palette.open(ENTRIES, typed=lambda query: [Entry("order:0", f"BUY {query}", "ticket")])
    assert hand.type("chi")[0] == "order:0"


@pytest.mark.parametrize("width", [400, 900])
def test_it_lies_inside_its_window(hand, width) -> None:
    hand.page.resize(width, 300)
    assert hand.page.rect().contains(hand.palette.geometry())
    hand.palette.grab()


def test_the_latest_is_ahead_of_one_that_fits_as_well() -> None:
    pair = (Entry("a", "Alpha one", "x"), Entry("b", "Alpha two", "x"))
    assert [one.id for one, _ in fitting("alpha", pair, [])] == ["a", "b"]
    assert [one.id for one, _ in fitting("alpha", pair, ["b", "a"])] == ["b", "a"]
    assert [one.id for one, _ in fitting("", pair, ["b"])] == ["b", "a"]


def test_from_a_window_of_its_own_it_opens_over_the_main_one_and_goes_back(qtbot, hand) -> None:
    hand.palette.close_up()
    out = QLineEdit()
    qtbot.addWidget(out)
    with qtbot.waitExposed(out):
        out.show()
    out.activateWindow()
    out.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is out)
    hand.palette.open(ENTRIES)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is hand.palette.field)
    hand.key(Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is out)
