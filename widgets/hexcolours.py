"""Colours of many values at once, as whole numbers: scales, ramps, mixtures. No Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from widgets.hexviewport import Floats

Pixels = NDArray[np.uint32]
"""Colours as 0xAARRGGBB, premultiplied."""


def scale(values: Floats, stops: NDArray[np.uint32], low: float, high: float) -> Pixels:
    """Return the colour of each value on a scale of `stops` from `low` to `high`; NaN is transparent (0).

    Values beyond the ends take the end's colour.
    """
    top = len(stops) - 1
    with np.errstate(invalid="ignore"):
        place = np.clip((values - low) * (top / (high - low)), 0, top)
    known = ~np.isnan(values)
    colours = np.zeros(len(values), dtype=np.uint32)
    colours[known] = stops[np.rint(place[known]).astype(np.intp)]
    return colours


def ramp(anchors: Sequence[tuple[int, int, int]], steps: int = 256) -> NDArray[np.uint32]:
    """Return `steps` opaque colours that run evenly through `anchors` (red, green, blue)."""
    at = np.linspace(0, len(anchors) - 1, steps)
    channels = [np.interp(at, np.arange(len(anchors)), channel) for channel in zip(*anchors, strict=True)]
    red, green, blue = (np.rint(channel).astype(np.uint32) for channel in channels)
    colours: NDArray[np.uint32] = np.uint32(0xFF000000) | (red << np.uint32(16)) | (green << np.uint32(8)) | blue
    return colours


def mix(colours: Pixels, other: int, share: float) -> Pixels:
    """Return `share` of opaque colour `other` laid on each of `colours`; transparent ones stay so."""
    part = round(share * 256)
    out = np.zeros_like(colours)
    for shift in (0, 8, 16):
        mine = (colours >> np.uint32(shift)) & np.uint32(0xFF)
        theirs = (other >> shift) & 0xFF
        out |= ((mine * np.uint32(256 - part) + np.uint32(theirs * part)) >> np.uint32(8)) << np.uint32(shift)
    out |= np.uint32(0xFF000000)
    out[colours == 0] = 0
    return out


def luminance(colour: int) -> float:
    """Return the relative luminance of a colour, 0 to 1, as WCAG defines it."""
    weights = (0.2126, 0.7152, 0.0722)
    return sum(w * _linear(((colour >> shift) & 0xFF) / 255) for w, shift in zip(weights, (16, 8, 0), strict=True))


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
