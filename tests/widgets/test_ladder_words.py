"""What the ladder says: why an order is refused, what one would cost, and how its parts fit."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import Qt

from engine.core.commands import Cancel, Place
from engine.views import topics as t
from tests.widgets import views_sample as sample
from tests.widgets.ladder_trader import RIGHT, Trader
from widgets import theme
from widgets.header import Header


@pytest.fixture
def book(qtbot):
    return Trader(qtbot, sample.book())


@pytest.fixture
def curve(qtbot):
    return Trader(qtbot, sample.curve())


@pytest.mark.parametrize("state", ["stale", "halted", "gap", "disconnected", "error"])
def test_an_opening_click_is_refused_in_place_with_the_reason(book, state) -> None:
    book.show(sample.book(state=state, why="no message 14 s"))
    book.click(42, "bid")
    assert book.asked == []
    assert book.footer == f"BUY 10 YES @ 42 refused: {state}: no message 14 s"


def test_a_halted_ladder_still_reduces_and_cancels(book) -> None:
    book.show(sample.book(state="halted", why="by hand", refusing="KILL"))
    assert book.footer == "Only cancels and reducing orders pass.  Backspace cancels all here."
    book.click(44, "ask")
    book.click(40, "mine", RIGHT)
    assert [type(c) for c in book.asked] == [Place, Cancel]
    assert book.asked[0].reduce_only


def test_a_halt_shows_as_disarmed_until_it_is_over(book) -> None:
    strip = book.panel.arm_strip
    assert strip.arm.isChecked()
    book.show(sample.book(state="halted", why="by hand", refusing="KILL"))
    assert (strip.arm.isChecked(), strip.words()) == (False, "HALTED KILL")
    book.show(sample.book())
    assert strip.arm.isChecked()


def test_a_disk_that_takes_nothing_is_not_called_stale(book) -> None:
    book.show(sample.book(state="stale", why="The disk takes no writes.", refusing="STORAGE"))
    assert book.panel.findChild(Header).chip == "NOT SAVED"


def test_a_market_that_is_over_is_named_by_its_status(book) -> None:
    book.show(sample.book(state="stale", status="settled", why="The market is settled: its last prices."))
    assert book.panel.findChild(Header).chip == "SETTLED"
    book.click(42, "bid")
    assert book.footer == "BUY 10 YES @ 42 refused: market settled: no orders"


def test_the_footer_names_order_cost_and_edge(book) -> None:
    book.hover(43, "bid")
    assert book.footer == "BUY 10 YES @ 43 ≤ $4.30 edge +3.40c"


def test_the_footer_shows_the_card_when_it_answers(book, qtbot) -> None:
    book.hover(43, "bid")
    qtbot.waitUntil(lambda: bool(book.drafts) and book.drafts[-1].price == 4300)
    book.panel.show_preview(sample.preview(instrument=sample.BOOK, intent=book.drafts[-1].intent))
    assert book.footer == "BUY 10 YES @ 43 = $4.30 + fee 0.04 avg 43.0c worst 43.2c edge +3.37c"
    book.panel.show_preview(sample.preview(instrument=sample.BOOK, intent="another"))
    assert "≤ $4.30" in book.footer


def test_the_footer_names_the_gate_that_would_refuse(book, qtbot) -> None:
    qtbot.waitUntil(lambda: bool(book.drafts))
    card = sample.preview(
        instrument=sample.BOOK, intent=book.drafts[-1].intent, refused_by="CASH", refused_why="no cash"
    )
    book.panel.show_preview(card)
    assert book.footer == "BUY 10 YES @ 42 CASH: no cash"


def test_the_footer_says_how_much_a_row_of_the_curve_fills(curve) -> None:
    curve.hover(44, "bid")
    assert curve.footer == "BUY 10 YES @ 44 ≤ $4.40 fills 2.8 edge +2.80c"


def test_hostile_words_stay_one_plain_line(book) -> None:
    book.show(sample.book(state="error", why="<b>x</b>\n" * 100))
    book.click(42, "bid")
    assert "\n" not in book.footer
    assert len(book.footer) <= 240


def test_turning_to_another_instrument_waits_for_its_view(book) -> None:
    book.panel.set_instrument(sample.CURVE)
    assert book.panel.state == "loading"
    assert book.panel.topics() == frozenset({t.SPINE, t.ladder(sample.CURVE.symbol)})
    book.show(sample.book())
    assert book.panel.view is None
    book.key(Qt.Key.Key_Return)
    assert book.asked == []


def test_two_legs_fit_beside_the_presets(qtbot) -> None:
    text = "24 YES @ 38.5 · 16 NO @ 34.0"
    for width in (446, 562):
        trader = Trader(qtbot, sample.book(position_text=text), width)
        assert trader.panel.size_strip.words() == (text, "▲ +$1.08")
        trader.panel.grab()


def test_resting_orders_are_underlined_in_the_bars_of_curve_and_book(qtbot) -> None:
    def underlined(view) -> int:
        one = Trader(qtbot, view)
        image = one.panel.grid.grab().toImage()
        buy = theme.current().colour("buy").rgb()
        return sum(image.pixel(x, y) == buy for x in range(image.width()) for y in range(image.height()))

    later = sample.curve(phase=2, curve=False)
    at = next(i for i, row in enumerate(later.rows) if row.price == 4_200)
    rests = msgspec.structs.replace(later.rows[at], bid=sample.qty(200), rest_bid=sample.qty(190))
    rows = (*later.rows[:at], rests, *later.rows[at + 1 :])
    plain = msgspec.structs.replace(rests, rest_bid=None)
    without = (*later.rows[:at], plain, *later.rows[at + 1 :])
    told = underlined(msgspec.structs.replace(later, rows=rows))
    assert told > underlined(msgspec.structs.replace(later, rows=without)) + 40


def test_a_narrow_footer_leaves_out_what_does_not_fit_with_its_name(book) -> None:
    footer = book.panel.footer
    parts = (("Enter", "text.muted", 400, False), ("BUY 10 YES @ 51", "buy", 600, False),
             ("edge", "text.muted", 400, False), ("−25.11c", "loss", 600, False))  # fmt: skip
    footer.say(*parts)
    assert footer.fitting(400) == parts
    assert [words for words, *_ in footer.fitting(150)] == ["Enter", "BUY 10 YES @ 51"]
    refused = (("BUY 10 YES @ 51 refused: the book is older than the limit allows", "danger.text", 500, False),)
    footer.say(*refused)
    assert footer.fitting(100) == refused  # a sentence is cut at its end
