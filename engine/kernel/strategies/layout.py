"""Lays the next order of each line out: what would come of every order that it is likely to want. In idle moments."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from engine.core.units import MINUTE, Leg, Nanos
from engine.kernel import envelope
from engine.kernel.probing import TWO_SECONDS
from engine.kernel.strategies.ahead import Ahead
from engine.kernel.strategies.context import sends
from engine.kernel.strategies.next_order import next_of, place_of
from engine.kernel.usual import ids_of
from engine.risk.flow import FEWEST, LONG, MEMORY
from engine.risk.flow_measures import FREE_MESSAGES

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Sequence

    from engine.core.commands import Place
    from engine.kernel.desks import Desk, Listing
    from engine.kernel.envelope import Envelope
    from engine.kernel.state import State
    from engine.kernel.strategies.seats import Seat
    from engine.risk.flow import Flow
    from engine.strategies.said import Want

NEVER: Final = 2**62
EACH: Final = 4
"""Orders that are held against their gates at once."""
LIKELY: Final = 8
"""Of all, how many are told to who may have them ready: those at the offer of either leg and a step about it."""


def begin(state: State, found: Envelope, seat: Seat, listing: Listing, desk: Desk) -> Ahead | None:
    """Return a line's next orders in an instrument, none of them weighed; None where it sends none that is usual."""
    context, flow, pace = state.strategies.context, found.flow, state.limits.pace
    family, instrument = listing.instrument.family, listing.instrument.id
    if context is None or flow is None or family is None or not sends(state, seat):
        return None
    if not _plain(state, found, flow, listing, desk):
        return None
    foreseen = seat.strategy.foresee(context, seat.spec.name, instrument)
    if foreseen is None:
        return None
    number, order, client, then = ids_of(state)
    return Ahead(
        foreseen=foreseen,
        orders=[None] * len(foreseen.wants),
        waiting=_farthest_first(foreseen.wants, listing),
        number=number,
        order=order,
        client=client,
        then=then,
        said=f"sent as {order}",
        sums=found.sums,
        family=family,
        listing=listing,
        desk=desk,
        flow=flow,
        reach=max(pace.spell, TWO_SECONDS),
        until=min(found.until, found.last + 1, found.reported + 1, _until(flow, state.now)),
        prune=_oldest(flow),
        shown=listing.ordered or {},
    )


def _farthest_first(wants: Sequence[Want], listing: Listing) -> list[int]:
    """Return the numbers of all wants, those whose price lies nearest the touch last."""
    touch, top = [price for price in (listing.book.best_bid, listing.book.best_ask) if price is not None], listing.top

    def away(number: int) -> int:
        one = wants[number]
        yes = 0 if one.price is None else one.price if one.leg is Leg.YES else top - one.price
        return min((abs(yes - near) for near in touch), default=0)

    return sorted(range(len(wants)), key=away, reverse=True)


def go_on(state: State, found: Envelope, seat: Seat, one: Ahead) -> list[Place]:
    """Hold a few more of the orders against the envelope, the nearest first; return those that are likely to come.

    A few at a time: an event that comes meanwhile waits for them.
    """
    places: list[Place] = []
    for _ in range(min(EACH, len(one.waiting))):
        number = one.waiting.pop()
        made = next_of(state, found, one.listing, place_of(state, seat, one.foreseen.wants[number]))
        if made is not None:
            one.orders[number] = made
            places.append(made.place)
    if found.sums is not one.sums:
        found.ahead = None
        return []
    places.reverse()
    first = len(one.orders) - len(one.waiting) - EACH < LIKELY
    return places if first else []


def _plain(state: State, found: Envelope, flow: Flow, listing: Listing, desk: Desk) -> bool:
    """Whether nothing is to be done but to write an order down, and no count of what the line did stands in its way."""
    pace, most = state.limits.pace, found.bounds
    messages = _lived(flow.messages, state.now, LONG)
    return (
        most is not None
        and pace is found.pace
        and pace.two_seconds > 0
        and pace.minute > 0
        and listing.instrument.id in desk.followed
        and listing.instrument.family in state.rostered
        and listing.ordered is not None
        and flow.input_at is None
        and found.each_second != 0
        and _lived(flow.sent, state.now, MINUTE) < most.a_minute
        and _lived(flow.fills, state.now, MINUTE) < most.fills
        and (
            messages < FREE_MESSAGES or messages + 1 <= max(1, _lived(flow.executions, state.now, LONG)) * most.messages
        )
        and (not flow.marked or state.now < flow.marked[0][0].due + MEMORY)
        and (len(flow.marked) < FEWEST or envelope.kind(flow, state.limits.known))
    )


def _lived(times: deque[Nanos], now: Nanos, span: int) -> int:
    """Return how many of some times, which only grow, are not too old to count."""
    gone = 0
    for at in times:
        if now - at < span:
            break
        gone += 1
    return len(times) - gone


def _until(flow: Flow, now: Nanos) -> int:
    """Return until when the counts that may become worse as what is old is forgotten are what they are."""
    ends = []
    if len(flow.messages) >= FREE_MESSAGES:
        ends += [at + LONG for at in itertools.islice((at for at in flow.executions if now - at < LONG), 1)]
    if len(flow.marked) >= FEWEST:
        ends.append(flow.marked[0][0].due + MEMORY)
    return min(ends, default=NEVER)


def _oldest(flow: Flow) -> int:
    """Return from when on `Flow.prune` drops something."""
    ends = [times[0] + MINUTE for times in (flow.sent, flow.fills) if times]
    ends += [times[0] + LONG for times in (flow.messages, flow.executions) if times]
    if flow.marked:
        ends.append(flow.marked[0][0].due + MEMORY)
    return min(ends, default=NEVER)
