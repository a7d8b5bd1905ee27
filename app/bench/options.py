"""Options under measurement: greeks and implied volatilities of 10,000 at once, beside QuantLib and vollib in one run.

Both are libraries of the tests, not of the program: where one is missing the figure says so. Each does what its own
documentation shows for one option, 10,000 times: neither offers arrays.
"""

from __future__ import annotations

import math
import time
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.bench import figures
from engine.maths import smile_fit
from engine.maths.black_arrays import black, price
from engine.maths.implied import implied_vols
from engine.maths.payoff import CALL, PUT, Leg, payoff

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.bench.figures import Figure

Floats = NDArray[np.float64]

COUNT: Final = 10_000
FORWARD: Final = 63_000.0
ROUNDS: Final = 40
PEER_ROUNDS: Final = 3


class Options(NamedTuple):
    """What is priced, the same every time."""

    strikes: Floats
    vols: Floats
    years: Floats
    put: NDArray[np.bool_]
    worth: Floats


def made() -> Options:
    """Return options of a day to a year, of volatilities from 20 to 150 %, out of the money, each worth a cent or more.

    In the money a price tells less of its volatility; nobody asks for it there.
    """
    rng = np.random.default_rng(7)
    strikes = FORWARD * np.exp(rng.normal(0.0, 0.25, 3 * COUNT))
    vols, years = rng.uniform(0.2, 1.5, strikes.size), rng.uniform(1.0 / 365.0, 1.0, strikes.size)
    put = strikes < FORWARD
    worth = price(FORWARD, strikes, vols, years, put)
    fine = np.flatnonzero(worth > 0.01)[:COUNT]
    return Options(strikes[fine], vols[fine], years[fine], put[fine], worth[fine])


def option_greeks_10k() -> Figure:
    """Price and seven greeks of 10,000 options; beside price and four greeks by others."""
    all_ = made()
    samples = figures.each(
        lambda: black(FORWARD, all_.strikes, all_.vols, all_.years, all_.put), ROUNDS, warm=5, scale=1e-6
    )
    return _with_peers(samples, all_, {"QuantLib": _quantlib_greeks, "vollib": _vollib_greeks}, bar=8.0, moonshot=1.0)


def option_vols_10k() -> Figure:
    """Implied volatilities of 10,000 prices, and how far the worst is off."""
    all_ = made()
    found = implied_vols(all_.worth, FORWARD, all_.strikes, all_.years, all_.put)
    samples = figures.each(
        lambda: implied_vols(all_.worth, FORWARD, all_.strikes, all_.years, all_.put), ROUNDS, warm=5, scale=1e-6
    )
    peers = {"QuantLib": _quantlib_vols, "vollib": _vollib_vols}
    figure = _with_peers(samples, all_, peers, bar=20.0, moonshot=4.0)
    return figure | {"unknown": int((~found.known).sum()), "worst_error": float(np.abs(found.vol - all_.vols).max())}


def option_smile() -> Figure:
    """One smile through 18 strikes, with the proof that it leaves no butterfly."""
    k = np.linspace(-0.25, 0.25, 18)
    vol = 0.46 + 0.9 * k * k - 0.05 * k
    samples = figures.each(lambda: smile_fit.fit(k, vol, 27 / 365), ROUNDS, warm=3, scale=1e-6)
    return figures.of(samples, "ms", held="median", bar=30.0, moonshot=5.0)


def option_payoff() -> Figure:
    """Three legs along 400 prices, today and at expiry, with break-evens, worst and best."""
    legs = [
        Leg(CALL, 1.0, 66_000.0, 0.1, 0.5, paid=4_000.0),
        Leg(CALL, -2.0, 70_000.0, 0.1, 0.48, paid=2_300.0),
        Leg(PUT, 1.0, 58_000.0, 0.1, 0.55, paid=1_100.0),
    ]
    samples = figures.each(lambda: payoff(legs, FORWARD, 5e4, 8e4), ROUNDS, warm=3, scale=1e-6)
    return figures.of(samples, "ms", held="median", bar=30.0, moonshot=2.0)


def _with_peers(
    samples: list[float], all_: Options, peers: Mapping[str, Callable[[Options], None]], **bars: float
) -> Figure:
    beside, missing = {}, []
    for who, work in peers.items():
        try:
            beside[who] = figures.of(_timed(work, all_), "ms")["median"]
        except ImportError:
            missing.append(f"{who} is not installed, so nothing stands beside: it comes with the group `dev`")
    return figures.of(samples, "ms", held="median", beside=beside, missing=missing, options=COUNT, **bars)  # type: ignore[arg-type]


def _timed(work: Callable[[Options], None], all_: Options) -> list[float]:
    samples = []
    for _ in range(PEER_ROUNDS):
        began = time.perf_counter_ns()
        work(all_)
        samples.append((time.perf_counter_ns() - began) * 1e-6)
    return samples


def _rows(all_: Options) -> zip[tuple[Any, ...]]:
    return zip(*(one.tolist() for one in all_), strict=True)


def _quantlib_greeks(all_: Options) -> None:
    ql: Any = import_module("QuantLib")
    for strike, vol, years, put, _ in _rows(all_):
        terms = ql.PlainVanillaPayoff(ql.Option.Put if put else ql.Option.Call, strike)
        one = ql.BlackCalculator(terms, FORWARD, vol * math.sqrt(years), 1.0)
        one.value()
        one.deltaForward()
        one.gammaForward()
        one.vega(years)
        one.theta(FORWARD, years)


def _quantlib_vols(all_: Options) -> None:
    ql: Any = import_module("QuantLib")
    for strike, _, years, put, worth in _rows(all_):
        kind = ql.Option.Put if put else ql.Option.Call
        ql.blackFormulaImpliedStdDevLiRS(kind, strike, FORWARD, worth, 1.0, 0.0) / math.sqrt(years)


def _vollib_greeks(all_: Options) -> None:
    greeks: Any = import_module("vollib.black.greeks.analytical")
    value: Any = import_module("vollib.black").black
    for strike, vol, years, put, _ in _rows(all_):
        flag = "p" if put else "c"
        value(flag, FORWARD, strike, years, 0.0, vol)
        for one in (greeks.delta, greeks.gamma, greeks.vega, greeks.theta):
            one(flag, FORWARD, strike, years, 0.0, vol)


def _vollib_vols(all_: Options) -> None:
    find: Any = import_module("vollib.black.implied_volatility").implied_volatility
    for strike, _, years, put, worth in _rows(all_):
        find(worth, FORWARD, strike, 0.0, years, "p" if put else "c")


ALL: Final = {
    "option_greeks_10k": option_greeks_10k,
    "option_vols_10k": option_vols_10k,
    "option_smile": option_smile,
    "option_payoff": option_payoff,
}
