"""The ``atomizer.*`` cases of ``golden/models.json`` that are plain functions of numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.core.units import Side
from engine.maths import backoff, black
from engine.options import fixed_point, hedge, limits, quoter

if TYPE_CHECKING:
    from collections.abc import Callable

Out = dict[str, Any]


def apr(price: float, strike: float, spot: float, days: float, is_put: bool, contracts: float = 1.0) -> Out:
    found = quoter.apr(price / contracts, strike, spot, days, put=is_put)
    return {"time_value": found.time_value, "apr_pct": found.apr_pct}


def slippage(levels: list[list[float]], qty: float) -> Out:
    found = quoter.walk([(price, size) for price, size in levels], qty)
    out: Out = {"filled": found.filled, "avg": found.average, "insufficient": found.missing}
    return out if found.slippage_bps is None else out | {"slippage_bps": found.slippage_bps}


def aggression(bid: float, ask: float, a: float, **more: Any) -> Out:
    found = quoter.around(bid, ask, a, **more)
    return {"gate": "no_price"} if found is None else found._asdict()


def black76(Fwd: float, K: float, vol: float, T_years: float, is_put: bool, r: float = 0.0) -> Out:
    found = black.option(Fwd, K, vol, T_years, put=is_put, r=r)
    return {name: getattr(found, name) for name in ("price", "delta", "gamma", "vega")}


def delta_hedge(net_delta: float, threshold: float = 0.1, min_size: float = 0.1, step: float = 0.01,
                ratio: float = 1.0, has_options: bool = True) -> Out:  # fmt: skip
    found = hedge.delta_hedge(
        net_delta, threshold=threshold, least=min_size, step=step, ratio=ratio, has_options=has_options
    )
    return {"action": found.action.value, "size": found.size}


def gamma_hedge(net_gamma: float, net_delta: float, opt_gamma: float, opt_delta: float, target: float = 0.0,
                lot: float = 0.1) -> Out:  # fmt: skip
    return hedge.gamma_hedge(net_gamma, net_delta, opt_gamma, opt_delta, target, lot)._asdict()


def hedge_price(bid: float, ask: float, side: str, a: float, tick: float = 0.1) -> Out:
    return {"price": hedge.hedge_price(bid, ask, Side(side), a, tick)}


def risk_limits(pos: float, order_side: str, size: float, max_pos: float = 10.0, others_abs: float = 0.0,
                max_total: float = 100.0) -> Out:  # fmt: skip
    found = limits.allowed(pos, Side(order_side), size, most=max_pos, others=others_abs, most_total=max_total)
    return {"ok": found.ok, "why": found.why, "new": found.position}


def fixed(price: float, qty: float, strike: float) -> Out:
    """The file's numbers are decimal literals."""
    return {
        "price_1e6": str(fixed_point.fixed(Decimal(str(price)), fixed_point.PRICE)),
        "qty_1e18": str(fixed_point.fixed(Decimal(str(qty)), fixed_point.QUANTITY)),
        "strike_1e8": str(fixed_point.fixed(Decimal(str(strike)), fixed_point.STRIKE)),
    }


FUNCTIONS: dict[str, Callable[..., Out]] = {
    "atomizer.apr": apr,
    "atomizer.slippage": slippage,
    "atomizer.aggression": aggression,
    "atomizer.black76": black76,
    "atomizer.delta_hedge": delta_hedge,
    "atomizer.gamma_hedge": gamma_hedge,
    "atomizer.hedge_price": hedge_price,
    "atomizer.risk_limits": risk_limits,
    "atomizer.fixed_point": fixed,
    "atomizer.backoff": lambda attempt, base=1.0, factor=2.0, cap=60.0: {
        "delay_s": backoff.delay_s(attempt, base, factor, cap)
    },
}
