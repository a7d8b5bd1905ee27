from decimal import Decimal

import pytest
from PySide6.QtCore import Qt

from engine.core.commands import Flatten, Release
from engine.views import topics
from tests.widgets import account_views as views
from widgets import theme
from widgets.frame import FrameClock
from widgets.halt import HaltSheet


@pytest.fixture
def sheet(qtbot):
    sheet = HaltSheet()
    qtbot.addWidget(sheet)
    sheet.resize(1044, sheet.sizeHint().height())
    sheet.render(topics.SPINE, views.halted_spine())
    sheet.render(topics.GATES, views.gates())
    sheet.render(
        topics.POSITIONS, views.positions(*(views.position(i % 3, "YES" if i < 3 else "NO") for i in range(5)))
    )
    sheet.show()
    sheet.activateWindow()
    return sheet


@pytest.fixture
def asked(sheet):
    told = []
    sheet.intent.connect(told.append)
    return told


def test_what_it_says(sheet):
    assert sheet.halted()
    assert sheet.title() == "HALTED by DAILY_LOSS"
    assert sheet.sentence() == (
        "The day stands at −$30.12; the limit is −$30. No new orders leave. "
        "Cancels and reducing orders still pass. Nothing was flattened."
    )
    assert [step.words for step in sheet.steps()] == [
        "New orders blocked",
        "Cancel all sent: 4 orders",
        "Confirmed 3 of 4, waiting",
        "Positions untouched: 7 open",
    ]
    assert [step.under for step in sheet.steps()] == ["13:31:52.000", "13:31:52.000", "15 s", ""]
    assert sheet.cost() == "against the marks, about −$1.36"
    assert sheet.sizeHint().height() == theme.current().size("haltSheet") == 150
    sheet.grab()


def test_disarmed_it_promises_no_order_that_reduces(sheet, asked):
    sheet.render(topics.SPINE, views.halted_spine(mode="live"))
    assert "No new orders leave. Disarmed: only cancels pass. Nothing was flattened." in sheet.sentence()
    assert not any(one.isEnabled() for one in (sheet.flatten, sheet.sure))
    armed = views.halted_spine(mode="live", armed_until=views.halted_spine().now + 1)
    sheet.render(topics.SPINE, armed)
    assert "Cancels and reducing orders still pass." in sheet.sentence()
    assert all(one.isEnabled() for one in (sheet.flatten, sheet.sure))


def test_in_a_low_window_it_says_the_same_on_three_lines(qtbot, sheet):
    sheet.set_low(True)
    sheet.resize(900, sheet.sizeHint().height())
    assert sheet.height() == theme.current().size("haltSheetLow") == 94
    assert sheet.sentence() == (
        "The day stands at −$30.12; the limit is −$30. Cancels and reducing orders still pass. Nothing was flattened."
    )
    assert sheet.steps()[0].words == "New orders blocked"
    for part in (sheet.why, sheet.typed, sheet.reset, sheet.flatten):
        assert sheet.rect().contains(part.geometry())
    qtbot.mouseClick(sheet.flatten, Qt.MouseButton.LeftButton)
    sheet.resize(900, sheet.sizeHint().height())
    assert sheet.sure.geometry().top() > sheet.flatten.geometry().bottom()
    sheet.grab()
    sheet.set_low(False)
    assert sheet.why.y() == 111


def test_when_all_is_confirmed_nothing_waits(sheet):
    sheet.render(topics.GATES, views.gates(cancelled=1, waiting=0, flatten_cost=None))
    assert [step.words for step in sheet.steps()][1:3] == ["Cancel all sent: 1 order", "All cancels confirmed"]
    assert sheet.cost() == ""
    sheet.render(topics.GATES, views.gates(cancelled=0, waiting=0))
    assert sheet.steps()[1].words == "No orders to cancel"


def test_release_wants_the_name_of_the_account(qtbot, sheet, asked):
    assert sheet.reset.text() == "Reset to PAPER"
    sheet.typed.setText("paper-2")
    assert not sheet.reset.isEnabled()
    qtbot.keyClick(sheet.typed, Qt.Key.Key_Return)
    assert asked == []
    sheet.typed.setText("paper-1")
    sheet.why.setText(" limits reviewed ")
    qtbot.mouseClick(sheet.reset, Qt.MouseButton.LeftButton)
    assert asked == [Release(typed="paper-1", why="limits reviewed")]
    assert sheet.typed.text() == ""
    assert not sheet.reset.isEnabled()


