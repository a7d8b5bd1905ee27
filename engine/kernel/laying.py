"""Lays the usual order out: what would come of it at every price near the touch. In idle moments only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import astuple, replace

from engine.core.commands import Tif
from engine.core.effects import Likely
from engine.core.ids import YOU, OrderId
from engine.core.snapshot import LIVE
from engine.core.units import NO_MONEY, TICKS_PER_UNIT, Leg, Nanos, Ticks
from engine.kernel import envelope, rows, weighing
from engine.kernel.live import armed
from engine.kernel.probing import TWO_SECONDS
from engine.kernel.strategies.context import sends
from engine.kernel.usual import HEAD, KNOWN, TAIL, Told, Usual, ids_of
from engine.orders.register import Order
from engine.risk import gates
from engine.risk.measures import MOST
from engine.risk.venue_measures import AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.commands import Place
    from engine.core.ids import InstrumentId
    from engine.core.instrument import Instrument
    from engine.kernel.desks import Desk, Listing
    from engine.kernel.envelope import Envelope
    from engine.kernel.state import State
    from engine.kernel.strategies.seats import Seat

AROUND: Final = 8
"""Steps of the grid on either side of the best bid and of the best ask at which it is laid out."""
LIKELY: Final = 14
"""Of them, how many are told to who may have them ready: three steps about either touch."""
NOBODY: Final = OrderId("")


def usual(state: State, found: Envelope, place: Place) -> Usual | None:
    """Return the order that is likely to come; None where the last one was nothing usual."""
    listing, desk = state.listings.get(place.instrument), state.desks.get(place.instrument.venue)
    if listing is None or desk is None or not _plain(state, found, listing, desk, place):
        return None
    sums, pace, terms = found.sums, state.limits.pace, astuple(place)
    answers: dict[Ticks | None, Told] = {}
    for price in _prices(listing, place):
        told = _told(state, found, listing, place, price)
        if told is not None:
            answers[price] = told
    if not answers or found.sums is not sums:
        return None
    entry = Order(NOBODY, place, Nanos(0), quantity=place.qty, client="-")
    return Usual(
        head=terms[HEAD],
        tail=terms[TAIL],
        qty=str(place.qty),
        answers=answers,
        sums=sums,
        instrument=place.instrument,
        family=listing.instrument.family,
        listing=listing,
        desk=desk,
        reach=max(pace.spell, TWO_SECONDS),
        row=rows.order(entry, state.session.mode).values,
        shown=tuple((listing.ordered or {}).values()),
        ids=ids_of(state),
    )


def likely(found: Usual, place: Place) -> list[Place]:
    """Return the orders laid out that lie nearest the touch, the nearest last."""
    book = found.listing.book
    touch = [price for price in (book.best_bid, book.best_ask) if price is not None]

    def away(price: Ticks) -> int:
        return min(abs(found.answers[price].yes - near) for near in touch)

    prices = sorted((price for price in found.answers if price is not None), key=away)[:LIKELY] if touch else []
    return [replace(place, price=price, intent="") for price in reversed(prices)]


def foreseen(state: State) -> Likely | None:
    """Return the likeliest order that was not told yet; None where there is none, or none could be sent now."""
    places = state.envelopes.likely
    if not places or (state.session.mode == LIVE and not armed(state)):
        return None
    _, _, client, _ = ids_of(state)
    return Likely(place=places.pop(), client=client, at=state.now)


def of_line(state: State, seat: Seat, instrument: InstrumentId) -> object:
    """Return what a line that sends lays out for its next order in an instrument; None of any other."""
    context = state.strategies.context
    if context is None or not sends(state, seat):
        return None
    return seat.strategy.lay(context, seat.name, instrument)


def _plain(state: State, found: Envelope, listing: Listing, desk: Desk, place: Place) -> bool:
    """Whether an order is of the kind that `envelope` lets pass, and nothing is to be done but to write it down."""
    qty, pace, instrument = place.qty, state.limits.pace, listing.instrument
    return (
        KNOWN
        and place.by == YOU
        and place.strategy is None
        and qty is not None
        and place.budget is None
        and not place.reduce_only
        and place.tif is not Tif.GTD
        and (not place.post_only or (found.can_rest and place.tif not in AT_ONCE))
        and qty.is_finite()
        and found.least <= qty <= MOST
        and not qty % instrument.step
        and pace is found.pace
        and pace.two_seconds > 0
        and pace.minute > 0
        and not desk.external
        and place.instrument in desk.followed
        and instrument.family in state.rostered
        and state.strategies.steady != (0, 0)
        and listing.ordered is not None
    )


def _prices(listing: Listing, place: Place) -> Iterator[Ticks]:
    """Yield the prices of its leg that lie near the touch."""
    book, top = listing.book, listing.top
    near = [price for price in (book.best_bid, book.best_ask) if price is not None]
    for band in listing.instrument.grid:
        for price in near:
            first = price - (price - band.start) % band.step - AROUND * band.step
            last = first + (2 * AROUND + 1) * band.step
            for yes in range(max(first, band.start), min(last, band.stop) + 1, band.step):
                yield Ticks(yes if place.leg is Leg.YES else top - yes)


def _told(state: State, found: Envelope, listing: Listing, place: Place, price: Ticks) -> Told | None:
    instrument: Instrument = listing.instrument
    one = replace(place, price=price)
    if not 0 < price < TICKS_PER_UNIT or place.qty is None:
        return None
    if any(weighing.crosses(other, one, listing.top) for other in found.others):
        return None
    passed = envelope.weighed(state, found, instrument, one, place.qty, price * instrument.unit)
    if passed is None:
        return None
    yes = price if place.leg is Leg.YES else listing.top - price
    met = gates.approve(NOBODY, one, "", Nanos(0), reducing=passed.reducing).gates
    loss = passed.event_loss_after
    before = state.venue_losses.get(found.key, NO_MONEY)
    return Told(yes, met, passed.reducing, loss, state.venue_loss - before + loss)
