"""The strip on top of a dock's own window."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.core.commands import Halt
from engine.core.units import HOUR, Money, Nanos
from tests.widgets import account_views as views
from widgets import ministrip
from widgets.ministrip import STALE_S, MiniStrip, facts

LEFT = Qt.MouseButton.LeftButton
VIEW = views.spine()


@pytest.fixture
def strip(qtbot) -> MiniStrip:
    one = MiniStrip()
    qtbot.addWidget(one)
    one.resize(620, one.height())
    with qtbot.waitExposed(one):
        one.show()
    one.take(VIEW)
    return one


def _words(view, silent=0.0) -> str:
    return "; ".join(one.spoken() for one in facts(view, silent))


def test_it_says_mode_result_risk_and_clock() -> None:
    words = _words(replace(VIEW, mode="live", day=Money(Decimal("-3.18")), halted_by=""))
    assert words.startswith("LIVE")
    assert "Day −$3.18" in words
    assert "HALTED" not in words
    assert "no news" not in words


def test_a_live_session_says_whether_orders_leave_and_for_how_long() -> None:
    assert _words(replace(VIEW, mode="live")).startswith("LIVE; disarmed; ")
    assert _words(replace(VIEW, mode="live", armed_until=Nanos(VIEW.now + HOUR))).startswith("LIVE; 1:00:00; ")
    assert "armed" not in _words(replace(VIEW, mode="paper"))


def test_a_halt_and_silence_are_said() -> None:
    assert "HALTED by DAILY_LOSS" in _words(replace(VIEW, halted_by="DAILY_LOSS"))
    assert "REDUCE-ONLY" in _words(replace(VIEW, halted_by="", reduce_only=True))
    assert "no news for" in _words(VIEW, STALE_S)


def test_kill_wants_the_mouse_held_and_then_halts(strip, qtbot) -> None:
    asked = []
    strip.intent.connect(asked.append)
    QTest.mouseClick(strip.kill, LEFT)
    assert asked == []
    with qtbot.waitSignal(strip.intent):
        QTest.mousePress(strip.kill, LEFT)
    QTest.mouseRelease(strip.kill, LEFT)
    assert [type(one) for one in asked] == [Halt]


def test_pressed_while_halted_it_asks_for_the_sheet(strip, qtbot) -> None:
    strip.take(replace(VIEW, halted_by="you"))
    assert strip.kill.text() == "HALTED"
    with qtbot.waitSignal(strip.halt_pressed):
        QTest.mousePress(strip.kill, LEFT)
    QTest.mouseRelease(strip.kill, LEFT)


def test_its_button_puts_the_dock_back(strip, qtbot) -> None:
    with qtbot.waitSignal(strip.back_pressed):
        QTest.mouseClick(strip.back, LEFT)


def test_it_ticks_only_while_it_is_seen(strip) -> None:
    assert strip._tick.isActive()
    strip.hide()
    assert not strip._tick.isActive()
    assert ministrip.STALE_S > 0
