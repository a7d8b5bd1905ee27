"""The gates that orders in options, futures and perpetuals meet after those of every order.

Source of the limits: origin's risk manager (position, delta, gamma, vega, stop loss), made side-aware and taken at the
worst of all open orders and quotes; by expiry, and over a grid, as `specs/venues/hedging` §6 asks.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from engine.core.units import Money
from engine.risk import derivative_measures as d
from engine.risk.derivative_probe import Reach
from engine.risk.gate import Gate

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.risk.limits import Limits
    from engine.risk.probe import Probe

ZERO: Final = Decimal(0)


def _with(make: Callable[[Limits], dict[str, Any]]) -> Callable[[Probe, Limits], Probe]:
    """Return what breaks some of how far an order could take us."""

    def breach(p: Probe, limits: Limits) -> Probe:
        return replace(p, reach=replace(p.reach or sound(), **make(limits)))

    return breach


def _beyond(name: str, code: str) -> Callable[[Probe, Limits], Probe]:
    return _with(lambda limits: {name: (ZERO, limits[code] + 1)})


def sound() -> Reach:
    """Return what every gate lets pass."""
    none = (ZERO, ZERO)
    return Reach(
        known=True, off_mark=ZERO, size_before=ZERO, size_after=ZERO, total_before=ZERO, total_after=ZERO, delta=none,
        gamma=none, vega=none, bucket_vega=none, bucket_theta=none, stress_before=Money(ZERO), stress_after=Money(ZERO),
        alone=Money(ZERO),
    )  # fmt: skip


_ALL: Final = "positions and orders"
DERIVATIVE: Final[tuple[Gate, ...]] = tuple(
    Gate(
        code, scope, meaning, source, measure, breach,
        spares_reducing=code != "MARK_COLLAR", spares_hedging=code == "STOP_LOSS", venue=True, derivative=True,
    )
    for code, scope, meaning, source, measure, breach in (
        ("GREEKS", "underlying", "greeks of all that counts are known", "marks", d.greeks,
         _with(lambda _: {"known": False})),
        ("MARK_COLLAR", "per order", "per cent of the underlying from the mark", "marks", d.mark_collar,
         _with(lambda limits: {"off_mark": limits["MARK_COLLAR"] + 1})),
        ("COIN_POSITION", "instrument", "coins of one option, future or perpetual", _ALL, d.position,
         _with(lambda limits: {"size_after": limits["COIN_POSITION"] + 1})),
        ("COIN_TOTAL", "underlying", "coins of all of them, none set off", _ALL, d.total,
         _with(lambda limits: {"total_after": limits["COIN_TOTAL"] + 1})),
        ("DELTA", "underlying", "coins, either way", _ALL, d.delta, _beyond("delta", "DELTA")),
        ("GAMMA", "underlying", "coins that delta moves by for 1 %", _ALL, d.gamma, _beyond("gamma", "GAMMA")),
        ("VEGA", "underlying", "dollars for a point of volatility", _ALL, d.vega, _beyond("vega", "VEGA")),
        ("EXPIRY_VEGA", "expiry", "dollars for a point, of one expiry", _ALL, d.expiry_vega,
         _beyond("bucket_vega", "EXPIRY_VEGA")),
        ("EXPIRY_THETA", "expiry", "dollars for a day, of one expiry", _ALL, d.expiry_theta,
         _beyond("bucket_theta", "EXPIRY_THETA")),
        ("STRESS", "underlying", "worst loss with spot ±20 % and volatility ±10 points", _ALL, d.stress,
         _with(lambda limits: {"stress_after": Money(limits["STRESS"] + 1)})),
        ("STOP_LOSS", "instrument", "per cent lost on what it adds to", "marks", d.stop_loss,
         _with(lambda limits: {"lost": limits["STOP_LOSS"] + 1})),
    )
)  # fmt: skip
"""In the order they are met."""
