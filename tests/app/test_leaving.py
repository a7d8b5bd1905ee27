"""Quitting: at once on paper; with live orders at work only after the trader has said what becomes of them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app.leaving import Leaving, live_orders, sending
from tests.app.program import CALM, LEFT, program
from tests.engine.kernel.venue import Session


class Desk:
    """What leaving knows of a session."""

    def __init__(self, window) -> None:
        self.orders = ["kalshi: BUY YES Chicago, working", "kalshi: SELL NO Austin, lost"]
        self.strategies: list[str] = []
        self.asked: list[str] = []
        self.leaving = Leaving(window, lambda: self.orders, lambda: self.strategies, lambda: self.asked.append("all"))
        self.leaving.left.connect(lambda: self.asked.append("left"))

    @property
    def dialog(self):
        return self.leaving.dialog

    def press(self, button) -> None:
        QTest.mouseClick(button, LEFT)


@pytest.fixture
def desk(qtbot) -> Desk:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 600)
    window.show()
    one = Desk(window)
    yield one
    one.leaving.end()


def test_with_nothing_at_work_it_leaves_at_once(desk) -> None:
    desk.orders = []
    desk.leaving.ask()
    assert (desk.asked, desk.dialog) == (["left"], None)


def test_it_names_what_works_and_who_sends(desk) -> None:
    desk.strategies = ["Momentum", "Quoter"]
    desk.leaving.ask()
    assert desk.dialog.isVisible()
    assert not desk.dialog.isModal()
    assert desk.dialog.head.text() == "2 LIVE orders are working."
    assert "kalshi: BUY YES Chicago, working" in desk.dialog.body.text()
    assert "Momentum, Quoter" in desk.dialog.body.text()
    desk.leaving.ask()  # the window was closed a second time
    assert desk.asked == []


@pytest.mark.parametrize("how", ["button", "escape"])
def test_staying_changes_nothing(desk, how) -> None:
    desk.leaving.ask()
    if how == "button":
        desk.press(desk.dialog.stay)
    else:
        QTest.keyClick(desk.dialog, Qt.Key.Key_Escape)
    assert (desk.asked, desk.dialog) == ([], None)


def test_enter_does_nothing(desk) -> None:
    desk.leaving.ask()
    QTest.keyClick(desk.dialog, Qt.Key.Key_Return)
    assert desk.dialog.isVisible()
    assert desk.asked == []


def test_left_working_they_are_left(desk) -> None:
    desk.leaving.ask()
    desk.press(desk.dialog.leave)
    assert desk.asked == ["left"]


def test_cancelled_it_waits_for_the_venue_and_then_leaves(desk, qtbot) -> None:
    desk.leaving.ask()
    desk.press(desk.dialog.cancel)
    assert desk.asked == ["all"]
    desk.orders = desk.orders[:1]
    qtbot.waitUntil(lambda: desk.dialog.head.text() == "1 LIVE order is not confirmed as cancelled.")
    assert not desk.dialog.cancel.isEnabled()
    assert desk.dialog.leave.text() == "Quit anyway"
    assert desk.asked == ["all"]
    desk.orders = []
    qtbot.waitUntil(lambda: desk.asked == ["all", "left"])
    assert desk.dialog is None


def test_not_confirmed_one_can_stay_or_quit_anyway(desk) -> None:
    desk.leaving.ask()
    desk.press(desk.dialog.cancel)
    desk.press(desk.dialog.stay)
    assert desk.asked == ["all"]
    desk.leaving.ask()
    assert desk.dialog.head.text() == "2 LIVE orders are working."  # asked anew
    desk.press(desk.dialog.cancel)
    desk.press(desk.dialog.leave)
    assert desk.asked == ["all", "all", "left"]


def test_what_filled_meanwhile_is_told_and_whether_to_go_is_still_asked(desk, qtbot) -> None:
    desk.strategies = ["Momentum"]
    desk.leaving.ask()
    desk.orders = []
    qtbot.waitUntil(lambda: desk.dialog.head.text() == "No LIVE order is working any more.")
    assert "Strategies that send: Momentum." in desk.dialog.body.text()
    assert desk.asked == [], "a fill is not the trader's word"
    assert (desk.dialog.cancel.isEnabled(), desk.dialog.leave.text()) == (False, "Quit")
    desk.orders = ["kalshi: BUY YES Chicago, working"]  # a strategy sent another
    qtbot.waitUntil(lambda: desk.dialog.head.text() == "1 LIVE order is working.")
    assert (desk.dialog.cancel.isEnabled(), desk.dialog.leave.text()) == (True, "Leave them working and quit")
    desk.orders = []
    qtbot.waitUntil(lambda: desk.dialog.leave.text() == "Quit")
    desk.orders = ["kalshi: BUY YES Chicago, working"]
    desk.press(desk.dialog.leave)  # before it was told of that one
    assert desk.asked == []
    assert desk.dialog.head.text() == "1 LIVE order is working."
    desk.orders = []
    qtbot.waitUntil(lambda: desk.dialog.leave.text() == "Quit")
    desk.press(desk.dialog.leave)
    assert (desk.asked, desk.dialog) == (["left"], None)


def test_an_order_is_told_with_its_size_its_price_and_what_of_it_filled() -> None:
    kernel = Session()
    order = kernel.place(price=4_800)
    session = SimpleNamespace(mode="live", kernel=kernel.kernel, stranded=lambda: None)
    assert live_orders(session) == ["kalshi: BUY 10 YES @ 48, High of Chicago ≤ 50, working"]
    kernel.trade(order, 3)
    assert live_orders(session) == ["kalshi: BUY 10 YES @ 48, High of Chicago ≤ 50, partial, 3 filled"]


@pytest.mark.limit(30)
async def test_orders_of_a_session_count_in_a_live_one_only(tmp_path) -> None:
    async with program(tmp_path, *CALM) as desk:
        await desk.ready()
        session = desk.terminal.session
        assert live_orders(session) == []
        assert sending(session) == []
        session.mode = "live"
        try:
            count = sum(1 for _ in session.kernel.state.register.open())
            assert len(live_orders(session)) == count
        finally:
            session.mode = "demo"
