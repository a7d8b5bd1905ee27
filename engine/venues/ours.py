"""Our orders at a venue while they live: which is which, what has filled, and what may be said when. Pure.

The same thing is told up to three times, in any order: by the answer to a request, on a socket, by a question. Here it
is said once:

* an order is ours by its client id, and from its first answer by the venue's id too;
* a fill is told once by its trade id, and one that comes before its order is known waits for it; where nobody names
  that order in time, somebody else trades on this account (`strangers`);
* an end is told after the fills that came before it: the venue says how much had filled, and until so much was told
  the end is held back. Fills that stay away are `missing`, to be asked for.

What a venue's own words mean, its package says in a class of its own on top of these.
"""

from __future__ import annotations

import re
from collections import OrderedDict, deque
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Final, Generic, Protocol, TypeVar

from engine.core.events import Accepted, Filled
from engine.core.ids import OrderId, VenueOrderId
from engine.core.units import SECOND, Leg, Nanos, Qty, Side

if TYPE_CHECKING:
    from engine.core.effects import Approved
    from engine.core.events import Event
    from engine.core.ids import InstrumentId
    from engine.core.instrument import Known
    from engine.core.units import Money

GRACE: Final = Nanos(SECOND // 2)
"""How long fills may stay behind what the venue says of their order before they are asked for."""
NAMED_WITHIN: Final = Nanos(2 * SECOND)
"""How long a fill may wait for its order's name before it is taken for one of somebody else's order."""
REMEMBERED: Final = 20_000
"""Orders, and trades each, that are remembered."""
WAITING: Final = 1_000
"""Fills of orders that nobody has named yet."""


class Fact(Protocol):
    """A fill as a venue's words say it."""

    @property
    def trade_id(self) -> str:
        """The venue's own."""

    @property
    def order_id(self) -> str:
        """Of the order, by the venue; empty where it is not told."""

    @property
    def client(self) -> str:
        """Of the order, by us; empty where it is not told."""

    @property
    def qty(self) -> Qty:
        """How much."""

    @property
    def fee(self) -> Money:
        """What it took."""

    @property
    def maker(self) -> bool:
        """Whether the order had rested."""

    def paid(self, leg: Leg) -> tuple[Decimal, Money]:
        """Return the price of one of a leg, and what all of it came to before the fee."""


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
    """Of the venue's orders that it was, the one that counts now."""
    told: Decimal = Decimal(0)
    """How much of it was told as filled, in earlier sessions too."""
    unseen: Decimal = Decimal(0)
    """Of that, what was told before it was named here: its trades may be shown once more."""
    owed: Decimal = Decimal(0)
    """How much of it has filled, by the venue's word."""
    behind_since: Nanos | None = None
    looks: int = 0
    """How often fills that are owed were asked for."""
    end: Event | None = None
    """Told once no fill is owed."""
    ended: bool = False
    moving: bool = False
    """A change of it was asked for and is not answered: the venue may put another order in its place."""


M = TypeVar("M", bound=Mine)
F = TypeVar("F", bound=Fact)


@dataclass(slots=True)
class _Waiting(Generic[F]):
    """A fill whose order nobody has named."""

    found: F
    since: Nanos
    told: bool = False
    """It was taken for somebody else's."""


class Ours(Generic[M, F]):
    """All orders of ours that this session has named."""

    id_like: ClassVar[re.Pattern[str]] = re.compile(r"[A-Za-z0-9_-]{1,128}")
    """What the venue's id of an order looks like."""

    def __init__(self, make: type[M]) -> None:
        """Take what one order is."""
        self._make = make
        self._by_client: OrderedDict[str, M] = OrderedDict()
        self._by_venue: OrderedDict[str, M] = OrderedDict()
        self._trades: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._behind: dict[str, M] = {}
        self._waiting: deque[_Waiting[F]] = deque(maxlen=WAITING)

    # ---- which is which

    def add(self, order: Approved) -> M:
        """Name a new order, before it is sent."""
        place = order.place
        return self._keep(self._make(order.order, order.client, place.instrument, place.side, place.leg, place.qty))

    def learn(self, known: Known) -> M:
        """Name an order that the kernel knows, such as one of an earlier session."""
        mine = self._by_client.get(known.client)
        if mine is None:
            order, place = OrderId(known.order), known
            mine = self._make(order, known.client, place.instrument, place.side, place.leg, known.qty)
            mine.told = mine.unseen = Decimal(known.filled)
            self._keep(mine)
        if not mine.venue_order and self.id_like.fullmatch(known.venue_order):
            self.named(mine, known.venue_order)
        return mine

    def find(self, client: str | None, venue_order: str = "") -> M | None:
        """Return the order of a client id, else of one of the venue's ids."""
        return self._by_client.get(client or "") or self._by_venue.get(venue_order)

    def forget(self, mine: M) -> None:
        """Drop an order that never came to be."""
        self._by_client.pop(mine.client, None)
        self._by_venue.pop(mine.venue_order, None)
        self._behind.pop(mine.client, None)

    def open(self) -> list[M]:
        """Return those that have not ended."""
        return [mine for mine in self._by_client.values() if not mine.ended]

    def named(self, mine: M, venue_order: str) -> None:
        """Take in the venue's id of an order without telling it."""
        if mine.venue_order == venue_order:
            return
        mine.venue_order = venue_order
        self._by_venue[venue_order] = mine
        while len(self._by_venue) > REMEMBERED:
            self._by_venue.popitem(last=False)

    # ---- what has filled

    def accepted(self, mine: M, venue_order: str, at: Nanos) -> list[Event]:
        """Take in that the venue has it, under this id; return what is news."""
        if mine.venue_order == venue_order:
            return []
        self.named(mine, venue_order)
        return [Accepted(at=at, order=mine.order, venue_order=VenueOrderId(venue_order)), *self.caught_up(at)]

    def filled_by(self, mine: M, owed: Decimal, at: Nanos) -> None:
        """Take in how much has filled by the venue's word."""
        mine.owed = max(mine.owed, owed)
        if mine.owed <= mine.told:
            self.even(mine)
        elif mine.behind_since is None:
            mine.behind_since = at
            self._behind[mine.client] = mine

    def fill(self, found: F, at: Nanos, *, asked: bool = False) -> list[Event]:
        """Take in a fill; return what is news of it. One of an order not named yet waits.

        `asked`: it was asked for, so that it may be one of before the order was named.
        """
        mine = self.find(found.client, found.order_id)
        if mine is None:
            name = found.trade_id, found.order_id
            if all((one.found.trade_id, one.found.order_id) != name for one in self._waiting):
                self._waiting.append(_Waiting(found, at))
            return []
        if not self._first(found, mine):
            return []
        unheard = bool(found.order_id) and not mine.moving and self._by_venue.get(found.order_id) is not mine
        told = self.accepted(mine, found.order_id, at) if unheard else []  # such as of a replacement nobody answered
        self._count(found, mine, at, asked=asked)
        price, cost = found.paid(mine.leg)
        event = Filled(
            at=at, order=mine.order, trade_id=found.trade_id, price=price, qty=found.qty, cost=cost, fee=found.fee,
            maker=found.maker,
        )  # fmt: skip
        return [*told, event, *self.ending(mine)]

    def caught_up(self, at: Nanos) -> list[Event]:
        """Return the fills that waited for their order's name."""
        waiting, self._waiting = self._waiting, deque(maxlen=WAITING)
        events: list[Event] = []
        for one in waiting:
            if self.find(one.found.client, one.found.order_id) is None:
                self._waiting.append(one)
            else:
                events += self.fill(one.found, at)
        return events

    def strangers(self, at: Nanos) -> list[F]:
        """Return, once each, the fills of orders that nobody has named in time: they are not from here."""
        found = [one for one in self._waiting if not one.told and at - one.since >= NAMED_WITHIN]
        for one in found:
            one.told = True
        return [one.found for one in found]

    def missing(self, at: Nanos) -> list[M]:
        """Return the orders whose fills have stayed behind for too long."""
        return [m for m in self._behind.values() if m.behind_since is not None and at - m.behind_since >= GRACE]

    def even(self, mine: M) -> None:
        """Expect no more fills of an order than were told."""
        mine.behind_since, mine.looks = None, 0
        self._behind.pop(mine.client, None)

    def pictured(self, found: F, mine: M | None, at: Nanos) -> None:
        """Take in that a fill is told as part of a picture of the account."""
        if mine is not None and self._first(found, mine):
            self._count(found, mine, at, asked=True)

    # ---- ends

    def ends(self, mine: M, end: Event) -> list[Event]:
        """Take in that what is left of an order is gone; it is told once its fills were."""
        if mine.ended or mine.end is not None:
            return []
        mine.end = end
        return self.ending(mine)

    def ending(self, mine: M) -> list[Event]:
        """Return the end of an order, once, when no fill is owed any more."""
        if mine.end is None or mine.ended or mine.told < mine.owed:
            return []
        mine.ended = True
        return [mine.end]

    # ---- within

    def _count(self, found: F, mine: M, at: Nanos, *, asked: bool) -> None:
        """Add a fill to what was told of an order, but for what was told of it before it was named."""
        before = min(found.qty, mine.unseen) if asked else Decimal(0)
        mine.unseen -= before
        mine.told += found.qty - before
        self.filled_by(mine, mine.told, at)

    def _first(self, found: F, mine: M) -> bool:
        """Whether a fill of an order is told for the first time."""
        key = (found.trade_id, mine.order)
        if key in self._trades:
            return False
        self._trades[key] = None
        if len(self._trades) > REMEMBERED:
            self._trades.popitem(last=False)
        return True

    def _keep(self, mine: M) -> M:
        self._by_client[mine.client] = mine
        while len(self._by_client) > REMEMBERED:
            gone = next((client for client, each in self._by_client.items() if each.ended), next(iter(self._by_client)))
            self._by_venue.pop(self._by_client.pop(gone).venue_order, None)
        return mine
