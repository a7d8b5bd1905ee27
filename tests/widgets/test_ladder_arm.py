"""When the ladder is armed: what arms it, what disarms it, and what is void then."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from engine.core.units import HOUR, Nanos
from engine.views import topics
from tests.widgets import account_views as views
from tests.widgets import views_sample as sample
from tests.widgets.ladder_trader import NONE, Trader


@pytest.fixture
def book(qtbot):
    return Trader(qtbot, sample.book())


@pytest.fixture
def curve(qtbot):
    return Trader(qtbot, sample.curve())


def test_paper_is_always_armed_and_live_begins_disarmed(book) -> None:
    assert book.panel.armed
    book.panel.set_mode("live")
    assert not book.panel.armed
    book.click(42, "bid")
    assert book.asked == []
    assert [p.price for p in book.tickets] == [4200]
    book.key(Qt.Key.Key_A)
    assert book.panel.armed
    book.click(41, "bid")
    assert book.places == [("BUY", 10, "YES", 4100)]
    book.key(Qt.Key.Key_Escape)
    assert not book.panel.armed


def test_live_disarms_when_the_window_loses_the_front(book) -> None:
    book.panel.set_mode("live")
    book.panel.set_armed(True)
    QApplication.sendEvent(book.panel, QEvent(QEvent.Type.WindowDeactivate))
    assert not book.panel.armed


def test_live_disarms_when_the_arming_of_the_session_is_over(book) -> None:
    """After a sleep or a Disarm it read ARMED, and where it was hidden meanwhile a later arming was its own."""
    now = views.spine().now
    for later in (None, Nanos(now + HOUR)):
        book.panel.render(topics.SPINE, views.spine(mode="live", armed_until=now))
        book.panel.set_armed(True)
        book.panel.render(topics.SPINE, views.spine(mode="live", armed_until=now))
        assert book.panel.armed
        book.panel.render(topics.SPINE, views.spine(mode="live", armed_until=later))
        assert not book.panel.armed


def test_a_key_that_is_held_or_came_too_soon_does_not_arm(book) -> None:
    book.panel.set_mode("live")
    book.panel.focus_guard_ms = 60_000
    book.panel.hold_off()
    book.key(Qt.Key.Key_A)
    assert not book.panel.armed
    book.panel.focus_guard_ms = 0
    book.key(Qt.Key.Key_A)
    assert book.panel.armed
    held = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_A, NONE, "a", autorep=True)
    QApplication.sendEvent(book.grid, held)
    assert book.panel.armed


def test_what_was_asked_while_armed_is_void_once_disarmed(book) -> None:
    book.panel.set_mode("live")
    book.panel.set_armed(True)
    for cents in (40, 41, 42):
        book.click(cents, "bid")
    assert len(book.asked) == 3
    book.click(39, "bid")
    assert book.panel.hand.question is not None
    QApplication.sendEvent(book.panel, QEvent(QEvent.Type.WindowDeactivate))
    book.key(Qt.Key.Key_Return)
    assert len(book.asked) == 3
