"""An exchange that answers by hand or by chance: the truth that a session in front of it has to find."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any

from engine.core.commands import Place
from engine.core.events import Held, Pictured, Seen, SeenFill
from engine.core.ids import KALSHI, InstrumentId, OrderId, VenueOrderId
from engine.core.instrument import Known
from engine.core.units import Leg, Money, Nanos, Qty, Side, Ticks
from engine.portfolio.netting import Traded, book, cash_of

ZERO = Decimal(0)
MICRO = Decimal("0.000001")


@dataclass
class Resting:
    """An order as the exchange has it."""

    client: str
    venue_order: str
    instrument: InstrumentId
    side: Side
    leg: Leg
    price: int
    qty: Decimal
    filled: Decimal = ZERO
    status: str = "working"
    fills: list[SeenFill] = field(default_factory=list)


class Exchange:
    """The venue's truth. Client ids count once: a second order of the same is refused."""

    def __init__(self, cash: int = 10_000) -> None:
        self.orders: dict[str, Resting] = {}
        self.submitted: list[str] = []
        """Client ids of every request that arrived."""
        self.held: dict[tuple[InstrumentId, Leg], Any] = {}
        self.cash = Decimal(cash)
        self._numbers = count(1)

    def submit(self, client: str, place: Place) -> Resting | None:
        """Take an order; None for a client id that is known."""
        self.submitted.append(client)
        if client in self.orders:
            return None
        assert place.price is not None
        assert place.qty is not None
        order = Resting(
            client, f"v-{next(self._numbers)}", place.instrument, place.side, place.leg, place.price, Decimal(place.qty)
        )
        self.orders[client] = order
        return order

    def fill(self, order: Resting, qty: Decimal, at: Nanos, fee: Decimal = ZERO, price: int | None = None) -> SeenFill:
        """Trade some of an order."""
        each = Decimal(order.price if price is None else price) / 10_000
        cost = (qty * each).quantize(MICRO)
        known = OrderId(f"o-{order.client.rpartition('-')[2]}") if "-" in order.client else None
        one = SeenFill(
            order=known, trade_id=f"t-{next(self._numbers)}", instrument=order.instrument, side=order.side,
            leg=order.leg, price=each, qty=Qty(qty), cost=Money(cost), fee=Money(fee), at=at,
        )  # fmt: skip
        order.fills.append(one)
        order.filled += qty
        if order.filled == order.qty:
            order.status = "filled"
        traded = Traded(order.side, order.leg, one.qty, one.cost)
        self.cash += cash_of(book(self.held, order.instrument, traded, one.fee, nets=True)) - fee
        return one

    def cancel(self, client: str) -> bool:
        """Take an order back; False when it does not work any more."""
        order = self.orders.get(client)
        if order is None or order.status != "working":
            return False
        order.status = "canceled"
        return True

    def find(self, known: Known) -> Resting | None:
        """Find an order by client id."""
        return self.orders.get(known.client)

    def positions(self) -> dict[tuple[InstrumentId, Leg], Decimal]:
        """Return what is held."""
        return {key: p.qty for key, p in self.held.items() if p.qty}

    def picture(self, asked: tuple[Known, ...], at: Nanos, asked_at: Nanos, *, live: bool) -> Pictured:
        """Return the account: what works, what was asked for by name, all fills; live, positions and cash too."""
        names = {known.client: known.order for known in asked}
        shown = [o for o in self.orders.values() if o.status == "working" or o.client in names]
        missing = [k for k in asked if k.client not in self.orders]
        return Pictured(
            at=at,
            venue=KALSHI,
            asked_at=asked_at,
            orders=(
                *(self._seen(o, names.get(o.client)) for o in shown),
                *(Seen(order=OrderId(k.order), client=k.client, status="absent") for k in missing),
            ),
            fills=tuple(f for o in self.orders.values() for f in o.fills),
            positions=tuple(Held(instrument=one, leg=leg, qty=Qty(qty)) for (one, leg), qty in self.positions().items())
            if live
            else None,
            cash=Money(self.cash) if live else None,
        )

    @staticmethod
    def _seen(o: Resting, name: str | None) -> Seen:
        return Seen(
            order=None if name is None else OrderId(name), client=o.client, venue_order=VenueOrderId(o.venue_order),
            instrument=o.instrument, side=o.side, leg=o.leg, price=Ticks(o.price), qty=Qty(o.qty),
            filled=Qty(o.filled), status=o.status,
        )  # fmt: skip
