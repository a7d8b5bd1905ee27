"""A line's next order, laid out before the line speaks: what is left is a comparison, and the writing down.

In idle moments (`Kernel.prepare`) a line says what it is likely to want next (`Strategy.foresee`), and each such order
is held against its envelope (`kernel.strategies.layout`). While that stands, an intent is sized by the line and
compared with what moves by itself: book, clocks, pace, results, what feeds it. Every effect and whatever else it leaves
is the same as by way of `Strategy.size` and `dealing.propose`, which decide wherever anything is not as laid out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.core.effects import Approved, Keep, Row
from engine.core.snapshot import LIVE
from engine.core.units import MINUTE, Leg, Nanos
from engine.kernel import usual
from engine.kernel.desks import Pending
from engine.kernel.live import armed
from engine.kernel.state import PRESSED_NS
from engine.kernel.strategies import keeping
from engine.kernel.strategies.next_order import next_of, place_of
from engine.orders.register import Order
from engine.risk.flow import ROOM, Repeat
from engine.strategies.base import OTHER

if TYPE_CHECKING:
    from engine.core.effects import Changed
    from engine.core.ids import FamilyId, OrderId, Topic
    from engine.kernel.desks import Desk, Listing
    from engine.kernel.envelope import Envelope, Sums
    from engine.kernel.state import State
    from engine.kernel.strategies.next_order import Next
    from engine.kernel.strategies.seats import Seat
    from engine.risk.flow import Flow
    from engine.strategies.base import Foreseen
    from engine.strategies.said import Want

ORDERS: Final = "orders"
LAPSE: Final = "lapse:"
"""Timer: the end of an order's time."""
YES = Leg.YES
"""Here because looking a member up costs as much as a function."""


@dataclass(slots=True, eq=False)
class Ahead:
    """One line's in one instrument."""

    foreseen: Foreseen
    orders: list[Next | None]
    """As `foreseen` numbers them; None is for the gates to weigh."""
    waiting: list[int]
    """Numbers of those that are not held against the envelope yet."""
    number: int
    """Of the order."""
    order: OrderId
    client: str
    then: str
    """What its commit says back."""
    said: str
    sums: Sums
    """Of the account, as they were when this was laid out."""
    family: FamilyId
    listing: Listing
    desk: Desk
    flow: Flow
    reach: int
    """Nanoseconds before it within which other orders of ours that were pressed are counted."""
    until: int
    """It does not stand from then on."""
    prune: int
    """From then on some of what the line did lately is too old to count."""
    shown: dict[Topic, Changed]


def sent(state: State, seat: Seat, want: Want, envelope: Envelope, one: Ahead) -> bool:
    """Let the order through that an intent asks for if it is laid out; False, and nothing changed, where it is not.

    One function, long as it is: each call on this way takes as long as four comparisons.
    """
    now, own, sums, listing, desk, flow = state.now, state.strategies, one.sums, one.listing, one.desk, one.flow
    steady_at, steady = own.steady
    pressed_at = Nanos(steady + int((now - steady_at) / own.pace))  # as `intents.pressed_at` has it
    pressed, sent_at, pace, register, session = state.pressed, desk.sent, envelope.pace, state.register, state.session
    book, heard, bounds = listing.book, desk.heard_at, envelope.bounds
    bid, ask = book.best_bid, book.best_ask
    if (
        state.next_order != one.number
        or now >= one.until
        or seat.refused
        or listing.stale
        or bid is None
        or ask is None
        or heard is None
        or now - heard > envelope.quiet
        or bounds is None
        or state.limits.pace is not pace
        or len(register.opened) >= pace.open_orders
        or (pressed and (len(pressed) >= pace.minute or pressed_at < pressed[-1][0]))
        or (sent_at and sent_at[-1] > now - envelope.second and usual.crowded(envelope, sent_at, now))
        or state.venue_loss is not sums.venue_loss
        or state.loss is not sums.loss
        or state.total is not sums.total
        or state.day_base is not sums.day_base
        or state.week_base is not sums.week_base
        or state.opinions.get(one.family) is not None  # type: ignore[call-overload]
        or (session.mode == LIVE and not armed(state))
    ):
        return False
    for feed, second in envelope.feeds:
        last = feed.last
        if last is not None and (now - last.at) / second <= envelope.fresh:
            break
    else:
        return False
    found = one.foreseen.size(want, now)
    if found is None:
        return False
    number, sized = found
    told = next_of(state, envelope, listing, place_of(state, seat, sized)) if number == OTHER else one.orders[number]
    if told is None:
        return False
    place, mark, before, times = told.place, (bid, ask), flow.repeats.get(told.like), 0
    if (
        abs(told.yes - (bid + ask) / 2) > envelope.collar
        or sized.qty is not place.qty
        or sized.price != place.price
        or sized.leg is not place.leg
        or sized.side is not place.side
        or sized.tif is not place.tif
        or sized.key != place.tag
        or sized.post_only is not place.post_only
        or sized.reduce_only
        or sized.budget is not None
        or (pressed and pressed_at - pressed[-1][0] <= one.reach and usual.hurried(state, one.reach, place, pressed_at))
    ):
        return False
    if before is not None and now - before.at < MINUTE and before.mark == mark:
        times = before.times
    if times >= bounds.alike or len(flow.repeats) >= ROOM:
        return False
    if now >= one.prune:
        flow.prune(now)
    order, state.next_order = one.order, one.number + 1
    middle = (bid + ask) / 200
    entry = Order(
        order,
        place,
        now,
        edge=None if sized.edge is None else 100 * sized.edge,
        mid=middle if place.leg is YES else 100 - middle,
        book_at=listing.book_at,
        fair=sized.fair,
        why_sent=sized.why,
        quantity=place.qty,
        client=one.client,
        moved_at=now,
    )
    while pressed and pressed_at - pressed[0][0] > PRESSED_NS:
        pressed.popleft()
    pressed.append((pressed_at, told.likeness))
    sent_at.append(now)
    register.add(entry)
    state.turn += 1
    approved = Approved(order=order, place=place, gates=told.gates, client=one.client, at=now)
    state.pending[order] = Pending(approved, told.reducing, False, entry, listing, sums, state.turn)
    state.awaited = one.then
    row = told.row
    row["at"] = now
    out = state.out
    out.effects.append(Keep(rows=(Row(ORDERS, row),), then=one.then))
    key, losses = envelope.key, state.venue_losses
    flow.repeats[told.like] = Repeat(mark, now, times + 1)
    if not place.post_only:
        flow.events[key] = flow.events.get(key, 0) + 1
    flow.sent.append(now)
    flow.messages.append(now)
    losses.pop(key, None)
    if told.loss:
        losses[key] = told.loss
    state.venue_loss = told.venue_loss
    state.swings = None
    out.views.update(one.shown)
    state.envelopes.lapse()
    seat.refused, seat.last = "", sized
    went(state, seat, sized, order, one.said)
    return True


def went(state: State, seat: Seat, want: Want, order: OrderId, said: str) -> None:
    """Take note of a line's order that was let through."""
    key, now = want.key or order, state.now
    seat.orders[key] = order
    state.strategies.by_order[order] = (seat.spec.name, key)
    seat.real.day(now).orders += 1
    seat.last_said = said
    if want.ttl is not None:
        state.out.wake(Nanos(now + want.ttl), LAPSE + order)
    seat.strategy.sent(state.strategies.context, want)  # type: ignore[arg-type]
    for thing in seat.strategy.remembers(seat.spec.name):
        state.out.keep((keeping.memory(seat, thing, now),))
