"""Whether the gate that refused a strategy's last order refuses the next one too, before all else of it is weighed.

A quoter goes on asking while a count stands in its way, and to weigh an order whole costs a hundred times the count.
Only gates are looked at here that follow from counts alone. Each spares what only makes a position smaller, so an
order that could do that is weighed whole; so is every order while trading is halted, which is to be told first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.effects import Refused
from engine.core.ids import EMBEDDED
from engine.core.units import Leg, Side
from engine.kernel import automated, dealing
from engine.maths import contracts
from engine.risk import flow_measures, measures
from engine.risk.probe import Probe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.core.commands import Place
    from engine.kernel.state import State
    from engine.kernel.strategies.seats import Seat
    from engine.risk.measures import Known, Measure

MEASURES: Final[Mapping[str, Callable[[Probe, Known], Measure]]] = {
    "MESSAGE_RATIO": flow_measures.message_ratio,
    "OPEN_ORDERS": measures.open_orders,
}
"""By code of the gate: what says no, from what `_counted` fills in."""
YES, BUY = Leg.YES, Side.BUY


def refused(state: State, seat: Seat, place: Place) -> Refused | None:
    """Return the refusal of the gate that refused a line's last order, if it is certain to refuse this one too."""
    code, session = seat.refused, state.session
    measure = MEASURES.get(code)
    if measure is None or session.halted_by or session.reduce_only or seat.halted or _may_reduce(state, place):
        return None
    found = measure(_counted(state, seat, place), state.limits.values())
    if not found.refuses:
        return None
    answer = Refused(place=place, gate=code, text=found.text, limit=found.limit, would_be=found.used)
    dealing.noted(state, answer)
    return answer


def _may_reduce(state: State, place: Place) -> bool:
    """Whether an order may close something, or is in something that is margined as a whole."""
    listing = state.listings.get(place.instrument)
    if place.instrument.venue == EMBEDDED or listing is None or contracts.is_derivative(listing.instrument):
        return True
    closed = place.leg if place.side is not BUY else Leg.NO if place.leg is YES else YES
    return bool(state.book.get(place.instrument, closed).qty)


def _counted(state: State, seat: Seat, place: Place) -> Probe:
    flow = automated.flow_of(state, seat.name)
    flow.prune(state.now)
    found = Probe(place, state.now, state.now, strategy=seat.name)
    found.messages, found.executions = len(flow.messages), len(flow.executions)
    found.open_orders = sum(1 for _ in state.register.open())
    return found
