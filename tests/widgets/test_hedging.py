"""The Hedge dock: what is open against its bands, which venue and why, and its one button."""

from __future__ import annotations

import pytest
from msgspec import structs
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.core.commands import HedgeNow
from engine.views import topics
from tests.widgets import rfq_views as views
from tests.widgets.docks import shown
from widgets import hedging_meters
from widgets.hedging import HedgingPanel
from widgets.states import EMPTY, LIVE


@pytest.fixture
def panel(qtbot):
    found = shown(qtbot, HedgingPanel(), 446, 300)
    found.render(topics.HEDGING, views.hedges())
    return found


def test_before_and_after_a_hedge(panel) -> None:
    assert panel.state == LIVE
    assert panel.now.text() == "PAPER Hedge to the middle: BUY 0.410 BTC"
    panel.now.click()
    assert panel.asked == [HedgeNow(underlying="BTC")]
    panel.render(topics.HEDGING, views.hedges(views.AFTER, last=(views.order(),)))
    panel.now.click()
    assert len(panel.asked) == 1
    assert not panel.now.isEnabled()
    assert panel.now.text() == "Inside the bands"
    assert "filled" in panel.venues.lines()[-1][1]


def test_meters_stay_within_their_ends_and_unknown_is_a_dash() -> None:
    found = {name: (value, share) for name, value, share, _ in hedging_meters.net(views.hedge_line(delta=-9.0))}
    assert found["Net Δ"] == ("−9.000", -1.0)
    none = views.hedge_line(delta=None, gamma=None, vega=None, band=None)
    assert all(value == "—" and share is None for _, value, share, _ in hedging_meters.net(none))


def test_the_hedge_of_a_cheap_coin_is_priced_with_its_digits(qtbot) -> None:
    panel = shown(qtbot, HedgingPanel(), 446, 300)
    cheap = views.hedge_line(underlying="XRP", venues=(views.venue("XRP_USDC-PERPETUAL", all_in=2.3451),))
    panel.render(topics.HEDGING, views.hedges(cheap, last=(views.order(price=2.3449),)))
    assert [right for _, right, _ in panel.venues.lines()] == ["2.3451", "2.3449 filled"]


def test_the_cheapest_venue_is_marked_and_the_others_say_why(panel) -> None:
    first, second, third = panel.venues.lines()
    assert first[2] == "text.strong"
    assert "0.6 bp" in second[1]
    assert third[0].endswith("its book is stale")
    assert panel.venues.accessibleDescription().startswith("Deribit chosen at")


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"action": "stopped", "why": "the day's limit is spent"}, "Stopped"), ({"action": "hold"}, "Below the venue")],
)
def test_what_is_not_hedged_says_why_and_has_no_button(panel, changes, words) -> None:
    panel.render(topics.HEDGING, views.hedges(views.hedge_line(**changes)))
    assert panel.now.text().startswith(words)
    assert not panel.now.isEnabled()
    if "why" in changes:
        assert ("Why", changes["why"], "warn") in hedging_meters.facts(panel.line(), panel._view)


def test_a_long_reason_is_read_in_full_in_a_narrow_dock(panel) -> None:
    words = "the hedger waits: its last hedge was 12 s ago, and the next may go when 60 s have gone by"
    panel.resize(446, 400)
    panel.render(topics.HEDGING, views.hedges(views.hedge_line(action="stopped", why=words)))
    told = panel.meters.told(words)
    assert len(told) > 1
    assert " ".join(told) == words
    tall = panel.meters.height()
    panel.resize(900, 400)
    QTest.qWait(1)
    assert panel.meters.height() == tall - hedging_meters.ROW * (len(told) - 1)


def test_positions_that_differ_from_the_venues_come_before_any_other_reason(panel) -> None:
    one = views.hedge_line(breaks="Deribit says 0.40 BTC-PERPETUAL, we 0.36", why="wait")
    panel.render(topics.HEDGING, views.hedges(one))
    assert panel._header.subtitle.endswith("we 0.36")


def test_where_nothing_may_be_sent_nothing_is_asked(panel) -> None:
    panel.render(topics.HEDGING, views.hedges(sends=False))
    panel.now.click()
    panel._hedge()
    assert panel.asked == []


