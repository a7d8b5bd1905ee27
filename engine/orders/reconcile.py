"""Our orders held against a picture of the venue's account: the events that close the gap. Pure.

A picture is a moment of the past: what we learnt of an order since it was asked for is newer than what it says, so
such an order keeps its standing; its fills count all the same, since a trade id counts once. An order ends only when
the fills that the venue says it has are known, so that no position is ever short of one.

Not found is not a no: a venue's books of orders lag. It takes `ABSENCES` pictures, asked for some time after the
order was sent, and one look for that order alone, until an order is taken for one that never arrived.

Sources: promises P8 to P10; NautilusTrader, live reconciliation (counts and the targeted last query).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.events import (
    Accepted,
    Amended,
    AmendRefused,
    Canceled,
    Expired,
    Filled,
    Rejected,
)
from engine.core.order import Status
from engine.core.units import SECOND, Nanos

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from engine.core.events import OrderEvent, Pictured, Seen, SeenFill
    from engine.core.ids import OrderId
    from engine.orders.register import Order

ABSENCES: Final = 5
"""Pictures without an order, before it is looked for alone."""
SETTLES: Final = Nanos(3 * SECOND)
"""A picture asked for sooner after an order was sent says nothing by not showing it."""
ZERO: Final = Decimal(0)
GONE: Final = frozenset({"canceled", "expired", "rejected"})


@dataclass(slots=True)
class Gap:
    """What a picture says beyond what we knew."""

    events: list[OrderEvent] = field(default_factory=list)
    """In the order in which they are to be taken."""
    external: list[Seen] = field(default_factory=list)
    """Orders that work there and are not ours."""
    stray: list[tuple[Order, Seen]] = field(default_factory=list)
    """Orders of ours that ended for us and work there all the same."""
    again: list[Order] = field(default_factory=list)
    """Orders that work although they were asked back, long enough ago."""
    absent: list[Order] = field(default_factory=list)
    """Open orders that the venue was asked for and does not have."""
    short: list[Order] = field(default_factory=list)
    """Orders whose fills are not all known: the venue says they traded more."""
    foreign: list[SeenFill] = field(default_factory=list)
    """Fills that belong to no order of ours."""
    later: bool = False
    """What had just happened to an order may be too new for this picture: that is looked at once more."""


@dataclass(frozen=True, slots=True)
class Ours:
    """What we know of our orders on one venue."""

    orders: Mapping[OrderId, Order]
    """All, ended ones too."""
    by_client: Mapping[str, OrderId]
    by_venue: Mapping[str, OrderId]
    booked: Callable[[OrderId, str], bool]
    """Whether a fill is counted: by order and trade id."""
    waiting: frozenset[OrderId]
    """Those of which nothing has left yet."""
    named: frozenset[OrderId]
    """Those that this picture was asked for by name."""
    taken_back: frozenset[OrderId]
    settles: Nanos = SETTLES
    """By the session's clock, which may run fast."""


def compare(picture: Pictured, ours: Ours) -> Gap:
    """Return what a picture says beyond what we knew."""
    gap = Gap()
    seen = _matched(picture.orders, ours, gap)
    fills = _fills(picture, ours, gap)
    for order in ours.orders.values():
        if order.id in ours.waiting:
            continue
        new = fills.get(order.id, [])
        gap.events.extend(new)
        found = seen.get(order.id)
        if found is not None and found.status != "absent":
            _one(order, found, sum((f.qty for f in new), ZERO), picture, ours, gap)
        elif not order.ended:
            _missing(order, new, picture, ours, gap)
    return gap


def owner(seen: Seen, ours: Ours) -> OrderId | None:
    """Return which of our orders an order at the venue is."""
    for found in (seen.order, ours.by_client.get(seen.client), ours.by_venue.get(seen.venue_order)):
        if found is not None and found in ours.orders:
            return found
    return None


def _matched(some: Iterable[Seen], ours: Ours, gap: Gap) -> dict[OrderId, Seen]:
    found: dict[OrderId, Seen] = {}
    for seen in some:
        order = owner(seen, ours)
        if order is not None:
            before = found.get(order)
            if before is None or before.status == "absent":
                found[order] = seen
        elif seen.status == "working":
            gap.external.append(seen)
    return found


def _fills(picture: Pictured, ours: Ours, gap: Gap) -> dict[OrderId, list[Filled]]:
    found: dict[OrderId, list[Filled]] = {}
    told: set[tuple[OrderId, str]] = set()
    for fill in picture.fills:
        order = fill.order
        if order is None or order not in ours.orders:
            gap.foreign.append(fill)
            continue
        if ours.booked(order, fill.trade_id) or (order, fill.trade_id) in told:
            continue
        told.add((order, fill.trade_id))
        event = Filled(
            at=picture.at,
            order=order,
            trade_id=fill.trade_id,
            price=fill.price,
            qty=fill.qty,
            cost=fill.cost,
            fee=fill.fee,
            maker=fill.maker,
            fee_in=fill.fee_in,
        )
        found.setdefault(order, []).append(event)
    return found


