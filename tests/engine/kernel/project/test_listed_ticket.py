from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core.commands import Place, Tif
from engine.core.units import Leg, Money, Qty, Side, Ticks
from engine.kernel.project import ticket
from engine.portfolio.position import Position
from tests.engine.kernel.project.floor import LOW, state


def place(qty: int = 10, price: int | None = 4_200, *, leg: Leg = Leg.YES, side: Side = Side.BUY, **more) -> Place:  # type: ignore[no-untyped-def]
    limit = None if price is None else Ticks(price)
    return Place(instrument=LOW, side=side, leg=leg, price=limit, qty=Qty(Decimal(qty)), **more)


def test_what_stands_is_taken_and_the_rest_rests() -> None:
    card = ticket.preview(state(), place(40, tif=Tif.GTC))
    # 25 at 42c: 10.50 and 0.07 * 25 * 0.2436 = 0.4263 of fee; 15 rest at 42c without one
    assert (card.qty, card.cost, card.fee) == (40, Decimal("16.80"), Decimal("0.4263"))
    assert card.average == pytest.approx(42.0)
    assert card.worst == pytest.approx(42.0)
    assert card.max_loss == Decimal("-17.2263")
    assert card.position_after == "25 YES @ 42.0, 15 resting"
    assert "taker" in card.fee_words


def test_an_order_for_now_leaves_nothing_and_a_post_only_takes_nothing() -> None:
    card = ticket.preview(state(), place(40, tif=Tif.IOC))
    assert (card.qty, card.position_after) == (25, "25 YES @ 42.0")
    card = ticket.preview(state(), place(40, 4_100, tif=Tif.GTC, post_only=True))
    assert (card.qty, card.fee, card.worst) == (40, 0, None)
    assert card.position_after == "flat, 40 resting"


def test_no_bought_takes_the_bids_of_yes() -> None:
    card = ticket.preview(state(), place(10, 6_000, leg=Leg.NO, tif=Tif.IOC))
    assert (card.qty, card.cost) == (10, Decimal("6.00"))
    assert card.max_win == Decimal("10") - Decimal("6.00") - (card.fee or 0)


def test_a_sale_shows_what_it_makes_of_the_position() -> None:
    found = state()
    found.book.settle(LOW, Leg.YES, Position(Qty(Decimal(20)), Money(Decimal(7))))
    card = ticket.preview(found, place(20, 4_000, side=Side.SELL, tif=Tif.IOC, reduce_only=True))
    assert (card.qty, card.cost, card.position_after) == (20, Decimal("-8.00"), "flat")
    assert card.max_win == Decimal("8.00") - (card.fee or 0) - 7


def test_a_gate_that_refuses_is_named_and_nothing_is_changed() -> None:
    found = state()
    found.listings[LOW].stale = "sequence gap"
    before = found.next_order
    card = ticket.preview(found, place())
    assert card.refused_by
    assert card.refused_why
    assert (found.next_order, len(found.register)) == (before, 0)


def test_without_a_quantity_there_are_no_numbers() -> None:
    card = ticket.preview(state(), Place(instrument=LOW, side=Side.BUY, qty=Qty(Decimal("NaN"))))
    assert card.refused_by
