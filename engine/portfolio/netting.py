"""What a fill on a venue does to our positions: which legs grow, which shrink, and for how much.

Where a market nets (Kalshi), YES and NO of it are one signed position: buying NO while YES is held sells that YES at
one less the price, and selling what is not held opens the other leg. Elsewhere (Polymarket) the legs are two
holdings; more sold than is known to be held is booked as the other leg bought, which pays the same.

Of a derivative YES is what is held long and NO what is held short, never both. Both legs carry what they were opened
at; a leg that shrinks realises the difference to what it is closed at, and a fill larger than it opens the other at
the fill's own price. An option's premium moves as cash; of a future only what it realises does.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from engine.core.units import MICRO, NO_MONEY, Leg, Money, Qty, Side
from engine.maths.contracts import TRILLIONTH, Booking
from engine.portfolio.position import FLAT, Position

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId


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
    price: Decimal | None = None
    """As it was quoted; derivatives need it, of all else it is the cost of a share."""


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
    """Return what these parts bring into the account, before fees; negative when they cost. Not of derivatives."""
    return Money(sum((p.cost if p.side is Side.SELL else -p.cost for p in some), NO_MONEY))


def moved(traded: Traded, some: tuple[Part, ...], realised: Money, *, nets: int) -> Money:
    """Return what a fill brings into the account, before its fee: of a future only what it realised."""
    if nets < Booking.PREMIUM:
        return cash_of(some)
    if nets != Booking.PREMIUM:
        return realised
    return Money(-traded.cost if lifts(traded.side, traded.leg) else traded.cost)


def book(
    held: dict[tuple[InstrumentId, Leg], Position], one: InstrumentId, traded: Traded, fee: Money, *, nets: int
) -> tuple[Part, ...]:
    """Book a fill into `held` and return what it did; its fee goes with the first part. `nets` is a `Booking`."""
    yes, no = held.get((one, Leg.YES), FLAT), held.get((one, Leg.NO), FLAT)
    if nets >= Booking.PREMIUM:
        return _signed(held, one, traded, fee, Booking(nets))
    found = parts(traded, nets=bool(nets), yes=yes.qty, no=no.qty)
    for part in found:
        before = held.get((one, part.leg), FLAT)
        change = (part.qty, part.cost, fee)
        held[one, part.leg] = before.bought(*change) if part.side is Side.BUY else before.sold(*change)
        fee = NO_MONEY
    return found


def undo(
    held: dict[tuple[InstrumentId, Leg], Position], one: InstrumentId, back: Traded, fee: Money, realised: Money, *,
    nets: int,
) -> tuple[Part, ...]:  # fmt: skip
    """Book what undoes a fill that a venue took back, and return what that did.

    At average cost the shares go at what they had been booked at, not at the average of all, so that positions are as
    if the fill had never been. `realised` is what the fill had realised, negative. Where the shares were closed in
    between, and of derivatives, it is a trade at the fill's price like any other: the same in the end.
    """
    yes, no = held.get((one, Leg.YES), FLAT), held.get((one, Leg.NO), FLAT)
    found = () if nets >= Booking.PREMIUM else parts(back, nets=bool(nets), yes=yes.qty, no=no.qty)
    if len(found) == 1:
        (part,) = found
        before = held.get((one, part.leg), FLAT)
        sign = 1 if part.side is Side.BUY else -1
        qty, cost = Qty(before.qty + sign * part.qty), Money(before.cost + sign * part.cost + realised)
        if cost > 0 if qty else cost == 0:
            fees = Money(before.fees + fee)
            held[one, part.leg] = Position(qty, cost, Money(before.realised + realised), fees)
            return found
    return book(held, one, back, fee, nets=nets)


def _signed(
    held: dict[tuple[InstrumentId, Leg], Position], one: InstrumentId, traded: Traded, fee: Money, how: Booking
) -> tuple[Part, ...]:
    """Book a fill of a derivative: what it closes first, then what it opens."""
    up = lifts(traded.side, traded.leg)
    grows, shrinks = (Leg.YES, Leg.NO) if up else (Leg.NO, Leg.YES)
    price = traded.cost / traded.qty if traded.price is None else traded.price
    before = held.get((one, shrinks), FLAT)
    closing = Qty(min(traded.qty, before.qty))
    share = traded.cost if closing == traded.qty else Money((traded.cost * closing / traded.qty).quantize(MICRO))
    found: list[Part] = []
    if closing:
        held[one, shrinks] = _shrunk(before, Part(shrinks, Side.SELL, closing, share), price, fee, how)
        found.append(Part(shrinks, Side.SELL, closing, share))
        fee = NO_MONEY
    rest = Qty(traded.qty - closing)
    if rest:
        opened = Part(grows, Side.BUY, rest, Money(traded.cost - share))
        own = held.get((one, grows), FLAT)
        quoted = own.quoted + _quoted(opened, price, how)
        held[one, grows] = Position(
            Qty(own.qty + rest), Money(own.cost + opened.cost), own.realised, Money(own.fees + fee), quoted
        )
        found.append(opened)
    return tuple(found)


def _quoted(part: Part, price: Decimal, how: Booking) -> Decimal:
    """Return a part as it is quoted: of an inverse future the coins that its face value is at the price."""
    return (part.cost / price).quantize(TRILLIONTH) if how is Booking.INVERSE else part.qty * price


def _shrunk(before: Position, part: Part, price: Decimal, fee: Money, how: Booking) -> Position:
    """Return a leg after a part of it was closed at a price."""
    whole = part.qty == before.qty
    quoted = before.quoted if whole else (before.quoted * part.qty / before.qty).quantize(TRILLIONTH)
    released = before.released(part.qty)
    gained = (quoted * price).quantize(MICRO) if how is Booking.INVERSE else part.cost  # of coins: at the price now
    gain = gained - released
    return Position(
        Qty(before.qty - part.qty),
        Money(before.cost - released),
        Money(before.realised + (gain if part.leg is Leg.YES else -gain)),
        Money(before.fees + fee),
        before.quoted - quoted,
    )
