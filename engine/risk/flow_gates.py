"""The gates that only orders of a strategy meet, after all that every order meets.

Sources: promises P14 (repeated-execution throttle, child orders of one parent, cancel ratio, gross and venue
exposure, data age); two tiers of stakes from the Up/Down design, section 4. They spare what only makes a position
smaller, but for a repetition, a halt and stale inputs: those say that the strategy does not see what it does. Its
stakes are its own: what closes somebody else's position may open one of its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from engine.risk import flow_measures as f
from engine.risk.gate import Gate, above, enough

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.risk.limits import Limits
    from engine.risk.measures import Known, Measure
    from engine.risk.probe import Probe


def _of(
    code: str,
    scope: str,
    meaning: str,
    source: str,
    measure: Callable[[Probe, Known], Measure],
    breach: Callable[[Probe, Limits], Probe],
    *,
    spares: bool = True,
    venue: bool = False,
) -> Gate:
    return Gate(
        code, scope, meaning, source, measure, breach, spares_reducing=spares, venue=venue, automated=True
    )  # fmt: skip


_ORDERS: Final = "orders of the strategy"
_STAKES: Final = "fills and orders of the strategy"
_WINDOWS: Final = "positions, orders and the windows' greeks"
AUTOMATED: Final[tuple[Gate, ...]] = (
    _of(
        "STRATEGY_HALT",
        "strategy",
        "the strategy did not halt itself and was not halted; it lasts until it is switched on again",
        "registry",
        f.halted,
        lambda p, _: replace(p, strategy_halted="too many executions"),
        spares=False,
    ),
    _of(
        "STRATEGY_RATE",
        "strategy",
        "orders of one strategy in a minute",
        "session's clock",
        f.rate,
        enough("strategy_minute", "STRATEGY_RATE"),
    ),
    _of(
        "STRATEGY_REPEAT",
        "strategy",
        "like orders of one strategy while nobody else moved the book",
        "orders and book",
        f.repeats,
        enough("strategy_repeats", "STRATEGY_REPEAT"),
        spares=False,
    ),
    _of(
        "STRATEGY_FILLS",
        "strategy",
        "executions of one strategy in a minute; at the limit it is halted until it is switched on again",
        "fills",
        f.fills,
        enough("strategy_fills", "STRATEGY_FILLS"),
    ),
    _of(
        "WINDOW_ORDERS",
        "strategy and event",
        "orders of one strategy in one event: the children of one plan",
        _ORDERS,
        f.window_orders,
        enough("window_orders", "WINDOW_ORDERS"),
    ),
    _of(
        "MARKET_ORDERS",
        "market",
        "orders open in one market",
        "orders",
        f.market_orders,
        enough("market_orders", "MARKET_ORDERS"),
    ),
    _of(
        "MESSAGE_RATIO",
        "strategy",
        "orders, amendments and cancels for each execution, over ten minutes",
        _ORDERS,
        f.message_ratio,
        lambda p, limits: replace(p, messages=int(limits["MESSAGE_RATIO"]) + f.FREE_MESSAGES),
    ),
    _of(
        "DATA_AGE",
        "venue",
        "seconds since the market link brought anything, for automated orders",
        "links",
        f.data_age,
        lambda p, limits: replace(p, heard_s=max(p.heard_s or 0.0, float(limits["DATA_AGE"] + 1))),
        spares=False,
        venue=True,
    ),
    _of(
        "MODEL_AGE",
        "strategy",
        "seconds since what the strategy decides by was new",
        "the strategy's inputs",
        f.model_age,
        lambda p, limits: replace(p, model_age_s=float(limits["MODEL_AGE"] + 1)),
        spares=False,
    ),
    _of(
        "MARKOUT",
        "strategy",
        "cents a share that the fills of the last hour lost to the market half a minute later",
        "fills and marks",
        f.markout,
        lambda p, limits: replace(p, markout=-float(limits["MARKOUT"] + 1)),
    ),
    _of(
        "STRATEGY_STAKE",
        "strategy",
        "what one strategy has staked, its open orders filled",
        _STAKES,
        f.strategy_stake,
        above("strategy_after", "STRATEGY_STAKE"),
        spares=False,
    ),
    _of(
        "STRATEGIES_STAKE",
        "all strategies",
        "what all strategies have staked, their open orders filled",
        _STAKES,
        f.strategies_stake,
        above("strategies_after", "STRATEGIES_STAKE"),
        spares=False,
    ),
    _of(
        "WINDOW_DELTA",
        "underlying",
        "coins, either way, of all Up/Down windows of one underlying, open orders filled; 1,000,000 is no limit",
        _WINDOWS,
        f.window_delta,
        above("window_delta_after", "WINDOW_DELTA"),
    ),
    _of(
        "WINDOW_GAMMA",
        "underlying",
        "coins for 1 % that those windows are short of, open orders filled; 1,000,000 is no limit",
        _WINDOWS,
        f.window_gamma,
        above("window_gamma_after", "WINDOW_GAMMA"),
    ),
    _of(
        "CORRELATED",
        "group of events",
        "worst loss on events of one place, one station's day or one underlying, open orders filled",
        "payoff vectors",
        f.correlated,
        above("correlated_after", "CORRELATED"),
    ),
    _of(
        "VENUE_EXPOSURE",
        "venue",
        "worst loss on one venue, open orders filled",
        "positions and orders",
        f.venue_exposure,
        above("venue_after", "VENUE_EXPOSURE"),
        venue=True,
    ),
    _of(
        "GROSS_EXPOSURE",
        "portfolio",
        "what all positions cost and all open orders tie up",
        "positions and orders",
        f.gross,
        above("gross_after", "GROSS_EXPOSURE"),
    ),
)
