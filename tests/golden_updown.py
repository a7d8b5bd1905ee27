"""The ``updown.*`` cases of ``golden/models.json``: adapters to the engine, with the cases' own defaults."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from engine.core.units import Nanos
from engine.core.windows import OPENING_S, running
from engine.maths import binary, vol_surface
from engine.maths.rolling import Classifier, Regime, Volatility, Vwap
from engine.portfolio import greeks, window_pnl
from engine.risk import two_tier
from engine.strategies import (
    certainty_capture,
    convexity_fade,
    latency_arb,
    lp_extreme,
    sight,
    strike_misalign,
)
from engine.strategies.house import House

if TYPE_CHECKING:
    from collections.abc import Callable

Out = dict[str, Any]
MS = 1_000_000
STRATEGIES = {
    module.NAME: module.decide
    for module in (latency_arb, certainty_capture, convexity_fade, strike_misalign, lp_extreme)
}


def told(x: float) -> float | str:
    """Infinities are words in the file."""
    return ("inf" if x > 0 else "-inf") if math.isinf(x) else x


def digital(S0: float, K: float, sigma: float, tau: float) -> Out:
    found = binary.digital(S0, K, sigma, tau)
    return {name: told(value) for name, value in found._asdict().items()}


def oracle(price: float, beta: float, tau: float, delta: float) -> Out:
    found = binary.as_oracle(price, tau, beta, delta)
    return {"s_est": found.price, "tau_eff": found.tau_s}


def ewma(trades: list[list[float]], lam_: float = 0.94, min_samples: int = 10, floor_annual: float = 0.30) -> Out:
    kept = Volatility(lam_, min_samples, floor_annual)
    steps: list[Out | None] = []
    for at, price in trades:
        made = kept.add(int(at), price)
        steps.append(
            {
                "n": kept.samples,
                "sigma_seed": kept.undivided,
                "sigma_debiased": kept.divided,
                "valid": kept.valid,
                "sigma_real": kept.sigma,
            }
            if made
            else None
        )
    return {"steps": steps, "floor_per_s": kept.floor}


def vwap(trades: list[list[float]], window_ms: int = 60_000) -> Out:
    kept, steps = Vwap(window_ms), []
    for at, price, size in trades:
        kept.add(int(at), price, size)
        steps.append({"n": len(kept), "vwap": kept.value})
    return {"steps": steps}


def regime(ticks: list[list[Any]], window_ms: int = 30_000) -> Out:
    kept = Classifier(window_ms)
    for at, rise in ticks:
        kept.tick(at, rise)
    found = kept.counted()
    return {
        "n": found.ticks,
        "up": found.up,
        "dominant_frac": found.dominant,
        "regime": found.regime.value,
        "trend_up": found.up_prevails,
    }


def strategies(S0: float, K: float, sigma: float, tau: float, name: str, up_ask: float = 0.0, down_ask: float = 0.0,
               regime_: str = "Range", elapsed_s: float = 100.0, vwap_: float | None = None) -> Out:  # fmt: skip
    seen = sight.Sight(K)
    seen.look(S0, sigma, tau)
    seen.up_ask, seen.down_ask, seen.elapsed_s, seen.vwap = up_ask, down_ask, elapsed_s, vwap_
    seen.regime = Regime(regime_)
    said = STRATEGIES[name](seen)
    shifted = name == strike_misalign.NAME and vwap_ is not None
    if isinstance(said, sight.Gate):
        return {"gate": said.value} | (
            {"dp": strike_misalign.shift(seen, vwap_)} if shifted and said is sight.Gate.DP else {}
        )
    return {
        "gate": "PASS",
        "side": said.side.value,
        "fair": said.fair,
        "price": said.price,
        "edge": said.edge,
        "confidence": said.confidence,
        "size_frac": said.size,
        "passive": said.passive,
    } | ({"dp": strike_misalign.shift(seen, vwap_)} if shifted else {})


def risk(strategy: str, size_frac: float, bankroll: float = 1000.0, strat_exposure: float = 0.0,
         total_exposure: float = 0.0, orders: int = 0, ms_since_last: int | None = None, feed_age_ms: int = 0,
         feed_ever: bool = True, daily_pnl: float = 0.0, weekly_pnl: float = 0.0, max_exposure: float = 0.15,
         daily_halt: float = -0.03, weekly_halt: float = -0.08, stale_ms: int = 5000) -> Out:  # fmt: skip
    said = two_tier.size(
        strategy,
        size_frac,
        two_tier.Standing(
            bankroll=bankroll, exposure=total_exposure, daily_pnl=daily_pnl, weekly_pnl=weekly_pnl,
            feed_age_ms=feed_age_ms if feed_ever else None,
        ),
        two_tier.OwnStanding(exposure=strat_exposure, orders=orders, ms_since_last=ms_since_last),
        whole=two_tier.PortfolioLimits(max_exposure, daily_halt, weekly_halt, stale_ms),
    )  # fmt: skip
    return {"gate": said.gate.value} | ({} if said.money is None else {"usd": said.money})


def settlement(fills: list[Out], outcome: str) -> Out:
    rows = [
        window_pnl.Filled(
            one["strategy"], _side(one["side"]), one["price"],
            window_pnl.whole_shares(one["usd"], one["price"]), one["fee"],
        )
        for one in fills
    ]  # fmt: skip
    found = window_pnl.settle(rows, _side(outcome))
    return {
        "rows": [{"shares": row.shares, "pnl": pnl} for row, pnl in zip(rows, found.fills, strict=True)],
        "per_strategy": found.strategies,
        "pnl": found.total,
    }


def side_coherence(batches: list[list[Out]]) -> Out:
    house, out = House(), []
    for batch in batches:
        sent = {one["id"]: one["dispatched"] for one in batch}
        signals = [
            (one["id"], sight.Signal(sight.Outcome(one["side"]), 0.0, 0.0, one["edge"], one["conf"], 0.0,
                                     one["passive"]))
            for one in batch
        ]  # fmt: skip
        kept = house.pick(signals)
        for key, signal in kept:
            if sent[key]:
                house.sent(signal)
        out.append({"kept": [key for key, _ in kept], "house": house.side and house.side.value})
    return {"batches": out}


def surface(points: list[list[float]], tau: float) -> Out:
    found = vol_surface.fit([vol_surface.Point(*point) for point in points])
    return {"a": found.a, "b": found.b, "fitted": found.at(tau)}


def window(now_ms: int, interval: str, asset: str = "btc") -> Out:
    now = Nanos(now_ms * MS)
    found = running(now, interval, asset)
    return {
        "slug": found.slug,
        "start_ms": found.start // MS,
        "end_ms": found.end // MS,
        "next_slug": found.next.slug,
        "open_window_ms": OPENING_S[interval] * 1_000,
        "time_left_s": found.left_s(now),
    }


def portfolio_greeks(S0: float, K: float, sigma: float, tau: float, fills: list[Out]) -> Out:
    up, down = (sum(one["shares"] for one in fills if _side(one["side"]) is way) for way in (True, False))
    return greeks.of_window(S0, K, sigma, tau, up, down)._asdict()


def _side(word: str) -> bool:
    return sight.Outcome(word) is sight.Outcome.UP


FUNCTIONS: dict[str, Callable[..., Out]] = {
    "updown.digital": digital,
    "updown.oracle": oracle,
    "updown.ewma": ewma,
    "updown.vwap": vwap,
    "updown.regime": regime,
    "updown.expected_swing": lambda d2, dt, tau: {"swing": binary.expected_swing(d2, dt, tau)},
    "updown.implied_vol": lambda price, S0, K, tau: {"sigma": binary.implied_vol(price, S0, K, tau)},
    "updown.strategies": strategies,
    "updown.risk": risk,
    "updown.settlement": settlement,
    "updown.side_coherence": side_coherence,
    "updown.vol_surface": surface,
    "updown.window": window,
    "updown.taker_fee": lambda shares, price, rate: {"fee": binary.taker_fee(shares, price, rate)},
    "updown.portfolio_greeks": portfolio_greeks,
}
