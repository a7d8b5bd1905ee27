"""Docks as a trader moves them: dragged, sent by keys, closed, and in windows of their own."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from app.screens import Screen
from engine.core.commands import Halt
from engine.views import topics
from tests.app.desktop_rig import Desk, desks
from tests.app.program import CTRL, LEFT, PLAIN, SHIFT
from tests.widgets import account_views as views

ALT = Qt.KeyboardModifier.AltModifier

TOLD = Qt.KeyboardModifier(CTRL | SHIFT)


@pytest.fixture
def open_desk(qtbot, tmp_path):
    yield from desks(qtbot, tmp_path)


@pytest.fixture
def desk(open_desk) -> Desk:
    return open_desk()


def test_a_dragged_dock_comes_where_it_is_let_go(desk) -> None:
    one = desk.here
    one.unlocked = True
    header, target = one.docks["markets"]._header, one.docks["map"]
    at = target.mapToGlobal(QPoint(target.width() - 10, target.height() // 2))
    QTest.mousePress(header, LEFT, PLAIN, QPoint(20, 8))
    QTest.mouseMove(header, QPoint(60, 30))
    QTest.mouseMove(header, header.mapFromGlobal(at))
    assert desk.window.moving._hint.isVisible()
    QTest.mouseRelease(header, LEFT, PLAIN, header.mapFromGlobal(at))
    assert not desk.window.moving._hint.isVisible()
    assert desk.heads()[:4] == ["station", "map", "markets", "board"]


def test_a_dock_let_go_on_another_screen_opens_there(desk, monkeypatch) -> None:
    two = [Screen("main", QRect(0, 0, 1920, 1080)), Screen("right", QRect(1920, 100, 2560, 1400))]
    monkeypatch.setattr("app.screens.attached", lambda: two)
    desk.here.unlocked = True
    header = desk.here.docks["ladder"]._header
    at = QPoint(2_400, 300)
    QTest.mousePress(header, LEFT, PLAIN, QPoint(60, 10))
    QTest.mouseMove(header, QPoint(60, 60))
    QTest.mouseRelease(header, LEFT, PLAIN, header.mapFromGlobal(at))
    assert desk.out().geometry().topLeft() == at


def test_locked_nothing_is_dragged_moved_or_closed(desk) -> None:
    one = desk.here
    before = one.tree()
    header, target = one.docks["markets"]._header, one.docks["map"]
    QTest.mousePress(header, LEFT, PLAIN, QPoint(20, 8))
    QTest.mouseMove(header, QPoint(80, 60))
    assert not desk.window.moving._hint.isVisible()
    QTest.mouseRelease(header, LEFT, PLAIN, header.mapFromGlobal(target.mapToGlobal(target.rect().center())))
    assert "locked" in desk.said()
    desk.window.reach("markets")
    desk.key(Qt.Key.Key_Right, Qt.KeyboardModifier(CTRL | ALT))
    desk.key(Qt.Key.Key_W, TOLD)
    assert (one.tree(), one.closed()) == (before, [])
    desk.key(Qt.Key.Key_L, TOLD)
    assert one.unlocked
    desk.key(Qt.Key.Key_W, TOLD)
    assert one.closed() == ["markets"]


def test_keys_send_a_dock_behind_a_tab_and_beside(desk) -> None:
    desk.here.unlocked = True
    desk.window.reach("markets")
    desk.key(Qt.Key.Key_Right, Qt.KeyboardModifier(CTRL | ALT))
    assert any({"map", "markets"} <= set(docks) for docks in desk.places())
    assert desk.here.docks["markets"].isAncestorOf(QApplication.focusWidget())
    desk.key(Qt.Key.Key_Left, Qt.KeyboardModifier(CTRL | ALT | SHIFT))
    assert desk.heads()[:3] == ["markets", "station", "map"]
    desk.window.reach("positions")
    desk.key(Qt.Key.Key_Down, Qt.KeyboardModifier(CTRL | ALT | SHIFT))  # nothing below: off its own tabs
    assert ("positions",) in desk.places()


def test_a_closed_dock_comes_back_to_its_place_by_menu_and_by_its_key(desk, qtbot) -> None:
    desk.here.unlocked = True
    before = desk.places()
    sizes = desk.here.sizes()
    desk.window.reach("ladder")
    desk.key(Qt.Key.Key_W, TOLD)
    assert "closed" in desk.said()
    assert ("ladder",) not in desk.places()
    menu = QMenu(desk.window)
    desk.window.layouts.fill(menu)
    sub = next(a.menu() for a in menu.actions() if a.text() == "Open a closed dock")
    (entry,) = sub.actions()
    entry.trigger()
    assert (desk.places(), desk.here.sizes()) == (before, sizes)
    desk.window.reach("ladder")
    desk.key(Qt.Key.Key_W, TOLD)
    desk.key(Qt.Key.Key_L, CTRL, widget=desk.window)
    assert desk.places() == before
    assert desk.here.docks["ladder"].isVisible()


def test_with_every_dock_closed_a_page_opens_them_again(desk) -> None:
    before = desk.places()
    for name in list(desk.here.docks):
        desk.here.close_dock(name)
    assert desk.places() == []
    assert desk.here._nothing.isVisible()
    assert desk.here.middle().isEmpty()
    desk.key(Qt.Key.Key_F6, widget=desk.window)
    desk.here._nothing.pressed.emit("")
    assert desk.places() == before
    assert not desk.here._nothing.isVisible()


def test_a_dock_in_its_own_window_shows_the_mode_and_halts(desk, qtbot) -> None:
    desk.window.render(topics.SPINE, views.spine(mode="live"))
    desk.window.reach("ladder")
    desk.key(Qt.Key.Key_O, TOLD)
    window = desk.out()
    assert window.isVisible()
    qtbot.waitUntil(lambda: window.isAncestorOf(QApplication.focusWidget()))
    assert "LIVE" in window.windowTitle()
    assert "LIVE" in window.strip.words()
    asked = []
    desk.window.risk.intent.connect(asked.append)
    desk.key(Qt.Key.Key_K, TOLD, widget=window)  # the key of the whole program, from here
    assert [type(one) for one in asked] == [Halt]
    desk.window.intent.connect(asked.append)
    with qtbot.waitSignal(desk.window.intent):
        QTest.mousePress(window.strip.kill, LEFT)
    QTest.mouseRelease(window.strip.kill, LEFT)
    assert [type(one) for one in asked] == [Halt, Halt]
    desk.window.render(topics.SPINE, views.spine(mode="live", halted_by="DAILY_LOSS"))
    assert "HALTED" in window.windowTitle()
    desk.window.choose(1)
    assert window.isVisible()  # another workspace is another page, not another desk
    assert desk.window.reach("gates")
    desk.window.choose(0)
    window.close()
    assert desk.here.out() == []
    assert desk.here.docks["ladder"].isVisible()


def test_its_key_brings_a_window_to_the_front_and_its_place_is_kept(desk, qtbot) -> None:
    desk.window.reach("ladder")
    desk.key(Qt.Key.Key_O, TOLD)
    desk.window.reach("map")
    desk.key(Qt.Key.Key_L, CTRL, widget=desk.window)
    window = desk.out()
    qtbot.waitUntil(lambda: window.isAncestorOf(QApplication.focusWidget()))
    window.setGeometry(20, 30, 520, 400)
    qtbot.waitUntil(lambda: desk.here.state().windows[0].x == 20)
    (where,) = desk.here.state().windows
    assert (where.dock, where.y, where.width, where.height) == ("ladder", 30, 520, 400)
    desk.key(Qt.Key.Key_O, TOLD, widget=window)
    assert desk.here.state().windows == ()


def test_both_arrangements_leave_out_what_is_out(desk) -> None:
    desk.window.reach("ladder")
    desk.key(Qt.Key.Key_O, TOLD)
    desk.window.resize(1366, 768)
    assert all("ladder" not in docks for docks in desk.places())
    assert desk.out().isVisible()
    desk.here.open("ladder")
    assert any({"ladder", "ticket"} <= set(docks) for docks in desk.places())


def test_the_gear_menu_of_a_dock_moves_it(desk) -> None:
    one = desk.here
    one.unlocked = True
    menu = QMenu(desk.window)
    one.docks["ladder"].menu_opening.emit(one.docks["ladder"], menu)
    texts = [action.text() for action in menu.actions()]
    assert texts == ["Open in its own window", "Move", "Close this dock"]
    left = next(a.menu() for a in menu.actions()[1].menu().actions() if a.text() == "Left of")
    next(a for a in left.actions() if a.text() == one.docks["map"].title).trigger()
    assert desk.heads()[2:4] == ["ladder", "map"]
    menu.actions()[0].trigger()
    assert one.out() == ["ladder"]
