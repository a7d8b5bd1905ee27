"""The rows of a derivative's ladder: prices of its grid around the market, since the whole grid has no end.

The rows stand still while the market stays in their inner half; beyond it they are laid around it anew. What must be
in sight beyond them has rows of its own, with the steps of the grid next to it: whoever goes a row goes a tick.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from engine.core.units import Ticks
from engine.kernel.options import holding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.instrument import Band
    from engine.kernel.desks import Listing

EACH: Final = 200
"""Rows to either side of the middle."""
NEAR: Final = 51
"""Rows to either side of a best price, wherever it is: a protect offset counts rows, and is at most one fewer."""
KEPT: Final = 64
"""Grids that are remembered; a ladder asks for the same one again and again."""


def rows(listing: Listing) -> tuple[Ticks, ...]:
    """Return the prices of the rows in rising order; none while no price is known to lay them around.

    Where they were laid is kept with the listing; it decides nothing.
    """
    now = middle(listing)
    if now is None:
        return ()
    bands = listing.instrument.grid
    if listing.rows_around is not None:
        found = around(bands, listing.rows_around)
        quarter = len(found) // 4
        if found and found[quarter] <= now <= found[-1 - quarter]:
            return found
    listing.rows_around = now
    return around(bands, now)


def middle(listing: Listing) -> Ticks | None:
    """Return about where the market is: between its best prices, else at one of them, at its mark or last trade."""
    bid, ask = listing.book.best_bid, listing.book.best_ask
    if bid is not None and ask is not None:
        return Ticks((bid + ask) // 2)
    if bid is not None or ask is not None:
        return Ticks(bid if bid is not None else ask or 0)
    quoted, _ = holding.price(listing)
    return None if quoted is None else Ticks(int(quoted / listing.instrument.unit))


@lru_cache(maxsize=KEPT)
def around(grid: tuple[Band, ...], centre: Ticks, each: int = EACH) -> tuple[Ticks, ...]:
    """Return the prices of a grid nearest to one, `each` to either side, in rising order."""
    bands = sorted((band for band in grid if band.step > 0), key=lambda band: band.start)
    above: list[Ticks] = []
    for band in bands:
        first = band.start + max(0, -(-(centre - band.start) // band.step)) * band.step
        stop = min(band.stop, first + (each - len(above)) * band.step)
        above += [Ticks(price) for price in range(first, stop + 1, band.step) if not above or price > above[-1]]
    below: list[Ticks] = []
    for band in reversed(bands):
        last = (
            band.start + min((band.stop - band.start) // band.step, (centre - 1 - band.start) // band.step) * band.step
        )
        least = max(band.start, last - (each - len(below)) * band.step)
        below += [Ticks(price) for price in range(last, least - 1, -band.step) if not below or price < below[-1]]
    return (*reversed(below[:each]), *above[: each + 1])


def row_of(found: Sequence[Ticks], price: Ticks, *, up: bool) -> Ticks | None:
    """Return the row a price is shown at: its own, else asks at the next above and bids at the next below.

    None of one beyond the rows.
    """
    at = bisect_left(found, price) if up else bisect_right(found, price) - 1
    return found[at] if 0 <= at < len(found) and found[0] <= price <= found[-1] else None


def shown_at(grid: tuple[Band, ...], found: Sequence[Ticks], price: Ticks, *, up: bool) -> Ticks | None:
    """Return the row that shows a price, as `row_of`; None where the next row is a whole step of the grid away."""
    row = row_of(found, price, up=up)
    if row is None or row == price:
        return row
    step = max((band.step for band in grid if band.start <= price <= band.stop), default=1)
    return row if abs(row - price) < step else None
