"""Keys and what they mean: one action a key wherever the focus is, and every change can be taken back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from widgets import keymap
from widgets.actions import ACTIONS, meet
from widgets.keymap import Bound, Keymap, canonical, key_of
from widgets.ladder import LadderPanel

SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
PAD, NONE = Qt.KeyboardModifier.KeypadModifier, Qt.KeyboardModifier.NoModifier
NAMES = st.sampled_from(sorted(ACTIONS)) | st.text(max_size=20)
KEYS = st.sampled_from(["B", "Shift+B", "Ctrl+K", "F2", "Return", "Esc", "?", "Ctrl+Shift+X", "", "Ctrl+K, L"])


@pytest.fixture
def own(qapp) -> Keymap:
    return Keymap()


@pytest.mark.parametrize(
    ("key", "held", "name"),
    [
        (Qt.Key.Key_B, NONE, "B"),
        (Qt.Key.Key_B, SHIFT, "Shift+B"),
        (Qt.Key.Key_Question, SHIFT, "?"),
        (Qt.Key.Key_Plus, SHIFT, "+"),
        (Qt.Key.Key_Plus, PAD, "+"),
        (Qt.Key.Key_1, PAD, "1"),
        (Qt.Key.Key_Enter, PAD | CTRL, "Ctrl+Return"),
        (Qt.Key.Key_Backtab, SHIFT, "Shift+Tab"),
        (Qt.Key.Key_K, CTRL | SHIFT, "Ctrl+Shift+K"),
        (Qt.Key.Key_Shift, SHIFT, ""),
    ],
)
def test_a_press_has_one_name_on_every_keyboard(qapp, key, held, name) -> None:
    assert key_of(QKeyEvent(QEvent.Type.KeyPress, key, held)) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [("ctrl+shift+k", "Ctrl+Shift+K"), ("Enter", "Return"), ("Ctrl+K, L", ""), ("", ""), ("X" * 99, "")],
)
def test_a_key_in_a_file_is_read_however_it_is_written(qapp, text, name) -> None:
    assert canonical(text) == name


def test_a_key_means_something_in_its_own_dock_only(own) -> None:
    assert own.action("ladder", "B") == "ladder.join_bid"
    assert own.action("board", "B") == "board.buy"
    assert own.action("markets", "B") == ""
    assert own.action("blotter", "Ctrl+C") == "table.copy"
    assert own.action("ladder", "Ctrl+K") == ""


def test_a_change_holds_and_can_be_taken_back(own) -> None:
    told = []
    own.changed.connect(lambda: told.append(1))
    assert own.set_keys("ladder.join_bid", ("Q",)) == ""
    assert own.action("ladder", "Q") == "ladder.join_bid"
    assert own.action("ladder", "B") == ""
    assert own.changes() == {"ladder.join_bid": ("Q",)}
    assert own.reset("ladder.join_bid") == ""
    assert own.changes() == {}
    assert own.action("ladder", "B") == "ladder.join_bid"
    assert len(told) == 2


@pytest.mark.parametrize(
    ("action", "key", "why"),
    [
        ("ladder.join_bid", "S", "S already means “Join the best ask” (Ladder)"),
        ("window.hedge", "Ctrl+Return", "Ctrl+Return already means “Send the order” (Ticket)"),
        ("ladder.join_bid", "Ctrl+K", "Ctrl+K already means “Search or command” (Everywhere)"),
        ("blotter.cancel", "Ctrl+C", "Ctrl+C already means “Copy the selection” (Tables)"),
        ("window.hedge", "H", "H alone means something in fields and docks: it needs Ctrl or Alt"),
        ("window.kill", ".", ". alone means something in fields and docks"),
        ("ticket.send", "W", "W alone means something in fields and docks"),
        ("window.hedge", "Tab", "Tab cannot be given away"),
        ("ladder.join_bid", "Esc", "Esc closes what is on top"),
        ("ladder.nothing", "Q", "there is no action 'ladder.nothing'"),
    ],
)
def test_a_key_that_would_mean_two_things_is_refused_by_name(own, action, key, why) -> None:
    assert own.set_keys(action, (key,)).startswith(why)
    assert own.changes() == {}


def test_the_same_key_in_two_docks_is_no_clash(own) -> None:
    assert own.set_keys("board.buy", ("T",)) == ""
    assert own.action("ladder", "T") == "ladder.take"


def test_a_key_can_be_moved_and_the_one_that_had_it_is_left_without(own) -> None:
    assert own.move_key("ladder.take", "B") == ""
    assert own.action("ladder", "B") == "ladder.take"
    assert own.keys("ladder.join_bid") == ()
    assert own.reset("ladder.join_bid") == "B already means “Take what is there, within protect” (Ladder)"
    assert own.reset() == ""
    assert own.changes() == {}


def test_a_file_may_swap_two_keys(own) -> None:
    swap = {"ladder.join_bid": ["S"], "ladder.join_ask": ["B"]}
    assert own.load(swap) == []
    assert (own.action("ladder", "B"), own.action("ladder", "S")) == ("ladder.join_ask", "ladder.join_bid")


def test_a_first_key_gives_way_to_one_that_was_chosen(own) -> None:
    """A later version may give a new action a key that the trader has long given to another."""
    assert own.load({"ladder.join_bid": ["T"]}) == []
    assert own.action("ladder", "T") == "ladder.join_bid"
    assert own.keys("ladder.take") == ()


def test_actions_of_another_version_are_kept(own) -> None:
    assert own.load({"radar.zoom": ["Z"], "ladder.take": ["Q"]}) == []
    assert own.changes() == {"ladder.take": ("Q",), "radar.zoom": ("Z",)}


def test_what_is_wrong_in_a_file_is_named_and_the_rest_is_taken(own) -> None:
    wrong = own.load({"ladder.take": ["Q"], "ladder.join_bid": ["Ctrl+K, L"], "window.kill": ["K"], "board.buy": []})
    assert [line.partition(":")[0] for line in wrong] == ["ladder.join_bid", "window.kill"]
    assert own.keys("ladder.take") == ("Q",)
    assert own.keys("board.buy") == ()
    assert own.keys("window.kill") == ("Ctrl+Shift+K",)


def test_a_strict_file_with_one_fault_changes_nothing(own) -> None:
    own.set_keys("ladder.take", ("Q",))
    assert own.load({"ladder.take": ["W"], "window.kill": ["K"]}, strict=True)
    assert own.keys("ladder.take") == ("Q",)


@given(st.dictionaries(NAMES, st.lists(KEYS, max_size=6), max_size=6))
def test_whatever_a_file_says_no_key_means_two_things(qapp, changes) -> None:
    own = Keymap()
    own.load(changes)
    owners = [(key, ACTIONS[name]) for name in ACTIONS for key in own.keys(name)]
    for at, (key, one) in enumerate(owners):
        assert not [o.id for k, o in owners[at + 1 :] if k == key and o.id != one.id and meet(one.area, o.area)]
    again = Keymap()
    assert again.load(own.changes()) == []
    assert again.changes() == own.changes()


def test_a_bound_shortcut_follows_the_keymap_and_leaves_fields_their_letters(qtbot) -> None:
    page = QWidget()
    layout = QVBoxLayout(page)
    field = QLineEdit()
    layout.addWidget(field)
    pressed = []
    Bound("window.keys", page, lambda: pressed.append(1))
    qtbot.addWidget(page)
    with qtbot.waitExposed(page):
        page.show()
    page.activateWindow()
    qtbot.keyClick(page, Qt.Key.Key_F1)
    qtbot.keyClick(page, Qt.Key.Key_Question)
    assert len(pressed) == 2
    field.setFocus()
    qtbot.keyClicks(field, "what?")
    assert (field.text(), len(pressed)) == ("what?", 2)
    try:
        assert keymap.current().set_keys("window.keys", ("F2",)) == ""
        qtbot.keyClick(page, Qt.Key.Key_F1)
        qtbot.keyClick(page, Qt.Key.Key_F2)
        assert len(pressed) == 3
    finally:
        keymap.current().reset()


def test_the_help_of_a_dock_says_which_of_its_keys_are_others_now(qtbot) -> None:
    dock = LadderPanel()
    qtbot.addWidget(dock)
    dock.resize(562, 660)
    try:
        dock._header.help.click()
        assert "Keys you changed" not in dock._tip.text()
        keymap.current().set_keys("ladder.take", ("Q",))
        keymap.current().set_keys("board.buy", ())
        dock._header.help.click()
        assert dock._tip.text().endswith("Keys you changed: Take what is there, within protect: Q.")
        assert keymap.changed_in("board") == "Buy YES of the selected outcome: no key."
    finally:
        keymap.current().reset()
