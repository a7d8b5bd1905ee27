"""The ticket of options: what it drafts, what it says of it, and what it sends."""

from __future__ import annotations

from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.core.commands import Tif
from engine.core.units import Money, Side
from engine.views import topics
from engine.views.options import ChainRow
from engine.views.preview import GateLine, Preview
from tests.widgets import option_views as views
from tests.widgets import rfq_views
from widgets.option_chain import WantedLeg, WantedOrder
from widgets.option_legs import planned
from widgets.option_order import OptionOrder
from widgets.option_ticket import OptionTicketPanel
from widgets.rfq_cards import asked
from widgets.states import EMPTY, LIVE

ONE = views.chain().rows[11].call
ONE_STRIKE = views.chain().rows[11].strike


@pytest.fixture
def panel(qtbot):
    found = OptionTicketPanel()
    qtbot.addWidget(found)
    found.resize(446, 260)
    found.sent = []
    found.order.connect(found.sent.append)
    found.session = "s-"
    found.show()
    assert found.state == EMPTY
    found.set_chain(views.key().text)
    found.load_order(WantedOrder(ONE.instrument, Side.BUY, ONE.bid))
    found.render(topics.chain(views.key()), views.chain())
    return found


def lines(panel):
    return dict(panel.effect.lines)


def test_a_draft_fills_the_form_and_nothing_is_sent(panel) -> None:
    assert panel.state == LIVE
    assert (panel.price.text(), panel.quantity.text(), panel.side.value()) == ("1135", "1", "BUY")
    assert panel.money.words == "PAPER BUY 1 @ 1135"
    assert panel.sent == []


def test_an_option_whose_chain_is_not_here_yet_stands_under_no_other_ones_name(panel) -> None:
    other = views.side(70_000.0, True, days=90)
    panel.set_chain(views.key(90).text)
    panel.load_order(WantedOrder(other.instrument, Side.BUY, 900.0))
    assert panel._header.subtitle == other.instrument.symbol
    assert (panel.effect.lines, panel.money.words) == ((), "waiting for the option's chain")
    panel.money.click()
    panel.render(topics.chain(views.key(90)), views.chain(days=90, rows=views.chain(days=90).rows[:2]))
    assert panel.money.words == "not in this chain: pick an option"
    panel.money.click()
    assert panel.sent == []
    panel.render(topics.chain(views.key(90)), views.chain(days=90))
    assert panel._header.subtitle.startswith("P 70")
    assert panel.money.words == "PAPER BUY 1 @ 900"


def test_two_strikes_less_than_one_apart_have_two_names(qtbot, panel) -> None:
    """XRP's strikes stand a tenth of a dollar apart: 2.2 and 2.3 were both called 2."""
    small = ChainRow(strike=Decimal("2.35"), call=ONE, put=None)
    panel.render(topics.chain(views.key()), views.chain(underlying="XRP", forward=2.3, rows=(small,)))
    assert panel._header.subtitle.startswith("C 2.35 30 JUL")
    wanted = WantedLeg(Side.BUY, ONE, views.chain(), 2.35, False)
    assert planned(wanted, Decimal(1)).name == "C 2.35 30 JUL"
    assert asked(rfq_views.line(legs=(rfq_views.leg(Decimal("2.35")),))) == "Sell to taker C 2.35 30 JUL BTC"


def test_it_says_what_the_order_would_change(panel) -> None:
    panel.quantity.setText("2")
    panel.quantity.textEdited.emit("2")
    found = lines(panel)
    assert found["order's Δ"] == f"+{2 * ONE.delta:.3f}"
    assert found["pays"] == "$2\xa0270.00"
    assert found["IV at the price"].startswith("46.")
    panel.side.set_value("SELL")
    panel._changed()
    assert lines(panel)["order's Δ"].startswith("−")
    assert "brings" in lines(panel)


