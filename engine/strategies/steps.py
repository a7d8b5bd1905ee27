"""Quantities and prices as a venue takes them: whole steps towards 0, limits on the grid. Pure."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING

from engine.core.units import Qty, Ticks

if TYPE_CHECKING:
    from engine.core.instrument import Instrument
    from engine.options.routing import Candidate


def units(one: Instrument, coins: float, candidate: Candidate) -> Qty:
    """Return coins as whole steps of an instrument's own quantity, towards 0."""
    exact = Decimal(repr(coins / candidate.each))
    if not one.step > 0:
        return Qty(exact)
    return Qty((exact / one.step + Decimal("1e-9")).to_integral_value(ROUND_DOWN) * one.step)


def on_grid(one: Instrument, price: float, *, buy: bool) -> Ticks:
    """Return a limit in ticks on the grid: up for a purchase that is meant to trade, down for a sale."""
    ticks = price / float(one.unit)
    found: int | None = None
    for band in one.grid:
        steps = (min(max(ticks, band.start), band.stop) - band.start) / band.step
        whole = -int(-(steps - 1e-9) // 1) if buy else int((steps + 1e-9) // 1)
        at = band.start + whole * band.step
        if at <= band.stop and (found is None or abs(at - ticks) < abs(found - ticks)):
            found = at
    return Ticks(max(1, round(ticks)) if found is None else found)
