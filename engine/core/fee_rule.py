"""A venue's fee schedule as data."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from engine.core.units import Nanos


class FeeRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A venue's fee schedule as data; `engine.maths.fees` is the one module that reads it."""

    kind: str
    """``none``; ``of_cost``: `rate` times the cost of the trade, added to buys, taken from sales; ``kalshi`` and
    ``kalshi_cents`` (before 2026): `rate` · `multiplier` · shares · p(1-p); ``polymarket``: `rate` · shares ·
    (p(1-p))^`exponent`. Of options and futures: ``of_underlying``: `rate` of the underlying that they stand for,
    at most `cap` of what they cost; ``of_value``: `rate` of what they come to."""
    rate: Decimal = Decimal(0)
    """What takers pay."""
    maker_rate: Decimal = Decimal(0)
    """Kalshi, options and futures: instead of `rate` for an order that rested; below 0 the venue pays."""
    cap: Decimal = Decimal(0)
    """Options: the most that is taken, as a share of the premium; 0 is no bound."""
    delivery: Decimal = Decimal(0)
    """Options and futures: of the underlying that they stand for, when they are delivered; `cap` holds here too."""
    multiplier: Decimal = Decimal(1)
    """Kalshi: of the series, or of the event where it has its own."""
    exponent: Decimal = Decimal(1)
    """Polymarket."""
    precision: Decimal | None = None
    """What cash is rounded to; None is the venue's own: Kalshi 0.0001 (0.01 behind a broker), Polymarket 0.00001."""
    waived_until: Nanos | None = None
    """No fee before it."""
    taker_only: bool = True
    """Polymarket: makers pay nothing."""


NO_FEE = FeeRule(kind="none")
