from decimal import Decimal

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from engine.core.commands import CancelAll, Halt, ReduceOnly
from engine.views import topics
from engine.views.status import SpineGreeks
from tests.widgets import account_views as views
from tests.widgets.pictures import OnScreen, differing
from widgets.riskstrip import HOLD_MS, RiskStrip, facts

CONTROL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def strip(qtbot):
    strip = RiskStrip()
    qtbot.addWidget(strip)
    strip.resize(1914, strip.height())
    strip.render(topics.SPINE, views.spine())
    strip.show()
    strip.activateWindow()
    return strip


@pytest.fixture
def asked(strip):
    told = []
    strip.intent.connect(told.append)
    return told


def spoken(view, *, narrow=False):
    return "; ".join(segment.spoken() for segment in facts(view, narrow=narrow))


def test_the_facts_in_words():
    assert spoken(views.spine()) == (
        "At risk −$52.14 / 150; Day ▲ +$3.18 fees −0.44 / halt −30; Week ▲ +$11.92 / halt −80; "
        "Working 4 Unknown 0 Open 7; next close KMDW 10:26:53; Gates 11 ok · 1 near"
    )


def test_a_small_screen_leaves_out_week_fees_and_the_next_close():
    assert spoken(views.spine(), narrow=True) == (
        "At risk −$52.14 / 150; Day ▲ +$3.18 / halt −30; Working 4 Unknown 0 Open 7; Gates 11 ok · 1 near"
    )


def test_greeks_are_told_while_any_are_held_and_a_dash_where_they_are_not_known():
    btc = SpineGreeks(underlying="BTC", delta=-0.034, gamma=0.0126, vega=-101.4, theta=86.2)
    eth = SpineGreeks(underlying="ETH", delta=None, gamma=None, vega=None, theta=None, unknown=("ETH-X",))
    view = views.spine(greeks=(btc, eth))
    assert "BTC Δ −0.03 Γ +0.013 V −101 Θ +86; ETH Δ — Γ — V — Θ —; next close" in spoken(view)
    assert "BTC Δ −0.03 Γ +0.013; ETH Δ — Γ —; Gates" in spoken(view, narrow=True)
    told = [segment for segment in facts(view, narrow=False) if segment.key == "greeks"]
    assert "ETH-X" in told[1].tip
    assert "BTC Δ" not in spoken(views.spine())


def test_trouble_is_said():
    view = views.spine(cancelling=1, gates_refusing=2, storage_ok=False, day=Decimal("-30.12"))
    said = spoken(view)
    for words in ("Cancelling 1", "2 refusing", "NOT SAVED", "Day ▼ −$30.12"):
        assert words in said


def test_limits_that_wait_for_balances_are_a_dash_and_no_nought():
    view = views.spine(at_risk_limit=None, day_limit=None, week_limit=None)
    said = spoken(view)
    assert said.count("/ —") == 1
    assert said.count("halt —") == 2
    assert "0 /" not in said.partition("At risk")[2].partition(";")[0]


def test_a_result_of_zero_has_no_sign():
    assert "Day $0.00" in spoken(views.spine(day=Decimal(0)))


def test_a_slip_of_the_mouse_is_no_halt(qtbot, strip, asked):
    qtbot.mousePress(strip.kill, Qt.MouseButton.LeftButton)
    qtbot.mouseRelease(strip.kill, Qt.MouseButton.LeftButton)
    qtbot.wait(HOLD_MS + 60)
    assert asked == []


def test_leaving_the_button_is_no_halt(qtbot, strip, asked):
    qtbot.mousePress(strip.kill, Qt.MouseButton.LeftButton)
    qtbot.mouseMove(strip.kill, QPoint(-20, -5))
    assert not strip.kill.isDown()
    qtbot.wait(HOLD_MS + 60)
    assert asked == []


