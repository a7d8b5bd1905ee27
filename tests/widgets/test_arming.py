from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from engine.core.commands import Arm
from engine.views import topics
from engine.views.connections import ConnectionsView
from tests.widgets import account_views as views
from tests.widgets.test_connections import AT, line
from widgets.arming import ArmDialog


@pytest.fixture
def dialog(qtbot):
    dialog = ArmDialog()
    qtbot.addWidget(dialog)
    dialog.hold.hold_ms = 60
    dialog.show()
    dialog.render(topics.SPINE, views.spine(mode="live", account_name="main"))
    dialog.render(topics.GATES, views.gates(views.gate("AT_RISK"), views.gate("ARMED", "REFUSING")))
    dialog.render(topics.CONNECTIONS, ConnectionsView(rows=(line(),), mode="live", armed_until=None, now=AT))
    return dialog


def asked(dialog):
    found = []
    dialog.intent.connect(found.append)
    return found


def test_typed_and_held_arms_once(dialog, qtbot):
    found = asked(dialog)
    assert not dialog.hold.isEnabled()
    qtbot.keyClicks(dialog.typed, "LIVE main")
    assert dialog.hold.isEnabled()
    qtbot.mousePress(dialog.hold, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(found))
    qtbot.mouseRelease(dialog.hold, Qt.MouseButton.LeftButton)
    assert found == [Arm(typed="LIVE main")]
    assert not dialog.isVisible()
    assert dialog.typed.text() == ""


def test_words_that_were_typed_once_do_not_wait_for_the_next_time(dialog, qtbot):
    """Left and opened again it was one press from LIVE."""
    qtbot.keyClicks(dialog.typed, "LIVE main")
    dialog.reject()
    dialog.show()
    assert dialog.typed.text() == ""
    assert not dialog.hold.isEnabled()


def test_letting_go_early_or_a_click_or_enter_does_nothing(dialog, qtbot):
    found = asked(dialog)
    dialog.hold.hold_ms = 10_000
    qtbot.keyClicks(dialog.typed, "LIVE main")
    qtbot.mouseClick(dialog.hold, Qt.MouseButton.LeftButton)
    assert dialog.hold.share() == 0.0
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
        qtbot.keyClick(dialog.typed, key)
        qtbot.keyClick(dialog.hold, key)
    qtbot.keyPress(dialog.hold, Qt.Key.Key_Space)
    assert dialog.hold._since.isValid()
    qtbot.keyRelease(dialog.hold, Qt.Key.Key_Space)
    assert found == []
    assert dialog.isVisible()


def test_space_held_arms_as_well(dialog, qtbot):
    found = asked(dialog)
    qtbot.keyClicks(dialog.typed, "LIVE main")
    qtbot.keyPress(dialog.hold, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: bool(found))
    assert found == [Arm(typed="LIVE main")]


@pytest.mark.parametrize("words", ["", "LIVE", "live main", "LIVE main ", "LIVE other"])
def test_other_words_arm_nothing(dialog, qtbot, words):
    qtbot.keyClicks(dialog.typed, words)
    assert not dialog.hold.isEnabled()


def test_a_gate_that_closes_while_held_ends_it(dialog, qtbot):
    found = asked(dialog)
    qtbot.keyClicks(dialog.typed, "LIVE main")
    dialog.hold.hold_ms = 10_000
    qtbot.mousePress(dialog.hold, Qt.MouseButton.LeftButton)
    dialog.render(topics.GATES, views.gates(views.gate("STORAGE", "REFUSING")))
    assert not dialog.hold.isEnabled()
    assert dialog.hold.share() == 0.0
    assert dialog.in_the_way() == ("gates refuse: STORAGE",)
    assert found == []


def test_what_is_not_reconciled_or_not_live_is_named(dialog):
    rows = (line(reconciled=False, why="the account could not be read"),)
    dialog.render(topics.CONNECTIONS, ConnectionsView(rows=rows, mode="live", armed_until=None, now=AT))
    assert dialog.in_the_way() == ("Kalshi: the account could not be read",)
    dialog.render(topics.SPINE, views.spine(mode="paper"))
    dialog.render(topics.CONNECTIONS, ConnectionsView(rows=(), mode="paper", armed_until=None, now=AT))
    assert dialog.in_the_way() == ("this is a paper session", "no venue takes orders in this session")


def test_a_live_desk_without_keys_says_so(dialog):
    dialog.render(topics.CONNECTIONS, ConnectionsView(rows=(), mode="live", armed_until=None, now=AT))
    assert dialog.in_the_way() == ("no venue takes orders: none had keys when the desk opened",)


def test_what_there_is_no_room_for_is_counted_and_told_by_the_tool_tip(dialog):
    rows = [views.gate(f"GATE_{n}", "REFUSING", used=f"{n} ms", limit="0 ms") for n in range(8)]
    dialog.render(topics.GATES, views.gates(*rows))
    assert dialog.in_the_way()[0].endswith("GATE_5 and 2 more")
    assert "GATE_7: What GATE_7 means; 7 ms of 0 ms" in dialog.facts.toolTip()
    venues = tuple(line(title=f"Venue {n}", reconciled=False, why="x") for n in range(8))
    dialog.render(topics.CONNECTIONS, ConnectionsView(rows=venues, mode="live", armed_until=None, now=AT))
    assert dialog.facts.lines[-1][1] == "and 3 more"


def test_before_the_session_has_told_nothing_can_be_armed(qtbot):
    dialog = ArmDialog()
    qtbot.addWidget(dialog)
    assert dialog.in_the_way() == ("the session has not told everything yet",)
    assert not dialog.hold.isEnabled()
