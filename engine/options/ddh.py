"""Two resting orders that hedge as the price comes to them: where, and how much.

Long gamma makes delta grow with the price: on the way up there is more to sell, on the way down more to buy. So one
order waits on each side where the delta will have left its band. With gamma short, or the delta outside already, the
order is for the delta that there is, at the mark.

Source: Lyra's gamma hedger as its port in the origin has it; `specs/venues/hedging` 4.2.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from engine.core.units import Side

FULL_S = 1_800.0
"""Before its expiry an option settles at an average over so long: its delta and gamma go with the time left."""


class Stand(NamedTuple):
    """The market of the hedge, without orders of our own."""

    mark: float
    bid: float
    ask: float
    tick: float
    tolerance: float = math.inf
    """A spread below it is one whose middle counts; else the mark does."""


class Resting(NamedTuple):
    """One order that waits."""

    side: Side
    price: float
    amount: float
    """Coins, > 0."""


def share(seconds_left: float) -> float:
    """Return the part of an option's delta and gamma that is left before its expiry, 0 to 1."""
    return min(max(seconds_left / FULL_S, 0.0), 1.0)


def change(net: float, gamma: float, target: float, most: float) -> tuple[float, float]:
    """Return by how much the price must move for the delta to reach a target, and the delta there.

    No further than `most`; (0, `net`) where it is beyond the target already, or gamma is not long.
    """
    if (target > 0.0 and net > target) or (target < 0.0 and net < target) or gamma <= 0.0:
        return 0.0, net
    move = (target - net) / gamma
    if abs(move) < most:
        return move, target
    move = math.copysign(most, move)
    return move, net + gamma * move


def order(side: Side, net: float, gamma: float, stand: Stand, *, most_delta: float, most_move: float) -> Resting | None:
    """Return the order that waits on a side; None where nothing is to wait there.

    Raises
    ------
    ValueError
        If the market has no two sides, or a bound is not positive.
    """
    if not (0.0 < stand.bid <= stand.ask < math.inf and stand.tick > 0.0 and most_delta > 0.0 and most_move > 0.0):
        msg = f"no order between {stand.bid} and {stand.ask} with bounds {most_delta} and {most_move}"
        raise ValueError(msg)
    sign = 1.0 if side is Side.BUY else -1.0
    move, there = change(net, gamma, -most_delta * sign, most_move)
    amount = -there * sign
    if amount <= 0.0:
        return None  # it would make the delta larger
    middle = 0.5 * (stand.bid + stand.ask) if stand.ask - stand.bid < stand.tolerance else stand.mark
    price = stand.mark + move
    if side is Side.BUY:
        price = min(price, stand.ask - stand.tick, middle)
    else:
        price = max(price, stand.bid + stand.tick, middle)
    return Resting(side, price, amount) if price > 0.0 else None
