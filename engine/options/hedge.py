"""How much to hedge and where: gamma with options first, then what delta is left with a perpetual.

Positive sizes are bought, negative sold. A hedge that works or was filled is part of the position it is reckoned
from: whoever asks again before it is counts the same delta twice.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import Final, NamedTuple

from engine.core.units import Side

MERCY: Final = 1e-9
"""Steps by which a float may miss a whole one."""


class Action(Enum):
    """What a delta asks for."""

    __hash__ = object.__hash__

    NONE = "none"
    BUY = "buy"
    SELL = "sell"
    BELOW_MIN = "below_min"
    """There is something to hedge, and the venue takes no order so small: hold and report."""


class DeltaHedge(NamedTuple):
    """An order in the underlying."""

    action: Action
    size: float
    """Contracts, >= 0."""


class GammaHedge(NamedTuple):
    """Orders in an option and in the perpetual, and what is left."""

    options: float
    delta_after: float
    """With the options, before the perpetual."""
    perp: float
    gamma_after: float


def delta_hedge(
    net: float, *, threshold: float = 0.1, least: float = 0.1, step: float = 0.01, ratio: float = 1.0,
    has_options: bool = True,
) -> DeltaHedge:  # fmt: skip
    """Return the order that brings a net delta back.

    Parameters
    ----------
    net : float, contracts
    threshold : float, >= 0
        Up to it, inclusive, delta is left alone.
    least, step : float, contracts, > 0
        Smallest order, and what sizes are whole multiples of; sizes go down.
    ratio : float in [0, 1]
        Part of the delta that is hedged.
    has_options : bool
        Without options what is held is a left-over hedge: it is closed, whole and without a threshold.

    Raises
    ------
    ValueError
        If an argument is not finite or out of its range.
    """
    if not (math.isfinite(net) and threshold >= 0.0 and least > 0.0 and step > 0.0 and 0.0 <= ratio <= 1.0):
        msg = f"no hedge of {net} with threshold {threshold}, least {least}, step {step}, ratio {ratio}"
        raise ValueError(msg)
    if net == 0.0 or (has_options and abs(net) <= threshold):
        return DeltaHedge(Action.NONE, 0.0)
    size = math.floor(abs(net) * (ratio if has_options else 1.0) / step + MERCY) * step
    if size < least - MERCY * step:
        return DeltaHedge(Action.BELOW_MIN, size)
    return DeltaHedge(Action.SELL if net > 0.0 else Action.BUY, size)


def gamma_hedge(
    gamma: float, delta: float, option_gamma: float, option_delta: float, target: float = 0.0, lot: float = 0.1
) -> GammaHedge:
    """Return the options that bring gamma to `target`, to the nearest lot, and the perpetual for the delta then.

    Raises
    ------
    ValueError
        If the option has no gamma, the lot is not positive, or a number is not finite.
    """
    if not math.isfinite(gamma + delta + option_gamma + option_delta + target) or not lot > 0.0:
        msg = f"no hedge of gamma {gamma} and delta {delta} by lots of {lot}"
        raise ValueError(msg)
    if option_gamma == 0.0:
        msg = "an option without gamma hedges none"
        raise ValueError(msg)
    options = round((target - gamma) / option_gamma / lot) * lot
    left = delta + options * option_delta
    return GammaHedge(options, left, -left if left else 0.0, gamma + options * option_gamma)


def hedge_price(bid: float, ask: float, side: Side, aggression: float, tick: float = 0.1) -> float:
    """Return the limit of a hedge order: 0 joins its own side, 1 takes the other, more goes beyond.

    A price between ticks goes to the less aggressive one while it rests, and to the more aggressive one once it is
    meant to trade.

    Raises
    ------
    ValueError
        If a side of the book is missing, the book is crossed, or the tick is not positive.
    """
    if not (0.0 < bid <= ask < math.inf and tick > 0.0 and math.isfinite(aggression)):
        msg = f"no price between {bid} and {ask} with aggression {aggression} and tick {tick}"
        raise ValueError(msg)
    a = max(aggression, 0.0)
    exact = bid + a * (ask - bid) if side is Side.BUY else ask - a * (ask - bid)
    up = (side is Side.BUY) is (a >= 1.0)
    ticks = math.ceil(exact / tick - MERCY) if up else math.floor(exact / tick + MERCY)
    return ticks * tick
