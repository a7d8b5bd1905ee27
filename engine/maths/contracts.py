"""What options, futures and perpetuals come to in dollars: a trade, its fee, a position, a settlement.

Quantities are units of the instrument, each `contract_size` of the underlying; an inverse future's unit is that many
dollars of face value. An inverse instrument is priced and settled in the coin it is about, so that dollars of it need
the index. The account counts in dollars, and takes a dollar token for a dollar.

Source: Deribit, contract specifications and "Fees"; conventions as in `engine.maths.black`.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from engine.core.instrument import Payoff
from engine.core.units import MICRO, Money, Qty, Side
from engine.maths import fees

if TYPE_CHECKING:
    from engine.core.instrument import Instrument

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
MOST: Final = Decimal(10**12)
"""No underlying is worth more dollars."""
TRILLIONTH: Final = Decimal("0.000000000001")
"""What amounts of a coin are rounded to; below it no price of any coin makes a micro-dollar."""


class Booking(IntEnum):
    """How fills become positions; the ledger keeps it with each fill."""

    TWO_LEGS = 0
    """YES and NO are two holdings."""
    NETTED = 1
    """YES and NO are one signed position."""
    PREMIUM = 2
    """One signed position that is paid for: options."""
    MARGINED = 3
    """One signed position of which only gains and losses are paid: futures and perpetuals."""
    INVERSE = 4
    """The same, of which gains and losses are in the coin."""


def is_derivative(one: Instrument) -> bool:
    """Whether it is an option, a future or a perpetual: held long or short, and worth what its underlying makes it."""
    return bool(one.underlying) and one.payoff is not Payoff.BINARY


def is_option(one: Instrument) -> bool:
    """Whether it is a call or a put with all that its value is reckoned from."""
    return one.payoff in {Payoff.CALL, Payoff.PUT} and one.exercise is not None and one.expires is not None


def booking(one: Instrument) -> Booking:
    """Return how fills of an instrument become positions."""
    if not is_derivative(one):
        return Booking.NETTED if one.nets else Booking.TWO_LEGS
    if one.payoff is not Payoff.LINEAR:
        return Booking.PREMIUM
    return Booking.INVERSE if one.inverse else Booking.MARGINED


def dollars(one: Instrument, index: Decimal | None) -> Decimal | None:
    """Return what one unit of the currency of an instrument's price is worth; None where that is not known.

    The price of an inverse future is in dollars, though it settles in the coin.
    """
    if not one.inverse or one.payoff is Payoff.LINEAR:
        return ONE
    return index if index is not None and index > ZERO else None


def cost(one: Instrument, price: Decimal, qty: Decimal, index: Decimal | None) -> Money | None:
    """Return what `qty` of an instrument comes to at a price, before fees.

    Of an option its premium, of a future what it stands for: that of an inverse one is its face value at any price.
    None where the index is not known, or it is more than any account can hold.
    """
    if booking(one) is Booking.INVERSE:
        return Money(qty * one.contract_size)
    each = dollars(one, index)
    try:
        return None if each is None else Money((qty * one.contract_size * price * each).quantize(MICRO))
    except ArithmeticError:
        return None


def fee(one: Instrument, side: Side, price: Decimal, qty: Qty, index: Decimal | None, *, maker: bool) -> Money | None:
    """Return the fee of a trade, up to the next micro-dollar; None where it cannot be told.

    A schedule of ``of_underlying`` takes its rate of the underlying that the contracts stand for, and no more than
    `cap` of what the option costs; any other takes it of what they come to.
    """
    rule, value = one.fee, cost(one, price, qty, index)
    if value is None or rule.kind not in fees.KINDS:
        return None
    if rule.kind != fees.OF_UNDERLYING:
        share = rule.maker_rate if maker and rule.kind == fees.OF_VALUE else rule.rate
        charged = ZERO if rule.kind == "none" else share * value
        return Money(charged.quantize(MICRO, ROUND_CEILING))
    if index is None or not index > ZERO:
        return None
    charged = (rule.maker_rate if maker else rule.rate) * qty * one.contract_size * index
    if rule.cap:
        charged = min(charged, rule.cap * value)
    return Money(charged.quantize(MICRO, ROUND_CEILING))


def delivery_fee(one: Instrument, qty: Decimal, price: Decimal) -> Money:
    """Return what a venue takes of `qty` units when they are delivered at a price of the underlying, dollars.

    An option that ends worthless is delivered free where the schedule has a cap, as it is a share of its worth.
    """
    worth, stands = cost(one, delivered(one, price), qty, price), coins(one, qty, price)
    if not one.fee.delivery or worth is None or stands is None:
        return Money(ZERO)
    charged = one.fee.delivery * stands * price
    if one.fee.cap and is_option(one):
        charged = min(charged, one.fee.cap * worth)
    return Money(charged.quantize(MICRO, ROUND_CEILING))


def coins(one: Instrument, qty: Decimal, index: Decimal | None) -> Decimal | None:
    """Return how much of the underlying `qty` units stand for; None where that takes an index that is not known."""
    if booking(one) is not Booking.INVERSE:
        return qty * one.contract_size
    return qty * one.contract_size / index if index is not None and index > ZERO else None


def delivered(one: Instrument, price: Decimal) -> Decimal:
    """Return what one contract is worth at a delivery price of the underlying, in the currency of its own price.

    Parameters
    ----------
    one : Instrument
        A derivative.
    price : Decimal, dollars, > 0
        Such as the average of the index over the half-hour before expiry.
    """
    if one.payoff is Payoff.LINEAR or one.exercise is None:
        return price
    inside = price - one.exercise if one.payoff is Payoff.CALL else one.exercise - price
    paid = max(ZERO, inside)
    return paid / price if one.inverse else paid


def delivery(result: str) -> Decimal | None:
    """Return the delivery price that a venue told as the result of a derivative; None where it can be no price."""
    try:
        value = Decimal(result)
    except ArithmeticError:
        return None
    return value if value.is_finite() and ZERO < value <= MOST else None
