"""The ``pm4.*`` cases of ``golden/models.json``: adapters to the engine's signatures, with the cases' own defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.core.units import Side
from engine.maths import inventory, quoting, toxicity, warmup
from engine.maths.logit import ticks_in_unit

if TYPE_CHECKING:
    from collections.abc import Callable

Out = dict[str, Any]


def time_factor(t_ms: int, start_ms: int, resolve_ms: int, eta: float) -> Out:
    return {"tf": inventory.time_factor(t_ms, start_ms, resolve_ms, eta)}


def q_capacity(B: float, n_plays: int, tf: float, slip: float, p: float, q: float, capital_cap: bool = False) -> Out:
    found = inventory.capacity(B, n_plays, tf, p, q, slip, capital_cap)
    return {"b_side": found.side, "q_max": found.shares, "q_hat": found.filled}


def gamma_dyn(qhat: float, gamma_a: float = 1.0, gamma_max: float = 50.0) -> Out:
    return {"gamma": inventory.fear(qhat, gamma_a, gamma_max)}


def structure(p: float, U: float, lambda_min: float = 1.0, lambda_max: float = 2.0, beta_p: float = 0.8,
              alpha_U: float = 1.0, U_ref: float = 100.0, A_floor: float = 0.0, w_A: float = 1.0,
              w_L: float = 1.0) -> Out:  # fmt: skip
    found = inventory.structure(
        p, U, beta=beta_p, alpha=alpha_U, reference=U_ref, floor=A_floor, least=lambda_min, most=lambda_max,
        of_ambiguity=w_A, of_thinness=w_L,
    )  # fmt: skip
    return {"A": found.ambiguity, "L": found.thinness, "s": found.weight, "lambda": found.factor}


def sigma(prices: list[float], rates: list[float], tox: tuple[float, float] | None = None, dt_s: float = 5.0,
          tau_fast: float = 30.0, tau_slow: float = 1800.0, rate_ref: float = 0.05, I_max: float = 3.0,
          c_tox: float = 1.0, c_sigma: float = 1.0, nu: float = 1.4, sigma_max: float = 6.0, tau_up: float = 10.0,
          tau_down: float = 90.0, w1: float = 0.6, w2: float = 0.4) -> Out:  # fmt: skip
    settings = toxicity.Settings(
        tau_fast, tau_slow, rate_ref, I_max, c_tox, c_sigma, nu, sigma_max, tau_up, tau_down, w1, w2
    )
    kept, steps = toxicity.Toxicity(settings), []
    for p, rate in zip(prices, rates, strict=True):
        one = kept.sample(p, dt_s, rate, (tox[0], tox[1]) if tox else (0.0, 0.0))
        if one is not None:
            names = ("r", "J", "D", "I", "S_sigma", "Z_tox", "sigma_raw", "sigma")
            steps.append(dict(zip(names, one, strict=True)))
    return {"steps": steps}


def markout(tox_prev: float, tau_s: float, dt_s: float, side: str, p_fill: float, p_now: float) -> Out:
    marked = toxicity.markout(Side(side.lower()), p_fill, p_now)
    hurt = toxicity.adverse(marked)
    return {"markout": marked, "adverse": hurt, "tox": toxicity.blended(tox_prev, hurt, dt_s, tau_s)}


def quote(p: float, qhat: float, gamma: float, lam_: float, sigma: float, kappa: float = 1.0, c_risk: float = 0.2,
          best_bid: float | None = None, best_ask: float | None = None, max_half: float = 1.5,
          min_half_prob: float = 0.0, tick: float = 0.01) -> Out:  # fmt: skip
    count = ticks_in_unit(tick)
    found = quoting.quote(
        p, qhat, gamma, lam_, sigma, tick,
        None if best_bid is None else round(best_bid * count), None if best_ask is None else round(best_ask * count),
        c_risk=c_risk, kappa=kappa, max_half=max_half, min_half=min_half_prob,
    )  # fmt: skip
    names = ("delta", "r_logit", "r_prob", "delta_risk", "delta_liq", "half", "bid_raw", "ask_raw", "bid", "ask")
    out: Out = dict(zip(names, found, strict=True))
    return out | {side: None if out[side] is None else out[side] / count for side in ("bid", "ask")}


def ladder(r_x: float, half_b: float, half_a: float, tick: float, B_side: float, decay: float = 0.8,
           step_mult: float = 0.5, min_step: float = 0.05, max_levels: int = 5, risk_frac: float = 0.10,
           min_size: float = 1.0, max_notional: float = 100.0) -> Out:  # fmt: skip
    depth = quoting.Depth(max_levels, decay, step_mult, min_step, risk_frac, min_size, max_notional)
    count = ticks_in_unit(tick)
    sides = quoting.ladder(r_x, half_b, half_a, tick, B_side, depth)
    bids, asks = ([{"level": n, "price": at / count, "size": size} for n, at, size in side] for side in sides)
    return {"bids": bids, "asks": asks}


def cash_floor(cash: float, B: float, n_plays: int, q: float, p: float, slip: float, phi_min: float,
               open_buy_cost: float) -> Out:  # fmt: skip
    return inventory.cash_floor(cash, B, n_plays, q, p, open_buy_cost, slip, phi_min)._asdict()


def meta_calibration(**case: Any) -> Out:
    found = warmup.pace(case["price_intervals_s"], case["trade_intervals_s"], case["half_life_s"], case["cluster_s"])
    names = ("dt_sample_s", "tau_fast_s", "tau_slow_s", "markout_h1_s", "markout_h2_s")
    return dict(zip(names, found, strict=True))


FUNCTIONS: dict[str, Callable[..., Out]] = {
    "pm4.time_factor": time_factor,
    "pm4.q_capacity": q_capacity,
    "pm4.gamma_dyn": gamma_dyn,
    "pm4.lambda": structure,
    "pm4.sigma": sigma,
    "pm4.markout": markout,
    "pm4.quote": quote,
    "pm4.ladder": ladder,
    "pm4.cash_floor": cash_floor,
    "pm4.meta_calibration": meta_calibration,
}
