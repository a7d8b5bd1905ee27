"""The models' functions, fed with the cases of ``golden/models.json``: Kalshi momentum and weather."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.book import features
from engine.core.fee_rule import FeeRule
from engine.core.units import Qty, Side
from engine.maths import calibrate, folds, fusion, hawkes, kinematics, mass, pmf, resting, rls
from engine.maths.fees import trade_fee
from engine.strategies import bracket_leader
from engine.weather import nowcast

if TYPE_CHECKING:
    from collections.abc import Callable

Out = dict[str, Any]


def motion(t: list[float], x: list[float], h: float = 20.0) -> Out:
    return kinematics.motion(t, x, h)._asdict()


def center_of_mass(
    b: list[float], p: list[float], pd: list[float] | None = None, pdd: list[float] | None = None
) -> Out:
    found = mass.centre(b, p, pd, pdd)
    out = {"mu": found.mean, "var": found.variance}
    if found.speed is not None:
        out["mu_dot"] = found.speed
    if found.acceleration is not None:
        out["mu_ddot"] = found.acceleration
    return out


def relative(a: list[float]) -> Out:
    found = kinematics.relative(a)
    return {"ras": list(found.against_mean), "accel_spread": list(found.against_best)}


def ofi(quotes: list[list[float]]) -> Out:
    row = [features.Quote(*one) for one in quotes]
    e = features.flows(row)
    last = row[-1]
    return {
        "e": e,
        "ofi": sum(e),
        "qi": features.queue_imbalance(last),
        "microprice": features.micro_price(last),
    }


def hawkes_path(mu: float, alpha: float, beta: float, t_end: float, events: list[float]) -> Out:
    found = hawkes.path(mu, alpha, beta, t_end, events)
    return {
        "pre": list(found.before),
        "post": list(found.after),
        "lambda_end": found.end,
        "compensator": found.compensator,
        "loglik": found.log_likelihood,
        "branching": found.branching,
    }


def bracket_pmf(kinds: list[list[Any]], mu: float, sd: float, m_run: float | None) -> Out:
    spans = []
    for kind, low, high in kinds:
        if kind == "less":
            spans.append(nowcast.Span(None, high - 1))
        elif kind == "greater":
            spans.append(nowcast.Span(low + 1, None))
        else:
            spans.append(nowcast.Span(low, high))
    p = nowcast.chances(spans, mu, sd, m_run)
    return {"p": list(p), "sum": sum(p)}


def hazard(gap: float, drift: float, vol: float, delta: float) -> Out:
    return {"hazard": nowcast.hazard(gap, drift, vol, delta)}


def log_pool(p_mkt: list[float], p_wx: list[float], w_mkt: float) -> Out:
    return {"p": list(pmf.pool(p_mkt, p_wx, w_mkt))}


def fusion_weight(volume: float, hazard: float, velocity: float = 0.0, a0: float = 0.0, a_vol: float = 0.15,
                  a_haz: float = 2.0, a_v: float = 0.0) -> Out:  # fmt: skip
    w = fusion.market_weight(
        volume, hazard, velocity=velocity, base=a0, of_volume=a_vol, of_hazard=a_haz, of_velocity=a_v
    )
    return {"w": w}


def logistic_normal(p0: list[float], P0: float, q_var: float, dt_s: float, obs: list[Out]) -> Out:
    state = fusion.walk(fusion.start(p0, P0), q_var, dt_s)
    for one in obs:
        if one["kind"] == "market":
            state = fusion.see_market(state, one["p"], one["s"])
        else:
            state = fusion.see_weather(state, one["p"], one["n_eff"])
    return {"z": state.z.tolist(), "p": list(state.p), "P_diag": state.covariance.diagonal().tolist()}


def varx(theta: list[float], P: float, x: list[list[float]], y: list[float], ff: float) -> Out:
    row = rls.Row(theta, P, ff)
    steps = []
    for one, came in zip(x, y, strict=True):
        error = row.learn(one, came)
        steps.append({"err": error, "theta": row.theta.tolist()})
    return {"steps": steps}


def maker_fill(queue: float, qty: float, rate_per_s: float, mean_size: float, horizon_s: float) -> Out:
    found = resting.fill_odds(queue, qty, rate_per_s, mean_size, horizon_s)
    return {"k": found.trades, "p_fill": found.chance}


def old_fees(contracts: int, price_c: int) -> tuple[int, int]:
    """The schedule of before 2026, in whole cents."""
    whole = contracts * price_c * (100 - price_c)
    return -(-7 * whole // 10_000), -(-175 * whole // 1_000_000)


def ev(p_fair: float, price_c: int, contracts: int, fill_prob: float, ask_c: int) -> Out:
    _, maker_fee = old_fees(contracts, price_c)
    taker_fee, _ = old_fees(contracts, ask_c)
    found = resting.choose(100 * p_fair, price_c, ask_c, fill_prob, maker_fee, taker_fee, contracts)
    return {"ev_maker_c": found.maker, "ev_taker_c": found.taker, "choice": found.way or "none"}


def fees(contracts: int, price_c: int) -> Out:
    taker, maker = old_fees(contracts, price_c)
    return {"taker_c": taker, "maker_c": maker}


def coherence(bids_c: list[int | None], asks_c: list[int | None], contracts: int = 1) -> Out:
    """Sums and set trades under the old schedule, which these cases are of."""
    mids = [(b + a) / 2 for b, a in zip(bids_c, asks_c, strict=True) if b is not None and a is not None]
    out: Out = {"sum_mid": sum(mids) / 100, "buy_all_cost_c": None, "sell_all_income_c": None, "arb": "none"}
    asks = [a for a in asks_c if a is not None]
    bids = [b for b in bids_c if b is not None]
    if len(asks) == len(asks_c):
        out["buy_all_cost_c"] = sum(contracts * a + old_fees(contracts, a)[0] for a in asks)
        if out["buy_all_cost_c"] < 100 * contracts:
            out["arb"] = "buy_all"
    if len(bids) == len(bids_c):
        out["sell_all_income_c"] = sum(contracts * b - old_fees(contracts, b)[0] for b in bids)
        if out["arb"] == "none" and out["sell_all_income_c"] > 100 * contracts:
            out["arb"] = "sell_all"
    return out


def scores(p: list[float], y: list[int], bins: int = 10) -> Out:
    return calibrate.scores(p, y, bins)._asdict()


def platt_fit(p: list[float], y: list[int]) -> Out:
    found = calibrate.fit_platt(p, y)
    return {"A": found.slope, "B": found.shift}


def cusum(xs: list[float], k: float = 0.005, h: float = 0.03) -> Out:
    state, steps = mass.Cusum(), []
    for x in xs:
        state = mass.cusum(state, x, k, h)
        steps.append({"gp": state.up, "gn": state.down, "alarm": state.alarm})
    return {"steps": steps}


def walk_forward(start: str, end: str, **more: int) -> Out:
    found = folds.walk_forward(date.fromisoformat(start), date.fromisoformat(end), **more)
    ends = [[day.isoformat() for day in fold] for fold in (found[0], found[-1])] if found else [None, None]
    return {"n": len(found), "first": ends[0], "last": ends[1]}


def accel_gate(acc: list[float], vel: list[float], ofi_: float, qi: float | None, hazard_: float, spread_c: float,
               volume: float, j: int = 1, theta: float = 0.0005, haz_hi: float = 0.5, haz_lo: float = 0.1,
               spread_max: float = 5.0, vol_min: float = 10.0) -> Out:  # fmt: skip
    needs = bracket_leader.Needs(theta, haz_hi, haz_lo, spread_max, vol_min)
    said = bracket_leader.judge(acc, vel, j, ofi_, qi, hazard_, spread_c, volume, needs)
    shown = said.gate in {bracket_leader.Gate.ACCEL, bracket_leader.Gate.PASS}
    return {"gate": said.gate.value} | ({"accel_spread": said.ahead, "theta": said.theta} if shown else {})


def fee_2026(count: str, price: str, multiplier: str, role: str, side: str) -> Out:
    rule = FeeRule(kind="kalshi", rate=Decimal("0.07"), maker_rate=Decimal("0.0175"), multiplier=Decimal(multiplier))
    fee = trade_fee(rule, Side(side), Decimal(price), Qty(Decimal(count)), role == "maker")
    return {"fee_cost": f"{fee:.6f}"}


FUNCTIONS: dict[str, Callable[..., Out]] = {
    "kalshi.kinematics": motion,
    "kalshi.center_of_mass": center_of_mass,
    "kalshi.relative_accel": relative,
    "kalshi.ofi": ofi,
    "kalshi.hawkes": hawkes_path,
    "kalshi.bracket_pmf": bracket_pmf,
    "kalshi.hazard": hazard,
    "kalshi.log_pool": log_pool,
    "kalshi.fusion_weight": fusion_weight,
    "kalshi.logistic_normal_filter": logistic_normal,
    "kalshi.varx_rls": varx,
    "kalshi.maker_fill": maker_fill,
    "kalshi.ev": ev,
    "kalshi.fees": fees,
    "kalshi.coherence": coherence,
    "kalshi.isotonic": lambda y, w=None: {"fit": list(calibrate.isotonic(y, w))},
    "kalshi.platt_map": lambda p, A, B: {"q": calibrate.Platt(A, B)(p)},
    "kalshi.beta_map": lambda p, a, b, c: {"q": calibrate.Beta(a, b, c)(p)},
    "kalshi.platt_fit": platt_fit,
    "kalshi.scores": scores,
    "kalshi.cusum": cusum,
    "kalshi.walk_forward": walk_forward,
    "kalshi.accel_gate": accel_gate,
    "kalshi.fee_2026": fee_2026,
}
