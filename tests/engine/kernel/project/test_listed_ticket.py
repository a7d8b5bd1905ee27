from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from engine.core.commands import Place, Tif
from engine.core.instrument import SPENDS
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


def test_where_a_venue_spends_the_money_of_a_purchase_it_is_said_what_that_buys() -> None:
    found = state()
    listing = found.listings[LOW]
    listing.instrument = replace(listing.instrument, facts=((SPENDS, "1"),))
    through = place(10, 5_000, tif=Tif.IOC)
    assert not any("spends" in text for text in ticket.preview(found, through).warnings), "paper fills what was asked"
    found.session.mode = "live"
    card = ticket.preview(found, through)
    assert card.confirm
    # 10 at 50c are $5.00; at 42c that is 11.9
    assert "the venue spends all $5.00, which buys 12 shares as the book stands, not 10" in card.warnings
    for quiet in (place(10, 4_200, tif=Tif.IOC), place(10, 5_000, tif=Tif.GTC)):
        assert not any("spends" in text for text in ticket.preview(found, quiet).warnings)
    no = ticket.preview(found, place(10, 8_000, leg=Leg.NO, tif=Tif.IOC))
    assert any("which buys 13 shares" in text for text in no.warnings), no.warnings


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
