"""What a session knows of its account, held against the venue's own books: nothing doubled, nothing lost."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.core.commands import Reconcile
from engine.core.order import Status
from engine.core.units import Leg, Side

if TYPE_CHECKING:
    from engine.orders.register import Order
    from tests.conformance.session import Session
    from tests.conformance.truth import There
    from tests.conformance.venues import Entry

CENTI = Decimal("0.0001")
"""What venues round balances to."""
CENT = Decimal("0.01")
"""What a sum of coins in dollars is read to."""
AT_MOST_FEES = Decimal(5)
"""What we set aside for fees of orders that a case leaves working."""


async def truthful(here: Session, entry: Entry) -> None:
    """Hold everything a session knows of its account against the venue's books: nothing doubled, nothing lost."""
    truth = here.stage.truth(entry)
    await here.settles()
    _orders(here, entry)
    assert here.held(entry) == truth.held()
    here.ask(Reconcile(venue=entry.id))
    if here.stage.working(entry) and not truth.margin:
        # of what is free we may think too little by the fees we set aside
        await here.until(lambda: 0 <= truth.cash() + CENTI - (here.free(entry) or 0) < AT_MOST_FEES)
    else:
        near = CENTI if not truth.margin else CENT
        await here.until(lambda: abs((here.desk(entry).cash or 0) - truth.cash()) < near)


def _orders(here: Session, entry: Entry) -> None:
    ours = [one for one in here.register if one.place.instrument.venue == entry.id]
    there = here.stage.orders(entry)
    by_venue = {order.id: order for order in there}
    named = {one.id: one.venue_order or _traded_as(one, here, there) for one in ours}
    claimed = [named[one.id] for one in ours if named[one.id] in by_venue]
    assert len(claimed) == len(set(claimed)), "two orders of ours are one at the venue"
    assert set(claimed) == set(by_venue), f"nobody knows of {[by_venue[one] for one in set(by_venue) - set(claimed)]}"
    for one in ours:
        _order(here, one, by_venue.get(named[one.id]), outcomes=entry.outcomes)


def _order(here: Session, one: Order, there: There | None, *, outcomes: bool) -> None:
    if there is None:
        assert one.status in {Status.REJECTED, Status.REFUSED, Status.CANCELED}, (one.id, one.status, one.why)
        assert not one.filled, one
        return
    assert one.filled == there.filled, (one, there, one.why)
    assert one.ended == (there.left == 0), (one.id, one.status, there)
    if not one.ended:
        price = here.money(one.place.instrument, one.place.price)
        assert there.left == one.quantity - one.filled, (one, there)
        assert there.price == (price if one.place.leg is Leg.YES else 1 - price), (one.id, price, there)
    cost = there.cost
    if outcomes and (one.place.side is Side.SELL) is not (there.side is Side.SELL and there.leg is one.place.leg):
        cost = one.filled - cost  # the other leg bought is this one sold, where the venue nets
    assert one.cost == cost, (one.id, one.cost, cost)


def _traded_as(one: Order, here: Session, there: list[There]) -> str:
    """Return the venue's id of an order of which no more was ever told than its fills."""
    known = {other.venue_order for other in here.register}
    like = [
        seen.id for seen in there
        if seen.id not in known and seen.instrument == one.place.instrument and one.filled == seen.filled > 0
    ]  # fmt: skip
    return like[0] if like else ""
