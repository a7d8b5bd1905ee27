"""Books over time as pixels: sizes to shades, moments to columns of the screen. Numpy only, no Qt.

A column of the screen shows the newest book at its moment; where that was seen too long before, nothing is known and
the ground is left as it is. Shades follow the logarithm of the size, since a wall is a hundred times a usual order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.views.chart import HeatView

SHADES: Final = 256
HOLDS: Final = 2.5
"""Columns after which a book is no longer shown."""
DARKEST: Final = 0.12
"""Share of the colour in the smallest size that is there at all."""

Ramp = tuple["NDArray[np.uint32]", "NDArray[np.uint32]"]


class Shaded(NamedTuple):
    """The books of a view as shades, 0 for nothing: worked out once a view, whatever part of it is looked at."""

    at: NDArray[np.int64]
    every: int
    bids: NDArray[np.uint8]
    """Shape (columns, 99)."""
    asks: NDArray[np.uint8]
    most: float
    """Size of the brightest shade."""


def ramp(ground: tuple[int, int, int], colour: tuple[int, int, int]) -> NDArray[np.uint32]:
    """Return the shades of a colour on a ground as 0xFFRRGGBB, the first one the ground itself."""
    shares = DARKEST + (1.0 - DARKEST) * np.linspace(0.0, 1.0, SHADES) ** 2.4
    shares[0] = 0.0
    mixed = np.outer(1.0 - shares, ground) + np.outer(shares, colour)
    red, green, blue = np.rint(mixed).astype(np.uint32).T
    found: NDArray[np.uint32] = np.uint32(0xFF000000) | (red << np.uint32(16)) | (green << np.uint32(8)) | blue
    return found


def shaded(view: HeatView) -> Shaded:
    """Return a view's books as shades; the largest size of all is the brightest, on both sides alike."""
    most = max((float(side.max()) for side in (view.bids, view.asks) if side.size), default=0.0)
    return Shaded(view.at, view.every, _levels(view.bids, most), _levels(view.asks, most), most)


def _levels(sizes: NDArray[np.float32], most: float) -> NDArray[np.uint8]:
    if most <= 0 or not sizes.size:
        return np.zeros(sizes.shape, np.uint8)
    scale = np.float32((SHADES - 2) / np.log1p(most))
    levels = (np.log1p(np.maximum(sizes, np.float32(0.0))) * scale).astype(np.uint8)
    return np.where(sizes > 0, levels + np.uint8(1), np.uint8(0)).astype(np.uint8)


def columns(at: NDArray[np.int64], every: int, start: int, end: int, wide: int) -> NDArray[np.int64]:
    """Return for each column of the screen the number of the book it shows, or -1 where nothing is known."""
    moments = start + ((np.arange(wide) + 0.5) * ((end - start) / max(1, wide))).astype(np.int64)
    if not len(at):
        return np.full(wide, -1, np.int64)
    found = np.searchsorted(at, moments, "right") - 1
    seen = moments - at[np.maximum(found, 0)] < int(HOLDS * every)
    return np.where((found >= 0) & seen, found, -1)


def picture(
    shades: Shaded, start: int, end: int, wide: int, rows: tuple[int, int], ramps: Ramp, ground: int
) -> NDArray[np.uint32]:
    """Return the pixels of a stretch of time, shape (rows, wide), the highest price first.

    Parameters
    ----------
    rows : (int, int) cents
        Lowest and highest that are shown, both inside, from 1 to 99.
    ramps : of bids and asks
    ground : int, 0xFFRRGGBB
        Where nothing is known.
    """
    low, high = rows
    shown = columns(shades.at, shades.every, start, end, wide)
    if not len(shades.at):
        return np.full((high - low + 1, wide), ground, np.uint32)
    taken = np.maximum(shown, 0)
    bids, asks = shades.bids[taken, low - 1 : high], shades.asks[taken, low - 1 : high]
    pixels = np.where(asks > 0, ramps[1][asks], ramps[0][bids])
    pixels[shown < 0] = ground
    return np.ascontiguousarray(pixels.T[::-1])


def gathered(
    view: HeatView, start: int, end: int, wide: int, apart: int, most: int
) -> list[tuple[float, float, float, int]]:
    """Return trades as bubbles: share of the width, price, size, side; those close together are one.

    Parameters
    ----------
    apart : int, pixels
        Trades nearer than this at one price are one bubble; its side is that of the larger part.
    most : int
        Of them, the largest are kept.
    """
    inside = (view.trades_at >= start) & (view.trades_at <= end)
    if not inside.any():
        return []
    share = (view.trades_at[inside] - start) / max(1, end - start)
    price, qty = view.trades_price[inside], view.trades_qty[inside].astype(np.float64)
    signed = qty * view.trades_side[inside]
    slot = (share * wide // max(1, apart)).astype(np.int64)
    key = slot * 1_000 + np.rint(price).astype(np.int64)
    _, group = np.unique(key, return_inverse=True)
    whole = np.bincount(group, qty)
    counted = np.maximum(whole, 1e-12)
    places, prices = np.bincount(group, share * qty) / counted, np.bincount(group, price * qty) / counted
    sides = np.sign(np.bincount(group, signed)).astype(int)
    largest = np.argsort(-whole, kind="stable")[:most]
    return [(float(places[n]), float(prices[n]), float(whole[n]), int(sides[n])) for n in sorted(largest.tolist())]
