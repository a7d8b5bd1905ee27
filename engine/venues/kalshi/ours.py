"""Our orders on Kalshi while they live: which is which, what has filled, and what may be said when. Pure.

The same thing is told up to three times, in any order: by the answer to a request, on the socket, by REST. Here it
is said once:

* an order is ours by its client id, and from its first answer by the venue's id too;
* a fill is told once by its trade id, and one that comes before its order is known waits for it;
* an end is told after the fills that came before it: the venue says how much had filled, and until so much was told
  the end is held back. Fills that stay away are `missing`, to be asked for.
"""

from __future__ import annotations

import re
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.events import Accepted, Canceled, Expired, Filled
from engine.core.ids import OrderId, VenueOrderId
from engine.core.units import SECOND, Leg, Money, Nanos, Qty, Side
from engine.venues.kalshi.numbers import qty

if TYPE_CHECKING:
    from engine.core.effects import Approved
    from engine.core.events import Event
    from engine.core.ids import InstrumentId
    from engine.core.instrument import Known
    from engine.venues.kalshi.wire import UserOrderMsg
    from engine.venues.kalshi.wire_account import Fact

GRACE: Final = SECOND // 2
"""How long fills may stay behind what the venue says of their order before they are asked for."""
REMEMBERED: Final = 20_000
"""Orders, and trades each, that are remembered."""
WAITING: Final = 1_000
"""Fills of orders that nobody has named yet."""
ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
"""What the venue's id of an order looks like; it becomes part of a path."""
_TIMED_OUT: Final = frozenset({"ExpiryCancel", "CloseCancel"})
_WHY: Final = {
    "SelfTradeCancel": "it would have traded with an order of our own",
    "MarginCancel": "there was not enough cash for it",
    "HaltCancel": "the market was paused",
    "PostOnlyCrossCancel": "a post-only order would have traded at once",
    "ReduceOnlyCancel": "nothing was left to reduce",
}


@dataclass(slots=True)
class Mine:
    """One order of ours."""

    order: OrderId
    client: str
    instrument: InstrumentId
    side: Side
    leg: Leg
    qty: Qty | None
    venue_order: str = ""
    told: Decimal = Decimal(0)
    """How much of it was told as filled."""
    owed: Decimal = Decimal(0)
    """How much of it has filled, by the venue's word."""
    behind_since: Nanos | None = None
    looks: int = 0
    """How often fills that are owed were asked for."""
    end: Event | None = None
    """Told once no fill is owed."""
    ended: bool = False
    amending: bool = False
    held_back: list[UserOrderMsg] = field(default_factory=list)
    """Ends that came while it was being moved: the venue may have put another order in its place."""


