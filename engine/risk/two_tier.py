"""Two tiers of limits for the Up/Down strategies: each strategy's own, and the whole bankroll's.

A signal asks for a part of the bankroll and gets the least of that, the strategy's limit for one order, and the room
left to the strategy and to all. The gates come in one order; the first that fails is the answer. Losses halt at their
threshold, not only beyond it, and a feed that never spoke is stale.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

LEAST: Final = 1.0
"""Account currency below which an order is not worth sending."""
EQUAL: Final = 1e-9
"""Account currency that is a rounding of floats."""
ENOUGH: Final = LEAST - EQUAL


class Gate(Enum):
    """The first condition that failed, or PASS."""

    __hash__ = object.__hash__

    HALTED = "halted"
    DAILY_LOSS = "daily_loss"
    WEEKLY_LOSS = "weekly_loss"
    STALE = "stale"
    PORTFOLIO = "portfolio"
    UNKNOWN_STRATEGY = "unknown_strategy"
    COOLDOWN = "cooldown"
    MAX_ORDERS = "max_orders"
    STRATEGY_EXPOSURE = "strategy_exposure"
    MIN_SIZE = "min_size"
    PASS = "PASS"


class StrategyLimits(NamedTuple):
    """Limits of one strategy; parts are of the bankroll."""

    per_trade: float
    total: float
    cooldown_ms: int
    max_orders: int
    """In one window."""


SEED: Final[Mapping[str, StrategyLimits]] = {
    "latency_arb": StrategyLimits(0.02, 0.08, 200, 50),
    "certainty_capture": StrategyLimits(0.05, 0.10, 1_000, 15),
    "convexity_fade": StrategyLimits(0.005, 0.03, 2_000, 20),
    "strike_misalign": StrategyLimits(0.02, 0.04, 500, 5),
    "lp_extreme": StrategyLimits(0.02, 0.05, 2_000, 10),
}
PACED: Final[Mapping[str, StrategyLimits]] = {
    "latency_arb": StrategyLimits(0.02, 0.04, 60_000, 2),
    "certainty_capture": StrategyLimits(0.03, 0.03, 120_000, 1),
    "convexity_fade": StrategyLimits(0.01, 0.02, 60_000, 2),
    "strike_misalign": StrategyLimits(0.02, 0.02, 15_000, 2),
    "lp_extreme": StrategyLimits(0.02, 0.02, 120_000, 1),
}
PROFILES: Final[Mapping[str, Mapping[str, StrategyLimits]]] = {"seed": SEED, "paced": PACED}


class PortfolioLimits(NamedTuple):
    """Limits of all strategies together; parts are of the bankroll."""

    exposure: float = 0.15
    daily_halt: float = -0.03
    weekly_halt: float = -0.08
    stale_ms: int = 5_000


@dataclass(slots=True, kw_only=True)
class Standing:
    """Where all strategies stand; money is account currency."""

    bankroll: float
    exposure: float = 0.0
    """Of everything booked and not released: what is held and what works."""
    daily_pnl: float = 0.0
    """Since 00:00 UTC."""
    weekly_pnl: float = 0.0
    """Since Monday 00:00 UTC."""
    feed_age_ms: int | None = None
    """Since the feed last spoke; None if it never did."""
    halted: bool = False


@dataclass(slots=True, kw_only=True)
class OwnStanding:
    """Where one strategy stands in its window."""

    exposure: float = 0.0
    orders: int = 0
    ms_since_last: int | None = None
    """None before its first order."""


class Sized(NamedTuple):
    """The answer to a signal."""

    gate: Gate
    money: float | None = None
    """Account currency to spend; told with `min_size` and PASS."""


WHOLE: Final = PortfolioLimits()


def size(
    strategy: str, part: float, all_: Standing, own: OwnStanding,
    limits: Mapping[str, StrategyLimits] = SEED, whole: PortfolioLimits = WHOLE,
) -> Sized:  # fmt: skip
    """Return what a strategy may spend on a signal that asks for `part` of the bankroll, or the gate that stops it.

    Raises
    ------
    ValueError
        If the part or a sum of money is not finite, or the bankroll negative.
    """
    if not math.isfinite(part + all_.exposure + all_.daily_pnl + all_.weekly_pnl + own.exposure):
        msg = f"no size for part {part} with exposure {all_.exposure} and {own.exposure}"
        raise ValueError(msg)
    if not 0.0 <= all_.bankroll < math.inf:
        msg = f"a bankroll must be finite and not negative, was {all_.bankroll}"
        raise ValueError(msg)
    stopped = _stopped(all_, whole)
    if stopped is not None:
        return Sized(stopped)
    mine = limits.get(strategy)
    if mine is None:
        return Sized(Gate.UNKNOWN_STRATEGY)
    if own.ms_since_last is not None and own.ms_since_last < mine.cooldown_ms:
        return Sized(Gate.COOLDOWN)
    if own.orders >= mine.max_orders:
        return Sized(Gate.MAX_ORDERS)
    if own.exposure >= mine.total * all_.bankroll - EQUAL:
        return Sized(Gate.STRATEGY_EXPOSURE)
    money = min(part * all_.bankroll, _room(mine, all_, own, whole))
    return Sized(Gate.PASS if money >= ENOUGH else Gate.MIN_SIZE, money)


def room(mine: StrategyLimits, all_: Standing, own: OwnStanding, whole: PortfolioLimits = WHOLE) -> float | None:
    """Return the most that a strategy may spend on an order, whatever its signal asks for; None where nothing.

    Of its gates those that time moves are not asked: STALE and COOLDOWN.
    """
    sums = all_.bankroll + all_.exposure + all_.daily_pnl + all_.weekly_pnl + own.exposure
    if not math.isfinite(sums) or all_.halted or loss(all_, whole) is not None or own.orders >= mine.max_orders:
        return None
    found = _room(mine, all_, own, whole)  # too little where an exposure is at its limit
    return found if found >= ENOUGH else None


def _room(mine: StrategyLimits, all_: Standing, own: OwnStanding, whole: PortfolioLimits) -> float:
    return min(
        mine.per_trade * all_.bankroll,
        mine.total * all_.bankroll - own.exposure,
        whole.exposure * all_.bankroll - all_.exposure,
    )


def loss(all_: Standing, whole: PortfolioLimits = WHOLE) -> Gate | None:
    """Return whether the day's loss halts every strategy, or the week's."""
    if all_.daily_pnl <= whole.daily_halt * all_.bankroll + EQUAL:
        return Gate.DAILY_LOSS
    if all_.weekly_pnl <= whole.weekly_halt * all_.bankroll + EQUAL:
        return Gate.WEEKLY_LOSS
    return None


def _stopped(all_: Standing, whole: PortfolioLimits) -> Gate | None:
    """Return the gate that stops every strategy alike."""
    if all_.halted:
        return Gate.HALTED
    lost = loss(all_, whole)
    if lost is not None:
        return lost
    if all_.feed_age_ms is None or all_.feed_age_ms > whole.stale_ms:
        return Gate.STALE
    if all_.exposure >= whole.exposure * all_.bankroll - EQUAL:
        return Gate.PORTFOLIO
    return None
