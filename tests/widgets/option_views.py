"""Views of options as the docks get them: one chain by Black's formula and a round smile, and what is held of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
from msgspec.structs import replace

from engine.core.ids import InstrumentId, VenueId
from engine.core.units import DAY, Money, Nanos
from engine.core.when import instant
from engine.kernel.project.listed import smiles as engine_smiles
from engine.maths import black_arrays
from engine.options import smiles
from engine.views import options
from engine.views.topics import ChainKey

DERIBIT = VenueId("deribit")
NOW = instant("2026-07-03T19:32:07Z")
FORWARD = 68_910.0
STRIKES = range(54_000, 90_000, 2_000)


def vol(k: Any, years: float) -> Any:
    return 0.455 + 0.9 * k * k - 0.05 * k + 0.02 * np.sqrt(years)


def key(days: int = 27, settles_in: str = "USDC") -> ChainKey:
    return ChainKey("deribit", "BTC", settles_in, NOW + days * DAY)


def side(strike: float, put: bool, days: int = 27, inverse: bool = False, **changes: Any) -> options.OptionSide:
    years = days / 365
    iv = float(vol(np.log(strike / FORWARD), years))
    one = black_arrays.black(FORWARD, strike, iv, years, put)
    price, tick = float(one.price[0]), 0.0001 if inverse else 5.0
    if inverse:
        price /= FORWARD
    wide = tick * (1 + round(0.004 * price / tick))
    bid, ask = round((price - wide) / tick) * tick, round((price + wide) / tick) * tick
    symbol = f"BTC-{days}D-{strike:.0f}-{'P' if put else 'C'}"
    given: dict[str, Any] = {
        "instrument": InstrumentId(DERIBIT, symbol), "bid": bid if bid > 0 else None, "ask": ask,
        "bid_qty": Decimal(2), "ask_qty": Decimal(3), "mid": (bid + ask) / 2 if bid > 0 else None, "mark": price,
        "bid_iv": iv - 0.006, "ask_iv": iv + 0.007, "mark_iv": iv, "model_iv": None,
        "delta": float(one.delta[0]), "gamma": float(one.gamma[0]), "vega": float(one.vega[0]) / 100,
        "theta": float(one.theta_day[0]), "greeks_from": "own", "open_interest": Decimal(int(900 + strike % 7_000)),
        "qty": Decimal(0), "working": 0, "age_s": 0.4, "stale": "",
    } | changes  # fmt: skip
    return options.OptionSide(**given)


def chain(days: int = 27, held: dict[tuple[int, bool], str] | None = None, **changes: Any) -> options.ChainView:
    held = held or {}
    inverse = bool(changes.get("inverse"))

    def one(strike: int, put: bool) -> options.OptionSide:
        return side(strike, put, days, inverse, qty=Decimal(held.get((strike, put), "0")))

    rows = tuple(
        options.ChainRow(strike=Decimal(strike), call=one(strike, False), put=one(strike, True)) for strike in STRIKES
    )
    given: dict[str, Any] = {
        "key": key(days, "BTC" if inverse else "USDC").text, "venue": DERIBIT, "venue_title": "Deribit",
        "underlying": "BTC", "settles_in": "BTC" if inverse else "USDC", "currency": "BTC" if inverse else "USDC",
        "inverse": inverse, "expires": Nanos(NOW + days * DAY), "days": float(days), "forward": FORWARD,
        "index": FORWARD - 40.0, "dollars": FORWARD - 40.0 if inverse else 1.0, "atm_iv": 0.462, "skew": 0.019,
        "rows": rows, "followed": True, "state": "live", "note": "", "now": NOW,
    } | changes  # fmt: skip
    found = options.ChainView(**given)
    return found if "smile" in changes else replace(found, smile=smile(found))


def smile(view: options.ChainView) -> options.SmileLaw | None:
    """Return the smile through a chain, as the engine fits it."""
    if view.forward is None or not view.rows or view.days <= 0:
        return None
    outside = [row.put if row.strike < view.forward else row.call for row in view.rows]
    told = [
        [np.nan if one is None or one.stale or (v := getattr(one, name)) is None else v for one in outside]
        for name in ("bid_iv", "ask_iv", "mark_iv")
    ]
    strikes = np.array([float(row.strike) for row in view.rows])
    points = smiles.Points(view.days / 365, view.forward, strikes, *(np.array(one) for one in told))
    return engine_smiles.told(smiles.fitted(points))


def expiries(*days: int, **changes: Any) -> options.ExpiriesView:
    rows = tuple(
        options.ExpiryLine(
            key=key(one, settles).text, venue=DERIBIT, venue_title="Deribit", underlying="BTC", settles_in=settles,
            inverse=settles == "BTC", expires=Nanos(NOW + one * DAY), days=float(one), options=36,
            atm_iv=float(vol(0.0, one / 365)), forward=FORWARD, held=4 if one == 27 and settles == "USDC" else 0,
            followed=one == 27,
        )
        for settles in ("USDC", "BTC")
        for one in days or (6, 13, 27, 55, 83, 174)
    )  # fmt: skip
    return options.ExpiriesView(rows=rows, now=NOW, **changes)


def leg(
    strike: int, put: bool, qty: str, average: float | None = None, days: int = 27, **changes: Any
) -> options.LegGreeks:
    one, n = side(strike, put, days), float(qty)
    given: dict[str, Any] = {
        "instrument": one.instrument, "name": f"{'P' if put else 'C'} {strike // 1000} 000 30 JUL", "underlying": "BTC",
        "kind": "P" if put else "C", "strike": Decimal(strike), "expires": Nanos(NOW + days * DAY), "qty": Decimal(qty),
        "average": one.mark * 1.04 if average is None else average, "mark": one.mark, "mark_from": "mark",
        "currency": "USDC", "iv": one.mark_iv, "delta": n * one.delta, "delta_coin": n * one.delta,
        "gamma": n * one.gamma, "vega": n * one.vega, "theta": n * one.theta, "greeks_from": "own",
        "unrealised": Money(Decimal(round(n * (one.mark - (one.mark * 1.04 if average is None else average)), 2))),
        "realised": Money(Decimal(0)), "fees": Money(Decimal("0.11")), "age_s": 0.4,
    } | changes  # fmt: skip
    return options.LegGreeks(**given)


def perp(qty: str = "0.36", **changes: Any) -> options.LegGreeks:
    given: dict[str, Any] = {
        "instrument": InstrumentId(DERIBIT, "BTC-PERPETUAL"), "name": "BTC-PERPETUAL", "underlying": "BTC",
        "kind": "PERP", "strike": None, "expires": None, "qty": Decimal(qty), "average": 68_402.0, "mark": 68_871.5,
        "mark_from": "mark", "currency": "USD", "iv": None, "delta": float(qty), "delta_coin": float(qty), "gamma": 0.0,
        "vega": 0.0, "theta": 0.0, "greeks_from": "own", "unrealised": Money(Decimal("169.02")),
        "realised": Money(Decimal(0)), "fees": Money(Decimal("0.16")), "age_s": 0.2,
    } | changes  # fmt: skip
    return options.LegGreeks(**given)


THREE = (leg(76_000, False, "-2.0"), leg(60_000, True, "-1.0"), leg(84_000, False, "1.0"))


def greeks(*legs: options.LegGreeks, **changes: Any) -> options.GreeksView:
    legs = legs or (*THREE, perp())

    def total(name: str) -> float | None:
        known = [getattr(one, name) for one in legs]
        return None if None in known else sum(known)

    given: dict[str, Any] = {
        "underlying": "BTC", "index": FORWARD - 40.0, "delta": total("delta"), "delta_coin": total("delta_coin"),
        "gamma": total("gamma"), "vega": total("vega"), "theta": total("theta"), "unknown": (), "buckets": (),
        "stress": (), "worst": Money(Decimal("4120.55")), "unrealised": Money(Decimal("12.40")),
    } | changes  # fmt: skip
    return options.GreeksView(rows=(options.UnderlyingGreeks(**given),), legs=legs, now=NOW)
