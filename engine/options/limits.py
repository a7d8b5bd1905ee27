"""Limits on what an options position may become: by instrument and over all, by side; reducing is always allowed."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from engine.core.units import Side

EQUAL: Final = 1e-9


class Allowed(NamedTuple):
    """Whether an order may go out."""

    ok: bool
    why: str | None
    """``instrument`` or ``total``: the limit it would pass."""
    position: float
    """What it would make of the position."""


def allowed(
    position: float, side: Side, size: float, *, most: float = 10.0, others: float = 0.0, most_total: float = 100.0
) -> Allowed:  # fmt: skip
    """Return whether an order keeps to the limits once filled.

    Parameters
    ----------
    position : float, contracts
        Of the instrument, working orders on the same side included.
    side : Side
    size : float, contracts, >= 0
    most, most_total : float, contracts
        Largest position, either way, of the instrument and of all together.
    others : float, contracts, >= 0
        Sum of the sizes of all other positions.

    Raises
    ------
    ValueError
        If a number is not finite or a size negative.
    """
    if not (math.isfinite(position) and 0.0 <= size < math.inf and 0.0 <= others < math.inf):
        msg = f"no order of {size} on a position of {position} beside {others}"
        raise ValueError(msg)
    new = position + size if side is Side.BUY else position - size
    if abs(new) <= abs(position) + EQUAL and new * position >= 0.0:
        return Allowed(True, None, new)
    if abs(new) > most + EQUAL:
        return Allowed(False, "instrument", new)
    if others + abs(new) > most_total + EQUAL:
        return Allowed(False, "total", new)
    return Allowed(True, None, new)
