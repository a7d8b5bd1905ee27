"""Positions at average cost: one leg of one outcome, and what both legs of an outcome come to.

A sale releases its share of the cost basis, rounded to the micro-unit; the last share sold releases all that is
left, so a basis never drifts and a flat position costs exactly nothing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from engine.core.units import MICRO, NO_MONEY, NOTHING, Leg, Money, Qty

if TYPE_CHECKING:
    from collections.abc import Iterable


class NotHeld(ValueError):
    """More was sold than is held."""


class Position(msgspec.Struct, frozen=True, gc=False):
    """Shares of one leg of one outcome."""

    qty: Qty = NOTHING
    cost: Money = NO_MONEY
    """Cost basis of `qty`, fees not included."""
    realised: Money = NO_MONEY
    """Proceeds less the basis they released, fees not included."""
    fees: Money = NO_MONEY
    quoted: Decimal = NOTHING
    """Of a derivative: the cost basis as it was quoted, sum of price times quantity; of an inverse future in coins."""

    @property
    def average(self) -> Decimal | None:
        """Cost a share; None when flat."""
        return self.cost / self.qty if self.qty else None

    def bought(self, qty: Qty, cost: Money, fee: Money = NO_MONEY) -> Position:
        """Return the position after a purchase of `qty` > 0 for `cost` >= 0."""
        fees = self.fees + fee if fee else self.fees
        return Position(self.qty + qty, self.cost + cost, self.realised, fees)  # type: ignore[arg-type] # as in `units`

    def sold(self, qty: Qty, proceeds: Money, fee: Money = NO_MONEY) -> Position:
        """Return the position after a sale of `qty` > 0 for `proceeds` >= 0; NotHeld if it is more than is held."""
        if qty > self.qty:
            msg = f"cannot sell {qty}: {self.qty} held"
            raise NotHeld(msg)
        released = self.released(qty)
        realised, fees = self.realised + (proceeds - released), self.fees + fee if fee else self.fees
        return Position(self.qty - qty, self.cost - released, realised, fees)  # type: ignore[arg-type] # as in `units`

    def released(self, qty: Qty) -> Money:
        """Return the part of the cost basis that belongs to `qty` of the shares held."""
        if qty == self.qty:
            return self.cost
        return Money((self.cost * qty / self.qty).quantize(MICRO))


FLAT = Position()


class BothLegs(NamedTuple):
    """YES and NO of one outcome together. Floats, in shares and account currency."""

    yes: float
    no: float
    net: float
    """YES minus NO."""
    cost: float
    """Paid less received since the start; negative once more came back than went in."""
    value: float
    """At the price of YES."""
    unrealised: float
    pnl_if_yes: float
    pnl_if_no: float
    max_loss: float
    """>= 0."""
    pairs: float
    """YES and NO that pay 1 together, whatever happens."""


def both_legs(trades: Iterable[tuple[Leg, float, float]], price_yes: float) -> BothLegs:
    """Return what trades in both legs of an outcome come to.

    Parameters
    ----------
    trades : (leg, shares, cost), in order
        Shares and cost are positive for a purchase and negative for a sale.
    price_yes : float in [0, 1]

    Raises
    ------
    NotHeld
        If a sale is larger than what is held of its leg.
    ValueError
        If the price is not in [0, 1].
    """
    if not 0.0 <= price_yes <= 1.0:
        msg = f"a price must be in [0, 1], was {price_yes}"
        raise ValueError(msg)
    held = {Leg.YES: 0.0, Leg.NO: 0.0}
    cost = 0.0
    for leg, shares, paid in trades:
        if held[leg] + shares < 0.0:
            msg = f"cannot sell {-shares} {leg.value}: {held[leg]} held"
            raise NotHeld(msg)
        held[leg] += shares
        cost += paid
    yes, no = held[Leg.YES], held[Leg.NO]
    value = price_yes * yes + (1.0 - price_yes) * no
    return BothLegs(
        yes=yes,
        no=no,
        net=yes - no,
        cost=cost,
        value=value,
        unrealised=value - cost,
        pnl_if_yes=yes - cost,
        pnl_if_no=no - cost,
        max_loss=max(cost - min(yes, no), 0.0),
        pairs=min(yes, no),
    )
