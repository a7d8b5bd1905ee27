"""Our own orders on a ladder, one by one: those that work and those that ended lately."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from engine.core.order import Status
from engine.core.units import SECOND, Leg, Side, Ticks
from engine.kernel.project.account import word
from engine.views.ladder import ENDED, OwnOrder

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.ids import InstrumentId
    from engine.kernel.state import State
    from engine.orders.register import Order

    RowOf = Callable[[Ticks, bool], Ticks]
    """The row at which a price of YES stands, given whether it lies on the bid side."""

SLOW: Final = 3 * SECOND
RECONCILING: Final = "Unknown — reconciling"
"""What is said of an order whose venue has not answered for so long."""
OPEN: Final = {
    Status.SENT: "sent",
    Status.WORKING: "working",
    Status.PARTIAL: "partial",
    Status.AMENDING: "moved",
    Status.CANCELING: "canceling",
    Status.LOST: "lost",
}


def working(state: State, instrument: InstrumentId, top: int, row_of: RowOf) -> tuple[OwnOrder, ...]:
    """Return our orders of an instrument of which something may still come, oldest first."""
    some = state.register.working(instrument)
    return tuple(_own(one, OPEN[one.status], top, row_of, slow=_slow(state, one)) for one in some)


def ended(state: State, instrument: InstrumentId, top: int, row_of: RowOf) -> tuple[OwnOrder, ...]:
    """Return our orders of an instrument that ended lately, oldest first."""
    some = (o for o in reversed(state.register.recent) if o.place.instrument == instrument and o.ended)
    newest = [_own(one, one.status.value, top, row_of) for one in islice(some, ENDED)]
    return tuple(reversed(newest))


def _slow(state: State, one: Order) -> bool:
    """Whether a venue has not said for too long whether it has an order."""
    desk = state.desks.get(one.place.instrument.venue)
    return desk is not None and one.status is Status.SENT and state.now - one.moved_at > desk.real(SLOW)


def _own(one: Order, shown: str, top: int, row_of: RowOf, *, slow: bool = False) -> OwnOrder:
    place = one.place
    rises = (place.side is Side.BUY) == (place.leg is Leg.YES)
    row = None
    if place.price is not None and 0 < place.price < top:
        row = row_of(place.price if place.leg is Leg.YES else Ticks(top - place.price), rises)
    return OwnOrder(
        id=one.id,
        row=row,
        rises=rises,
        side=place.side,
        leg=place.leg,
        price=place.price,
        qty=one.quantity,
        filled=one.filled,
        state=shown,
        word=RECONCILING if slow else word(one),
        why=one.why,
        tif=place.tif,
        post_only=place.post_only,
        intent=place.intent,
    )
