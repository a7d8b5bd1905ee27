from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from engine.core.commands import SetParameter, SetStrategy, StrategyState
from engine.core.ids import StrategyId
from engine.views import topics
from tests.widgets import strategy_views as views
from tests.widgets.docks import shown
from widgets.strategies import StrategiesPanel

S1 = StrategyId("latency_arb")


@pytest.fixture
def panel(qtbot):
    panel = shown(qtbot, StrategiesPanel(), 1290, 400)
    panel.render(topics.STRATEGIES, views.view())
    return panel


def cell(panel, at, key):
    return panel.table.rows.cell(at, [column.key for column in panel.table.rows.columns].index(key))


def press(qtbot, panel, state):
    segments = panel.switch.states
    qtbot.mouseClick(segments, Qt.MouseButton.LeftButton, pos=segments.rect_of(state).center())


def test_a_row_says_what_a_strategy_sees_and_why_it_is_silent(panel):
    keys = ("strategy", "state", "side", "fair", "ask", "edge", "z", "orders", "pnl", "why")
    assert [cell(panel, 0, key).text for key in keys] == [
        "S1 latency arb", "PAPER", "UP", "64.7", "62", "+1.06", "+0.38", "2 / 2", "+0.62", "edge 1.06c < 3.00c"
    ]  # fmt: skip
    assert cell(panel, 0, "orders").colour == "warn"
    assert cell(panel, 0, "why").tip == "edge 1.06c < 3.00c; refused by BOOK_AGE 3"


def test_what_nobody_knows_is_a_dash(panel):
    dashes = [cell(panel, 4, key).text for key in ("side", "fair", "ask", "edge", "z", "pnl", "m5", "cooldown")]
    assert dashes == ["—"] * 8
    assert cell(panel, 4, "why").text == "switched off"


def test_a_halt_and_a_gate_stand_out(panel):
    assert (cell(panel, 3, "state").text, cell(panel, 3, "state").colour) == ("HALTED", "danger")
    assert cell(panel, 3, "why").colour == "warn"


def test_a_halt_that_no_switch_ends_stands_out_in_the_row_and_leaves_its_state_to_be_read(panel):
    lost = "Up/Down has lost 3 % of the bankroll today; it goes on at 00:00 UTC"
    panel.render(topics.STRATEGIES, views.view(views.line(held=lost, why=f"halted: {lost}")))
    why = cell(panel, 0, "why")
    assert (why.text, why.colour) == (f"halted: {lost}", "warn")
    assert cell(panel, 0, "state").text == "PAPER"
    assert panel.switch.states.value() == "paper"


def test_the_switch_asks_for_the_chosen_row(panel, qtbot):
    panel.table.select(StrategyId("certainty_capture"))
    panel.render(topics.STRATEGIES, views.view())
    press(qtbot, panel, "shadow")
    assert panel.asked == [SetStrategy(strategy=StrategyId("certainty_capture"), to=StrategyState.SHADOW)]


def test_a_halted_one_is_switched_on_again_by_any_state(panel, qtbot):
    panel.table.select(StrategyId("strike_misalign"))
    panel.render(topics.STRATEGIES, views.view())
    press(qtbot, panel, "paper")
    assert panel.asked == [SetStrategy(strategy=StrategyId("strike_misalign"), to=StrategyState.PAPER)]


def test_live_wants_the_words_typed_and_the_button_held(panel, qtbot):
    panel.render(topics.STRATEGIES, views.view(mode="live", armed=True))
    press(qtbot, panel, "live")
    assert panel.asked == []
    panel.switch.hold.hold_ms = 1
    panel.switch.typed.setText("LIVE paper")
    assert not panel.switch.hold.isEnabled()
    panel.switch.typed.setText("LIVE paper-1")
    with qtbot.waitSignal(panel.switch.wanted, timeout=2_000):
        qtbot.mousePress(panel.switch.hold, Qt.MouseButton.LeftButton)
    assert panel.asked == [SetStrategy(strategy=S1, to=StrategyState.LIVE, typed="LIVE paper-1")]
    assert not panel.switch.typed.isVisible()


def test_what_was_typed_for_one_strategy_lets_no_other_one_go_live(panel, qtbot):
    panel.render(topics.STRATEGIES, views.view(mode="live", armed=True))
    press(qtbot, panel, "live")
    panel.switch.typed.setText("LIVE paper-1")
    assert panel.switch.hold.isEnabled()
    panel.table.select(StrategyId("certainty_capture"))
    assert not panel.switch.typed.isVisible()
    panel.switch.hold.held.emit()
    assert panel.asked == []


