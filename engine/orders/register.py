"""Every order of ours by id, moved only by the transition table.

The register believes events, never hopes: an order leaves the screen when something said so. Trade ids count
once in every state, so a fill told twice, or after the end, changes a position once or is noted.
"""

from __future__ import annotations

import itertools
from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.commands import Amend, Cancel, Place
from engine.core.errors import InvariantBroken
from engine.core.events import (
    Accepted,
    Amended,
    AmendRefused,
    Canceled,
    CancelRefused,
    Expired,
    Filled,
    FillReversed,
    Lost,
    Rejected,
)
from engine.core.ids import InstrumentId, OrderId, VenueOrderId
from engine.core.order import ENDS, TRANSITIONS, Status
from engine.core.units import NO_MONEY, NOTHING, Money, Nanos, Qty, Ticks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.events import OrderEvent


SENT: Final = Status.SENT
CANCELED: Final = Status.CANCELED
FILLED: Final = Status.FILLED
WORKING: Final = Status.WORKING
PARTIAL: Final = Status.PARTIAL
"""Here because looking a member up costs as much as a function."""
NOWHERE: Final[dict[type, Status]] = {}
"""Of a state that nothing leaves."""
RECENT: Final = 64
"""Orders that ended last which are remembered as such."""
MAY_REPEAT: Final = frozenset({Filled, FillReversed, Accepted})
"""News that is not odd when it moves nothing."""


class Order(msgspec.Struct, gc=False):
    """One order and all that is known of it."""

    id: OrderId
    place: Place
    sent_at: Nanos
    status: Status = Status.SENT
    filled: Qty = NOTHING
    cost: Money = NO_MONEY
    """Of the filled part, before fees; never negative."""
    fee: Money = NO_MONEY
    why: str = ""
    edge: float | None = None
    """Cents a share at the model when it was sent."""
    mid: float | None = None
    """Mid price of its leg in cents when it was sent."""
    book_at: Nanos | None = None
    """When its book was last heard of before it was sent; None where there is none."""
    fair: float | None = None
    """What its strategy held a share of the leg to be worth, 0 to 1; None of an order of nobody's."""
    why_sent: str = ""
    """Its strategy's reason in a few words."""
    quantity: Qty | None = None
    """What it is good for: asked, or known once a budget order has traded."""
    trades: dict[str, Filled] = msgspec.field(default_factory=dict)
    client: str = ""
    """Client id on a venue; empty on the embedded exchange."""
    venue_order: VenueOrderId = VenueOrderId("")
    moved_at: Nanos = Nanos(0)
    """The last news of it, or the last thing asked for it."""
    amending: tuple[Ticks, Qty] | None = None
    """Price and whole quantity that the venue was asked for; None unless it is still to answer."""

    @property
    def ended(self) -> bool:
        """Whether nothing more can come of it."""
        return self.status in ENDS

    @property
    def average(self) -> Decimal | None:
        """Average price of the filled part, per share of its leg."""
        return self.cost / self.filled if self.filled else None

    @property
    def most(self) -> Qty | None:
        """What it may come to: while an amendment has no answer, the larger of before and after."""
        if self.amending is None or self.quantity is None:
            return self.quantity
        return max(self.quantity, self.amending[1])

    @property
    def rest(self) -> Qty | None:
        """What is still open; None when the quantity is not known before it trades."""
        return None if self.quantity is None else Qty(self.quantity - self.filled)


