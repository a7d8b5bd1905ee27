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
from engine.core.order import Status
from engine.core.units import Leg
from engine.kernel import weathering
from engine.kernel.desks import Pending
from engine.orders.register import Order

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from engine.core.effects import AnyEffect, Changed
    from engine.core.events import Asked, Kept
    from engine.core.ids import FamilyId, InstrumentId
    from engine.core.units import Money, Nanos, Ticks
    from engine.kernel.desks import Desk, Listing
    from engine.kernel.envelope import Envelope, Sums
    from engine.kernel.state import State

SENT: Final = "sent:"
AFTER_SENT: Final = len(SENT)
LIVE: Final = "live"
OPEN: Final = "open"
ORDERS: Final = "orders"
NOBODY: Final = (0, 0)
YES, AS_SENT = Leg.YES, Status.SENT
"""Here because looking a member up costs as much as a function."""
HEAD: Final = slice(0, 4)
PRICE, QTY, BUDGET, INTENT = 4, 5, 6, 7
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
    followed: frozenset[InstrumentId]
    reach: int
    """Nanoseconds before it in which no other may have been pressed, or they are counted."""
    row: dict[str, str | int | float | None]
    shown: tuple[Changed, ...]


def asked(state: State, event: Asked, place: Place) -> list[AnyEffect] | None:
    """Let the usual order through and return what is to be done; None, and nothing changed, where it is another."""
    envelope = state.envelopes.ready.get((place.instrument, place.strategy))
    one = None if envelope is None else envelope.usual
    if envelope is None or one is None:
        return None
    terms, pressed_at, now = astuple(place), event.pressed_at, state.now
    told = one.answers.get(terms[PRICE])
    if (
        told is None
        or terms[HEAD] != one.head
        or terms[TAIL] != one.tail
        or str(terms[QTY]) != one.qty
        or terms[BUDGET] is not None
        or not _calm(state, one, envelope, told, pressed_at, now)
        or state.register.of_intent(place.intent) is not None
    ):
        return None
    return _let_through(state, one, envelope, told, place, pressed_at, now)


def _calm(state: State, one: Usual, envelope: Envelope, told: Told, pressed_at: Nanos, now: Nanos) -> bool:
    """Whether nothing that moves by itself says otherwise."""
    listing, desk, sums, pace, pressed = one.listing, one.desk, one.sums, envelope.pace, state.pressed
    book, heard, sent = listing.book, desk.heard_at, desk.sent
    bid, ask = book.best_bid, book.best_ask
    session = state.session
    return not (
        listing.stale
        or bid is None
        or ask is None
        or abs(told.yes - (bid + ask) / 2) > envelope.collar
        or heard is None
        or now - heard > envelope.quiet
        or not now < envelope.until
        or now > envelope.last
        or state.limits.pace is not pace
        or state.register.waiting >= pace.open_orders
        or (pressed and (len(pressed) >= pace.minute or pressed_at - pressed[-1][0] <= one.reach))
        or (sent and sent[-1] > now - envelope.second)
        or desk.external
        or desk.followed is not one.followed
        or state.venue_loss is not sums.venue_loss
        or state.loss is not sums.loss
        or state.total is not sums.total
        or state.day_base is not sums.day_base
        or state.week_base is not sums.week_base
        or state.strategies.steady == NOBODY
        or (session.mode == LIVE and (session.armed_until is None or now >= session.armed_until))
    )


def _let_through(
    state: State, one: Usual, envelope: Envelope, told: Told, place: Place, pressed_at: Nanos, now: Nanos
) -> list[AnyEffect]:
    """Do what `dealing` does of an order that may pass."""
    state.strategies.steady = (now, pressed_at)
    digits = f"{state.next_order:06d}"
    state.next_order += 1
    order, client = "o-" + digits, state.salt + "-" + digits
    listing, instrument, leg, price = one.listing, one.instrument, place.leg, place.price
    approved = Approved(order=order, place=place, gates=told.gates, client=client, at=now)  # type: ignore[arg-type]
    edge = None
    if one.family is not None and state.opinions.get(one.family, NOBODY) is not None:  # type: ignore[call-overload]
        edge = weathering.edge_of(state, listing, place)
    book = listing.book
    middle = (book.best_bid + book.best_ask) / 200  # type: ignore[operator]  # `_calm` saw both
    entry = Order(
        order,  # type: ignore[arg-type]
        place,
        now,
        quantity=place.qty,
        client=client,
        moved_at=now,
        edge=edge,
        book_at=listing.book_at,
        mid=middle if leg is YES else 100 - middle,
    )
    state.press(pressed_at, (instrument, place.side, leg, price, place.qty, None))
    one.desk.sent.append(now)
    state.register.add(entry)
    state.pending[order] = Pending(  # type: ignore[index]
        approved, told.reducing, False, entry, listing, one.desk, one.sums, envelope.pace
    )
    row = one.row.copy()
    row["id"], row["intent"], row["at"], row["price"], row["edge"] = order, place.intent, now, price, edge
    row["client"], row["tag"], row["origin"] = client, place.tag, place.origin
    losses, loss = state.venue_losses, told.loss
    losses.pop(envelope.key, None)
    if loss:
        losses[envelope.key] = loss
    state.venue_loss = told.venue_loss  # type: ignore[assignment]
    state.swings = None
    state.envelopes.lapse()
    return [Keep(rows=(Row(ORDERS, row),), then=SENT + order), *one.shown]


def kept(state: State, event: Kept) -> list[AnyEffect] | None:
    """Send a usual order that is on disk; None, and nothing changed, for `releasing` to see to."""
    what = event.what
    order = what[AFTER_SENT:]
    waiting = state.pending.get(order)  # type: ignore[call-overload]
    if waiting is None or event.more or what[:AFTER_SENT] != SENT or what in state.released:
        return None
    entry, listing, desk, sums, session = waiting.entry, waiting.listing, waiting.desk, waiting.sums, state.session
    if (
        entry is None
        or listing is None
        or desk is None
        or sums is None
        or entry.status is not AS_SENT
        or session.halted_by
        or session.reduce_only
        or (session.mode == LIVE and (session.armed_until is None or state.now >= session.armed_until))
        or not desk.open
        or not desk.reconciled
        or listing.stale
        or listing.status != OPEN
        or state.listings.get(waiting.approved.place.instrument) is not listing
        or state.limits.pace is not waiting.pace
        or state.total is not sums.total
        or state.day_base is not sums.day_base
        or state.week_base is not sums.week_base
    ):
        return None
    del state.pending[order]  # type: ignore[arg-type]
    entry.moved_at = state.now
    state.envelopes.lapse()
    return [Submit(order=waiting.approved)]
