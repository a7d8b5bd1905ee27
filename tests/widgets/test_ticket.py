"""The ticket on screen: what it drafts, what it shows of the answer, and when it sends."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec import structs
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.core.commands import Place, Tif
from engine.core.ids import KALSHI, InstrumentId
from engine.core.units import Leg, Side, Ticks
from engine.views import topics as t
from tests.widgets import views_sample as sample
from tests.widgets.docks import Drafts
from widgets import paint, theme
from widgets.ticket import TicketPanel
from widgets.ticket_fields import BUY_NO, SELL_YES
from widgets.ticket_parts import NAMES, gates_to_show, lines

CTRL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton


class Trader:
    """A ticket on screen, its drafts and its orders."""

    def __init__(self, qtbot, width=562, height=320):
        self.panel = TicketPanel()
        self.panel.focus_guard_ms = 0
        self.drafts: Drafts[Place] = Drafts()
        self.sent: list[Place] = []
        self.panel.draft.connect(self.drafts.append)
        self.panel.intent.connect(self.sent.append)
        qtbot.addWidget(self.panel)
        self.panel.resize(width, height)
        with qtbot.waitExposed(self.panel):
            self.panel.show()
        self.qtbot = qtbot
        self.panel.load(sample.CURVE, "CHI 86–87 °F", Ticks(4300), "BUY YES")
        self.panel.render(t.ladder(sample.CURVE.symbol), sample.curve())

    def drafted(self):
        return self.drafts.newest(self.qtbot, self.panel.place)

    def answered(self, **changes):
        draft = self.drafted()
        self.panel.show_preview(sample.preview(intent=draft.intent, **changes))
        return draft

    def type(self, field, text):
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, text)
        if not text:
            QTest.keyClick(field, Qt.Key.Key_Delete)

    def choose(self, segments, key):
        QTest.mouseClick(segments, LEFT, Qt.KeyboardModifier.NoModifier, segments.rect_of(key).center())

    def ctrl_enter(self):
        QTest.keyClick(self.panel.form.quantity, Qt.Key.Key_Return, CTRL)

    @property
    def button(self):
        return self.panel.money.words, self.panel.money.manner


@pytest.fixture
def ticket(qtbot):
    return Trader(qtbot)


def test_loading_drafts_the_order_it_was_given(ticket) -> None:
    place = ticket.drafted()
    assert (place.side, place.leg, place.price, place.qty) == (Side.BUY, Leg.YES, 4300, Decimal(10))
    assert (place.tif, place.origin) == (Tif.IOC, "ticket")


def test_a_ticket_that_was_behind_another_tab_asks_for_its_card_when_it_comes_up(ticket) -> None:
    ticket.drafted()
    ticket.panel.hide()
    ticket.panel.load(sample.CURVE, "CHI 86–87 °F", Ticks(4400), "BUY YES")
    QTest.qWait(100)
    known = len(ticket.drafts)
    ticket.panel.show()
    assert ticket.drafted().price == 4400
    assert len(ticket.drafts) == known + 1


def test_a_market_that_never_rests_does_not_put_the_card_off(ticket) -> None:
    ticket.drafted()
    known = len(ticket.drafts)
    for i in range(30):
        view = sample.curve()
        ticket.panel.render(t.ladder(sample.CURVE.symbol), structs.replace(view, last=Ticks(4000 + i)))
        QTest.qWait(10)
    assert len(ticket.drafts) > known


def test_numbers_are_dashes_until_the_card_answers(ticket) -> None:
    ticket.drafted()
    assert all(value == "—" for _, value, _ in lines(ticket.panel.card.card))
    assert ticket.button == ("PAPER BUY 10 YES @ 43  —", "waits")
    ticket.ctrl_enter()
    assert ticket.sent == []


def test_a_change_forgets_the_card_and_drafts_again(ticket) -> None:
    ticket.answered()
    ticket.type(ticket.panel.form.quantity, "25")
    assert ticket.panel.card.card is None
    assert ticket.drafted().qty == 25


def test_a_late_card_of_another_draft_is_dropped(ticket) -> None:
    first = ticket.drafted()
    ticket.type(ticket.panel.form.quantity, "7")
    ticket.panel.show_preview(sample.preview(intent=first.intent))
    assert ticket.panel.card.card is None
    ticket.panel.show_preview(sample.preview(instrument=sample.BOOK))
    assert ticket.panel.card.card is None


def test_the_card_and_the_button_say_what_the_preview_says(ticket) -> None:
    ticket.answered()
    card = {name: value.replace("\u00a0", " ") for name, value, _ in lines(ticket.panel.card.card)}
    assert card == {
        "Cost": "$4.30", "Fee": "0.43c × 10 = $0.04", "Max loss": "−$4.34", "Max win": "+$5.66",
        "Break-even after fees": "43.43 %", "Model p": "46.8 %", "Edge": "+3.37c = +$0.34",
        "Kelly ¼": "1.49 % = 34 ct", "Position after": "+34 @ 39.8",
    }  # fmt: skip
    assert ticket.button == ("PAPER BUY 10 YES @ 43 $4.30", "buy")


def test_ctrl_enter_sends_the_draft_and_the_button_does_too(ticket) -> None:
    draft = ticket.answered()
    ticket.ctrl_enter()
    assert ticket.sent == [draft]


def test_two_presses_at_once_are_one_order_and_a_later_one_is_another(ticket, qtbot) -> None:
    ticket.answered()
    ticket.ctrl_enter()
    QTest.mouseClick(ticket.panel.money, LEFT)
    assert len({p.intent for p in ticket.sent}) == 1
    draft = ticket.drafted()
    ticket.panel.show_preview(sample.preview(intent=draft.intent))
    ticket.ctrl_enter()
    assert len(ticket.sent) == 3
    assert len({p.intent for p in ticket.sent}) == 2


@pytest.mark.parametrize(("side", "expected"), [(BUY_NO, (Side.BUY, Leg.NO)), (SELL_YES, (Side.SELL, Leg.YES))])
def test_side_is_chosen_by_mouse(ticket, side, expected) -> None:
    ticket.choose(ticket.panel.form.side, side)
    place = ticket.drafted()
    assert (place.side, place.leg) == expected
    assert place.reduce_only is (expected[0] is Side.SELL)


def test_arrow_keys_move_the_side(ticket) -> None:
    ticket.panel.form.side.setFocus()
    QTest.keyClick(ticket.panel.form.side, Qt.Key.Key_Right)
    assert ticket.panel.form.side.value() == BUY_NO


def test_an_empty_price_is_any(ticket) -> None:
    ticket.type(ticket.panel.form.price, "")
    assert ticket.drafted().price is None


def test_a_budget_and_a_target_price(ticket) -> None:
    ticket.choose(ticket.panel.form.unit, "$")
    place = ticket.drafted()
    assert (place.qty, place.budget) == (None, Decimal(10))
    ticket.choose(ticket.panel.form.unit, "price")
    place = ticket.drafted()
    assert (place.qty, place.budget, place.price) == (None, None, 4300)
    assert not ticket.panel.form.quantity.isEnabled()


@pytest.mark.parametrize(
    ("price", "quantity", "words"),
    [
        ("0", "10", "the price must lie within 0.01 and 99.99 cents"),
        ("100", "10", "the price must lie within 0.01 and 99.99 cents"),
        ("4x", "10", "the price must be a number"),
        ("nan", "10", "the price must be a number"),
        ("43", "0", "the quantity must be above 0, with six decimals at most"),
        ("43", "1e9", "the quantity must be above 0, with six decimals at most"),
        ("43", "ten", "the quantity must be a number"),
    ],
)
def test_what_makes_no_order_says_why_and_cannot_be_sent(ticket, price, quantity, words) -> None:
    ticket.type(ticket.panel.form.price, price)
    ticket.type(ticket.panel.form.quantity, quantity)
    assert ticket.button == (words, "off")
    assert ticket.panel.form.price.wrong or ticket.panel.form.quantity.wrong
    ticket.ctrl_enter()
    assert ticket.sent == []


def test_a_budget_cannot_sell(ticket) -> None:
    ticket.choose(ticket.panel.form.side, SELL_YES)
    ticket.choose(ticket.panel.form.unit, "$")
    assert ticket.button[0] == "a budget is for buying: give the contracts to sell"


def test_type_and_tag(ticket) -> None:
    ticket.choose(ticket.panel.form.tif, "FOK")
    ticket.type(ticket.panel.form.tag, "momentum")
    place = ticket.drafted()
    assert (place.tif, place.tag) == (Tif.FOK, "momentum")


def test_the_best_price_and_quarter_kelly_fill_in(ticket) -> None:
    ticket.answered()
    QTest.mouseClick(ticket.panel.form.kelly, LEFT)
    assert ticket.panel.form.quantity.text() == "34"
    QTest.mouseClick(ticket.panel.form.best, LEFT)
    assert ticket.panel.form.price.text() == "44"
    ticket.choose(ticket.panel.form.side, BUY_NO)
    QTest.mouseClick(ticket.panel.form.best, LEFT)
    assert ticket.panel.form.price.text() == "57"


def test_a_refusal_shows_code_and_sentence_and_does_not_send(ticket) -> None:
    ticket.answered(refused_by="DAILY_LOSS", refused_why="the day stands at −$30.12, the limit is −$30")
    assert ticket.button == ("REFUSED by DAILY_LOSS: the day stands at −$30.12, the limit is −$30", "refused")
    ticket.ctrl_enter()
    QTest.mouseClick(ticket.panel.money, LEFT)
    assert ticket.sent == []


def test_a_doubt_is_asked_once_in_place(ticket) -> None:
    ticket.answered(confirm=True, warnings=("adds to a losing position",))
    ticket.ctrl_enter()
    assert ticket.sent == []
    assert ticket.button == ("adds to a losing position", "asks")
    QTest.keyClick(ticket.panel.money, Qt.Key.Key_Escape)
    assert ticket.button[1] == "buy"
    ticket.ctrl_enter()
    QTest.keyClick(ticket.panel.money, Qt.Key.Key_Return)
    assert len(ticket.sent) == 1


def test_a_stale_market_is_refused_in_place(ticket) -> None:
    ticket.answered()
    ticket.panel.render(t.ladder(sample.CURVE.symbol), sample.curve(state="stale", why="no message 14 s"))
    assert ticket.button == ("REFUSED: stale: no message 14 s", "refused")
    ticket.ctrl_enter()
    assert ticket.sent == []


def test_a_halt_is_one_sentence_with_its_code(ticket) -> None:
    ticket.answered()
    why = "the day stands at −$30.12, the limit is −$30"
    ticket.panel.render(t.ladder(sample.CURVE.symbol), sample.curve(state="halted", why=why, refusing="DAILY_LOSS"))
    assert ticket.button == (f"REFUSED by DAILY_LOSS: {why}", "refused")


def test_a_model_that_changed_drafts_again(ticket, qtbot) -> None:
    ticket.answered()
    before = len(ticket.drafts)
    ticket.panel.render(t.ladder(sample.CURVE.symbol), sample.curve(fair=61.0))
    qtbot.waitUntil(lambda: len(ticket.drafts) > before)


def test_a_moved_market_drafts_again_and_keeps_the_card_meanwhile(ticket) -> None:
    ticket.answered()
    ticket.panel.render(t.ladder(sample.CURVE.symbol), sample.curve(44.6))
    assert ticket.panel.card.card is not None
    assert ticket.drafted().price == 4300


def test_an_order_drafted_elsewhere_fills_the_form(ticket) -> None:
    place = Place(instrument=sample.CURVE, side=Side.BUY, leg=Leg.NO, price=Ticks(5750), qty=sample.qty("12.5"))
    ticket.panel.load_place(place, "CHI 86–87 °F")
    drafted = ticket.drafted()
    assert (drafted.leg, drafted.price, drafted.qty) == (Leg.NO, 5750, Decimal("12.5"))


def test_gates_nearest_to_refusing_come_first() -> None:
    gate = sample.GateLine
    card = sample.preview(
        gates=(
            gate(code="A", used=None, limit=None, refuses=False, share=0.1),
            gate(code="B", used=None, limit=None, refuses=False, share=0.9),
            gate(code="C", used=None, limit=None, refuses=True, share=None),
            gate(code="D", used=None, limit=None, refuses=False, share=None),
        )
    )
    assert [g.code for g in gates_to_show(card, 5)] == ["C", "B", "A"]
    assert [g.code for g in gates_to_show(card, 1)] == ["C"]


def test_unknown_figures_are_dashes() -> None:
    card = sample.preview(model=None, edge=None, kelly=None, fee=None, fee_words="", breakeven=None, position_after="")
    shown = {name: value for name, value, _ in lines(card)}
    assert [shown[n] for n in ("Fee", "Break-even after fees", "Model p", "Edge", "Kelly ¼", "Position after")] == [
        "—"
    ] * 6


@pytest.mark.parametrize(("width", "height"), [(562, 320), (446, 640)])
def test_values_and_choices_fit(qtbot, width, height) -> None:
    ticket = Trader(qtbot, width, height)
    ticket.answered()
    look = theme.current()
    card = ticket.panel.card
    for _, value, _ in lines(card.card):
        assert paint.width(value, look.number(11, 500)) <= card.width() - 20
    for segments in (ticket.panel.form.side, ticket.panel.form.unit, ticket.panel.form.tif):
        assert segments.width() >= segments.minimumSizeHint().width()
    assert len(lines(None)) == len(NAMES)
    assert card.height() >= card.row * len(NAMES)


def test_where_orders_can_rest_they_can_be_left_to_rest(ticket) -> None:
    kalshi = InstrumentId(KALSHI, "KXHIGHCHI-26JUL03-B86.5")
    ticket.panel.load(kalshi, "Chicago 86-87")
    assert [key for key, _ in ticket.panel.form.tif._choices] == ["GTC", "POST", "IOC", "FOK"]
    ticket.panel.form.price.setText("42")
    assert ticket.panel.place().tif is Tif.GTC
    ticket.choose(ticket.panel.form.tif, "POST")
    place = ticket.panel.place()
    assert (place.tif, place.post_only) == (Tif.GTC, True)
    ticket.panel.load(sample.CURVE, "ours")
    assert [key for key, _ in ticket.panel.form.tif._choices] == ["IOC", "FOK"]
    assert (ticket.panel.place().tif, ticket.panel.place().post_only) == (Tif.IOC, False)


def test_on_our_own_exchange_orders_rest_from_phase_two_on(ticket) -> None:
    assert [key for key, _ in ticket.panel.form.tif._choices] == ["IOC", "FOK"]
    ticket.panel.render(t.ladder(sample.CURVE.symbol), sample.curve(phase=2, curve=False))
    assert [key for key, _ in ticket.panel.form.tif._choices] == ["GTC", "POST", "IOC", "FOK"]
    typed = ticket.panel.form.price.text()
    ticket.panel.form.price.setText("")
    assert ticket.panel.place() is None, "an order that rests needs a price"
    assert "needs a price" in ticket.panel._wrong
    ticket.panel.form.price.setText(typed)
    assert ticket.panel.place().tif is Tif.GTC
    ticket.choose(ticket.panel.form.tif, "IOC")
    ticket.panel.render(t.ladder(sample.CURVE.symbol), sample.curve(price=44.0, phase=2, curve=False))
    assert ticket.panel.place().tif is Tif.IOC  # a later view does not undo the choice


def test_its_key_waits_until_the_keyboard_has_been_here_for_a_moment(ticket) -> None:
    ticket.answered()
    ticket.panel.focus_guard_ms = 60_000
    ticket.panel.hold_off()
    ticket.ctrl_enter()
    assert ticket.sent == []
    assert "only just come here" in ticket.panel._tip.text()
    ticket.panel.focus_guard_ms = 0
    ticket.ctrl_enter()
    assert len(ticket.sent) == 1


def test_a_long_refusal_is_read_whole_on_the_button(ticket) -> None:
    why = "An order that may rest is GTC or GTD and names a quantity and a price."
    ticket.panel.money.show_words(f"REFUSED by EXCHANGE: BAD_TERMS: {why}", "refused")
    ticket.panel.resize(420, 420)
    with paint.watched() as cut:
        ticket.panel.money.grab()
    assert cut == []


def test_a_ticket_that_was_seen_in_a_narrow_place_asks_for_no_more_height_in_a_wide_one(ticket) -> None:
    for wide in (562, 446):
        ticket.panel.resize(wide, 660)
        QTest.qWait(1)
        assert ticket.panel.minimumSizeHint().height() <= 316


@pytest.mark.parametrize(
    ("typed", "way", "after"),
    [
        ("43", 1, "44"),
        ("0.4", -1, "0.4"),
        ("0.4", 1, "1.4"),
        ("1.4", -1, "0.4"),
        ("99.6", 1, "99.6"),
        ("99.6", -1, "98.6"),
    ],
)
def test_the_wheel_never_moves_a_price_the_other_way(qtbot, typed, way, after):
    form = Trader(qtbot).panel.form
    form.price.setText(typed)
    form.price.wheeled.emit(way)
    assert form.price.text() == after


@pytest.mark.parametrize(
    ("typed", "way", "after"),
    [("10", 1, "25"), ("250.5", 1, "500"), ("250.5", -1, "100"), ("0.5", 1, "1"), ("0.5", -1, "0.5"), ("x", 1, "x")],
)
def test_the_wheel_steps_a_quantity_from_what_stands_there(qtbot, typed, way, after):
    form = Trader(qtbot).panel.form
    form.quantity.setText(typed)
    form.quantity.wheeled.emit(way)
    assert form.quantity.text() == after


def test_a_key_on_the_money_button_in_the_moment_the_window_comes_to_the_front_sends_nothing(qtbot):
    trader = Trader(qtbot)
    trader.answered()
    panel = trader.panel
    panel.focus_guard_ms = 60_000
    QApplication.sendEvent(panel, QEvent(QEvent.Type.WindowActivate))
    QTest.keyClick(panel.money, Qt.Key.Key_Space)
    assert trader.sent == []
    panel.focus_guard_ms = 0
    QTest.keyClick(panel.money, Qt.Key.Key_Space)
    assert len(trader.sent) == 1
