"""Our orders on Derive while they live: which is which, what has filled, and what may be said when. Pure.

The same thing is told up to three times, in any order: by the answer, by the private channels, by a look. Here it is
said once:

* an order is ours by its label, and from its first answer by the venue's id too; a replacement has the label of what
  it replaces and an id of its own, so one order of ours may be several of the venue's, one after the other;
* a fill is told once by its trade id, and one that comes before its order is known waits for it;
* an end is told after the fills that came before it: the venue says how much had filled, and until so much was told
  the end is held back. Fills that stay away are `missing`, to be asked for.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.events import Accepted, Canceled, Expired, Filled, Rejected
from engine.core.ids import OrderId, VenueOrderId
from engine.core.units import SECOND, Nanos, Qty
from engine.venues.derive.wire_account import WHY, WORKING, size

if TYPE_CHECKING:
    from engine.core.effects import Approved
    from engine.core.events import Event
    from engine.core.ids import InstrumentId
    from engine.core.instrument import Known
    from engine.venues.derive.wire_account import Fact, OrderRow
    from engine.venues.derive.wire_orders import Terms

GRACE: Final = SECOND // 2
"""How long fills may stay behind what the venue says of their order before they are asked for."""
REMEMBERED: Final = 20_000
"""Orders, and trades, that are remembered."""
WAITING: Final = 1_000
"""Fills of orders that nobody has named yet."""


@dataclass(slots=True)
class Mine:
    """One order of ours."""

    order: OrderId
    client: str
    instrument: InstrumentId
    qty: Qty | None
    terms: Terms | None = None
    """What was sent of it in this session."""
    venue_order: str = ""
    """Of the venue's orders that it was, the one that counts now."""
    before: Decimal = Decimal(0)
    """What had filled of those that were replaced."""
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
    moving: bool = False
    held_back: list[OrderRow] = field(default_factory=list)
    """Ends that came while it was being replaced: another may stand in its place."""
    unsure: str = ""
    """The venue's order that was to be replaced when the answer was lost: that one's end says nothing of ours."""


