"""Our orders on Deribit while they live: which is which, what has filled, and what may be said when. Pure.

The same thing is told up to three times, in any order: by the answer to a request, on the account's socket, by a
question. Here it is said once:

* an order is ours by its label, and from its first answer by the venue's id too;
* a trade is told once by its id, and one that comes before its order is known waits for it;
* an end is told after the trades that came before it: the venue says how much had filled, and until so much was told
  the end is held back. Trades that stay away are `missing`, to be asked for.
"""

from __future__ import annotations

import re
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.events import Accepted, Canceled, Filled
from engine.core.ids import OrderId, VenueOrderId
from engine.core.units import SECOND, Nanos, Qty, Side
from engine.venues.deribit import wire_orders

if TYPE_CHECKING:
    from engine.core.effects import Approved
    from engine.core.events import Event
    from engine.core.ids import InstrumentId
    from engine.core.instrument import Known
    from engine.venues.deribit.wire_orders import Fact, Row

GRACE: Final = Nanos(SECOND // 2)
"""How long trades may stay behind what the venue says of their order before they are asked for."""
REMEMBERED: Final = 20_000
"""Orders, and trades, that are remembered."""
WAITING: Final = 1_000
"""Trades of orders that nobody has named yet."""
ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What the venue's id of an order looks like."""


@dataclass(slots=True)
class Mine:
    """One order of ours."""

    order: OrderId
    client: str
    instrument: InstrumentId
    side: Side
    qty: Qty | None
    venue_order: str = ""
    told: Decimal = Decimal(0)
    """How much of it was told as filled."""
    owed: Decimal = Decimal(0)
    """How much of it has filled, by the venue's word."""
    behind_since: Nanos | None = None
    looks: int = 0
    """How often trades that are owed were asked for."""
    end: Event | None = None
    """Told once nothing is owed."""
    ended: bool = False


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
        return self._keep(Mine(order.order, order.client, place.instrument, place.side, place.qty))

    def learn(self, known: Known) -> Mine:
        """Name an order that the kernel knows, such as one of an earlier session."""
        mine = self._by_client.get(known.client)
        if mine is None:
            mine = Mine(OrderId(known.order), known.client, known.instrument, known.side, known.qty, told=known.filled)
            self._keep(mine)
        if not mine.venue_order and ID.fullmatch(known.venue_order):
            self.named(mine, known.venue_order)
        return mine

    def find(self, client: str | None, venue_order: str) -> Mine | None:
        """Return the order of a label, else of a venue's id."""
        return self._by_client.get(client or "") or self._by_venue.get(venue_order)

    def forget(self, mine: Mine) -> None:
        """Drop an order that never came to be."""
        self._by_client.pop(mine.client, None)
        self._by_venue.pop(mine.venue_order, None)
        self._behind.pop(mine.client, None)

    def accepted(self, mine: Mine, venue_order: str, at: Nanos) -> list[Event]:
        """Take in that the venue has it, under this id; return what is news. ValueError where that is no id."""
        if mine.venue_order == venue_order:
            return []
        if not ID.fullmatch(venue_order):
            msg = "an order's id that cannot be"
            raise ValueError(msg)
        self.named(mine, venue_order)
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
        """Take in a trade; return what is news of it. One of an order not named yet waits."""
        mine = self.find(found.client, found.order_id)
        if mine is None:
            self._waiting.append(found)
            return []
        if not self._first(found, mine):
            return []
        told = self.accepted(mine, found.order_id, at) if not mine.venue_order else []
        mine.told += found.qty
        self.filled_by(mine, mine.told, at)
        event = Filled(
            at=at,
            order=mine.order,
            trade_id=found.trade_id,
            price=found.price,
            qty=found.qty,
            cost=found.cost,
            fee=found.fee,
            maker=found.maker,
        )
        return [*told, event, *self.ending(mine)]

    def update(self, row: Row, at: Nanos) -> list[Event]:
        """Take in how an order stands; return what is news. ValueError where a number is none."""
        mine = self.find(row.label, row.order_id)
        if mine is None:
            return []
        events = self.accepted(mine, row.order_id, at)
        self.filled_by(mine, wire_orders.filled(row), at)
        if row.order_state in {"cancelled", "rejected"}:
            events += self.end(mine, row.cancel_reason, at)
        return events

    def end(self, mine: Mine, reason: str, at: Nanos) -> list[Event]:
        """Take in that what is left of an order is gone; it is told once its trades were."""
        if mine.ended or mine.end is not None:
            return []
        mine.end = Canceled(at=at, order=mine.order, why=wire_orders.WHY.get(reason, ""))
        return self.ending(mine)

    def ending(self, mine: Mine) -> list[Event]:
        """Return the end of an order, once, when no trade is owed any more."""
        if mine.end is None or mine.ended or mine.told < mine.owed:
            return []
        mine.ended = True
        return [mine.end]

    def missing(self, at: Nanos) -> list[Mine]:
        """Return the orders whose trades have stayed behind for too long."""
        return [m for m in self._behind.values() if m.behind_since is not None and at - m.behind_since >= GRACE]

    def even(self, mine: Mine) -> None:
        """Expect no more trades of an order than were told."""
        mine.behind_since, mine.looks = None, 0
        self._behind.pop(mine.client, None)

    def pictured(self, found: Fact, mine: Mine | None) -> None:
        """Take in that a trade is told as part of a picture of the account."""
        if mine is not None and self._first(found, mine):
            mine.told += found.qty
            self.filled_by(mine, mine.told, found.at)

    def named(self, mine: Mine, venue_order: str) -> None:
        """Take in the venue's id of an order without telling it."""
        mine.venue_order = venue_order
        self._by_venue[venue_order] = mine

    def caught_up(self, at: Nanos) -> list[Event]:
        """Return the trades that waited for their order's name."""
        waiting, self._waiting = self._waiting, deque(maxlen=WAITING)
        return [event for found in waiting for event in self.fill(found, at)]

    def _first(self, found: Fact, mine: Mine) -> bool:
        """Whether a trade of an order is told for the first time."""
        key = (found.trade_id, mine.order)
        if key in self._trades:
            return False
        self._trades[key] = None
        if len(self._trades) > REMEMBERED:
            self._trades.popitem(last=False)
        return True

    def _keep(self, mine: Mine) -> Mine:
        self._by_client[mine.client] = mine
        while len(self._by_client) > REMEMBERED:
            gone = next((client for client, each in self._by_client.items() if each.ended), next(iter(self._by_client)))
            self._by_venue.pop(self._by_client.pop(gone).venue_order, None)
        return mine
