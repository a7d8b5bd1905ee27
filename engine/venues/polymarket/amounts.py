"""What an order pays and gets, exactly: amounts of 0.000001 in decimal arithmetic, rounded as the venue checks them.

The venue's own older client computes these in binary floats and is off by a step for one order in some hundreds
(size 1.15 becomes 1.14); nothing here ever was a float.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from math import gcd
from typing import Final, NamedTuple

from engine.core.units import TICKS_PER_UNIT, Side


class Rounding(NamedTuple):
    """Decimals of prices, sizes and money on one tick."""

    price: int
    size: int
    amount: int


ROUNDINGS: Final[dict[Decimal, Rounding]] = {
    Decimal("0.1"): Rounding(1, 2, 3),
    Decimal("0.01"): Rounding(2, 2, 4),
    Decimal("0.005"): Rounding(3, 2, 5),
    Decimal("0.0025"): Rounding(4, 2, 6),
    Decimal("0.001"): Rounding(3, 2, 5),
    Decimal("0.0001"): Rounding(4, 2, 6),
}
BUY: Final = Side.BUY
ONE: Final = Decimal(1)
TAKING: Final = 4
"""Decimals of what an order gets that must trade at once, whatever the tick; what it gives has two."""
CENT: Final = 10_000
SHARE: Final = 1_000_000


class Amounts(NamedTuple):
    """What the maker of an order gives and takes, in units of 0.000001."""

    maker: int
    taker: int


def limit(side: Side, price: Decimal, size: Decimal, tick: Decimal) -> Amounts:
    """Return the amounts of an order for a number of shares at a price.

    Parameters
    ----------
    price : Decimal
        A multiple of `tick` within [tick, 1 - tick].
    size : Decimal, shares, > 0
        Floored to two decimals.

    Raises
    ------
    ValueError
        If the price is off the grid, the tick unknown, or nothing is left to trade.
    """
    rounding = _checked(price, tick)
    shares = _to(size, rounding.size, ROUND_FLOOR)
    money = _money(shares * price, rounding.amount)
    return _amounts(side, shares, money)


def market(side: Side, price: Decimal, amount: Decimal, tick: Decimal, *, decimals: int | None = None) -> Amounts:
    """Return the amounts of an order that spends a sum, or sells a number of shares, at a price or better.

    Parameters
    ----------
    price : Decimal
        The worst price; floored to the tick.
    amount : Decimal, > 0
        Money for a purchase, shares for a sale; floored to two decimals.
    decimals : int, optional
        Of what it gets: by the tick, as the venue's clients have it, unless stated. The venue takes four.

    Raises
    ------
    ValueError
        As for `limit`.
    """
    worst = price // tick * tick if price.is_finite() and tick in ROUNDINGS else price
    rounding = _checked(worst, tick)
    given = _to(amount, rounding.size, ROUND_FLOOR)
    places = rounding.amount if decimals is None else decimals
    if side is BUY:
        return _amounts(side, _money(given / worst, places), given)
    return _amounts(side, given, _money(given * worst, places))


def immediate(side: Side, price: Decimal, size: Decimal, tick: Decimal) -> Amounts:
    """Return the amounts of an order for shares that trades at once or not at all (FAK, FOK).

    What it gives may have two decimals only, and what it gets four. The size is taken down to the next one that comes
    to so many, never by as much as a share: the price is then exactly the one asked for. Where that is too coarse for
    a purchase, as on fine grids, whole cents are spent, and the shares they buy at the price are rounded down; their
    quotient lies a hair above it, less than a step. The venue spends the money of a purchase: where it finds better
    prices than asked for, that buys more shares.

    Raises
    ------
    ValueError
        As for `limit`.
    """
    _checked(price, tick)
    ticks, hundredths = int(price * TICKS_PER_UNIT), int(size * 100)
    whole = 100 if side is not BUY else CENT  # ticks x hundredths counts 0.000001: of money, four decimals or cents
    step = whole // gcd(ticks, whole)
    sized = hundredths // step * step
    money, shares = ticks * sized, CENT * sized
    if side is BUY and (not shares or CENT * hundredths - shares >= SHARE):
        money = ticks * hundredths // CENT * CENT
        shares = money * TICKS_PER_UNIT // ticks // 100 * 100
    if money <= 0 or shares <= 0:
        msg = f"nothing left to trade: {size} shares at {price}"
        raise ValueError(msg)
    return Amounts(money, shares) if side is BUY else Amounts(shares, money)


def _checked(price: Decimal, tick: Decimal) -> Rounding:
    rounding = ROUNDINGS.get(tick)
    if rounding is None:
        msg = f"no tick size of this venue: {tick}"
        raise ValueError(msg)
    if not (price.is_finite() and tick <= price <= ONE - tick and not price % tick):
        msg = f"price must be a multiple of {tick} from {tick} to {1 - tick}, was {price}"
        raise ValueError(msg)
    return rounding


def _money(exact: Decimal, decimals: int) -> Decimal:
    """Return a product rounded as the venue's clients do: up to four decimals more, then down to the allowed ones."""
    raised = _to(exact, decimals + 4, ROUND_CEILING)
    return _to(raised, decimals, ROUND_FLOOR)


def _to(value: Decimal, decimals: int, rounding: str) -> Decimal:
    if not value.is_finite() or abs(value) >= Decimal("1e12"):
        msg = f"no amount: {value}"
        raise ValueError(msg)
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=rounding)


def _amounts(side: Side, shares: Decimal, money: Decimal) -> Amounts:
    if shares <= 0 or money <= 0:
        msg = f"nothing left to trade: {shares} shares for {money}"
        raise ValueError(msg)
    inside, outside = int(shares.scaleb(6)), int(money.scaleb(6))
    return Amounts(outside, inside) if side is BUY else Amounts(inside, outside)
