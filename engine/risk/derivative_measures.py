"""What the gates of options, futures and perpetuals measure. Orders in anything else do not meet them.

A limit is held against the worst that may come of all that is open. An order that makes it no worse than it was
passes beyond the limit: reducing is always allowed, on either side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.risk.measures import PASSES, Known, Measure, nearer, within

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.risk.derivative_probe import Both, Reach
    from engine.risk.probe import Probe


def greeks(p: Probe, _: Known) -> Measure:
    """Whether the greeks of all that counts are known."""
    if p.reach is None or p.reach.known:
        return PASSES
    return Measure(refuses=True, text="greeks are not known: of a position, an open order or this one no mark is fresh")


def mark_collar(p: Probe, limits: Known) -> Measure:
    """Per cent of the underlying between the price and the mark."""
    if p.reach is None:
        return PASSES
    return within(p.reach.off_mark, limits["MARK_COLLAR"], "the price's distance from the mark", "% of the underlying")


def position(p: Probe, limits: Known) -> Measure:
    """Coins held of one instrument."""
    if p.reach is None:
        return PASSES
    found = within(p.reach.size_after, limits["COIN_POSITION"], "the position in this instrument", "coins")
    return nearer(found, p.reach.size_before)


def total(p: Probe, limits: Known) -> Measure:
    """Coins held of all instruments of an underlying, none set off against another."""
    if p.reach is None:
        return PASSES
    found = within(p.reach.total_after, limits["COIN_TOTAL"], "all positions in this underlying", "coins")
    return nearer(found, p.reach.total_before)


def _greek(code: str, what: str, unit: str, of: Callable[[Reach], Both | None]) -> Callable[[Probe, Known], Measure]:
    def measure(p: Probe, limits: Known) -> Measure:
        if p.reach is None:
            return PASSES
        found = of(p.reach)
        before, after = (None, None) if found is None else found
        return nearer(within(after, limits[code], what, unit), before)

    measure.__doc__ = f"Measure {what}, in {unit}."
    return measure


delta = _greek("DELTA", "delta", "coins", lambda r: r.delta)
gamma = _greek("GAMMA", "gamma", "coins for 1 %", lambda r: r.gamma)
vega = _greek("VEGA", "vega", "$ a point", lambda r: r.vega)
expiry_vega = _greek("EXPIRY_VEGA", "vega of this expiry", "$ a point", lambda r: r.bucket_vega)
expiry_theta = _greek("EXPIRY_THETA", "theta of this expiry", "$ a day", lambda r: r.bucket_theta)


def stress(p: Probe, limits: Known) -> Measure:
    """Greatest loss if spot and volatility jump."""
    if p.reach is None:
        return PASSES
    found = within(p.reach.stress_after, limits["STRESS"], "the worst loss over the grid of spot and volatility", "$")
    return nearer(found, p.reach.stress_before)


def stop_loss(p: Probe, limits: Known) -> Measure:
    """Per cent that the position stands below what it was opened at."""
    if p.reach is None:
        return PASSES
    return within(p.reach.lost, limits["STOP_LOSS"], "the loss on this position against its average", "%")
