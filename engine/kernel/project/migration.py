"""Where the implied centre of an event has been over the last half hour, a point a minute. Pure."""

from __future__ import annotations

from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from engine.core.units import HOUR, MINUTE, Nanos

if TYPE_CHECKING:
    from collections.abc import Sequence

SPAN: Final = HOUR // 2
LEAST: Final = 5 * MINUTE
"""A speed over less says nothing."""
_AT: Final = itemgetter(0)


def trail(
    prices: Sequence[Sequence[tuple[Nanos, float]]], centres: Sequence[float], now: Nanos
) -> tuple[tuple[Nanos, float], ...]:
    """Return (moment, centre), oldest first; a moment is left out at which a price was not known yet.

    Parameters
    ----------
    prices : for each outcome (when, cents), in order
        They need not sum to 100: a centre is that of their shares.
    centres : for each outcome
        In the event's unit.
    now : Nanos
        The last point is at the last whole minute and at `now`.
    """
    if not prices or len(prices) != len(centres):
        return ()
    if not all(prices):
        return ()
    first = -(-(now - SPAN) // MINUTE) * MINUTE
    known = max(one[0][0] for one in prices)  # of a busy market what is kept may reach back seconds
    found = []
    for moment in (*range(first, now, MINUTE), now):
        if moment < known:
            continue
        places = [bisect_right(one, moment, key=_AT) - 1 for one in prices]
        shares = [one[place][1] for one, place in zip(prices, places, strict=True)]
        whole = sum(shares)
        if whole > 0:
            centre = sum(share * at for share, at in zip(shares, centres, strict=True)) / whole
            found.append((Nanos(moment), centre))
    return tuple(found)


def per_hour(found: Sequence[tuple[Nanos, float]]) -> float | None:
    """Return how fast the centre moved, a unit an hour, from its oldest point to its newest."""
    if len(found) < 2 or found[-1][0] - found[0][0] < LEAST:
        return None
    return (found[-1][1] - found[0][1]) / ((found[-1][0] - found[0][0]) / HOUR)
