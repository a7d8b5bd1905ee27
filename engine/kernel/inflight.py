"""What every part of the life of an order on a venue needs: what to tell a gateway of it, its row, asking it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.commands import Cancel, Tif
from engine.core.effects import Withdraw
from engine.core.ids import EMBEDDED
from engine.core.instrument import Known
from engine.kernel import venue_rows
from engine.kernel.outbox import named
from engine.views import topics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.ids import OrderId, VenueId
    from engine.core.units import Nanos
    from engine.kernel.state import State
    from engine.orders.register import Order


def known_of(one: Order) -> Known:
    """Return what a gateway needs to know of an order."""
    place = one.place
    return Known(
        client=one.client,
        order=one.id,
        instrument=place.instrument,
        side=place.side,
        leg=place.leg,
        price=place.price,
        qty=one.quantity,
        filled=one.filled,
        sent_at=one.sent_at,
        venue_order=one.venue_order,
    )


def ends_of(some: Iterable[Order]) -> dict[OrderId, Nanos]:
    """Return when the time of those orders runs out that were sent with one."""
    return {one.id: one.place.until for one in some if one.place.tif is Tif.GTD and one.place.until is not None}


def on_venue(one: Order) -> bool:
    """Whether an order is for a venue."""
    return one.place.instrument.venue != EMBEDDED


def open_on(state: State, venue: VenueId) -> list[Order]:
    """Return the orders of which a venue may still bring something, oldest first."""
    return [one for one in state.register.open() if one.place.instrument.venue == venue]


def take_back(state: State, one: Order) -> None:
    """Ask an order back. Always allowed; nothing comes in its stead, unless whoever takes it back says so."""
    state.shifting.pop(one.id, None)
    ask_back(state, one)


def ask_back(state: State, one: Order) -> None:
    """Ask an order back, or once more, as often as it is wanted; what has not left never will."""
    state.register.ask(one.id, Cancel)
    state.taken_back.add(one.id)
    state.envelopes.lapse()
    one.moved_at = state.now
    if one.id not in state.pending:
        withdraw(state, one)
    keep(state, one)
    touched(state, one)


def withdraw(state: State, one: Order) -> None:
    """Ask the venue to cancel an order."""
    state.out.want(Withdraw(order=one.id, known=known_of(one)))


def keep(state: State, one: Order) -> None:
    """Have an order's row written as it now stands."""
    state.out.keep((venue_rows.order(state, one),))


def touched(state: State, one: Order) -> None:
    """Note the views that show an order."""
    instrument = one.place.instrument
    listing = state.listings.get(instrument)
    views = None if listing is None else listing.ordered
    if views is None:
        boards = () if listing is None else (one for one in listing.views if one.view == "board")
        account = (topics.ORDERS, topics.SPINE, topics.GATES, topics.POSITIONS)
        views = named(*account, topics.ladder(instrument.symbol), *boards)  # both count what may still fill
        if listing is not None:
            listing.ordered = views
    state.out.views.update(views)
