"""Evaluate cases shaped like ``golden/models.json`` with the engine's own code: ``python -m tests.golden CASES.json``.

Serves ``golden/signing.json`` alike; what a venue's signatures need stands in `golden_<venue>`.
A file with ``inputs`` in place of models is ``golden/options_math.json``; `golden_options` answers it in its own shape.
Prints ``{NAME: [{"out": …} | {"error": …}, …]}`` in the order of the file, and ``{"missing": true}`` for a NAME that
the engine does not have. Defaults of the cases, where they differ from the product's, stand in the adapters here.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.errors import AtmxError
from engine.core.units import Leg
from engine.maths import kelly, lmsr, normal
from engine.oracle.chain import records
from engine.oracle.rules import settlement_outcome
from engine.portfolio import position
from engine.portfolio.groups import correlation_limiter
from tests import (
    golden_atomizer,
    golden_deribit,
    golden_derive,
    golden_kalshi,
    golden_lmsr_more,
    golden_models,
    golden_options,
    golden_pm4,
    golden_polymarket,
    golden_rysk,
    golden_updown,
)

if TYPE_CHECKING:
    from collections.abc import Callable

Out = dict[str, Any]


def trade(q: list[float], b: float, i: int, d: float) -> Out:
    before = lmsr.price(q, i, b)
    cost = lmsr.trade_cost(before, d, b)
    after = [x + d if n == i else x for n, x in enumerate(q)]
    return {
        "cost": cost,
        "avg_price": cost / d if d else before,
        "p_before": before,
        "p_after": lmsr.price(after, i, b),
        "C_before": lmsr.cost(q, b),
    }


def shares_for_budget(p: float, b: float, c: float) -> Out:
    shares = lmsr.shares_for_budget(p, b, c)
    return {"shares": shares, "avg_price": c / shares if shares else p}


def shares_to_price(p: float, target: float, b: float) -> Out:
    return {"shares": lmsr.shares_to_price(p, target, b), "cost": lmsr.cost_to_price(p, target, b)}


def prior(prior: list[float], b: float) -> Out:
    return {
        "q": list(lmsr.opening_shares(prior, b)),
        "max_loss": lmsr.max_loss(prior, b),
        "loss_by_outcome": list(lmsr.losses(prior, b)),
    }


def b_from_uncertainty(**case: float) -> Out:
    return lmsr.b_from_uncertainty(**case)._asdict()


def mm_pnl(b: float, prior: list[float], trades: list[list[Any]], winner: int) -> Out:
    came = lmsr.maker_result(prior, b, [(int(i), float(d)) for i, d in trades], winner)
    return {"revenue": came.revenue, "payout": came.payout, "mm_pnl": came.pnl, "bound": came.bound}


def both_legs(trades: list[list[Any]], price_yes: float) -> Out:
    out = position.both_legs([(Leg(leg), shares, cost) for leg, shares, cost in trades], price_yes)._asdict()
    out["unrealized"] = out.pop("unrealised")
    return out


def limiter(
    target: str,
    delta: float,
    exposures: dict[str, float],
    groups: dict[str, str],
    max_cell: float = 1000.0,
    max_corr: float = 5000.0,
) -> Out:
    said = correlation_limiter(target, delta, exposures, groups, max_cell, max_corr)
    return {"result": said.outcome.value, "cell": said.cell, "group": said.group}


def normal_cdf(x: float) -> Out:
    return {"cdf": normal.cdf(x), "pdf": normal.pdf(x)}


def kelly_stake(p: float, a: float, cap: float = 0.15, fee_per_share: float = 0.0, frac: float = 0.5) -> Out:
    stake = kelly.stake(p, a, fee_per_share, frac, cap)
    return {"full": stake.full, "size_frac": stake.size, "edge": stake.edge}


def settlement(metric: str, threshold: float, obs: dict[str, Any], min_stations: int = 1, ratio: float = 0.20) -> Out:
    found = settlement_outcome(metric, threshold, obs, min_stations, ratio)
    out: Out = {"outcome": found.outcome, "reason": found.reason, "value": found.value}
    return out | {"spread_ratio": found.spread} if found.reason == "conflict" else out


def hash_chain(payloads: list[Out]) -> Out:
    return {"records": [{"seq": r.seq, "prev": r.prev, "hash": r.hash} for r in records(payloads)]}


FUNCTIONS: dict[str, Callable[..., Out]] = {
    "lmsr.trade": trade,
    "lmsr.shares_for_budget": shares_for_budget,
    "lmsr.shares_to_price": shares_to_price,
    "lmsr.prior": prior,
    "lmsr.b_from_uncertainty": b_from_uncertainty,
    "lmsr.mm_pnl": mm_pnl,
    "lmsr.position": both_legs,
    "lmsr.correlation_limiter": limiter,
    "lmsr.settlement_outcome": settlement,
    "lmsr.hash_chain": hash_chain,
    "updown.normal_cdf": normal_cdf,
    "updown.kelly": kelly_stake,
    **golden_atomizer.FUNCTIONS,
    **golden_deribit.FUNCTIONS,
    **golden_derive.FUNCTIONS,
    **golden_rysk.FUNCTIONS,
    **golden_kalshi.FUNCTIONS,
    **golden_lmsr_more.FUNCTIONS,
    **golden_models.FUNCTIONS,
    **golden_pm4.FUNCTIONS,
    **golden_polymarket.FUNCTIONS,
    **golden_updown.FUNCTIONS,
}


REFUSES = (
    AtmxError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError, RecursionError, MemoryError,
)  # fmt: skip
"""What an input that is none may raise."""


def evaluate(models: dict[str, Any]) -> Out:
    """Return what the engine makes of each model's cases."""
    return {
        name: [_of_case(FUNCTIONS[name], case) for case in model["cases"]] if name in FUNCTIONS else {"missing": True}
        for name, model in models.items()
    }


def _of_case(function: Callable[..., Out], case: object) -> Out:
    """Return the answer to one case; one that cannot be read leaves the others theirs."""
    given = case.get("in") if isinstance(case, dict) else None
    return answer(function, given) if isinstance(given, dict) else {"error": "in: the case has no arguments"}


def answer(function: Callable[..., Out], case: Out) -> Out:
    """Return the result of one case, or why it was refused; a result that is no number is none."""
    try:
        found = function(**case)
        json.dumps(found, allow_nan=False)
    except REFUSES as e:
        return {"error": str(e) or type(e).__name__}
    return {"out": found}


def main(arguments: list[str]) -> int:
    """Print the answers to one file of cases; 2 and a line on stderr where there is no such file."""
    if len(arguments) != 1:
        print("usage: python -m tests.golden CASES.json", file=sys.stderr)
        return 2
    try:
        file = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
        found = golden_options.evaluate(file) if "inputs" in file else evaluate(file["models"])
    except OSError as e:
        print(f"{arguments[0]}: cannot be read ({e.strerror})", file=sys.stderr)
        return 2
    except REFUSES as e:
        print(f"{arguments[0]}: no file of cases ({type(e).__name__}: {e})", file=sys.stderr)
        return 2
    json.dump(found, sys.stdout, ensure_ascii=False, allow_nan=False)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
