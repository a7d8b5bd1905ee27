"""What the hedger is shown of each underlying: positions as models take them, sums, what is on its way, candidates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core.instrument import Payoff
from engine.core.units import SECOND
from engine.kernel.rfq import finding, routes
from engine.options import ddh
from engine.options.hedge_book import HedgeBook
from engine.options.risk_models import Book, Held

if TYPE_CHECKING:
    from engine.kernel.desks import Listing
    from engine.kernel.state import State

MARK_S = 60.0
"""A mark that is older counts as none."""


def all_of(state: State, stale_s: float, hold_h: float) -> list[HedgeBook]:
    """Return each underlying of which we hold anything, or hedge a trade, by name."""
    names = {state.listings[one].instrument.underlying for one in state.options.held if one in state.listings}
    return [book(state, name, stale_s, hold_h) for name in sorted(names - {""})]


def book(state: State, underlying: str, stale_s: float, hold_h: float) -> HedgeBook:
    """Return one underlying."""
    options: list[Held] = []
    linear = delta = gamma = vega = gross = 0.0
    unknown, has_options = "", False
    for name in state.options.held:
        listing = state.listings.get(name)
        if listing is None or listing.instrument.underlying != underlying:
            continue
        one, qty = listing.instrument, finding.held(state, name)
        has_options = has_options or one.payoff is not Payoff.LINEAR
        found = finding.exposure(state, listing, qty, MARK_S)
        if found is None:
            unknown = unknown or name.symbol
            continue
        if one.payoff is Payoff.LINEAR:
            linear += found.delta
            delta += found.delta
            continue
        share = _share(state, listing)
        options.append(_held(state, listing, float(qty * one.contract_size) * share))
        delta, gamma, vega = delta + share * found.delta, gamma + share * found.gamma, vega + share * found.vega
        gross += abs(share * found.delta)
    spot = finding.spot(state, underlying)
    known = spot is not None and not unknown
    pace = max((desk.facts.pace for desk in state.desks.values()), default=1.0)
    return HedgeBook(
        underlying, Book(tuple(options), linear, float(spot)) if known and spot is not None else None,
        unknown or ("" if spot is not None else underlying), delta, gamma, vega, gross, linear,
        _pending(state, underlying), has_options, tuple(routes.candidates(state, underlying, stale_s, hold_h)),
        breaks(state, underlying), pace,
    )  # fmt: skip


def _pending(state: State, underlying: str) -> float:
    from engine.kernel.rfq import hedge_orders

    return hedge_orders.pending(state, underlying)


def _share(state: State, listing: Listing) -> float:
    """Return what is left of an option's delta while it settles at an average."""
    expires = listing.instrument.expires
    return 1.0 if expires is None else ddh.share((expires - state.now) / SECOND)


def _held(state: State, listing: Listing, coins: float) -> Held:
    one = listing.instrument
    worth: tuple[float, float] | None = None
    for other in finding.same(state, one.id):
        by = state.listings[other]
        mark = by.mark
        if mark is not None and mark.mark_iv and finding.fresh(state, by, MARK_S):
            forward = mark.forward if mark.forward is not None else mark.index
            if forward is not None:
                worth = float(forward), mark.mark_iv
                break
    forward_, vol = worth or (1.0, 0.0)
    return Held(
        coins, forward_, float(one.exercise or 0), vol, finding.years(state, one), one.payoff is Payoff.PUT, one.inverse
    )


def breaks(state: State, underlying: str) -> str:
    """Return positions in an underlying that differ from a venue's own account, in words; empty while none does."""
    found = []
    for desk in state.desks.values():
        for name, text in sorted(desk.differs.items()):
            listing = state.listings.get(name)
            if listing is not None and listing.instrument.underlying == underlying:
                found.append(f"{desk.facts.title}: {text}")
    return "; ".join(found[:4])