@dataclass(slots=True)
class Ours:
    """All orders of ours that this session has named."""

    _by_client: OrderedDict[str, Mine] = field(default_factory=OrderedDict)
    _by_venue: dict[str, Mine] = field(default_factory=dict)
    _trades: OrderedDict[tuple[str, str], None] = field(default_factory=OrderedDict)
    _behind: dict[str, Mine] = field(default_factory=dict)
    _waiting: deque[Fact] = field(default_factory=lambda: deque(maxlen=WAITING))

    def add(self, order: Approved) -> Mine:
        """Name a new order, before it is sent."""
        place = order.place
        mine = Mine(order.order, order.client, place.instrument, place.side, place.leg, place.qty)
        return self._keep(mine)

    def learn(self, known: Known) -> Mine:
        """Name an order that the kernel knows, such as one of an earlier session."""
        mine = self._by_client.get(known.client)
        if mine is None:
            side, leg = known.side, known.leg
            mine = Mine(OrderId(known.order), known.client, known.instrument, side, leg, known.qty, told=known.filled)
            self._keep(mine)
        if not mine.venue_order and ID.fullmatch(known.venue_order):
            self._name(mine, known.venue_order)
        return mine

    def find(self, client: str | None, venue_order: str) -> Mine | None:
        """Return the order of a client id, else of a venue's id."""
        return self._by_client.get(client or "") or self._by_venue.get(venue_order)

    def forget(self, mine: Mine) -> None:
        """Drop an order that never came to be."""
        self._by_client.pop(mine.client, None)
        self._behind.pop(mine.client, None)

    def accepted(self, mine: Mine, venue_order: str, at: Nanos) -> list[Event]:
        """Take in that the venue has it, under this id; return what is news."""
        if mine.venue_order == venue_order:
            return []
        self._name(mine, venue_order)
        return [Accepted(at=at, order=mine.order, venue_order=VenueOrderId(venue_order)), *self.caught_up(at)]

    def filled_by(self, mine: Mine, owed: Decimal, at: Nanos) -> None:
        """Take in how much has filled by the venue's word."""
        mine.owed = max(mine.owed, owed)
        if mine.owed <= mine.told:
            self.even(mine)
        elif mine.behind_since is None:
            mine.behind_since = at
            self._behind[mine.client] = mine

    def fill(self, found: Fact, at: Nanos) -> list[Event]:
        """Take in a fill; return what is news of it. One of an order not named yet waits."""
        mine = self.find(found.client, found.order_id)
        if mine is None:
            self._waiting.append(found)
            return []
        key = (found.trade_id, mine.order)
        if key in self._trades:
            return []
        self._trades[key] = None
        if len(self._trades) > REMEMBERED:
            self._trades.popitem(last=False)
        told = self.accepted(mine, found.order_id, at) if not mine.venue_order else []
        mine.told += found.qty
        self.filled_by(mine, mine.told, at)
        price = found.price(mine.leg)
        event = Filled(
            at=at,
            order=mine.order,
            trade_id=found.trade_id,
            price=price,
            qty=found.qty,
            cost=Money(price * found.qty),
            fee=found.fee,
            maker=found.maker,
        )
        return [*told, event, *self._ending(mine)]

    def update(self, msg: UserOrderMsg, at: Nanos) -> list[Event]:
        """Take in how an order stands; return what is news. ValueError where a count is none."""
        mine = self.find(msg.client_order_id, msg.order_id)
        if mine is None:
            return []
        filled = qty(msg.fill_count_fp or "0")
        if msg.status == "resting":
            events = self.accepted(mine, msg.order_id, at)
            self.filled_by(mine, filled, at)
            return events
        if mine.amending:
            mine.held_back.append(msg)
            return []
        if mine.venue_order and mine.venue_order != msg.order_id:
            return []  # it was moved, and this is what it was moved from
        events = self.accepted(mine, msg.order_id, at)
        self.filled_by(mine, filled, at)
        if msg.status == "canceled":
            return events + self.end(mine, msg.last_update_reason or "", at)
        return events

    def end(self, mine: Mine, reason: str, at: Nanos) -> list[Event]:
        """Take in that what is left of an order is gone; it is told once its fills were."""
        if mine.ended or mine.end is not None:
            return []
        if reason in _TIMED_OUT:
            mine.end = Expired(at=at, order=mine.order)
        else:
            mine.end = Canceled(at=at, order=mine.order, why=_WHY.get(reason, ""))
        return self._ending(mine)

    def moved(self, mine: Mine, venue_order: str, total: Qty | None, at: Nanos) -> list[Event]:
        """Take in the answer to an amend (`total` None: refused); return what is news, held ends included."""
        mine.amending = False
        events: list[Event] = []
        if total is not None:
            mine.qty = total
            events += self.accepted(mine, venue_order, at)
        held, mine.held_back = mine.held_back, []
        for msg in held:
            events += self.update(msg, at)
        return events

    def missing(self, at: Nanos) -> list[Mine]:
        """Return the orders whose fills have stayed behind for too long."""
        return [m for m in self._behind.values() if m.behind_since is not None and at - m.behind_since >= GRACE]

    def even(self, mine: Mine) -> None:
        """Expect no more fills of an order than were told."""
        mine.behind_since, mine.looks = None, 0
        self._behind.pop(mine.client, None)

    def pictured(self, found: Fact, venue_orders: dict[str, str]) -> None:
        """Take in that a fill is told as part of a picture of the account.

        `venue_orders` names, by venue id, the client ids of the orders in that picture.
        """
        mine = self.find(found.client or venue_orders.get(found.order_id), found.order_id)
        if mine is None or (found.trade_id, mine.order) in self._trades:
            return
        self._trades[found.trade_id, mine.order] = None
        mine.told += found.qty
        self.filled_by(mine, mine.told, found.at or mine.behind_since or Nanos(0))

    def settled(self, mine: Mine) -> list[Event]:
        """Return the end of an order whose last fills were told by a picture."""
        return self._ending(mine)

    def named(self, mine: Mine, venue_order: str) -> None:
        """Take in the venue's id of an order without telling it."""
        if mine.venue_order != venue_order:
            self._name(mine, venue_order)

    def _ending(self, mine: Mine) -> list[Event]:
        if mine.end is None or mine.ended or mine.told < mine.owed:
            return []
        mine.ended = True
        return [mine.end]

    def caught_up(self, at: Nanos) -> list[Event]:
        """Return the fills that waited for their order's name."""
        waiting, self._waiting = self._waiting, deque(maxlen=WAITING)
        return [event for found in waiting for event in self.fill(found, at)]

    def _keep(self, mine: Mine) -> Mine:
        self._by_client[mine.client] = mine
        while len(self._by_client) > REMEMBERED:
            gone = next((client for client, each in self._by_client.items() if each.ended), next(iter(self._by_client)))
            self._by_venue.pop(self._by_client.pop(gone).venue_order, None)
        return mine

    def _name(self, mine: Mine, venue_order: str) -> None:
        mine.venue_order = venue_order
        self._by_venue[venue_order] = mine
