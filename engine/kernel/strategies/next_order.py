"""A line's next order, and what comes of it: all that does not move by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.commands import Place, Tif
from engine.core.units import NO_MONEY, TICKS_PER_UNIT, Leg, Money, Nanos
from engine.kernel import automated, envelope, rows, weighing
from engine.kernel.probing import likeness
from engine.kernel.usual import ids_of
from engine.orders.register import Order
from engine.risk import gates
from engine.risk.measures import MOST
from engine.risk.venue_measures import AT_ONCE

if TYPE_CHECKING:
    from engine.kernel.desks import Listing
    from engine.kernel.envelope import Envelope
    from engine.kernel.state import State
    from engine.kernel.strategies.seats import Seat
    from engine.risk.flow import Flow
    from engine.strategies.said import Want

ORIGIN: Final = "strategy"


class Next(msgspec.Struct, frozen=True, gc=False):
    """One order that may come, and what comes of it."""

    place: Place
    yes: int
    """Its price, of YES."""
    gates: tuple[str, ...]
    reducing: bool
    loss: Money
    """The worst loss of its event with it."""
    venue_loss: Money
    """Sum of all such."""
    likeness: tuple[object, ...]
    """What makes two orders the same one sent twice."""
    like: tuple[object, ...]
    """What makes two orders of a strategy the same intent."""
    row: dict[str, str | int | float | None]
    """All but when it was sent."""


def place_of(state: State, seat: Seat, want: Want) -> Place:
    """Return an intent as the next order."""
    return Place(
        instrument=want.instrument, side=want.side, leg=want.leg, price=want.price, qty=want.qty, budget=want.budget,
        intent=f"{seat.spec.name}:{state.next_order}", tif=want.tif, post_only=want.post_only,
        reduce_only=want.reduce_only, strategy=seat.spec.name, tag=want.key, origin=ORIGIN,
    )  # fmt: skip


def next_of(state: State, found: Envelope, listing: Listing, place: Place) -> Next | None:
    """Return what comes of an order if it comes next; None where a gate refuses it, or nothing sure can be said.

    Of what moves by itself nothing is looked at: book, clocks, pace, repeats.
    """
    instrument, desk, price, qty, top = listing.instrument, listing.desk, place.price, place.qty, listing.top
    if price is None or qty is None or desk is None or not 0 < price < TICKS_PER_UNIT or not qty.is_finite():
        return None
    yes = price if place.leg is Leg.YES else top - price
    if (
        place.budget is not None
        or place.reduce_only
        or place.tif is Tif.GTD
        or (place.post_only and not (found.can_rest and place.tif not in AT_ONCE))
        or not found.least <= qty <= MOST
        or qty % instrument.step
        or not any(band.start <= yes <= band.stop and not (yes - band.start) % band.step for band in instrument.grid)
        or (not place.post_only and found.flow is not None and _full(found, found.flow))
        or any(weighing.crosses(other, place, top) for other in found.others)
        or (desk.external and weighing.meets_external(desk, place, top))
    ):
        return None
    passed = envelope.weighed(state, found, instrument, place, qty, price * instrument.unit)
    if passed is None:
        return None
    _, order, client, _ = ids_of(state)
    met = gates.approve(order, place, client, Nanos(0), reducing=passed.reducing).gates
    loss, before = passed.event_loss_after, state.venue_losses.get(found.key, NO_MONEY)
    entry = Order(order, place, Nanos(0), quantity=qty, client=client)
    row = rows.order(entry, state.session.mode).values
    venue_loss = Money(state.venue_loss - before + loss)
    return Next(place, yes, met, passed.reducing, loss, venue_loss, likeness(place), automated.like(place), row)


def _full(found: Envelope, flow: Flow) -> bool:
    """Whether its event has had as many orders as it may."""
    return found.bounds is None or flow.events.get(found.key, 0) >= found.bounds.a_window
