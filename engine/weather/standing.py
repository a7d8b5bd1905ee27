"""Where a bracket of a day's high or low stands by the reports: it can still win, cannot, or has. Pure.

That is the word of the station, not of whoever settles: a venue's source has differed from the climate report (R7).
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from engine.weather.possible import Possible


class Standing(Enum):
    """Of one bracket."""

    OPEN = "open"
    HOLDS = "holds"
    """The running extreme lies in it; the official one may still leave it."""
    DEAD = "dead"
    LOCKED = "locked"
    """Nothing the station may still report takes it away."""


def of(known: Possible, low: int | None, high: int | None, *, over: bool = False) -> Standing:
    """Return where a bracket stands.

    Parameters
    ----------
    known : Possible
        What the reports leave possible.
    low, high : int, whole degrees F, optional
        Both inside the bracket; None is open.
    over : bool
        The day has ended, so that nothing is to come but its groups and the climate report.
    """
    values = _values(known, over=over)
    if values:
        inside = [_holds(low, high, value) for value in values]
        return Standing.LOCKED if all(inside) else Standing.HOLDS if any(inside) else Standing.DEAD
    if known.bound is None:
        return Standing.OPEN
    further, nearer = (high, low) if known.sign > 0 else (low, high)
    if further is not None and known.sign * (known.bound - further) > 0:
        return Standing.DEAD
    if nearer is not None and known.sign * (known.bound - nearer) < 0:
        return Standing.OPEN
    return Standing.LOCKED if further is None else Standing.HOLDS


def above(known: Possible, level: Decimal, *, over: bool = False) -> Standing:
    """Return where YES of ``more than a level`` stands, F."""
    values = _values(known, over=over)
    if values:
        yes = [value > level for value in values]
        return Standing.LOCKED if all(yes) else Standing.HOLDS if any(yes) else Standing.DEAD
    if known.bound is None:
        return Standing.OPEN
    if known.sign > 0:
        return Standing.LOCKED if known.bound > level else Standing.OPEN
    return Standing.HOLDS if known.bound > level else Standing.DEAD


def _values(known: Possible, *, over: bool) -> tuple[int, ...]:
    """Return the official values that are left where they are a closed set; empty while still open."""
    if known.official:
        return known.official
    if not over or known.cap is None:
        return ()
    left = known.so_far
    return (
        left if not left or known.sign > 0 or known.ended else (left[0] - 1, *left)
    )  # as after a 24-hour group, in its last minutes


def _holds(low: int | None, high: int | None, value: int) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)
