"""The rows of a venue's ladder: every price of the instrument's grid once, by the cent where that would be too many."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from engine.core.units import TICKS_PER_CENT, Ticks
from engine.kernel.project.listed import instruments

if TYPE_CHECKING:
    from engine.core.instrument import Band, Instrument

MOST: Final = 1_000
"""Rows of a ladder; a grid of more is shown by the cent."""
CENT: Final = Decimal("0.01")


def rows(one: Instrument) -> tuple[Ticks, ...]:
    """Return the prices of the rows, highest first."""
    return _rows(one.grid, one.unit)


def places(one: Instrument) -> dict[Ticks, int]:
    """Return where each row lies, from the top."""
    return _places(one.grid, one.unit)


def is_fine(one: Instrument) -> bool:
    """Whether the rows are the grid's own prices."""
    return _own(one.grid, one.unit) is not None


def row_of(one: Instrument, price: Ticks, *, up: bool) -> Ticks:
    """Return the row a price is shown at: its own, else asks at the next above and bids at the next below."""
    if not is_fine(one):
        return instruments.row_of(price, one, up=up)
    lowest = _rising(one.grid, one.unit)
    at = bisect_left(lowest, price) if up else bisect_right(lowest, price) - 1
    return lowest[max(0, min(at, len(lowest) - 1))]


@lru_cache(maxsize=256)
def _own(grid: tuple[Band, ...], unit: Decimal) -> tuple[Ticks, ...] | None:
    """Return a grid's prices in rising order; None where it has too many, none, or only coarse ones."""
    count = sum((band.stop - band.start) // band.step + 1 for band in grid if band.step > 0)
    if not grid or not 0 < count <= MOST or unit * TICKS_PER_CENT != CENT:
        return None
    found = {Ticks(price) for band in grid for price in range(band.start, band.stop + 1, band.step)}
    return tuple(sorted(found))


@lru_cache(maxsize=256)
def _rising(grid: tuple[Band, ...], unit: Decimal) -> tuple[Ticks, ...]:
    own = _own(grid, unit)
    if own is not None:
        return own
    per_cent = int(CENT / unit) if unit <= CENT else TICKS_PER_CENT
    return tuple(Ticks(cent * per_cent) for cent in range(1, 100))


@lru_cache(maxsize=256)
def _rows(grid: tuple[Band, ...], unit: Decimal) -> tuple[Ticks, ...]:
    return tuple(reversed(_rising(grid, unit)))


@lru_cache(maxsize=256)
def _places(grid: tuple[Band, ...], unit: Decimal) -> dict[Ticks, int]:
    return {row: n for n, row in enumerate(_rows(grid, unit))}
