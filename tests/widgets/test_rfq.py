"""The RFQ dock: what a card says in each state, and what its buttons ask for."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec import structs
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.core.commands import CloseTrade, EditSpread, ManualTrade, Pass, Quote
from engine.core.ids import InstrumentId
from engine.core.quotes import QuoteLeg
from engine.core.units import SECOND, Nanos, Side
from engine.views import topics
from engine.views.rfq import STATES
from tests.widgets import account_views as account
from tests.widgets import rfq_views as views
from tests.widgets.docks import shown
from tests.widgets.option_views import NOW
from widgets import rfq_cards
from widgets.rfq import RfqPanel
from widgets.states import EMPTY, LIVE


@pytest.fixture
def panel(qtbot):
    found = shown(qtbot, RfqPanel(), 446, 560)
    found.session = "s-"
    found.render(topics.RFQ, views.view())
    return found


def test_every_state_has_words_a_colour_and_a_picture(panel) -> None:
    assert set(rfq_cards.SAID) == set(rfq_cards.COLOURS) == set(STATES)
    for state in STATES:
        panel.render(topics.RFQ, views.view(views.line(1, state)))
        assert not panel.grab().isNull()
        assert rfq_cards.SAID[state] in panel.cards.accessibleDescription()


def test_a_card_says_what_is_asked_and_how_long_it_stands() -> None:
    sells, buys = views.SEVERAL[:2]
    assert rfq_cards.asked(sells).replace("\xa0", " ") == "Sell to taker C 76 000 30 JUL BTC"
    assert rfq_cards.asked(buys).replace("\xa0", " ") == "Buy from taker P 60 000 30 JUL BTC"
    assert rfq_cards.asked(views.line(legs=(views.leg(), views.leg(80_000)))).endswith("and 1 more leg")
    assert rfq_cards.clock_words(rfq_cards.left_s(sells, NOW)) == "0:21"
    assert rfq_cards.left_s(buys, Nanos(NOW + 60 * SECOND)) == 0.0
    assert rfq_cards.clock_words(rfq_cards.left_s(views.line(until=None, valid_until=None), NOW)) == ""


def test_a_taker_who_has_not_said_his_side_is_not_said_to_sell() -> None:
    assert rfq_cards.asked(views.line(our_side="")).startswith("Side not told: C 76")
    spread = views.line(our_side="sell", taker_side="sell", legs=(views.leg(taker_side="sell"), views.leg(80_000)))
    assert rfq_cards.asked(spread).startswith("Buy from taker C 76"), "we sell a structure whose first leg we buy"


def test_a_request_of_options_that_are_listed_no_more_still_has_its_card(panel) -> None:
    panel.render(topics.RFQ, views.view(views.line(legs=())))
    assert not panel.cards.grab().isNull()
    assert panel.cards.accessibleDescription().startswith("Sell to taker options that are not listed")


def test_a_clock_runs_on_where_nothing_happens_to_a_request(panel) -> None:
    before = panel.cards.grab().toImage()
    panel.render(topics.SPINE, account.spine(now=Nanos(NOW + 15 * SECOND)))
    after = panel.cards.grab().toImage()
    panel.render(topics.RFQ, views.view(now=Nanos(NOW + 15 * SECOND)))
    assert after == panel.cards.grab().toImage() != before


def test_a_dummy_is_never_taken_for_a_quote() -> None:
    words, colour = rfq_cards.signed_words(views.line(signed="DUMMY"))
    assert "never signed" in words
    assert colour == "warn"
    assert rfq_cards.signed_words(views.line(signed="no"))[0] == "unsigned"


def test_what_is_not_known_is_a_dash() -> None:
    one = views.line(our_quote=None, hedge_price=None, fair=None, edge_bps=None, apr=None, hedged=None)
    assert {words for _, words, _ in rfq_cards.facts(one)} == {"—"}


def test_buttons_ask_about_the_chosen_request(panel) -> None:
    panel.foot.quote.click()
    panel.foot.edge.setText("40")
    panel.foot.set_edge.click()
    QTest.keyClick(panel.cards, Qt.Key.Key_Down)
    panel.foot.pass_by.click()
    trace = [one.trace for one in views.SEVERAL]
    assert panel.asked == [
        Quote(trace=trace[0]), EditSpread(trace=trace[0], edge_bps=Decimal(40)), Pass(trace=trace[1]),
    ]  # fmt: skip
    assert panel.foot.quote.text() == "PAPER Quote anew"


def test_keys_quote_and_pass_but_not_while_the_keyboard_has_only_come(panel) -> None:
    panel.hold_off()
    QTest.keyClick(panel.cards, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert panel.asked == []
    panel.focus_guard_ms = 0
    QTest.keyClick(panel.cards, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(panel.cards, Qt.Key.Key_Delete)
    assert panel.asked == [Quote(trace=views.SEVERAL[0].trace), Pass(trace=views.SEVERAL[0].trace)]


@pytest.mark.parametrize("text", ["", "-1", "10001", "wide"])
def test_an_edge_that_is_none_is_marked_and_not_sent(panel, text) -> None:
    panel.foot.edge.setText(text)
    panel.foot.set_edge.click()
    assert panel.asked == []


def test_what_has_ended_can_be_neither_quoted_nor_passed(panel) -> None:
    panel.cards.choose(views.SEVERAL[2].trace)
    panel.foot.quote.click()
    panel.foot.pass_by.click()
    panel._quote()
    panel._pass()
    assert panel.asked == []
    assert not panel.foot.quote.isEnabled()


def test_a_failed_hedge_is_closed_only_after_a_question(panel) -> None:
    panel.cards.choose(views.SEVERAL[3].trace)
    panel.foot.close_trade.click()
    assert panel.asked == []
    panel._act("Close it")
    (closed,) = panel.asked
    assert isinstance(closed, CloseTrade)
    assert closed.trace == views.SEVERAL[3].trace


def test_a_trade_by_hand_is_one_trade_however_often_it_is_pressed(panel) -> None:
    panel.open_form()
    panel.form.book.click()
    assert panel.asked == []
    option = InstrumentId(views.DERIBIT, "BTC-30JUL26-76000-C")
    panel.set_instrument(option)
    for field, text in ((panel.form.qty, "2"), (panel.form.price, "0.0166"), (panel.form.whom, "desk B")):
        field.setText(text)
    panel.form.side.set_value("sell")
    panel.form.book.click()
    panel.form.book.click()
    first, again = panel.asked
    assert first == again
    assert isinstance(first, ManualTrade)
    assert first.legs == (QuoteLeg(instrument=option, side=Side.SELL, price=Decimal("0.0166")),)
    assert (first.qty, first.with_whom) == (2, "desk B")
    panel.open_form()
    panel.form.book.click()
    assert panel.asked[-1].intent != first.intent


def test_a_price_by_hand_is_not_booked_in_another_option_than_it_was_typed_for(panel) -> None:
    panel.open_form()
    panel.set_instrument(InstrumentId(views.DERIBIT, "BTC-30JUL26-76000-C"))
    panel.form.qty.setText("2")
    panel.form.price.setText("0.0166")
    panel.set_instrument(InstrumentId(views.DERIBIT, "BTC-30JUL26-60000-P"))
    panel.form.book.click()
    assert panel.asked == []


def test_the_history_is_of_the_chosen_request_only(panel) -> None:
    assert topics.rfq_chain(views.SEVERAL[0].trace) in panel.topics()
    panel.render(topics.rfq_chain(views.SEVERAL[0].trace), views.chain())
    assert [one.what for one in panel.history.steps] == ["RECEIVED", "PRICED"]
    panel.cards.choose(views.SEVERAL[1].trace)
    assert panel.history.steps == ()
    panel.render(topics.rfq_chain(views.SEVERAL[0].trace), views.chain())
    assert panel.history.steps == ()


def test_the_newest_step_is_read_in_full_and_older_ones_give_way(panel) -> None:
    words = "0x7c1a…41e0 wants 0.1 of [buy 1 BTC-17JUL26-90000-C] until 22:48:03, answered within the half minute"
    step = views.chain().steps[0]
    steps = (*tuple(structs.replace(step, text=f"step {n}") for n in range(4)), structs.replace(step, text=words))
    panel.history.show_steps(steps)
    *older, (newest, (_, lines)) = panel.history.laid_out()
    assert newest.text == words
    assert " ".join(lines) == words
    assert [one.text for one, _ in older] == [f"step {n}" for n in range(4 - len(older), 4)]
    assert sum(len(told) for _, (_, told) in panel.history.laid_out()) <= 4


def test_without_a_request_it_says_why_and_offers_the_form(panel) -> None:
    empty = views.view(views.line())
    panel.render(topics.RFQ, structs.replace(empty, rows=(), why="The desk is off."))
    assert panel.state == EMPTY
    assert "The desk is off." in panel.why
    panel.acted.emit(EMPTY, "Book by hand")
    assert panel.form.isVisible()
    assert panel.state == LIVE


def test_the_same_view_again_asks_for_nothing_anew(panel) -> None:
    """Else the dock would be drawn as often as the clock turns, and never rest."""
    told = []
    panel.retargeted.connect(told.append)
    for view in (views.view(), structs.replace(views.view(), rows=())):
        panel.render(topics.RFQ, view)
        told.clear()
        panel.render(topics.RFQ, view)
        assert told == []


def test_an_export_has_one_row_a_request(panel) -> None:
    sheet = panel.sheet()
    assert len(sheet.rows) == 4
    assert all(len(row) == len(sheet.headers) for row in sheet.rows)


def test_a_key_on_quote_in_the_moment_the_window_comes_to_the_front_quotes_nothing(panel) -> None:
    panel.focus_guard_ms = 60_000
    QApplication.sendEvent(panel, QEvent(QEvent.Type.WindowActivate))
    assert panel.foot.quote.isEnabled()
    QTest.keyClick(panel.foot.quote, Qt.Key.Key_Space)
    assert panel.asked == []
    panel.focus_guard_ms = 0
    QTest.keyClick(panel.foot.quote, Qt.Key.Key_Space)
    assert [type(one) for one in panel.asked] == [Quote]