@dataclass(slots=True)
class Ours:
    """All orders of ours that this session has named."""

    _by_client: OrderedDict[str, Mine] = field(default_factory=OrderedDict)
    _by_venue: OrderedDict[str, Mine] = field(default_factory=OrderedDict)
    _trades: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _behind: dict[str, Mine] = field(default_factory=dict)
    _waiting: deque[Fact] = field(default_factory=lambda: deque(maxlen=WAITING))

    def add(self, order: Approved, terms: Terms) -> Mine:
        """Name a new order, before it is sent."""
        return self._keep(Mine(order.order, order.client, order.place.instrument, order.place.qty, terms))

    def learn(self, known: Known) -> Mine:
        """Name an order that the kernel knows, such as one of an earlier session."""
        mine = self._by_client.get(known.client)
        if mine is None:
            name = OrderId(known.order)
            mine = self._keep(Mine(name, known.client, known.instrument, known.qty, told=known.filled))
        if not mine.venue_order and known.venue_order:
            self.named(mine, known.venue_order)
        return mine

    def find(self, client: str | None, venue_order: str = "") -> Mine | None:
        """Return the order of a client id, else of one of the venue's ids."""
        return self._by_client.get(client or "") or self._by_venue.get(venue_order)

    def forget(self, mine: Mine) -> None:
        """Drop an order that never came to be."""
        self._by_client.pop(mine.client, None)
        self._behind.pop(mine.client, None)

    def named(self, mine: Mine, venue_order: str) -> None:
        """Take in the venue's id of an order without telling it."""
        if mine.venue_order == venue_order:
            return
        mine.venue_order = venue_order
        self._by_venue[venue_order] = mine
        while len(self._by_venue) > REMEMBERED:
            self._by_venue.popitem(last=False)

    def accepted(self, mine: Mine, venue_order: str, at: Nanos) -> list[Event]:
        """Take in that the venue has it, under this id; return what is news."""
        if mine.venue_order == venue_order:
            return []
        self.named(mine, venue_order)
        told = Accepted(at=at, order=mine.order, venue_order=VenueOrderId(venue_order))
        return [told, *self.caught_up(at)]

    def update(self, row: OrderRow, at: Nanos) -> list[Event]:
        """Take in how an order stands; return what is news. ValueError where a count is none."""
        mine = self.find(row.label, row.order_id)
        if mine is None or mine.ended:
            return []
        filled = size(row.filled_amount)
        if row.order_status in WORKING:
            if mine.moving or (mine.venue_order and mine.venue_order != row.order_id):
                return []  # the answer to the replacement says which of them stands
            events = self.accepted(mine, row.order_id, at)
            self._owe(mine, mine.before + filled, at)
            return events
        if mine.moving:
            mine.held_back.append(row)
            return []
        if row.order_id == mine.unsure or (mine.venue_order and mine.venue_order != row.order_id):
            return []  # it was replaced, and this is what it was before
        if row.order_status == "rejected" and not filled:
            return self._rejected(mine, row, at)
        events = self.accepted(mine, row.order_id, at)
        self._owe(mine, mine.before + filled, at)
        return events + ([] if row.order_status == "filled" else self._end(mine, row, at))

    def fill(self, found: Fact, at: Nanos) -> list[Event]:
        """Take in a fill; return what is news of it. One of an order not named yet waits."""
        mine = self.find(found.client, found.order_id)
        if mine is None:
            self._waiting.append(found)
            return []
        if not self._first(found.trade_id):
            return []
        told = self.accepted(mine, found.order_id, at) if not mine.venue_order and found.order_id else []
        mine.told += found.qty
        self._owe(mine, mine.told, at)
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
        return [*told, event, *self._ending(mine)]

    def ends(self, mine: Mine, why: str, at: Nanos) -> list[Event]:
        """Take in that nothing is left of an order, for this reason; it is told once its fills were."""
        if mine.ended or mine.end is not None:
            return []
        mine.end = Canceled(at=at, order=mine.order, why=why)
        return self._ending(mine)

    def moved(self, mine: Mine, stands: OrderRow | None, filled_before: Decimal | None, at: Nanos) -> list[Event]:
        """Take in the answer to a replacement (`stands` None: none came about); return what is news.

        `filled_before` is what had filled of the one that was replaced, None where it was not.
        """
        mine.moving = False
        events: list[Event] = []
        if stands is not None and filled_before is not None:
            mine.before += filled_before
            mine.qty = Qty(mine.before + size(stands.amount))
            events += self.accepted(mine, stands.order_id, at)
        held, mine.held_back = mine.held_back, []
        for row in [*held, *([stands] if stands is not None else [])]:
            events += self.update(row, at)
        return events

    def lost(self, mine: Mine) -> None:
        """Take in that the answer to a replacement was lost: which of them stands, a look will say."""
        mine.moving, mine.unsure = False, mine.venue_order
        mine.held_back.clear()

    def missing(self, at: Nanos) -> list[Mine]:
        """Return the orders whose fills have stayed behind for too long."""
        return [m for m in self._behind.values() if m.behind_since is not None and at - m.behind_since >= GRACE]

    def even(self, mine: Mine) -> None:
        """Expect no more fills of an order than were told."""
        mine.behind_since, mine.looks = None, 0
        self._behind.pop(mine.client, None)

    def pictured(self, found: Fact, mine: Mine | None) -> None:
        """Take in that a fill is told as part of a picture of the account."""
        if mine is None or not self._first(found.trade_id):
            return
        mine.told += found.qty
        self._owe(mine, mine.told, found.at)

    def shown(self, mine: Mine, rows: list[OrderRow]) -> None:
        """Take in all the rows that an order of ours had, the last of which counts."""
        if mine.moving:
            return
        mine.unsure = ""
        mine.before = sum((size(row.filled_amount) for row in rows[:-1]), Decimal(0))
        for row in rows:
            self.named(mine, row.order_id)

    def settled(self, mine: Mine) -> list[Event]:
        """Return the end of an order whose last fills were told by a picture."""
        return self._ending(mine)

    def caught_up(self, at: Nanos) -> list[Event]:
        """Return the fills that waited for their order's name."""
        waiting, self._waiting = self._waiting, deque(maxlen=WAITING)
        return [event for found in waiting for event in self.fill(found, at)]

    def open(self) -> list[Mine]:
        """Return those that have not ended."""
        return [mine for mine in self._by_client.values() if not mine.ended]

    def _first(self, trade_id: str) -> bool:
        if trade_id in self._trades:
            return False
        self._trades[trade_id] = None
        if len(self._trades) > REMEMBERED:
            self._trades.popitem(last=False)
        return True

    def _owe(self, mine: Mine, owed: Decimal, at: Nanos) -> None:
        mine.owed = max(mine.owed, owed)
        if mine.owed <= mine.told:
            self.even(mine)
        elif mine.behind_since is None:
            mine.behind_since = at
            self._behind[mine.client] = mine

    def _end(self, mine: Mine, row: OrderRow, at: Nanos) -> list[Event]:
        if row.order_status == "expired" and not mine.end and not mine.ended:
            mine.end = Expired(at=at, order=mine.order)
            return self._ending(mine)
        return self.ends(mine, WHY.get(row.cancel_reason or "", ""), at)

    def _rejected(self, mine: Mine, row: OrderRow, at: Nanos) -> list[Event]:
        mine.ended = True
        why = WHY.get(row.cancel_reason or "", "the venue rejected it")
        return [Rejected(at=at, order=mine.order, code=row.cancel_reason or "rejected", text=why)]

    def _ending(self, mine: Mine) -> list[Event]:
        if mine.end is None or mine.ended or mine.told < mine.owed:
            return []
        mine.ended = True
        return [mine.end]

    def _keep(self, mine: Mine) -> Mine:
        self._by_client[mine.client] = mine
        while len(self._by_client) > REMEMBERED:
            gone = next((client for client, each in self._by_client.items() if each.ended), next(iter(self._by_client)))
            self._by_venue.pop(self._by_client.pop(gone).venue_order, None)
        return mine