def test_live_is_no_longer_offered_once_live_trading_is_disarmed(panel, qtbot):
    panel.render(topics.STRATEGIES, views.view(mode="live", armed=True))
    press(qtbot, panel, "live")
    panel.switch.typed.setText("LIVE paper-1")
    panel.render(topics.STRATEGIES, views.view(mode="live", armed=False))
    assert not panel.switch.hold.isEnabled()
    assert panel.switch.typed.placeholderText() == "Arm live trading first"


def test_in_a_paper_session_nothing_can_be_typed_that_goes_live(panel, qtbot):
    press(qtbot, panel, "live")
    assert panel.switch.typed.placeholderText() == "This is a paper session"
    panel.switch.typed.setText("LIVE paper-1")
    assert not panel.switch.hold.isEnabled()
    qtbot.keyClick(panel.switch.typed, Qt.Key.Key_Escape)
    assert not panel.switch.typed.isVisible()
    assert panel.switch.states.value() == "paper"


def test_the_sheet_opens_follows_the_row_and_closes(panel, qtbot):
    panel.show()
    qtbot.mouseClick(panel.switch.sheet, Qt.MouseButton.LeftButton)
    assert topics.strategy(S1) in panel.topics()
    panel.render(topics.strategy(S1), views.detail())
    assert panel.sheet.isVisible()
    assert len(panel.sheet.table.rows.rows()) == 4
    panel.table.select(StrategyId("convexity_fade"))
    panel.render(topics.STRATEGIES, views.view())
    assert topics.strategy("convexity_fade") in panel.topics()
    qtbot.mouseClick(panel.switch.sheet, Qt.MouseButton.LeftButton)
    assert not panel.sheet.isVisible()
    assert panel.topics() == {topics.STRATEGIES, topics.SPINE}


def test_a_number_within_its_range_is_asked_for_and_another_is_marked(panel, qtbot):
    qtbot.mouseClick(panel.switch.sheet, Qt.MouseButton.LeftButton)
    panel.render(topics.strategy(S1), views.detail())
    row = panel.sheet.table.rows.rows()[0]
    panel.sheet.edit(row)
    for text in ("0.6", "many", "nan", ""):
        panel.sheet.value.setText(text)
        qtbot.keyClick(panel.sheet.value, Qt.Key.Key_Return)
        assert panel.asked == [], text
    panel.sheet.value.setText("0.04")
    qtbot.keyClick(panel.sheet.value, Qt.Key.Key_Return)
    assert panel.asked == [SetParameter(strategy=S1, name="least_edge", value="0.04")]


def test_switches_turn_and_choices_take_the_next(panel, qtbot):
    qtbot.mouseClick(panel.switch.sheet, Qt.MouseButton.LeftButton)
    panel.render(topics.strategy(S1), views.detail())
    rows = panel.sheet.table.rows.rows()
    panel.sheet.edit(rows[2])
    panel.sheet.edit(rows[3])
    assert [(one.name, one.value) for one in panel.asked] == [("profile", "seed"), ("rest", "on")]


def test_the_menu_of_a_row_switches_it(panel):
    menu = QMenu(panel)
    panel.row_menu(menu, views.line())
    names = {action.text(): action for action in menu.actions()}
    assert not names["Paper"].isEnabled()
    names["Off"].trigger()
    assert panel.asked == [SetStrategy(strategy=S1, to=StrategyState.OFF)]


def test_foreign_words_stay_plain(panel):
    panel.render(topics.STRATEGIES, views.view(views.line(why="<b>x</b>\u202e" + "y" * 500)))
    assert "\u202e" not in cell(panel, 0, "why").text
    assert len(cell(panel, 0, "why").text) <= 241


def test_what_was_typed_for_one_lets_no_other_go_live_though_nobody_saw_it_change(qtbot, panel):
    row = panel.switch
    row.show_line(views.view().rows[0], views.view(), opened=False)
    press(qtbot, panel, "live")
    row.typed.setText("LIVE main")
    panel.hide()
    row.show_line(views.view().rows[1], views.view(), opened=False)
    panel.show()
    assert row.typed.isHidden()
    assert row.typed.text() == ""
