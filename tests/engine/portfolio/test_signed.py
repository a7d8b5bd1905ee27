"""Positions of options, futures and perpetuals against a slow obvious model: any fills, through zero and back."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.ids import InstrumentId, VenueId
from engine.core.units import Leg, Money, Qty, Side
from engine.maths.contracts import Booking
from engine.portfolio.book import Book
from engine.portfolio.netting import Traded

if TYPE_CHECKING:
    from engine.portfolio.position import Position

ONE = InstrumentId(VenueId("deribit"), "BTC-27MAR26-100000-C")
FEE = Money(Decimal("0.01"))
SIDES = st.sampled_from(Side)
FILLS = st.lists(st.tuples(SIDES, st.integers(1, 40), st.integers(1, 60)), min_size=1, max_size=14)
"""Side, tenths of a contract, price."""
SIZE = 10
"""Dollars of an inverse future's unit."""


def told(side: Side, tenths: int, price: int, how: Booking) -> Traded:
    qty = Qty(Decimal(tenths) / 10)
    cost = qty * SIZE if how is Booking.INVERSE else qty * price
    return Traded(side, Leg.YES, qty, Money(cost), Decimal(price))


def brute(fills: list[tuple[Side, int, int]], how: Booking) -> tuple[Fraction, Fraction, Fraction]:
    """Return signed quantity, average price and what was realised, in exact fractions."""
    held = average = realised = Fraction(0)
    for side, tenths, price in fills:
        signed = Fraction(tenths, 10) * (1 if side is Side.BUY else -1)
        if held * signed < 0:
            closed = min(abs(held), abs(signed)) * (1 if held > 0 else -1)
            if how is Booking.INVERSE:
                realised += closed * SIZE * (price / average - 1)
            else:
                realised += closed * (price - average)
        after = held + signed
        if held * signed >= 0:  # it grew
            if how is Booking.INVERSE:
                average = after / (((held / average) if held else 0) + signed / price)
            else:
                average = (held * average + signed * price) / after
        elif held * after < 0:  # it turned
            average = Fraction(price)
        held = after
        if not held:
            average = Fraction(0)
    return held, average, realised


def legs(book: Book) -> tuple[Position, Position]:
    return book.get(ONE, Leg.YES), book.get(ONE, Leg.NO)


@pytest.mark.parametrize("how", [Booking.PREMIUM, Booking.MARGINED, Booking.INVERSE])
@given(fills=FILLS)
def test_any_fills_come_to_what_a_slow_model_says(how: Booking, fills: list[tuple[Side, int, int]]) -> None:
    book, cash = Book(), Decimal(0)
    for fill in fills:
        cash += book.trade(ONE, told(*fill, how), FEE, nets=how).moved
    held, average, realised = brute(fills, how)
    long, short = legs(book)
    assert not (long.qty and short.qty)
    assert long.qty - short.qty == held.numerator / Decimal(held.denominator)
    assert float(book.realised) == pytest.approx(float(realised), abs=1e-4)
    assert book.realised == long.realised + short.realised
    assert book.fees == FEE * len(fills)
    one = long if long.qty else short
    if held:
        found = one.cost / one.quoted if how is Booking.INVERSE else one.quoted / one.qty
        assert float(found) == pytest.approx(float(average), rel=1e-6)
    else:
        assert (one.cost, one.quoted) == (0, 0)
    if how is Booking.PREMIUM:  # what was paid is what is held and what was lost
        assert float(cash) == pytest.approx(float(realised - held * average), abs=1e-4)
    else:
        assert cash == book.realised


@pytest.mark.parametrize("how", [Booking.PREMIUM, Booking.MARGINED, Booking.INVERSE])
@given(fills=FILLS)
def test_what_the_other_leg_is_said_to_do_is_the_same_trade(how: Booking, fills: list[tuple[Side, int, int]]) -> None:
    one, other = Book(), Book()
    for side, tenths, price in fills:
        traded = told(side, tenths, price, how)
        one.trade(ONE, traded, FEE, nets=how)
        back = Side.SELL if side is Side.BUY else Side.BUY
        other.trade(ONE, traded._replace(side=back, leg=Leg.NO), FEE, nets=how)
    assert legs(one) == legs(other)


def test_an_option_is_sold_short_bought_back_and_turned() -> None:
    book = Book()
    sold = book.trade(ONE, Traded(Side.SELL, Leg.YES, Qty(Decimal(2)), Money(Decimal(2_000))), FEE, nets=2)
    assert (sold.moved, sold.realised) == (2_000, 0)
    back = book.trade(ONE, Traded(Side.BUY, Leg.YES, Qty(Decimal(3)), Money(Decimal(2_400))), FEE, nets=2)
    long, short = legs(book)
    assert back.moved == -2_400
    assert back.realised == short.realised == 400
    assert (long.qty, long.cost, short.qty) == (1, 800, 0)
