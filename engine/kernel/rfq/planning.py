"""What hedges a trade: the same option where it was priced, futures for its delta, or nothing. Targets are signed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from engine.core.rfq import Hedge
from engine.core.units import Side
from engine.kernel.rfq import finding, routes
from engine.kernel.rfq.memory import Leg as HedgeLeg
from engine.strategies import rfq_desk

if TYPE_CHECKING:
    from engine.core.ids import InstrumentId
    from engine.core.quotes import QuoteFill
    from engine.kernel.rfq.memory import Asked, Trade
    from engine.kernel.state import State

ZERO: Final = Decimal(0)


def plan(state: State, asked: Asked, trade: Trade) -> None:
    """Say which instruments hedge a trade, and by how much; told again while the market for it is not known."""
    row = trade.row
    targets: dict[InstrumentId, Decimal] = {}
    trade.planned = True
    if row.mode == rfq_desk.OFFSET:
        for leg in row.legs:
            listing, venue = state.listings.get(leg.instrument), _offset(state, asked, leg.instrument)
            if listing is None or venue is None:
                trade.planned, trade.why = False, f"no venue lists {leg.instrument.symbol} with a book"
                continue
            by = state.listings[venue].instrument
            units = leg.qty * listing.instrument.contract_size / by.contract_size
            targets[venue] = targets.get(venue, ZERO) + (-units if leg.side is Side.BUY else units)
    elif row.mode == rfq_desk.DELTA:
        found = _by_delta(state, row.legs)
        if found is None:
            trade.planned, trade.why = False, "its delta is not known, or nothing takes it"
        else:
            targets = found
    trade.legs = [HedgeLeg(one, target) for one, target in targets.items() if target]
    trade.row = replace(row, hedges=tuple(Hedge(instrument=leg.instrument, target=leg.target) for leg in trade.legs))


def words(trade: Trade) -> str:
    """Return a plan in words; empty where nothing is to be hedged."""
    return ", ".join(
        f"{'buy' if leg.target > 0 else 'sell'} {abs(leg.target).normalize():f} {leg.instrument.symbol}"
        f" on {leg.instrument.venue}"
        for leg in trade.legs
    )


def _offset(state: State, asked: Asked, instrument: InstrumentId) -> InstrumentId | None:
    """Return where an option is hedged: whose book it was priced from, else the first that has one."""
    for package in asked.packages:
        for leg in package.legs:
            if leg.instrument == instrument and leg.pricing in state.listings:
                return leg.pricing
    return next(iter(finding.priced_by(state, instrument)), None)


def _by_delta(state: State, legs: tuple[QuoteFill, ...]) -> dict[InstrumentId, Decimal] | None:
    total, underlying = 0.0, ""
    for leg in legs:
        listing = state.listings.get(leg.instrument)
        found = None if listing is None else finding.exposure(
            state, listing, leg.qty if leg.side is Side.BUY else -leg.qty, 60.0
        )  # fmt: skip
        if listing is None or found is None:
            return None
        total, underlying = total + found.delta, listing.instrument.underlying
    return routes.targets(state, underlying, -total)