class Register:
    """All orders, ended ones included; insertion order is time order."""

    def __init__(self) -> None:
        self._orders: dict[OrderId, Order] = {}
        self.intents: dict[str, OrderId] = {}
        """What each became."""
        self.opened: dict[OrderId, Order] = {}
        """Orders of which something may still come; to be read."""
        self.recent: deque[Order] = deque(maxlen=RECENT)
        """Those that ended last in this session, oldest first."""

    def __len__(self) -> int:
        """Return how many orders are known."""
        return len(self._orders)

    def __iter__(self) -> Iterator[Order]:
        """Iterate over all orders, oldest first."""
        return iter(self._orders.values())

    def newest(self, count: int) -> list[Order]:
        """Return the last orders, oldest first."""
        found = list(itertools.islice(reversed(self._orders.values()), count))
        found.reverse()
        return found

    def get(self, order: OrderId) -> Order | None:
        """Return an order, or None."""
        return self._orders.get(order)

    def of_intent(self, intent: str) -> Order | None:
        """Return the order that an intent already became."""
        known = self.intents.get(intent) if intent else None
        return self._orders[known] if known is not None else None

    def open(self) -> Iterator[Order]:
        """Iterate over the orders of which something may still come."""
        return iter(list(self.opened.values()))

    @property
    def waiting(self) -> int:
        """How many those are."""
        return len(self.opened)

    def add(self, order: Order) -> None:
        """Take in a new order.

        Raises
        ------
        InvariantBroken
            If its id or intent is known: an order would be sent twice.
        """
        number, intent = order.id, order.place.intent
        if number in self._orders or (intent and intent in self.intents):
            msg = f"order {number} of intent {intent!r} was added twice"
            raise InvariantBroken(msg)
        self._orders[number] = order
        if intent:
            self.intents[intent] = number
        if order.status in ENDS:
            self.recent.append(order)
        else:
            self.opened[number] = order

    def working(self, instrument: InstrumentId) -> list[Order]:
        """Return the open orders of an instrument, oldest first."""
        return [o for o in self.opened.values() if o.place.instrument == instrument]

    def ask(self, order: OrderId, what: type[Cancel | Amend]) -> bool:
        """Note that we asked the venue to cancel or amend; False when that makes no sense any more."""
        found = self._orders.get(order)
        moved = TRANSITIONS.get(found.status, {}).get(what) if found is not None else None
        if found is None or moved is None:
            return False
        found.status = moved
        return True

    def apply(self, event: OrderEvent) -> str:
        """Move an order by what happened to it; return what to tell the trader, empty when nothing odd."""
        order = self._orders.get(event.order)
        if order is None:
            return f"{type(event).__name__} for order {event.order}, which is not ours"
        kind = type(event)
        odd = self._fill(order, event) if isinstance(event, Filled | FillReversed) else ""
        moved = TRANSITIONS.get(order.status, NOWHERE).get(kind)
        if moved is not None:
            order.status = moved
        elif kind not in MAY_REPEAT:
            odd = odd or f"{kind.__name__} for order {order.id}, which is {order.status.value}"
        if kind not in MAY_REPEAT:
            self._note(order, event)
        self._settle(order)
        return odd

    def traded(self, told: Filled, rest: str) -> str:
        """Move an order that traded at once and for good: accepted, filled, and for what is left, `rest`, cancelled.

        The same as to `apply` each of these; what to tell the trader as there.
        """
        order = self._orders.get(told.order)
        whole = order is not None and order.quantity is not None and told.qty >= order.quantity > 0
        if order is None or order.status is not SENT or order.trades or whole is bool(rest):
            return self._one_by_one(told, rest)
        order.trades[told.trade_id] = told
        order.filled, order.cost, order.fee = told.qty, told.cost, told.fee
        order.status = FILLED
        if rest:
            order.status, order.why = CANCELED, rest
        self.opened.pop(order.id, None)
        self.recent.append(order)
        return ""

    def _one_by_one(self, told: Filled, rest: str) -> str:
        at, order = told.at, told.order
        said = [self.apply(Accepted(at=at, order=order, venue_order=VenueOrderId(told.trade_id))), self.apply(told)]
        if rest:
            said.append(self.apply(Canceled(at=at, order=order, why=rest)))
        return "; ".join(odd for odd in said if odd)

    def _fill(self, order: Order, event: Filled | FillReversed) -> str:
        known = order.trades.get(event.trade_id)
        if isinstance(event, FillReversed):
            if known is None:
                return f"trade {event.trade_id} was taken back but is not known"
            del order.trades[event.trade_id]
            order.filled = Qty(order.filled - known.qty)
            order.cost = Money(order.cost - known.cost)
            order.fee = Money(order.fee - known.fee)
        elif known is not None:
            return f"trade {event.trade_id} was told twice and counted once"
        else:
            order.trades[event.trade_id] = event
            order.filled = Qty(order.filled + event.qty)
            order.cost = Money(order.cost + event.cost)
            order.fee = Money(order.fee + event.fee)
        late = order.status in ENDS and order.status is not FILLED
        return f"order {order.id} was {order.status.value} and traded all the same" if late else ""

    @staticmethod
    def _note(order: Order, event: OrderEvent) -> None:
        match event:
            case Rejected(text=why) | Canceled(why=why) | Lost(why=why):
                order.why = why
            case CancelRefused(code=why) | AmendRefused(code=why):
                order.why = why
                if isinstance(event, AmendRefused):
                    order.amending = None
            case Amended(price=price, qty=qty):
                order.amending = None
                order.quantity = qty
                order.place = msgspec.structs.replace(order.place, price=price, qty=qty)
            case Expired():
                order.why = "its time ran out"
            case _:
                pass

    def _settle(self, order: Order) -> None:
        """Let the filled quantity decide, and keep the list of open orders."""
        if order.filled:
            most = order.most
            whole = most is not None and order.filled >= most > 0
            if whole and order.status not in ENDS:
                order.status = FILLED
            elif order.status is WORKING:
                order.status = PARTIAL
        if order.status in ENDS:
            if self.opened.pop(order.id, None) is not None:
                self.recent.append(order)
        else:
            self.opened[order.id] = order
