"""The six Up/Down strategies as lines of the registry: names, parameters, and why each is silent, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.ids import StrategyId
from engine.strategies import (
    certainty_capture,
    convexity_fade,
    cross_timeframe,
    latency_arb,
    lp_extreme,
    strike_misalign,
)
from engine.strategies.said import Why
from engine.strategies.sight import Gate
from engine.strategies.spec import Kind, Parameter, Spec

if TYPE_CHECKING:
    from engine.strategies.sight import Sight

S1, S2, S3, S4, S5, S6 = (
    StrategyId(module.NAME)
    for module in (latency_arb, certainty_capture, convexity_fade, strike_misalign, lp_extreme, cross_timeframe)
)
LEAST_EDGE: Final = {
    S1: latency_arb.LEAST_EDGE,
    S2: certainty_capture.LEAST_EDGE,
    S3: convexity_fade.LEAST_EDGE,
    S4: strike_misalign.LEAST_EDGE,
    S5: lp_extreme.LEAST_EDGE,
    S6: cross_timeframe.LEAST_EDGE,
}
DELAY: Final = "oracle_delay_s"
EDGE: Final = "least_edge"
PROFILE: Final = "profile"
WINDOWS: Final = "windows"
SHARES: Final = "most_shares"
ALL: Final = "all"
_PROFILE: Final = Parameter(
    PROFILE, Kind.CHOICE, "paced", choices=("paced", "seed"),
    help="Limits of one order, of the whole, of the pause and of the orders a window: paced is rarer, seed quicker.",
)  # fmt: skip
_WINDOWS: Final = Parameter(
    WINDOWS, Kind.CHOICE, ALL, choices=(ALL, "5m", "15m", "1h", "4h"), help="Windows of which length it trades."
)
_SHARES: Final = Parameter(
    SHARES,
    Kind.WHOLE,
    250,
    1,
    100_000,
    "shares",
    "Most shares of one order; the gate ORDER_QTY has a limit of its own.",
)
_DELAY: Final = Parameter(
    DELAY, Kind.NUMBER, 2.0, 0.0, 30.0, "s",
    "How much later the oracle's price counts than the window ends. Told here for all Up/Down strategies.",
)  # fmt: skip


def _edge(name: StrategyId) -> Parameter:
    least = LEAST_EDGE[name]
    return Parameter(EDGE, Kind.NUMBER, least, least, 0.5, "$", "Least edge a share before it acts.")


def _spec(name: StrategyId, title: str, trigger: str, text: str, *more: Parameter) -> Spec:
    return Spec(name, title, trigger, text, (_edge(name), _PROFILE, _WINDOWS, _SHARES, *more))


SPECS: Final = (
    _spec(
        S1, "S1 latency arb", "Binance trade",
        "The spot price leads: buys the side whose offer has not followed. Fill or kill.", _DELAY,
    ),
    _spec(S2, "S2 certainty capture", "book", "Late and nearly decided: buys the leading side below its value."),
    _spec(S3, "S3 convexity fade", "book", "At the money and without a trend: buys the side left too cheap."),
    _spec(S4, "S4 strike misalign", "opening", "The average price says which side the strike was set off from it."),
    _spec(S5, "S5 lp extreme", "both", "Rests a bid for the losing side where it is offered below its value."),
    _spec(S6, "S6 cross timeframe", "book", "Implied volatility against the curve through the other windows."),
)  # fmt: skip
WORDS: Final = {
    Gate.SIGMA: "volatility has too few samples",
    Gate.TAU: "too little time is left",
    Gate.REGIME: "the price trends",
    Gate.Z: "the price is too near the strike",
    Gate.DISTANCE: "the price is too far from the strike",
    Gate.WINDOW: "only in a window's opening",
    Gate.VWAP: "no average price yet",
    Gate.DP: "the average is too near the strike",
    Gate.NO_QUOTE: "the side is not offered",
    Gate.ASK: "the losing side is not offered below 25c",
    Gate.EDGE: "the edge is too small",
    Gate.SURFACE: "the other windows imply no curve",
    Gate.DEVIATION: "its implied volatility lies on the curve",
}
SILENCES: Final = {
    spec.name: {gate: Why(spec.name, gate.value, text) for gate, text in WORDS.items()} for spec in SPECS
}
"""Made once: to be silent costs a look-up."""
TOO_SMALL: Final = {spec.name: Why(spec.name, Gate.EDGE.value, "below the least edge it was told") for spec in SPECS}


def say(name: StrategyId, code: str, sight: Sight) -> str:
    """Return why a line is silent with the numbers of now; empty where they add nothing."""
    if code == Gate.EDGE.value:
        side = sight.better()
        if side is not None:
            return f"edge {100 * (sight.fair(side) - sight.ask(side)):.2f}c < {100 * LEAST_EDGE[name]:.2f}c"
    elif code == Gate.Z.value:
        return f"|z| {abs(sight.z):.2f} < {certainty_capture.LEAST_Z:.2f}"
    elif code == Gate.WINDOW.value:
        return f"{sight.elapsed_s:.0f} s into the window; only in its first {sight.opening_s:.0f} s"
    elif code == Gate.TAU.value:
        return f"{sight.tau_s:.0f} s are left"
    elif code == Gate.DISTANCE.value:
        far = 100 * abs(sight.spot - sight.strike) / sight.strike
        return f"{far:.2f} % from the strike > {100 * convexity_fade.MOST_DISTANCE:.1f} %"
    return ""
