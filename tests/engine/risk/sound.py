"""A probe that every gate lets pass, for the tests of risk."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.core.commands import Place
from engine.core.ids import MarketId, OrderId, embedded
from engine.core.instrument import Band
from engine.core.units import HOUR, Money, Nanos, Qty, Side, Ticks
from engine.risk.limits import Limits
from engine.risk.probe import Probe

ORDER = OrderId("o-000001")
EQUITY = Money(Decimal(1_000))


def limits(**values: str) -> Limits:
    """The starting limits of $1,000, some replaced."""
    return Limits(EQUITY, ((code, Decimal(value)) for code, value in values.items()))


def place(**terms: Any) -> Place:
    """A purchase of ten shares."""
    given: dict[str, Any] = {"side": Side.BUY, "qty": Qty(Decimal(10)), "price": Ticks(5_000)} | terms
    return Place(instrument=embedded(MarketId("M"), 0), **given)


def probe(**facts: Any) -> Probe:
    """An order of a strategy on a venue, its market open, everything known, nothing near a limit."""
    ten = Decimal(10)
    given: dict[str, Any] = {
        "place": place(), "at": Nanos(0), "pressed_at": Nanos(0), "closes": Nanos(HOUR), "qty": ten,
        "cost": Decimal(5), "fee": Decimal(0), "cash": EQUITY, "source_age_s": 60.0, "market_after": ten,
        "cell_after": ten, "group_after": ten, "event_loss_after": Decimal(5), "at_risk_after": Decimal(5),
        "day": Decimal(0), "week": Decimal(0), "venue": True, "armed": True, "link_down": "", "unreconciled": "",
        "skew_ms": 12.0, "stale": "", "heard_s": 0.4, "grid": (Band(Ticks(1), Ticks(9_999), Ticks(1)),),
        "top": 10_000, "mid": 5_050.0, "least": Decimal("0.01"), "step": Decimal("0.01"), "can": frozenset(),
        "venue_orders": 0, "venue_rate": 10.0, "tied": Decimal(5), "strategy": "s", "model_age_s": 0.2,
        "strategy_after": Decimal(5), "strategies_after": Decimal(5), "window_delta_after": Decimal(5),
        "window_gamma_after": Decimal(5), "correlated_after": Decimal(5),
        "venue_after": Decimal(5), "gross_after": Decimal(5),
    }  # fmt: skip
    return Probe(**(given | facts))
