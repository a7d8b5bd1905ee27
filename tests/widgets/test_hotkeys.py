"""The hotkey editor on screen: press a key, be told of a clash by name, move it or leave it, and take it back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget

from widgets import keymap
from widgets.actions import ACTIONS
from widgets.hotkeys import HotkeysDialog
from widgets.key_list import lines
from widgets.keymap import Bound

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
KEY = Qt.Key


class Hand:
    """The dialog and what the hand does to it."""

    def __init__(self, qtbot):
        self.dialog = HotkeysDialog()
        self.list = self.dialog.list
        qtbot.addWidget(self.dialog)
        with qtbot.waitExposed(self.dialog):
            self.dialog.show()
        self.dialog.activateWindow()

    def go(self, action):
        self.list.at = next(n for n, line in enumerate(self.list.lines) if line.action is ACTIONS[action])
        self.list.setFocus()

    def key(self, key, held=NONE):
        QTest.keyClick(self.list, key, held)

    def record(self, action, key, held=NONE):
        self.go(action)
        self.key(KEY.Key_Return)
        self.key(key, held)

    @property
    def said(self):
        return self.dialog.message.words


@pytest.fixture
def hand(qtbot):
    yield Hand(qtbot)
    keymap.current().reset()


def keys(action):
    return keymap.current().keys(action)


def test_every_action_stands_under_the_place_where_its_key_works(hand) -> None:
    assert [line.action for line in hand.list.lines if line.action] == [
        one for area in dict.fromkeys(line.area for line in hand.list.lines) for one in ACTIONS.values()
        if one.area == area
    ]  # fmt: skip
    assert len([line for line in hand.list.lines if line.action]) == len(ACTIONS)


def test_a_pressed_key_is_taken(hand) -> None:
    hand.record("ladder.join_bid", KEY.Key_Q)
    assert keys("ladder.join_bid") == ("Q",)
    assert hand.said == "“Join the best bid”: Q."


def test_one_more_key_stands_beside_the_first(hand) -> None:
    hand.go("ladder.join_bid")
    hand.key(KEY.Key_Plus, SHIFT)
    hand.key(KEY.Key_Q)
    assert keys("ladder.join_bid") == ("B", "Q")


def test_a_clash_is_named_and_enter_moves_the_key(hand) -> None:
    hand.record("ladder.join_bid", KEY.Key_S)
    assert keys("ladder.join_bid") == ("B",)
    assert hand.said.startswith("S already means “Join the best ask” (Ladder). Enter moves it here")
    hand.key(KEY.Key_Return)
    assert (keys("ladder.join_bid"), keys("ladder.join_ask")) == (("S",), ())


def test_after_a_clash_another_key_can_be_pressed_or_none(hand) -> None:
    hand.record("ladder.join_bid", KEY.Key_S)
    hand.key(KEY.Key_Q)
    assert (keys("ladder.join_bid"), keys("ladder.join_ask")) == (("Q",), ("S",))
    hand.record("ladder.take", KEY.Key_S)
    hand.key(KEY.Key_Escape)
    assert keys("ladder.take") == ("T",)
    assert hand.dialog.isVisible()


def test_a_key_that_cannot_be_given_away_says_why(hand) -> None:
    hand.record("window.hedge", KEY.Key_H)
    assert "needs Ctrl or Alt" in hand.said
    hand.key(KEY.Key_Tab)
    assert hand.said.startswith("Tab cannot be given away")
    assert hand.list.hasFocus()
    hand.key(KEY.Key_J, CTRL | SHIFT)
    assert keys("window.hedge") == ("Ctrl+Shift+J",)


def test_a_waiting_editor_hears_shortcuts_but_never_swallows_those_that_stop(qtbot) -> None:
    page = QWidget()
    layout = QVBoxLayout(page)
    dialog = HotkeysDialog()
    layout.addWidget(dialog.list)
    fired = []
    Bound("window.dock_ladder", page, lambda: fired.append("ladder"))
    Bound("window.kill", page, lambda: fired.append("kill"))
    qtbot.addWidget(page)
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(page):
        page.show()
    page.activateWindow()
    dialog.list.setFocus()
    try:
        dialog.list.record()
        qtbot.keyClick(dialog.list, KEY.Key_L, CTRL)
        assert fired == []
        assert "Go to Ladder" in dialog.message.words
        qtbot.keyClick(dialog.list, KEY.Key_K, CTRL | SHIFT)
        assert fired == ["kill"]
    finally:
        keymap.current().reset()


def test_no_key_and_first_keys(hand) -> None:
    hand.go("ladder.join_bid")
    hand.key(KEY.Key_Delete)
    assert keys("ladder.join_bid") == ()
    hand.go("ladder.join_bid")
    hand.key(KEY.Key_Backspace)
    assert keys("ladder.join_bid") == ("B",)


def test_reset_all_is_asked_once(hand) -> None:
    QTest.mouseClick(hand.dialog.reset_all, LEFT)
    assert hand.said == "Nothing to reset."
    hand.record("ladder.join_bid", KEY.Key_Q)
    QTest.mouseClick(hand.dialog.reset_all, LEFT)
    assert keys("ladder.join_bid") == ("Q",)
    assert hand.dialog.reset_all.text() == "Reset all: sure?"
    QTest.mouseClick(hand.dialog.reset_all, LEFT)
    assert keys("ladder.join_bid") == ("B",)
    assert hand.dialog.reset_all.text() == "Reset all…"


def test_words_or_a_key_find_an_action(hand) -> None:
    QTest.keyClicks(hand.dialog.search, "join best")
    assert {line.action.id for line in hand.list.lines if line.action} == {"ladder.join_bid", "ladder.join_ask"}
    assert [line.action.id for line in lines("ctrl+shift+k") if line.action] == ["window.kill"]
    hand.dialog.search.clear()
    hand.record("ladder.take", KEY.Key_Q)
    hand.dialog.only.click()
    assert [line.action.id for line in hand.list.lines if line.action] == ["ladder.take"]


def test_a_click_on_a_key_waits_for_another(hand) -> None:
    rect = hand.list.line_rect(1)
    QTest.mouseClick(hand.list.viewport(), LEFT, NONE, QPoint(30, rect.center().y()))
    assert hand.list.recording == ""
    QTest.mouseClick(hand.list.viewport(), LEFT, NONE, QPoint(rect.width() - 20, rect.center().y()))
    assert hand.list.recording == hand.list.chosen().id
    hand.dialog.grab()
    hand.dialog.close()
    assert hand.list.recording == ""
