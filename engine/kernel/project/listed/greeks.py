"""Portfolio greeks: by position, by expiry, by underlying, and what a jump of spot and volatility would come to."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.core.instrument import Payoff
from engine.core.units import MICRO, Leg, Money
from engine.kernel.options import holding, sensing, stressing
from engine.kernel.project import names
from engine.kernel.project.listed import instruments
from engine.maths import contracts
from engine.options import stress
from engine.views.options import BucketGreeks, GreeksView, LegGreeks, StressCell, UnderlyingGreeks
from engine.views.status import SpineGreeks

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId
    from engine.core.instrument import Instrument
    from engine.core.units import Nanos
    from engine.kernel.desks import Listing
    from engine.kernel.state import State


def view(state: State) -> GreeksView:
    """Return the greeks of all that is held."""
    legs = [_leg(state, state.listings[one]) for one in state.options.held if one in state.listings]
    legs.sort(key=lambda one: (one.underlying, one.expires or 0, one.strike or Decimal(0), one.instrument))
    underlyings = sorted({one.underlying for one in legs})
    return GreeksView(rows=tuple(of_underlying(state, one) for one in underlyings), legs=tuple(legs), now=state.now)


def of_underlying(state: State, underlying: str) -> UnderlyingGreeks:
    """Return the greeks of all that is held of one underlying."""
    found = sensing.total(state, underlying)
    held = stressing.held_of(state, underlying)
    cells = stressing.grid(state, underlying, orders=False)
    gains = [holding.unrealised(state, one) for one in held]
    index = next((float(i) for one in held if (i := holding.index(one)) is not None), None)
    row = state.options.assets.get(underlying)
    return UnderlyingGreeks(
        underlying=underlying,
        priced_on=""
        if row is None
        else f"{instruments.venue_title(state, row.instrument.venue)} {row.instrument.symbol}",
        index=index,
        delta=None if found is None else found.delta,
        delta_coin=None if found is None else found.delta_coin,
        gamma=None if found is None else found.gamma,
        vega=None if found is None else found.vega,
        theta=None if found is None else found.theta,
        unknown=sensing.unknown(state, underlying),
        buckets=tuple(_bucket(state, underlying, at) for at in sensing.expiries(state, underlying)),
        stress=() if cells is None else _cells(cells),
        worst=stressing.loss(state, underlying),
        unrealised=_sum(gains),
    )


def spine(state: State) -> tuple[SpineGreeks, ...]:
    """Return the sums by underlying, for the strip that is always on screen."""
    names = sorted({state.listings[one].instrument.underlying for one in state.options.held if one in state.listings})
    return tuple(_short(state, one) for one in names)


def _short(state: State, underlying: str) -> SpineGreeks:
    found = sensing.total(state, underlying)
    if found is None:
        missing = sensing.unknown(state, underlying)
        return SpineGreeks(underlying=underlying, delta=None, gamma=None, vega=None, theta=None, unknown=missing)
    held = stressing.held_of(state, underlying)
    index = next((float(i) for one in held if (i := holding.index(one)) is not None), None)
    gamma = None if index is None else found.gamma * index / 100.0
    return SpineGreeks(underlying=underlying, delta=found.delta, gamma=gamma, vega=found.vega, theta=found.theta)


def _sum(gains: list[Decimal | None]) -> Money | None:
    known = [gain for gain in gains if gain is not None]
    return Money(sum(known, Decimal(0)).quantize(MICRO)) if len(known) == len(gains) else None


def _cells(results: tuple[float, ...]) -> tuple[StressCell, ...]:
    return tuple(
        StressCell(spot=spot, vol=vol, result=result) for (spot, vol), result in zip(stress.CELLS, results, strict=True)
    )


def _bucket(state: State, underlying: str, expires: Nanos) -> BucketGreeks:
    found = sensing.total(state, underlying, expires)
    if found is None:
        return BucketGreeks(expires=expires, delta=None, gamma=None, vega=None, theta=None)
    return BucketGreeks(expires=expires, delta=found.delta, gamma=found.gamma, vega=found.vega, theta=found.theta)


def _leg(state: State, listing: Listing) -> LegGreeks:
    one, found = listing.instrument, sensing.known(state, listing.instrument.id)
    qty = float(holding.signed(state, one.id))
    quoted, source = holding.price(listing)
    option = contracts.is_option(one)
    gain = holding.unrealised(state, listing)
    average = holding.average(state, listing)
    return LegGreeks(
        instrument=one.id,
        name=names.derivative(one),
        underlying=one.underlying,
        kind=names.kind(one),
        strike=one.exercise,
        expires=one.expires,
        qty=holding.signed(state, one.id),
        average=None if average is None else float(average),
        mark=None if quoted is None else float(quoted),
        mark_from=source,
        currency=currency(one),
        iv=listing.mark.mark_iv if option and listing.mark is not None else None,
        delta=None if found is None else qty * found.delta,
        delta_coin=None if found is None or found.delta_coin is None else qty * found.delta_coin,
        gamma=None if found is None else qty * found.gamma,
        vega=None if found is None else qty * found.vega,
        theta=None if found is None else qty * found.theta,
        greeks_from="" if found is None else found.source,
        unrealised=None if gain is None else Money(gain.quantize(MICRO)),
        realised=_both(state, one.id, "realised"),
        fees=_both(state, one.id, "fees"),
        age_s=holding.age_s(state, listing),
    )


def _both(state: State, one: InstrumentId, what: str) -> Money:
    return Money(sum((getattr(state.book.get(one, leg), what) for leg in Leg), Decimal(0)))


def currency(one: Instrument) -> str:
    """Return what an instrument's price is in: the coin, or the dollars it settles in."""
    if one.inverse:
        return one.underlying if one.payoff is not Payoff.LINEAR else "USD"
    return one.settles_in