def test_a_press_sends_once_with_an_intent_of_its_own(panel, qtbot) -> None:
    panel.money.click()
    panel.money.click()
    first, again = panel.sent
    assert first == again == OptionOrder(
        ONE.instrument, Side.BUY, Decimal(1135), Decimal(1), Tif.GTC, False, first.intent
    )  # fmt: skip
    assert "s-" in first.intent
    panel._next_order()
    panel.money.click()
    assert panel.sent[-1].intent != first.intent


@pytest.mark.parametrize(("field", "words"), [("price", "which price"), ("quantity", "how many")])
def test_what_is_no_number_is_marked_and_not_sent(panel, field, words) -> None:
    for text in ("", "0", "-1", "1e999", "x"):
        getattr(panel, field).setText(text)
        panel._changed()
        assert panel.money.words.startswith(words)
        panel.money.click()
    assert panel.sent == []


def test_post_only_is_a_resting_order(panel) -> None:
    panel.tif.set_value("POST")
    panel._changed()
    panel.money.click()
    assert (panel.sent[0].tif, panel.sent[0].post_only) == (Tif.GTC, True)


def test_an_order_that_closes_keeps_its_kind_and_may_only_reduce(panel) -> None:
    panel.load_order(WantedOrder(ONE.instrument, Side.SELL, ONE.bid, Decimal(2), Tif.IOC, reduce_only=True))
    assert panel.money.words == "PAPER SELL 2 @ 1135 · reduce only"
    panel.money.click()
    assert (panel.sent[0].tif, panel.sent[0].reduce_only) == (Tif.IOC, True)
    panel.side.set_value("BUY")
    panel._changed()
    assert not panel.wanted().reduce_only, "the other way it would open a position"
    panel.load_order(WantedOrder(ONE.instrument, Side.SELL, ONE.bid))
    assert not panel.wanted().reduce_only


def shown(panel, held: str) -> None:
    """Show the chain as it is while so many are held."""
    panel.render(topics.chain(views.key()), views.chain(held={(ONE_STRIKE, False): held}))


@pytest.mark.parametrize(("side", "held", "rest"), [(Side.SELL, "2", "1"), (Side.BUY, "-2", "-1")])
def test_once_all_is_closed_the_form_begins_anew_and_a_second_press_opens_nothing(panel, side, held, rest) -> None:
    shown(panel, held)
    panel.load_order(WantedOrder(ONE.instrument, side, ONE.bid, Decimal(2), Tif.IOC, reduce_only=True))
    panel.money.click()
    shown(panel, rest)
    assert panel.wanted().reduce_only, "one is left to close"
    shown(panel, "0")
    panel._next_order()
    panel.money.click()
    assert len(panel.sent) == 1
    assert panel.money.words == "closed: nothing is left to close"
    shown(panel, "0")
    assert panel.money.words == "closed: nothing is left to close", "until the form is touched"
    panel.price.setText("1135")
    panel.quantity.setText("1")
    panel._changed()
    assert not panel.wanted().reduce_only


def test_a_closing_order_of_what_the_chain_does_not_show_yet_may_still_only_reduce(panel) -> None:
    panel.load_order(WantedOrder(ONE.instrument, Side.SELL, ONE.bid, Decimal(2), reduce_only=True))
    shown(panel, "0")
    assert panel.wanted().reduce_only


def test_what_is_wrong_with_an_order_stands_while_the_market_moves(panel) -> None:
    panel.say("1137 is off the price step of 5")
    shown(panel, "0")
    assert panel.money.words == "1137 is off the price step of 5"


def doubtful(panel) -> None:
    """Answer drafts as the engine does, at once, with something to think about."""
    panel.draft.connect(lambda order: panel.show_preview(card(panel, warnings=("4x your usual size",), confirm=True)))


