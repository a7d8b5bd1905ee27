"""``golden/options_math.json``: one option, one digital and one future, each by the engine's arrays.

That file tells one set of inputs and the values wanted of them, not cases of models; vega, vanna and volga are by the
point of volatility.
"""

from __future__ import annotations

import math
from typing import Any

from engine.maths import black_arrays, inverse
from engine.maths.digitals import digitals

Out = dict[str, Any]
STEP = 1e-5
"""Of the price: the difference that stands beside the net transaction delta."""


def evaluate(file: Out) -> Out:
    """Return the file's values by the engine; those of names that it does not have as ``{"missing": true}``."""
    given, wanted = file["inputs"], {name: one for name, one in file.items() if name != "inputs"}
    r = -math.log(given["df"]) / given["T"]
    option = (given["F"], given["K"], given["sigma"], given["T"])
    usd = wanted.get("perp_inverse", {}).get("usd_size", 0.0)
    found = {
        "call": vanilla(*option, False, r),
        "put": vanilla(*option, True, r),
        "digital_up": digital(*option, False, r),
        "digital_down": digital(*option, True, r),
        "inverse_call": coin(*option, False),
        "inverse_put": coin(*option, True),
        "perp_inverse": future(usd, given["F"]),
    }
    return {name: found.get(name, {"missing": True}) for name in wanted}


def vanilla(forward: float, strike: float, vol: float, years: float, put: bool, r: float) -> Out:
    one = {name: float(value[0]) for name, value in
           black_arrays.black(forward, strike, vol, years, put, r)._asdict().items()}  # fmt: skip
    points = {"vega": one["vega"] / 1e2, "vanna": one["vanna"] / 1e2, "volga": one["volga"] / 1e4}
    return {name: one[name] for name in ("price", "delta", "gamma", "theta_day")} | points


def digital(forward: float, strike: float, vol: float, years: float, down: bool, r: float) -> Out:
    one = {name: float(value[0]) for name, value in digitals(forward, strike, vol, years, down, r)._asdict().items()}
    return one | {"vega": one["vega"] / 1e2}


def coin(forward: float, strike: float, vol: float, years: float, put: bool) -> Out:
    def worth(at: float) -> float:
        return float(inverse.in_coin(black_arrays.price(at, strike, vol, years, put), at)[0])

    delta = float(black_arrays.black(forward, strike, vol, years, put).delta[0])
    step = STEP * forward
    return {
        "coin_price": worth(forward),
        "bs_delta": delta,
        "net_transaction_delta": float(inverse.net_transaction_delta(delta, worth(forward))),
        "dcoin_dS_times_S": forward * (worth(forward + step) - worth(forward - step)) / (2.0 * step),
    }


def future(usd: float, price: float) -> Out:
    return {
        "usd_size": usd,
        "coin_delta_at_S": inverse.future(usd, price, price).delta,
        "coin_pnl_1pct_up": inverse.future(usd, 1.01 * price, price).pnl,
    }
