"""How the gates of options, futures and perpetuals stand now, without an order: by what is held that has used most."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.kernel.options import holding, sensing, stressing, weighing
from engine.maths import contracts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.kernel.state import State

SHOWN = {"DELTA": Decimal("0.001"), "GAMMA": Decimal("0.0001")}
"""Steps that a greek is told in; dollars in whole cents."""
CENT = Decimal("0.01")


def standing(state: State, code: str) -> tuple[Decimal | None, bool]:
    """Return what a gate has used, and whether it refuses all opening now: None while nothing is held."""
    underlyings = stressing.underlyings(state)
    if not underlyings:
        return None, False
    match code:
        case "GREEKS":
            return None, any(sensing.total(state, one) is None for one in underlyings)
        case "COIN_POSITION":
            return _most(_coins(state)), False
        case "COIN_TOTAL":
            return _most(weighing.total(state, one, "", ()) for one in underlyings), False
        case "DELTA" | "GAMMA" | "VEGA":
            return _most(_greek(state, one, code) for one in underlyings), False
        case "EXPIRY_VEGA" | "EXPIRY_THETA":
            return _most(_by_expiry(state, underlyings, code)), False
        case "STRESS":
            return _most(state.venue_losses.get(stressing.key(one)) for one in underlyings), False
        case "STOP_LOSS":
            worst = max((lost for _, lost in sensing.stops(state)), default=Decimal(0))
            return worst, False
        case _:
            return None, False


def _most(some: Iterable[Decimal | None]) -> Decimal | None:
    return max((one for one in some if one is not None), default=None)


def _coins(state: State) -> Iterable[Decimal | None]:
    for instrument in state.options.held:
        listing = state.listings.get(instrument)
        if listing is not None:
            units = abs(holding.signed(state, instrument))
            yield contracts.coins(listing.instrument, units, holding.index(listing))


def _greek(state: State, underlying: str, code: str) -> Decimal | None:
    found = sensing.total(state, underlying)
    if found is None:
        return None
    if code != "GAMMA":
        return _size(found.delta if code == "DELTA" else found.vega, code)
    index = next((i for one in stressing.held_of(state, underlying) if (i := holding.index(one)) is not None), None)
    return None if index is None else _size(found.gamma * float(index) / 100.0, code)


def _by_expiry(state: State, underlyings: Iterable[str], code: str) -> Iterable[Decimal | None]:
    for underlying in underlyings:
        for expires in sensing.expiries(state, underlying):
            found = sensing.total(state, underlying, expires)
            yield None if found is None else _size(found.vega if code == "EXPIRY_VEGA" else found.theta, code)


def _size(amount: float, code: str) -> Decimal:
    return Decimal(min(abs(amount), stressing.FAR_BEYOND)).quantize(SHOWN.get(code, CENT))
