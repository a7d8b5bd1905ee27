"""Whether a request can be quoted at all, whoever asks, and how it reads in words."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.kernel.rfq import finding

if TYPE_CHECKING:
    from engine.core.quotes import QuoteRequest
    from engine.kernel.state import State

LEGS: Final = 8


def invalid(state: State, request: QuoteRequest) -> str:
    """Return in one sentence why a request cannot be quoted, whoever asks; empty where it can."""
    if not request.legs or len(request.legs) > LEGS:
        return f"it has {len(request.legs)} legs; 1 to {LEGS} can be priced"
    if not (request.qty.is_finite() and 0 < request.qty < Decimal(10) ** 12):
        return f"its size is {str(request.qty)[:40]}"
    if any(not (leg.ratio.is_finite() and 0 < leg.ratio < Decimal(10) ** 6) for leg in request.legs):
        return "a leg's share of it is no number above 0"
    if request.hedge is not None:
        return "it comes with a leg at a fixed price, which this desk does not take"
    if len({leg.instrument for leg in request.legs}) != len(request.legs):
        return "it names an option twice"
    for leg in request.legs:
        listing = state.listings.get(leg.instrument)
        if listing is None or finding.terms(listing.instrument) is None:
            return f"{leg.instrument.symbol[:60]} is no option that is listed"
        if (listing.instrument.expires or 0) <= state.now:
            return f"{leg.instrument.symbol[:60]} has expired"
    if request.expires is not None and request.expires <= state.now:
        return "its time is over"
    if not request.sides:
        return "no side of it can trade"
    refused = dict(request.facts).get("refused", "")
    return refused[:200]


def words(state: State, request: QuoteRequest) -> str:
    """Return a request in words."""
    legs = []
    for leg in request.legs[:LEGS]:
        listing = state.listings.get(leg.instrument)
        name = leg.instrument.symbol[:60] if listing is None else finding.name(listing.instrument)
        legs.append(f"{leg.side.value} {leg.ratio.normalize():f} {name}")
    who = request.taker[:64] or "a taker"
    sides = "/".join(side.value for side in request.sides)
    return f"{who} wants {_plain(request.qty)} of [{', '.join(legs)}], we {sides}"


def _plain(value: Decimal) -> str:
    """Return a number of a stranger's without noughts at its end, and not at any length."""
    if not value.is_finite() or not -40 <= value.adjusted() <= 40:
        return str(value)[:40]
    return f"{value.normalize():f}"[:40]
