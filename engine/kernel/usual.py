"""The usual order: one like the last, of which all but the price is known, with everything that will come of it.

Who trades asks for the same side, leg and size again and again. So in idle moments (`Kernel.prepare`) the last order of
an instrument is held against its envelope at every price near the touch, and what an order leaves behind is laid out:
its row, its views, what would be at risk. While that stands such an order is compared with it and with what moves by
itself (book, clocks, pace, results), and is let through; what is on disk of it is sent likewise. Every effect and
whatever else it leaves is the same as by way of `dealing`, which decides wherever anything is not as usual.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import astuple

from engine.core.commands import Place
from engine.core.effects import Approved, Keep, Row, Submit
from engine.core.ids import OrderId
from engine.core.snapshot import LIVE
from engine.core.units import Leg
from engine.kernel import weathering, weighing
from engine.kernel.desks import Pending
from engine.kernel.live import armed
from engine.kernel.sending import AS_SENT, PATIENCE, SENT
from engine.kernel.state import PRESSED_NS
from engine.orders.register import Order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from engine.core.effects import AnyEffect, Changed
    from engine.core.events import Asked, Kept
    from engine.core.ids import FamilyId, InstrumentId
    from engine.core.units import Money, Nanos, Ticks
    from engine.kernel.desks import Desk, Listing
    from engine.kernel.envelope import Envelope, Sums
    from engine.kernel.state import State

AFTER_SENT: Final = len(SENT)
ORDERS: Final = "orders"
ABSENT: Final = (0, 0)
"""Where there is none, not even a None."""
YES = Leg.YES
"""Here because looking a member up costs as much as a function."""
HEAD: Final = slice(0, 4)
SIDE, LEG, PRICE, QTY, BUDGET, INTENT, TAG, ORIGIN = 2, 3, 4, 5, 6, 7, 13, 14
TAIL: Final = slice(8, 13)
TERMS: Final = (
    "by", "instrument", "side", "leg", "price", "qty", "budget", "intent", "tif", "until", "post_only", "reduce_only",
    "strategy", "tag", "origin",
)  # fmt: skip
KNOWN: Final = Place.__struct_fields__ == TERMS
"""Every field of an order is one of those that are compared, or written into its row."""


class Told(msgspec.Struct, frozen=True, gc=False):
    """What comes of it at one price."""

    yes: int
    """That price, of YES."""
    gates: tuple[str, ...]
    reducing: bool
    loss: Money
    """The worst loss of its event with it."""
    venue_loss: Decimal
    """Sum of all such."""


@dataclass(slots=True, eq=False)
class Usual:
    """The order."""

    head: tuple[object, ...]
    tail: tuple[object, ...]
    """Its terms, as `TERMS` has them."""
    qty: str
    """As text: 1 and 1.0 are one quantity and two rows."""
    answers: Mapping[Ticks | None, Told]
    """By its price. One that is not here is for `dealing` to weigh."""
    sums: Sums
    """Of the account, as they were when the answers were made."""
    instrument: InstrumentId
    family: FamilyId | None
    listing: Listing
    desk: Desk
    reach: int
    """Nanoseconds before it within which others that were pressed are counted."""
    row: dict[str, str | int | float | None]
    shown: tuple[Changed, ...]
    ids: tuple[int, OrderId, str, str]
    """As `ids_of` has them."""


def asked(state: State, event: Asked) -> list[AnyEffect] | None:
    """Let the usual order through and return what is to be done; None, and nothing changed, where it is another.

    One function, long as it is: each call on this way takes as long as four comparisons.
    """
    place = event.command
    if type(place) is not Place:
        return None
    envelope = state.envelopes.ready.get((place.instrument, place.strategy))
    one = None if envelope is None else envelope.usual
    if envelope is None or one is None:
        return None
    terms, pressed_at, now = astuple(place), event.pressed_at, state.now
    told, price, qty, intent = one.answers.get(terms[PRICE]), terms[PRICE], terms[QTY], terms[INTENT]
    listing, desk, sums, pace, pressed = one.listing, one.desk, one.sums, envelope.pace, state.pressed
    book, heard, sent, session, register = listing.book, desk.heard_at, desk.sent, state.session, state.register
    bid, ask = book.best_bid, book.best_ask
    if (
        told is None
        or terms[HEAD] != one.head
        or terms[TAIL] != one.tail
        or str(qty) != one.qty
        or terms[BUDGET] is not None
        or listing.stale
        or bid is None
        or ask is None
        or abs(told.yes - (bid + ask) / 2) > envelope.collar
        or heard is None
        or now - heard > envelope.quiet
        or not now < envelope.until
        or now > envelope.last
        or state.limits.pace is not pace
        or len(register.opened) >= pace.open_orders
        or (intent and intent in register.intents)
        or (pressed and (len(pressed) >= pace.minute or pressed_at < pressed[-1][0]))
        or (pressed and pressed_at - pressed[-1][0] <= one.reach and hurried(state, one.reach, place, pressed_at))
        or (sent and sent[-1] > now - envelope.second and crowded(envelope, sent, now))
        or state.venue_loss is not sums.venue_loss
        or state.loss is not sums.loss
        or state.total is not sums.total
        or state.day_base is not sums.day_base
        or state.week_base is not sums.week_base
        or (session.mode == LIVE and not armed(state))
    ):
        return None
    state.strategies.steady = (now, pressed_at)
    number, order, client, then = one.ids if one.ids[0] == state.next_order else ids_of(state)
    state.next_order = number + 1
    approved = Approved(order=order, place=place, gates=told.gates, client=client, at=now)
    edge = None
    if one.family is not None and state.opinions.get(one.family, ABSENT) is not None:  # type: ignore[call-overload]
        edge = weathering.edge_of(state, listing, place)
    leg, middle = terms[LEG], (bid + ask) / 200
    entry = Order(
        order,
        place,
        now,
        quantity=qty,
        client=client,
        moved_at=now,
        edge=edge,
        book_at=listing.book_at,
        mid=middle if leg is YES else 100 - middle,
    )
    while pressed and pressed_at - pressed[0][0] > PRESSED_NS:
        pressed.popleft()
    pressed.append((pressed_at, (one.instrument, terms[SIDE], leg, price, qty, None)))
    sent.append(now)
    register.add(entry)
    state.pending[order] = Pending(approved, told.reducing, False, entry, listing, sums, state.turn)
    row = one.row.copy()
    row["id"], row["intent"], row["at"], row["price"], row["edge"] = order, intent, now, price, edge
    row["client"], row["tag"], row["origin"] = client, terms[TAG], terms[ORIGIN]
    losses, loss = state.venue_losses, told.loss
    losses.pop(envelope.key, None)
    if loss:
        losses[envelope.key] = loss
    state.venue_loss = told.venue_loss  # type: ignore[assignment]
    state.swings = None
    state.awaited = then
    state.envelopes.lapse()
    return [Keep(rows=(Row(ORDERS, row),), then=then), *one.shown]


def hurried(state: State, reach: int, place: Place, pressed_at: Nanos) -> bool:
    """Whether RATE or DUPLICATE may have something against an order so soon after another."""
    before = weighing.paced(state, place, pressed_at, reach)
    return bool(before.duplicates) or before.last_2s >= state.limits.pace.two_seconds


def crowded(envelope: Envelope, sent: Sequence[Nanos], now: Nanos) -> bool:
    """Whether as many orders as its venue takes in a second were let through to it in the last one."""
    most = envelope.each_second
    return most is not None and len(sent) >= most and (not most or sent[-most] > now - envelope.second)


def ids_of(state: State) -> tuple[int, OrderId, str, str]:
    """Return number, id and client id of the next order, and what its commit says back."""
    digits = f"{state.next_order:06d}"
    return state.next_order, OrderId("o-" + digits), state.salt + "-" + digits, SENT + "o-" + digits


def kept(state: State, event: Kept) -> list[AnyEffect] | None:
    """Send the last order, which is on disk, if it was the usual one or a strategy's that its envelope let pass.

    None, and nothing changed, where that is for `releasing` to see to. Where nothing but books and trades of others
    came between, only these can have stopped it, and the clock.
    """
    order = event.what[AFTER_SENT:]
    waiting = state.pending.get(order)  # type: ignore[call-overload]
    if waiting is None or event.more:
        return None
    entry, listing, sums, strategy = waiting.entry, waiting.listing, waiting.sums, waiting.approved.place.strategy
    seat = None if strategy is None else state.strategies.seats.get(strategy)
    if (
        entry is None
        or listing is None
        or sums is None
        or state.turn - waiting.turn != 1  # something else happened
        or entry.status is not AS_SENT
        or (seat is not None and seat.halted)
        or listing.stale
        or state.total is not sums.total
        or state.day_base is not sums.day_base
        or state.week_base is not sums.week_base
        or state.now - waiting.approved.at > PATIENCE  # of the session's clock, which may run fast: then it is in doubt
        or (state.session.mode == LIVE and not armed(state))
    ):
        return None
    del state.pending[order]  # type: ignore[arg-type]
    entry.moved_at = state.now
    if state.envelopes.ready:
        state.envelopes.lapse()
    return [Submit(order=waiting.approved)]
