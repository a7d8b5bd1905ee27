"""What a fill on a venue does to our positions: which legs grow, which shrink, and for how much.

Where a market nets (Kalshi), YES and NO of it are one signed position: buying NO while YES is held sells that YES at
one less the price, and selling what is not held opens the other leg. Elsewhere (Polymarket) the legs are two
holdings; more sold than is known to be held is booked as the other leg bought, which pays the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.core.units import MICRO, NO_MONEY, Leg, Money, Qty, Side
from engine.portfolio.position import FLAT

if TYPE_CHECKING:
    from decimal import Decimal

    from engine.core.ids import InstrumentId
    from engine.portfolio.position import Position


class Part(NamedTuple):
    """One leg bought or sold; `cost` is paid for a purchase and got for a sale, before fees."""

    leg: Leg
    side: Side
    qty: Qty
    cost: Money


class Traded(NamedTuple):
    """A fill as its order states it."""

    side: Side
    leg: Leg
    qty: Qty
    cost: Money


def other(leg: Leg) -> Leg:
    """Return the leg that pays when this one does not."""
    return Leg.NO if leg is Leg.YES else Leg.YES


def lifts(side: Side, leg: Leg) -> bool:
    """Whether a trade makes YES dearer: YES bought or NO sold."""
    return (side is Side.BUY) is (leg is Leg.YES)


def parts(traded: Traded, *, nets: bool, yes: Decimal, no: Decimal) -> tuple[Part, ...]:
    """Return what a fill does to positions of `yes` and `no` shares, closing first; sums are exact."""
    buying = traded.side is Side.BUY
    if buying and not nets:
        return (Part(traded.leg, Side.BUY, traded.qty, traded.cost),)
    closed = other(traded.leg) if buying else traded.leg
    got = Money(traded.qty - traded.cost) if buying else traded.cost
    closing = Qty(min(traded.qty, yes if closed is Leg.YES else no))
    if closing == traded.qty:
        return (Part(closed, Side.SELL, closing, got),)
    share = Money((got * closing / traded.qty).quantize(MICRO)) if closing else NO_MONEY
    rest = Qty(traded.qty - closing)
    opened = Part(other(closed), Side.BUY, rest, Money(rest - (got - share)))
    return (Part(closed, Side.SELL, closing, share), opened) if closing else (opened,)


def cash_of(some: tuple[Part, ...]) -> Money:
    """Return what these parts bring into the account, before fees; negative when they cost."""
    return Money(sum((p.cost if p.side is Side.SELL else -p.cost for p in some), NO_MONEY))


def book(
    held: dict[tuple[InstrumentId, Leg], Position], one: InstrumentId, traded: Traded, fee: Money, *, nets: bool
) -> tuple[Part, ...]:
    """Book a fill into `held` and return what it did; its fee goes with the first part."""
    yes, no = held.get((one, Leg.YES), FLAT), held.get((one, Leg.NO), FLAT)
    found = parts(traded, nets=nets, yes=yes.qty, no=no.qty)
    for part in found:
        before = held.get((one, part.leg), FLAT)
        change = (part.qty, part.cost, fee)
        held[one, part.leg] = before.bought(*change) if part.side is Side.BUY else before.sold(*change)
        fee = NO_MONEY
    return found
