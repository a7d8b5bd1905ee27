"""The overlay of keys: what works where the keyboard is, in the keys of now."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from widgets import keymap, paint, theme
from widgets.actions import ACTIONS
from widgets.keys_overlay import HEAD, LOW, SPINE, KeysOverlay, columns, sections


@pytest.fixture
def overlay(qtbot):
    page = QWidget()
    page.resize(1366, 768)
    page.field = QLineEdit(page)
    overlay = KeysOverlay(page)
    qtbot.addWidget(page)
    with qtbot.waitExposed(page):
        page.show()
    page.activateWindow()
    page.field.setFocus()
    yield overlay
    keymap.current().reset()


def ids(overlay):
    return [one.id for column in overlay.lines() for _, one in column if one is not None]


def test_it_shows_the_keys_of_the_dock_and_those_of_everywhere(overlay) -> None:
    overlay.open("ladder", "Ladder")
    shown = ids(overlay)
    assert {"ladder.join_bid", "window.kill"} <= set(shown)
    assert not [name for name in shown if name.startswith("board.")]
    overlay.close_up()
    overlay.open("blotter", "Blotter")
    assert {"blotter.cancel", "table.copy"} <= set(ids(overlay))


def test_it_follows_the_editor_and_leaves_out_what_has_no_key(overlay) -> None:
    keymap.current().set_keys("ladder.join_bid", ())
    keymap.current().set_keys("ladder.take", ("Q",))
    overlay.open("ladder", "Ladder")
    assert "ladder.join_bid" not in ids(overlay)
    assert "Q: Take what is there" in overlay.accessibleDescription()


def test_of_what_works_everywhere_only_what_is_offered(overlay) -> None:
    overlay.open("", "", ["window.kill"])
    assert ids(overlay) == ["window.kill"]


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), (900, 600)])
@pytest.mark.parametrize("area", ["", "ladder", "blotter"])
def test_every_line_lies_inside_it(overlay, size, area) -> None:
    overlay.parentWidget().resize(*size)
    overlay.open(area, "x")
    assert overlay.parentWidget().rect().contains(overlay.geometry())
    longest = max(len(column) for column in overlay.lines())
    assert HEAD + longest * LOW <= overlay.height()
    overlay.grab()


def test_escape_gives_the_keyboard_back_and_other_keys_do_nothing(qtbot, overlay) -> None:
    told = []
    overlay.closed.connect(lambda: told.append(1))
    overlay.open("ladder", "Ladder")
    qtbot.keyClick(overlay, Qt.Key.Key_B)
    assert overlay.isVisible()
    qtbot.keyClick(overlay, Qt.Key.Key_Escape)
    assert not overlay.isVisible()
    assert QApplication.focusWidget() is overlay.parentWidget().field
    overlay.open("ladder", "Ladder")
    qtbot.mouseClick(overlay, Qt.MouseButton.LeftButton)
    overlay.open("ladder", "Ladder")
    overlay.open("ladder", "Ladder")
    assert not overlay.isVisible()
    assert len(told) == 3


def test_columns_hold_every_action_once() -> None:
    parts = sections("ladder")
    for rows in (8, 20, 60):
        found = columns(parts, rows)
        assert max(map(len, found)) <= rows
        assert [one for column in found for _, one in column if one] == [one for part in parts for one in part.actions]
    assert sum(len(part.actions) for part in sections("ladder")) < len(ACTIONS)


@pytest.mark.parametrize("size", [(1366, 768), (1280, 720), (1920, 1080)])
@pytest.mark.parametrize("area", ["", "ladder", "blotter"])
def test_every_line_is_told_whole_and_the_spine_is_left_free(overlay, size, area) -> None:
    overlay.parentWidget().resize(*size)
    overlay.open(area, "x")
    font = theme.current().ui(12)
    cut = [
        one.words
        for column in overlay.lines()
        for _, one in column
        if one is not None and paint.width(one.words, font) > overlay.room_of(one)
    ]
    assert cut == []
    assert overlay.y() >= SPINE
    assert overlay.geometry().bottom() < size[1] - theme.current().size("statusBar")