def _one(order: Order, seen: Seen, new: Decimal, picture: Pictured, ours: Ours, gap: Gap) -> None:
    """Hold one order against what the venue shows of it."""
    at, filled = picture.at, order.filled + new
    newer = order.moved_at >= picture.asked_at
    if order.ended:
        if seen.status == "working" and picture.asked_at - order.moved_at >= ours.settles:
            gap.stray.append((order, seen))
        elif seen.status == "working":
            gap.later = True
        return
    replaced = seen.status == "working" and seen.venue_order != order.venue_order and not newer
    if seen.venue_order and (order.status in {Status.SENT, Status.LOST} or not order.venue_order or replaced):
        gap.events.append(Accepted(at=at, order=order.id, venue_order=seen.venue_order))
    if seen.filled is not None and seen.filled > filled:
        gap.short.append(order)
        return
    if seen.status == "working":
        if not newer:
            _working(order, seen, picture, ours, gap)
    elif seen.status == "filled":
        if seen.qty is not None and (seen.qty != order.quantity or order.amending is not None):
            price = order.place.price if seen.price is None else seen.price
            if price is not None:
                gap.events.append(Amended(at=at, order=order.id, price=price, qty=seen.qty))
            return
        if order.quantity is not None and filled < order.quantity and seen.filled is None:
            gap.short.append(order)
        elif order.quantity is not None and filled < order.quantity:
            gap.events.append(Canceled(at=at, order=order.id, why="the venue closed what was left of it"))
        else:
            gap.events.append(Accepted(at=at, order=order.id, venue_order=seen.venue_order or order.venue_order))
    elif seen.status in GONE:
        gap.events.append(_gone(order, seen, picture))


def _working(order: Order, seen: Seen, picture: Pictured, ours: Ours, gap: Gap) -> None:
    """It works there, and nothing newer is known."""
    at = picture.at
    if order.status in {Status.SENT, Status.LOST}:
        gap.events.append(Accepted(at=at, order=order.id, venue_order=seen.venue_order or order.venue_order))
    long_ago = picture.asked_at - order.moved_at >= ours.settles
    if order.id in ours.taken_back and order.status is not Status.AMENDING:
        if long_ago or order.status is Status.LOST:
            gap.again.append(order)
        return
    if seen.price is None or seen.qty is None:
        return
    if order.amending is not None and (seen.price, seen.qty) == order.amending:
        gap.events.append(Amended(at=at, order=order.id, price=seen.price, qty=seen.qty))
    elif order.amending is not None and long_ago:
        gap.events.append(AmendRefused(at=at, order=order.id, code="not_done"))
    elif order.amending is None and (seen.price, seen.qty) != (order.place.price, order.quantity):
        gap.events.append(Amended(at=at, order=order.id, price=seen.price, qty=seen.qty))


def _gone(order: Order, seen: Seen, picture: Pictured) -> OrderEvent:
    if seen.status == "rejected":
        return Rejected(at=picture.at, order=order.id, code="rejected", text="the venue had not taken it")
    if seen.status == "expired":
        return Expired(at=picture.at, order=order.id)
    why = "cancelled" if order.status is Status.CANCELING else "cancelled at the venue while we did not hear it"
    return Canceled(at=picture.at, order=order.id, why=why)


def _missing(order: Order, new: list[Filled], picture: Pictured, ours: Ours, gap: Gap) -> None:
    """An open order is not in the picture: filled if its fills say so; else it is absent, which settles nothing yet."""
    filled = order.filled + sum((f.qty for f in new), ZERO)
    if order.most is not None and filled >= order.most:
        return
    settled = picture.asked_at - max(order.sent_at, order.moved_at) >= ours.settles or order.status is Status.LOST
    if order.id in ours.named and settled and picture.asked_at - order.sent_at >= ours.settles:
        gap.absent.append(order)
    else:
        gap.later = True


def differences(
    held: Mapping[tuple[str, str], Decimal], theirs: Mapping[tuple[str, str], Decimal]
) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """Return where two accounts of positions differ: (symbol, leg) to what we hold and what they say."""
    found = {}
    for key in sorted({*held, *theirs}):
        mine, other = held.get(key, ZERO), theirs.get(key, ZERO)
        if mine != other:
            found[key] = (mine, other)
    return found
