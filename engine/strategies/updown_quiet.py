"""Why the Up/Down lines are silent on an event, found for S1 to S5 at once: nearly every event ends here.

It asks what each line's `decide` asks, and only ever tells that all of them are silent, and each at which gate, as one
number. Who would speak, and what is not plain, is for `decide` to say; tests hold one against the other.
"""

from __future__ import annotations

from typing import Final

from engine.maths.rolling import Regime
from engine.strategies import certainty_capture, convexity_fade, latency_arb, lp_extreme, strike_misalign
from engine.strategies.sight import NONE, Sight
from engine.strategies.strike_misalign import PEAK, shift

TREND: Final = Regime.TREND
"""Here because looking a member up costs as much as a comparison."""
MAY_SPEAK: Final = 0
"""Not even one line is known to be silent."""
S1_EDGE, S2_EDGE, S2_Z, S3_TAU, S3_DISTANCE, S3_EDGE, S4_TAU, S4_DP, S5_TAU, S5_Z, S5_ASK, S5_EDGE = (
    latency_arb.LEAST_EDGE, certainty_capture.LEAST_EDGE, certainty_capture.LEAST_Z, convexity_fade.LEAST_TAU_S,
    convexity_fade.MOST_DISTANCE, convexity_fade.LEAST_EDGE, strike_misalign.LEAST_TAU_S, strike_misalign.LEAST_DP,
    lp_extreme.LEAST_TAU_S, lp_extreme.LEAST_Z, lp_extreme.MOST_ASK, lp_extreme.LEAST_EDGE,
)  # fmt: skip


def gates(sight: Sight, book: bool) -> int:
    """Return a number for the gates that hold back all who are asked; `MAY_SPEAK` where that is not sure.

    Parameters
    ----------
    sight : Sight
    book : bool
        A book asks S2 to S5, a trade S1, S4 and S5.

    One function, long as it is: each call on this way takes as long as four comparisons.
    """
    tau, z = sight.tau_s, sight.z
    if not sight.sigma > 0.0 or tau < S4_TAU:
        return MAY_SPEAK
    up, down, far, trend = sight.up_ask, sight.down_ask, z if z >= 0.0 else -z, sight.regime is TREND
    above = sight.p_up - up if up > 0.0 and up < 1.0 else NONE
    below = sight.p_down - down if down > 0.0 and down < 1.0 else NONE
    edge = above if above >= below else below
    if not book:
        if not edge < S1_EDGE:
            return MAY_SPEAK
        found = 1 if edge == NONE else 2
    else:
        if far < S2_Z:
            found = 3
        else:
            won = above if z > 0.0 else below
            if not won < S2_EDGE:
                return MAY_SPEAK
            found = 4 if won == NONE else 5
        if trend:
            found += 10
        elif tau < S3_TAU:
            found += 20
        elif abs(sight.spot - sight.strike) / sight.strike > S3_DISTANCE:
            found += 30
        elif not edge < S3_EDGE:
            return MAY_SPEAK
        else:
            found += 40 if edge == NONE else 50
    elapsed, average = sight.elapsed_s, sight.vwap
    if elapsed > sight.opening_s or elapsed < 0.0:
        found += 100
    elif average is None or average <= 0.0:
        found += 200
    else:
        most = PEAK / (average * sight.v) * (average - sight.strike)
        if not (most < S4_DP and most > -S4_DP) and not abs(shift(sight, average)) < S4_DP:
            return MAY_SPEAK
        found += 300
    if tau < S5_TAU:
        return found + 1_000
    if trend:
        return found + 2_000
    if far < S5_Z:
        return found + 3_000
    ask = down if z > 0.0 else up
    if not (ask > 0.0 and ask < S5_ASK):
        return found + 4_000
    lost = below if z > 0.0 else above
    return found + 5_000 if lost < S5_EDGE else MAY_SPEAK