def test_each_underlying_is_hedged_by_its_own_press(panel) -> None:
    panel.render(topics.HEDGING, views.hedges(views.hedge_line(), views.hedge_line(underlying="ETH", size=2.5)))
    body = panel.body()
    body.setFocus()
    panel.focus_guard_ms = 0
    QTest.keyClick(body, Qt.Key.Key_Right)
    assert panel.line().underlying == "ETH"
    QTest.keyClick(body, Qt.Key.Key_H)
    assert panel.asked == [HedgeNow(underlying="ETH")]


def test_it_turns_to_no_other_underlying_unasked(panel) -> None:
    eth, sol = (views.hedge_line(underlying=name, size=2.5) for name in ("ETH", "SOL"))
    panel.render(topics.HEDGING, views.hedges(views.hedge_line(), eth, sol))
    panel.render(topics.HEDGING, views.hedges(eth, sol))  # the last of BTC is gone
    panel.focus_guard_ms = 0
    panel.body().setFocus()
    panel.now.click()
    QTest.keyClick(panel.body(), Qt.Key.Key_H)
    assert (panel.asked, panel.line(), panel.venues.lines()) == ([], None, [])
    assert panel.now.text() == "Nothing of BTC is held any more: choose another"
    panel.render(topics.HEDGING, views.hedges(sol))
    assert panel.coins.isVisible(), "the one that is left is chosen by hand too"
    panel.render(topics.HEDGING, views.hedges(views.hedge_line(), eth))
    assert panel.line().underlying == "BTC", "it came back"
    panel.render(topics.HEDGING, views.hedges(eth, sol))
    QTest.keyClick(panel.body(), Qt.Key.Key_Right)
    assert (panel.line().underlying, panel.coins.value(), panel.now.isEnabled()) == ("ETH", "ETH", True)
    panel.render(topics.HEDGING, views.hedges(sol))
    QTest.mouseClick(panel.coins, Qt.MouseButton.LeftButton, pos=panel.coins.rect_of("SOL").center())
    panel.now.click()
    assert panel.asked == [HedgeNow(underlying="SOL")]


def test_after_nothing_was_held_what_is_held_then_is_shown(panel) -> None:
    panel.render(topics.HEDGING, structs.replace(views.hedges(), lines=()))
    panel.render(topics.HEDGING, views.hedges(views.hedge_line(underlying="ETH")))
    assert (panel.state, panel.line().underlying) == (LIVE, "ETH")


def test_a_key_that_came_with_the_window_hedges_nothing(panel) -> None:
    panel.hold_off()
    QTest.keyClick(panel.body(), Qt.Key.Key_H)
    assert panel.asked == []


def test_nothing_to_hedge_is_said(panel) -> None:
    empty = views.hedges()
    panel.render(topics.HEDGING, structs.replace(empty, lines=()))
    assert panel.state == EMPTY
    assert not panel.now.isEnabled()


def test_an_export_has_every_instrument(panel) -> None:
    sheet = panel.sheet()
    assert len(sheet.rows) == 3
    assert all(len(row) == len(sheet.headers) for row in sheet.rows)


def test_a_key_on_the_button_in_the_moment_the_window_comes_to_the_front_hedges_nothing(panel) -> None:
    panel.focus_guard_ms = 60_000
    QApplication.sendEvent(panel, QEvent(QEvent.Type.WindowActivate))
    QTest.keyClick(panel.now, Qt.Key.Key_Space)
    assert panel.asked == []
    panel.focus_guard_ms = 0
    QTest.keyClick(panel.now, Qt.Key.Key_Space)
    assert panel.asked == [HedgeNow(underlying="BTC")]


def test_hedges_of_trades_are_not_told_as_orders_that_there_are_not() -> None:
    """ "+0.083 in 0 orders" was both."""
    none = structs.replace(views.hedges(), pending=())

    def working(coins: float) -> str:
        told = hedging_meters.facts(views.hedge_line(working=coins), none)
        return {name: words for name, words, _ in told}["Working"]

    assert working(0.083) == "+0.083 in hedges of trades"
    assert working(0.0) == "no order"
