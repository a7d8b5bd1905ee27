"""Where an order may lie: the bands of an instrument's grid, read from its venue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.units import Ticks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.instrument import Band


def lies_on(grid: Sequence[Band], price: Ticks) -> bool:
    """Whether an order may lie at a price: in one of the bands, whole steps from its start."""
    return any(band.start <= price <= band.stop and (price - band.start) % band.step == 0 for band in grid)


def above(grid: Sequence[Band], price: int) -> Ticks | None:
    """Return the lowest price above `price` at which an order may lie; None past the last."""
    found = (
        band.start if price < band.start else band.start + ((price - band.start) // band.step + 1) * band.step
        for band in grid
    )
    within = [p for p, band in zip(found, grid, strict=True) if p <= band.stop]
    return Ticks(min(within)) if within else None


def below(grid: Sequence[Band], price: int) -> Ticks | None:
    """Return the highest price below `price` at which an order may lie; None before the first."""
    found = (band.start + (min(price - 1, band.stop) - band.start) // band.step * band.step for band in grid)
    within = [p for p, band in zip(found, grid, strict=True) if p >= band.start]
    return Ticks(max(within)) if within else None