def test_a_reason_may_be_empty(qtbot, sheet, asked):
    sheet.typed.setText("paper-1")
    qtbot.keyClick(sheet.typed, Qt.Key.Key_Return)
    assert asked == [Release(typed="paper-1")]


def test_flatten_lists_what_it_sells_and_asks_once_more(qtbot, sheet, asked):
    with qtbot.waitSignal(sheet.resized):
        qtbot.mouseClick(sheet.flatten, Qt.MouseButton.LeftButton)
    assert asked == []
    assert sheet.listed()[0] == "CHI 84–85 °F YES 24 at 43.0c"
    assert len(sheet.listed()) == 5
    sheet.resize(1044, sheet.sizeHint().height())
    sheet.grab()
    qtbot.mouseClick(sheet.sure, Qt.MouseButton.LeftButton)
    assert asked == [Flatten()]
    assert sheet.sizeHint().height() == 150


def test_a_derivative_that_would_be_sold_is_told_in_what_it_is_quoted_in(sheet):
    """Two thousandths of a coin's future stood there as 0.00 at 68 000c."""
    coin = views.position(0, "SHORT", name="BTC-PERP", qty=Decimal("0.002"), mark=68_000.5, currency="USDC")
    option = views.position(1, "LONG", name="BTC C 76 000", qty=Decimal("0.1"), mark=0.0505, currency="BTC")
    sheet.render(topics.POSITIONS, views.positions(coin, option))
    assert [one.replace("\xa0", " ") for one in sheet.listed()] == [
        "BTC-PERP SHORT 0.002 at $68 000.5", "BTC C 76 000 LONG 0.10 at 0.0505 BTC",
    ]  # fmt: skip


def test_after_flattening_was_asked_for_nothing_says_that_nothing_was(qtbot, sheet):
    assert "Nothing was flattened" in sheet.sentence()
    qtbot.mouseClick(sheet.flatten, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(sheet.sure, Qt.MouseButton.LeftButton)
    assert "Nothing was flattened" not in sheet.sentence()
    assert "Positions untouched" not in " ".join(step.words for step in sheet.steps())
    sheet.render(topics.SPINE, views.spine())
    sheet.render(topics.SPINE, views.spine(halted_by="you", halted_why="again"))
    assert "Nothing was flattened" in sheet.sentence(), "the next halt has not"


def test_keeping_them_asks_for_nothing(qtbot, sheet, asked):
    qtbot.mouseClick(sheet.flatten, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(sheet.keep, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(sheet.flatten, Qt.MouseButton.LeftButton)
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    assert asked == []
    assert not sheet.sure.isVisible()


def test_many_positions_are_counted(sheet):
    sheet.render(topics.POSITIONS, views.positions(*(views.position(i, mark=None) for i in range(20))))
    assert len(sheet.listed()) == 13
    assert sheet.listed()[-1] == "and 8 more"
    assert sheet.listed()[0].endswith("at —")
    assert sheet.flatten.text() == "Flatten 20 positions…"


def test_without_positions_there_is_nothing_to_flatten(sheet):
    sheet.render(topics.POSITIONS, views.positions())
    assert not sheet.flatten.isVisible()


def test_released_it_is_halted_no_more(sheet):
    sheet.render(topics.SPINE, views.spine(day=Decimal(0)))
    assert not sheet.halted()


def test_while_nothing_is_halted_it_watches_the_spine_alone(qtbot):
    state = {topics.SPINE: views.spine(), topics.GATES: views.gates(), topics.POSITIONS: views.positions()}
    sheet, asked = HaltSheet(), []
    qtbot.addWidget(sheet)
    clock = FrameClock(lambda topic: asked.append(topic) or state[topic], 200)
    clock.add(sheet)
    qtbot.waitUntil(lambda: asked == [topics.SPINE])
    state[topics.SPINE] = views.halted_spine()
    clock.mark(topics.SPINE)
    qtbot.waitUntil(lambda: {topics.GATES, topics.POSITIONS} <= set(asked))
    assert sheet.halted()
    assert len(sheet.steps()) == 4
    clock.stop()


def test_the_list_of_what_would_be_sold_grows_with_what_is_held(qtbot, sheet):
    sheet.flatten.click()
    before = sheet.sizeHint().height()
    with qtbot.waitSignal(sheet.resized):
        sheet.render(topics.POSITIONS, views.positions(*(views.position(i % 3, "YES") for i in range(8))))
    assert sheet.sizeHint().height() > before
