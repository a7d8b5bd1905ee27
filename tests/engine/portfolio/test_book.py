from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.ids import MarketId, embedded
from engine.core.snapshot import HoldingRow
from engine.core.units import Leg, Money, Qty, Side
from engine.portfolio.book import Book
from engine.portfolio.position import FLAT, NotHeld, Position

ONE, OTHER = embedded(MarketId("A"), 0), embedded(MarketId("B"), 2)
YES, NO, BUY, SELL = Leg.YES, Leg.NO, Side.BUY, Side.SELL


def fill(book: Book, side: Side, qty: str, cost: str, *, fee: str = "0", instrument=ONE, leg: Leg = YES) -> Money:
    return book.fill(instrument, leg, side, Qty(Decimal(qty)), Money(Decimal(cost)), Money(Decimal(fee)))


def test_purchases_add_up_and_sales_realise_at_average_cost() -> None:
    book = Book()
    assert fill(book, BUY, "10", "4", fee="0.04") == 0
    assert fill(book, BUY, "10", "6", fee="0.06") == 0
    assert fill(book, SELL, "5", "3", fee="0.03") == Decimal("0.5")
    assert book.get(ONE, YES) == Position(
        Qty(Decimal(15)), Money(Decimal("7.5")), Money(Decimal("0.5")), Decimal("0.13")
    )
    assert (book.realised, book.fees) == (Decimal("0.5"), Decimal("0.13"))


def test_legs_and_outcomes_are_apart() -> None:
    book = Book()
    fill(book, BUY, "1", "0.4")
    fill(book, BUY, "2", "1.2", leg=NO)
    fill(book, BUY, "3", "0.9", instrument=OTHER)
    assert [(i.symbol, leg, p.qty) for i, leg, p in book.held()] == [("A/0", YES, 1), ("A/0", NO, 2), ("B/2", YES, 3)]
    assert list(book.of_market(MarketId("B"))) == [(2, YES, book.get(OTHER, YES))]
    assert book.markets() == ["A", "B"]
    assert list(book.of_market(MarketId("C"))) == []


def test_what_is_not_held_is_not_sold_and_changes_nothing() -> None:
    book = Book()
    fill(book, BUY, "1", "0.4")
    with pytest.raises(NotHeld):
        fill(book, SELL, "1.000001", "1")
    with pytest.raises(NotHeld):
        fill(book, SELL, "1", "1", leg=NO)
    assert book.get(ONE, YES).qty == 1
    assert book.realised == 0


def test_a_flat_position_stays_for_what_it_realised() -> None:
    book = Book()
    fill(book, BUY, "3", "1")
    fill(book, SELL, "3", "2")
    assert list(book.held()) == []
    assert [p.realised for _, _, p in book.every()] == [1]
    assert book.markets() == []


def test_a_settlement_ends_a_position_as_it_says() -> None:
    book = Book()
    fill(book, BUY, "10", "4", fee="0.04")
    ended = Position(realised=Money(Decimal(6)), fees=Money(Decimal("0.04")))
    assert book.settle(ONE, YES, ended) == 6
    assert (book.realised, book.fees, book.get(ONE, YES)) == (6, Decimal("0.04"), ended)
    assert list(book.held()) == []


def test_a_later_ruling_realises_the_difference() -> None:
    book = Book()
    fill(book, BUY, "10", "4")
    for outcome in (6, -4, 0, 6):
        before = book.realised
        assert book.settle(ONE, YES, Position(realised=Money(Decimal(outcome)))) == outcome - before
        assert book.realised == outcome


def test_a_restored_book_goes_on_from_the_ledger_s_sums() -> None:
    book = Book()
    for leg, qty, realised in ((YES, 5, "1.5"), (NO, 0, "-0.5")):
        book.restore(
            HoldingRow(
                account="you", market="A", outcome=0, leg=leg, qty=Decimal(qty), cost=Decimal(qty) / 2,
                realised=Decimal(realised), fees=Decimal("0.1"),
            )
        )  # fmt: skip
    assert (book.realised, book.fees) == (1, Decimal("0.2"))
    assert [(leg, p.qty) for _, leg, p in book.held()] == [(YES, 5)]
    assert fill(book, SELL, "5", "3") == Decimal("0.5")
    assert book.realised == Decimal("1.5")


def test_what_was_never_traded_is_flat() -> None:
    assert Book().get(ONE, NO) is FLAT


trades = st.lists(
    st.tuples(
        st.sampled_from([ONE, OTHER]), st.sampled_from(Leg), st.sampled_from(Side), st.integers(1, 40),
        st.integers(0, 40), st.integers(0, 3),
    ),
    max_size=40,
)  # fmt: skip


@given(trades)
def test_cash_out_and_in_is_cost_held_less_realised(events) -> None:
    """Against nothing but money: what was paid less what was got is the basis of what is held less what was earned."""
    book, paid, fees = Book(), Decimal(0), Decimal(0)
    for instrument, leg, side, qty, cost, fee in events:
        if side is SELL and qty > book.get(instrument, leg).qty:
            continue
        fill(book, side, str(qty), str(cost), fee=str(fee), instrument=instrument, leg=leg)
        paid += cost if side is BUY else -cost
        fees += fee
        held = sum((p.cost for _, _, p in book.every()), Decimal(0))
        assert paid == held - book.realised
        assert book.fees == fees
        assert all(p.cost == 0 for _, _, p in book.every() if not p.qty)
