"""What the gates look at of an order in an option, a future or a perpetual, beside what every order has."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.core.units import Money

Both = tuple[Decimal, Decimal]
"""Without the order, and with it."""


@dataclass(slots=True)
class Reach:
    """How far an order could take us, whatever fills of what is open; None is not known, and refuses."""

    perpetual: bool = False
    """It never closes."""
    unit: Decimal = Decimal(1)
    """Of one tick, in the currency the price is quoted in."""
    known: bool = False
    """The greeks of all that counts are known."""
    off_mark: Decimal | None = None
    """Per cent of the underlying between its price and the mark."""
    size_before: Decimal | None = None
    size_after: Decimal | None = None
    """Most coins of the instrument, long or short."""
    total_before: Decimal | None = None
    total_after: Decimal | None = None
    """Sum of these over all instruments of the underlying."""
    delta: Both | None = None
    """Most coins of the underlying, either way."""
    gamma: Both | None = None
    """Coins that delta moves by as the underlying moves a hundredth."""
    vega: Both | None = None
    """Dollars for a point of volatility."""
    bucket_vega: Both | None = None
    bucket_theta: Both | None = None
    """Dollars for a point, and for a day, of the options of its expiry."""
    stress_before: Money | None = None
    stress_after: Money | None = None
    """Greatest loss over the grid of spot and volatility."""
    alone: Money | None = None
    """That of the order alone."""
    lost: Decimal | None = Decimal(0)
    """Per cent that the position it adds to stands below what it was opened at; 0 where it does not."""
