"""An account on the simulated floor: cash, holdings, and what its resting orders bind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.core.units import TICK, TICKS_PER_UNIT, Leg, Lots, Side
from engine.sandbox.floor_order import NO_LOTS, NO_MONEY

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from engine.core.ids import AccountId, InstrumentId
    from engine.core.instrument import Instrument
    from engine.sandbox.floor_order import Order


@dataclass(slots=True)
class Holding:
    """What an account has of one instrument. Where the venue nets, one of the two legs is always 0."""

    yes: Lots = NO_LOTS
    no: Lots = NO_LOTS
    paid: Decimal = NO_MONEY
    """What the shares it still holds have cost, before fees."""
    realised: Decimal = NO_MONEY
    """Made by sales and netting, before fees."""
    fees: Decimal = NO_MONEY
    traded: Decimal = NO_MONEY
    """Sum of the costs of all its fills."""
    volume: Lots = NO_LOTS
    changed_at: int = 0

    @property
    def net(self) -> Lots:
        """YES less NO."""
        return Lots(self.yes - self.no)

    def of(self, leg: Leg) -> Lots:
        """Return the shares of a leg."""
        return self.yes if leg is Leg.YES else self.no

    def add(self, leg: Leg, lots: int) -> None:
        """Add shares of a leg; negative takes them away."""
        if leg is Leg.YES:
            self.yes = Lots(self.yes + lots)
        else:
            self.no = Lots(self.no + lots)


@dataclass(slots=True)
class Account:
    """Cash and holdings; `checked` accounts cannot spend what they do not have."""

    id: AccountId
    cash: Decimal
    checked: bool = True
    holdings: dict[InstrumentId, Holding] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    """Those that rest."""
    clients: set[str] = field(default_factory=set)
    """Client ids ever used."""

    def holding(self, instrument: InstrumentId) -> Holding:
        """Return what it has of an instrument, made when missing."""
        found = self.holdings.get(instrument)
        if found is None:
            found = self.holdings[instrument] = Holding()
        return found

    def resting(self, instrument: InstrumentId) -> list[Order]:
        """Return its resting orders on an instrument."""
        return [order for order in self.orders.values() if order.instrument == instrument]


def bought(order: Order, *, nets: bool) -> Leg | None:
    """Return the leg an order buys; None when it sells what must be held."""
    if nets:  # a netting venue knows purchases only: to sell YES is to buy NO, and a pair is cash
        return Leg.YES if order.way is Side.BUY else Leg.NO
    return order.leg if order.side is Side.BUY else None


def bound(account: Account, instrument: Instrument, orders: Iterable[Order]) -> Decimal:
    """Return the cash that orders of an account on one instrument can cost it at most, before fees.

    On a netting venue what closes a position is free: it brings money.
    """
    cash = NO_MONEY
    cover = {Leg.YES: 0, Leg.NO: 0}
    if instrument.nets:
        held = account.holding(instrument.id)
        cover = {Leg.YES: held.no, Leg.NO: held.yes}
    for order in sorted(orders, key=_dearest):
        leg = bought(order, nets=instrument.nets)
        if leg is None:
            continue
        opening = max(0, order.left - cover[leg])
        cover[leg] -= order.left - opening
        price = order.price if leg is Leg.YES else TICKS_PER_UNIT - order.price
        cash += price * TICK * opening * instrument.lot
    return cash


def _dearest(order: Order) -> tuple[int, int]:
    return (-order.price if order.way is Side.BUY else order.price, order.rank)
