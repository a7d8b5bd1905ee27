"""A request priced: each leg through the book of its hedge, with fee, edges and greeks; or why it cannot be.

Nothing is ever priced from a book that is stale, a mark that is old, or a fee that is not known.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.core.instrument import Payoff
from engine.core.units import DAY, Qty, Side
from engine.kernel.rfq import finding, limits
from engine.kernel.rfq.memory import LegPrice, Package
from engine.maths import contracts
from engine.options import quoter, rfq_price
from engine.options.rfq_price import Answer, Edge, Fair

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.core.ids import InstrumentId
    from engine.core.quotes import QuoteLeg
    from engine.kernel.desks import Listing
    from engine.kernel.rfq.memory import Asked
    from engine.kernel.state import State
    from engine.strategies.spec import Value


def package(state: State, asked: Asked, side: Side, values: Mapping[str, Value]) -> Package | str:
    """Return one side of a request priced, or in one sentence why it is not."""
    request = asked.request
    legs: list[LegPrice] = []
    for leg in request.legs:
        found = _leg(state, asked, leg, (side is Side.BUY) is (leg.side is Side.BUY), values)
        if isinstance(found, str):
            return found
        legs.append(found)
    price = hedge = fair = edge = 0.0
    for leg, made in zip(request.legs, legs, strict=True):
        sign = float(leg.ratio) * (1.0 if leg.side is Side.BUY else -1.0)
        price += sign * made.answer.price
        hedge += sign * made.answer.hedge
        fair += sign * made.answer.model
        edge += made.answer.edge * float(made.qty * state.listings[leg.instrument].instrument.contract_size)
    return Package(side, tuple(legs), price, hedge, fair, edge, _apr(state, legs), state.now)


def _leg(
    state: State, asked: Asked, leg: QuoteLeg, buy: bool, values: Mapping[str, Value]
) -> LegPrice | str:  # fmt: skip
    listing = state.listings.get(leg.instrument)
    if listing is None or finding.terms(listing.instrument) is None:
        return f"{leg.instrument.symbol[:60]} is no option that is listed"
    qty = Decimal(asked.request.qty * leg.ratio)
    best: tuple[Answer, Listing] | None = None
    why = "no venue that takes our orders lists it"
    for name in finding.priced_by(state, leg.instrument):
        by = state.listings[name]
        found = _answer(state, asked, listing, by, qty, buy, values)
        if isinstance(found, str):
            why = found
        elif best is None or (found.price > best[0].price if buy else found.price < best[0].price):
            best = found, by
    if best is None:
        return why
    answer, by = best
    one = listing.instrument
    dollars = contracts.dollars(one, finding.index_of(state, listing) or finding.index_of(state, by))
    worth = finding.exposure(state, listing, qty if buy else -qty, float(values["stale_mark"]))
    if dollars is None or worth is None:
        return f"the mark of {one.id.symbol} is not known, or older than {float(values['stale_mark']):g} s"
    try:
        price = rfq_price.on_grid(answer.price, dollars, one.unit, buy=buy)
    except ValueError as e:
        return str(e)
    return LegPrice(leg.instrument, by.instrument.id, buy, qty, answer, price, *worth)


def _answer(
    state: State, asked: Asked, listing: Listing, by: Listing, qty: Decimal, buy: bool, values: Mapping[str, Value]
) -> Answer | str:  # fmt: skip
    why = finding.untrusted(state, by, float(values["stale"]))
    if why:
        return why
    index, worth = finding.index_of(state, by), finding.greeks(state, by, float(values["stale_mark"]))
    mark = by.mark
    if worth is None or index is None or mark is None or mark.mark_iv is None:
        return f"the mark of {by.instrument.id.symbol} is not known, or older than {float(values['stale_mark']):g} s"
    ours = Side.SELL if buy else Side.BUY
    levels = finding.levels(by, ours, index)
    coins = float(qty * listing.instrument.contract_size)
    if not levels:
        return f"the book of {by.instrument.id.symbol} has nothing to {ours.value} against"
    units = Qty(qty * listing.instrument.contract_size / by.instrument.contract_size)
    best = by.book.best_ask if ours is Side.BUY else by.book.best_bid
    assert best is not None
    charged = contracts.fee(by.instrument, ours, best * by.instrument.unit, units, index, maker=False)
    if charged is None:
        return f"the fee of {by.instrument.id.symbol} is not known"
    share = finding.in_option(state, listing.instrument.id)
    fills = limits.filling(coins if buy else -coins, share, float(values["max_size"]))
    bps = float(values["edge"]) if asked.edge_bps is None else asked.edge_bps
    edge = Edge(
        bps, float(values["vol_edge"]) / 100.0, float(values["inventory_edge"]), float(values["least_edge"])
    )  # fmt: skip
    forward = mark.forward if mark.forward is not None else index
    fair = Fair(
        float(forward), float(by.instrument.exercise or 0), mark.mark_iv, finding.years(state, by.instrument),
        by.instrument.payoff is Payoff.PUT,
    )  # fmt: skip
    try:
        return rfq_price.answer(levels, coins, float(charged) / coins, fair, edge, buy=buy, filling=fills)
    except ValueError as e:
        return str(e)


def _apr(state: State, legs: list[LegPrice]) -> float | None:
    """Return the yield of a single option to whoever sells it, per cent a year."""
    if len(legs) != 1:
        return None
    leg = legs[0]
    by = state.listings[leg.pricing]
    spot, one = finding.index_of(state, by), by.instrument
    if spot is None or one.exercise is None:
        return None
    days = finding.years(state, one) * finding.YEAR / DAY
    return quoter.apr(
        leg.answer.price, float(one.exercise), float(spot), days, put=one.payoff is Payoff.PUT
    ).apr_pct  # fmt: skip


def still(state: State, made: Package, values: Mapping[str, Value]) -> str:
    """Return why what a package was priced from is no longer to be trusted; empty while it is."""
    for leg in made.legs:
        by = state.listings.get(leg.pricing)
        if by is None:
            return f"{leg.pricing.symbol} is no longer listed"
        why = finding.untrusted(state, by, float(values["stale"]))
        if why:
            return why
        if not finding.fresh(state, by, float(values["stale_mark"])):
            return f"the mark of {leg.pricing.symbol} is older than {float(values['stale_mark']):g} s"
    return ""


def wanted(state: State, asked: Asked) -> list[InstrumentId]:
    """Return the instruments whose books a request needs."""
    return [one for leg in asked.request.legs for one in finding.priced_by(state, leg.instrument)]
