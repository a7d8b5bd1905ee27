"""Rows of the markets tree, for columns that are computed of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.core.ids import InstrumentId, MarketId, VenueId
from engine.core.units import Nanos, Qty
from engine.views.market import MarketRow


def row(label: str = "80-81", **known: Any) -> MarketRow:
    """Return an outcome of which only this is known."""
    given: dict[str, Any] = {
        "instrument": InstrumentId(VenueId("kalshi"), f"HIGH-{label}"), "market": MarketId("HIGH"), "group": "Highs",
        "event": "Chicago", "station": "KMDW", "label": label, "cell": "", "status": "open", "closes": Nanos(1),
        "bid": None, "ask": None, "mid": None, "model": None, "edge": None, "overround": None,
        "position": Qty(Decimal(0)), "volume": Qty(Decimal(0)),
    } | known  # fmt: skip
    return MarketRow(**given)