def test_holding_the_mouse_halts_once(qtbot, strip, asked):
    qtbot.mousePress(strip.kill, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(asked) == 1)
    qtbot.mouseRelease(strip.kill, Qt.MouseButton.LeftButton)
    assert asked == [Halt(why="kill switch")]


def test_the_key_halts_at_once(qtbot, strip, asked):
    qtbot.keyClick(strip, Qt.Key.Key_K, CONTROL_SHIFT)
    assert asked == [Halt(why="kill switch")]


def test_the_space_bar_on_the_button_halts_at_once(qtbot, strip, asked):
    strip.kill.setFocus()
    qtbot.keyClick(strip.kill, Qt.Key.Key_Space)
    assert asked == [Halt(why="kill switch")]


def test_halted_already_the_sheet_is_shown_instead(qtbot, strip, asked):
    strip.render(topics.SPINE, views.halted_spine())
    assert strip.kill.text() == "HALTED"
    with qtbot.waitSignal(strip.halt_pressed):
        qtbot.keyClick(strip, Qt.Key.Key_K, CONTROL_SHIFT)
    assert asked == []


@pytest.mark.parametrize(("key", "command"), [(Qt.Key.Key_X, CancelAll()), (Qt.Key.Key_R, ReduceOnly(on=True))])
def test_the_other_keys(qtbot, strip, asked, key, command):
    qtbot.keyClick(strip, key, CONTROL_SHIFT)
    assert asked == [command]


def test_the_buttons_do_what_the_keys_do(qtbot, strip, asked):
    strip.render(topics.SPINE, views.spine(reduce_only=True))
    qtbot.mouseClick(strip.cancel_all, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(strip.reduce_only, Qt.MouseButton.LeftButton)
    assert asked == [CancelAll(), ReduceOnly(on=False)]


def test_clicking_a_fact_opens_its_dock(qtbot, strip):
    strip.grab()
    rect = next(rect for rect, segment in strip._places if segment.key == "gates")
    with qtbot.waitSignal(strip.opened) as told:
        qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=rect.center())
    assert told.args == ["gates"]


def test_hovering_explains(strip):
    strip.grab()
    rect, segment = strip._places[0]
    QApplication.sendEvent(strip, QHelpEvent(QEvent.Type.ToolTip, rect.center(), strip.mapToGlobal(rect.center())))
    assert QToolTip.text() == segment.tip
    QToolTip.hideText()


@pytest.mark.parametrize("width", [1100, 1360, 1914])
def test_facts_never_run_into_the_buttons(strip, width):
    strip.resize(width, strip.height())
    strip.render(topics.SPINE, views.spine(cancelling=3, gates_refusing=1, storage_ok=False))
    strip.grab()
    assert strip._places[-1][0].right() < strip.cancel_all.x()
    assert strip._places[0][1].key == "risk"


@pytest.mark.parametrize("width", [420, 1366, 1914])
def test_only_what_looks_different_is_painted_and_the_picture_is_the_same(strip, width):
    strip.resize(width, strip.height())
    screen = OnScreen(strip)
    screen.settle()
    for changed in (
        {"working": 5},
        {"at_risk": Decimal("52147.30"), "day": Decimal("-28123.5"), "day_fees": Decimal("991204.41")},
        {"day": Decimal(-29)},
        {"halted_by": "YOU"},
        {"reduce_only": True},
        {"storage_ok": False, "next_close": ""},
        {},
    ):
        strip.render(topics.SPINE, views.spine(**changed))
        assert not screen.settle().isEmpty()
        assert differing(screen.picture(), screen.whole()) == []
        screen.settle()
        strip.render(topics.SPINE, views.spine(**changed, last_sequence=7))
        assert screen.settle().isEmpty()


def test_facts_that_change_paint_no_button(strip):
    screen = OnScreen(strip)
    screen.settle()
    strip.render(topics.SPINE, views.spine(working=5))
    assert screen.settle().boundingRect().right() < strip.cancel_all.x()
