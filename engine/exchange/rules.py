"""What the embedded exchange allows."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from engine.core.units import MICRO, Ticks
from engine.portfolio.groups import GroupMode

LOT: Final = MICRO
MOST: Final = Decimal(1_000_000_000)
"""No order names more shares or money than this; refused before anything is computed with it."""


class ExchangeRules(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of the exchange. Reaching one is allowed, passing it is not."""

    low: Ticks = Ticks(10)
    high: Ticks = Ticks(9_990)
    """Band of the price of YES. A trade may enter it from outside, and move within it."""
    max_cell: Decimal = Decimal(1_000)
    """Most |YES - NO| shares of one account in one cell."""
    max_group: Decimal = Decimal(5_000)
    """Most sum of |net| of one account over a group of cells."""
    group_mode: GroupMode = GroupMode.PARENT
    b_min: float = 10.0
    b_max: float = 1_000.0
    subsidy_limit: Decimal = Decimal(25_000)
    """Most the house may lose, summed over all markets that are not settled."""
    max_margin: Decimal = Decimal(10_000)
    """Most one account may lose, summed over its markets."""
    max_fee_rate: Decimal = Decimal("0.10")
    reach_km: Decimal = Decimal(40)
    """Farthest station that may be evidence."""
    half_spread: Ticks = Ticks(50)
    """Phase 3: the curve sells this much above its price and buys this much below it."""
    b_floor: float = 5.0
    """Phase 3: what b never falls below."""
    half_volume: float = 1_000.0
    """Phase 3: shares people traded with each other in a day at which half of what can fall of b has fallen."""
    max_resting: int = 200
    """Most orders of one account that may rest."""