def test_what_speaks_against_an_order_is_asked_about_once_even_if_it_is_sent_before_its_card_is_there(
    panel, qtbot
) -> None:
    doubtful(panel)
    panel._changed()
    assert panel._card is None
    qtbot.mouseClick(panel.money, Qt.MouseButton.LeftButton)
    assert (panel.sent, panel.money.words, panel.money.manner) == ([], "4x your usual size", "asks")
    qtbot.keyClick(panel.money, Qt.Key.Key_Escape)
    assert (panel.sent, panel.money.manner) == ([], "buy")
    qtbot.mouseClick(panel.money, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(panel.money, Qt.MouseButton.LeftButton)
    assert len(panel.sent) == 1
    assert panel.money.manner == "buy"
    panel.money.click()
    panel._changed()
    assert panel.money.manner == "buy", "another order was not asked about yet"


def test_a_double_click_is_no_answer_to_what_it_was_asked(panel, qtbot) -> None:
    doubtful(panel)
    qtbot.mouseClick(panel.money, Qt.MouseButton.LeftButton)
    QTest.mouseDClick(panel.money, Qt.MouseButton.LeftButton)
    assert (panel.sent, panel.money.manner) == ([], "asks")


def test_an_order_that_is_refused_by_then_is_not_sent(panel, qtbot) -> None:
    panel.draft.connect(lambda order: panel.show_preview(card(panel, refused_by="CASH", refused_why="too little")))
    panel._changed()
    qtbot.mouseClick(panel.money, Qt.MouseButton.LeftButton)
    assert (panel.sent, panel.money.manner) == ([], "refused")


def test_why_an_order_could_not_be_made_stands_on_the_button(panel) -> None:
    panel.say("1137 is off the price step of 5")
    assert (panel.money.words, panel.money.manner) == ("1137 is off the price step of 5", "refused")
    panel._changed()
    assert panel.money.manner == "buy"


def test_a_halt_refuses(panel) -> None:
    panel.render(topics.chain(views.key()), views.chain(state="halted", note="halted by you"))
    panel.money.click()
    assert panel.money.manner == "refused"
    assert panel.sent == []


def test_another_option_begins_without_a_price(panel) -> None:
    panel.set_instrument(views.chain().rows[3].put.instrument)
    assert panel.price.text() == ""
    assert panel._header.subtitle.startswith("P 60 000 30 JUL")


def card(panel, **changes):
    wanted = panel.wanted()
    given = dict.fromkeys(Preview.__struct_fields__) | {
        "instrument": wanted.instrument, "intent": wanted.intent, "words": "", "fee_words": "", "gates": GATES,
        "refused_by": "", "refused_why": "", "warnings": (), "confirm": False, "position_after": "long 1",
        "fee": Money(3), "max_loss": Money(-1_135), "currency": "USDC",
    }  # fmt: skip
    return Preview(**(given | changes))


GATES = tuple(
    GateLine(code=code, used=Decimal(used), limit=Decimal(10), share=used / 10, refuses=False)
    for code, used in (("STRESS", 8), ("ORDER_VALUE", 1))
)


def test_the_engine_is_asked_what_the_gates_say_and_the_answer_is_shown(panel, qtbot) -> None:
    with qtbot.waitSignal(panel.draft) as asked:
        panel._changed()
    assert asked.args[0] == panel.wanted()
    assert lines(panel)["fee"] == "—"
    panel.show_preview(card(panel))
    assert (lines(panel)["fee"], lines(panel)["worst alone"]) == ("$3.00", "−$1\xa0135.00")
    assert panel.gates.accessibleDescription().startswith("STRESS 8.00 / 10")
    assert panel.money.manner == "buy"
    panel.show_preview(card(panel, refused_by="STRESS", refused_why="more than may be lost"))
    assert panel.money.words == "REFUSED by STRESS: more than may be lost"
    panel.money.click()
    assert panel.sent == []


def test_an_answer_about_another_draft_is_dropped(panel) -> None:
    late = card(panel)
    panel._changed()
    panel.show_preview(late)
    assert lines(panel)["fee"] == "—"
