"""What the gates look at of an order in an option, a future or a perpetual.

Sizes are coins of the underlying, so that a contract of ten dollars and one of a coin are held to the same limits. An
order that makes a position smaller and what all could lose no larger is a reducing one. Greeks are taken at their
worst: whatever fills of the open orders and live quotes of the underlying, this order with them. The hedge that a trade
of requests is owed counts as hedging where the worst loss is no larger with it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.units import NO_MONEY, Money, Side
from engine.kernel import exposing, results
from engine.kernel.options import holding, sensing, stressing
from engine.kernel.options.stressing import FAR_BEYOND, May
from engine.maths import contracts
from engine.options.greeks import Greeks
from engine.risk.derivative_probe import Reach
from engine.risk.measures import MOST

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.ids import InstrumentId
    from engine.kernel.desks import Desk, Listing
    from engine.kernel.state import State
    from engine.portfolio.exposure import Resting
    from engine.risk.probe import Probe

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
HUNDRED: Final = Decimal(100)
BUY: Final = Side.BUY


def sizes(state: State, desk: Desk, listing: Listing, found: Probe, but: str) -> Resting | None:
    """Fill in what an order would do, and return it as it may trade; None where its size is not known."""
    place, one = found.place, listing.instrument
    reach = found.reach = Reach()
    reach.perpetual, reach.unit = one.expires is None, one.unit
    qty, ticks = place.qty, place.price
    if qty is None or ticks is None or not qty.is_finite() or not 0 < qty <= MOST:
        return None
    price, index = ticks * one.unit, holding.index(listing)
    found.fee = stressing.fee_of(listing, place.side, price, qty)
    order = May(listing, qty if place.side is BUY else -qty, price)
    _position(state, listing, found, order, but, can_short="SHORT" in desk.facts.can)
    _losses(state, desk, listing, found, order, but)
    _greeks(state, found, order, but)
    _against_mark(listing, reach, price, index)
    found.qty = qty
    value = contracts.cost(one, price, qty, index)
    found.cost = value if contracts.booking(one) is contracts.Booking.PREMIUM else reach.alone
    if found.reducing:  # a way out takes no cash, and is not barred by what is not known
        found.tied, found.cost, found.fee = NO_MONEY, found.cost or NO_MONEY, found.fee or NO_MONEY
        found.cash = NO_MONEY if found.cash is None else found.cash
    else:
        reach.lost = dict(sensing.stops(state)).get(one.id, ZERO)
        owed = state.options.owed
        found.hedging = (
            owed is not None
            and owed(place)
            and reach.stress_before is not None
            and not stressing.grows(state, one.underlying, order, but)
        )
    found.cell_after = found.group_after = ZERO
    return stressing.resting(listing, place, qty, ticks)


def _position(state: State, listing: Listing, found: Probe, order: May, but: str, *, can_short: bool) -> None:
    """Fill in what we may come to hold of the instrument, and of all that is about its underlying."""
    one, reach = listing.instrument, found.reach
    assert reach is not None
    index = holding.index(listing)
    others = [m for m in stressing.may_fill(state, one.underlying, but) if m.listing.instrument.id == one.id]
    now = holding.signed(state, one.id)
    before, after = _most(now, others), _most(now, [*others, order])
    reach.size_before, reach.size_after = (contracts.coins(one, units, index) for units in (before, after))
    reach.total_before, reach.total_after = (
        total(state, one.underlying, but, ()),
        total(state, one.underlying, but, (order,)),
    )
    same = sum((m.qty for m in others if (m.qty > 0) is (order.qty > 0)), ZERO)
    reached = now + same + order.qty
    found.reducing = bool(now) and (now > 0) is (order.qty < 0) and (reached == 0 or (reached > 0) is (now > 0))
    if not found.reducing and found.place.reduce_only:
        found.declined, found.declined_text = "REDUCE_ONLY", "it would open a position"
    if reached < 0 and not can_short:
        found.declined, found.declined_text = "NOT_HELD", "this venue sells nothing that is not held"
    found.market_after = reach.size_after


def _most(now: Decimal, some: Iterable[May]) -> Decimal:
    """Return the most units either way that a position may come to, whatever of some orders fills."""
    up = down = ZERO
    for one in some:
        if one.qty > 0:
            up += one.qty
        else:
            down -= one.qty
    return max(abs(now + up), abs(now - down))


def total(state: State, underlying: str, but: str, more: tuple[May, ...]) -> Decimal | None:
    """Return the sum over instruments of the coins that each may come to."""
    orders: dict[InstrumentId, list[May]] = {}
    listings = {one.instrument.id: one for one in stressing.held_of(state, underlying)}
    for one in (*stressing.may_fill(state, underlying, but), *more):
        name = one.listing.instrument.id
        listings[name] = one.listing
        orders.setdefault(name, []).append(one)
    total = ZERO
    for name, listing in listings.items():
        units = _most(holding.signed(state, name), orders.get(name, ()))
        amount = contracts.coins(listing.instrument, units, holding.index(listing))
        if amount is None:
            return None
        total += amount
    return total


def _losses(state: State, desk: Desk, listing: Listing, found: Probe, order: May, but: str) -> None:
    """Fill in what could be lost, and the cash that it takes."""
    underlying, reach = listing.instrument.underlying, found.reach
    assert reach is not None
    counted = state.venue_losses.get(stressing.key(underlying), NO_MONEY)
    before = stressing.loss(state, underlying, but=but)
    after = stressing.loss(state, underlying, (order,), but=but)
    reach.stress_before, reach.stress_after = before, after
    reach.alone = stressing.alone(state, order)
    found.event_loss_after = after
    found.at_risk_after = None if after is None else Money(results.at_risk(state) - counted + after)
    if found.reducing and not found.whole and stressing.grows(state, underlying, order, but):
        found.reducing = False  # one leg of a spread: fewer contracts, and more to lose
    mine = stressing.loss(state, underlying, but=but, venue=desk.venue)
    with_it = stressing.loss(state, underlying, (order,), but=but, venue=desk.venue)
    found.tied = None if mine is None or with_it is None else Money(max(ZERO, with_it - mine))
    found.cash = exposing.free_cash(state, desk, but)


def _greeks(state: State, found: Probe, order: May, but: str) -> None:
    """Fill in the greeks that we may come to, of the underlying and of the order's expiry."""
    reach, one = found.reach, order.listing.instrument
    assert reach is not None
    index = holding.index(order.listing)
    others = list(stressing.may_fill(state, one.underlying, but))
    for bucket in (False, True):
        if bucket and not contracts.is_option(one):
            reach.bucket_vega = reach.bucket_theta = (ZERO, ZERO)
            continue
        expires = one.expires if bucket else None
        now = sensing.total(state, one.underlying, expires)
        some = [m for m in others if not bucket or m.listing.instrument.expires == expires]
        units = [_unit(state, m) for m in (*some, order)]
        if now is None or any(unit is None for unit in units):
            return
        sums = [(m.qty, unit) for m, unit in zip((*some, order), units, strict=True) if unit is not None]
        if bucket:
            reach.bucket_vega = _reached(now.vega, sums, "vega")
            reach.bucket_theta = _reached(now.theta, sums, "theta")
            continue
        reach.delta, reach.vega = _reached(now.delta, sums, "delta"), _reached(now.vega, sums, "vega")
        if index is not None:
            per_cent = float(index) / 100.0
            before, after = _reached(now.gamma * per_cent, sums, "gamma", per_cent)
            reach.gamma = before, after
    reach.known = True


def _unit(state: State, one: May) -> Greeks | None:
    return sensing.unit(state, one.listing, ours=False)


def _reached(now: float, sums: list[tuple[Decimal, Greeks]], which: str, scale: float = 1.0) -> tuple[Decimal, Decimal]:
    """Return the most of a greek either way without the last of some orders, and with it."""
    changes = [float(qty) * getattr(unit, which) * scale for qty, unit in sums]
    return _either_way(now, changes[:-1]), _either_way(now, changes)


def _either_way(now: float, changes: Iterable[float]) -> Decimal:
    up = down = 0.0
    for change in changes:
        up, down = up + max(0.0, change), down + min(0.0, change)
    return Decimal(min(max(abs(now + up), abs(now + down)), FAR_BEYOND)).quantize(Decimal("0.000001"))


def _against_mark(listing: Listing, reach: Reach, price: Decimal, index: Decimal | None) -> None:
    """Fill in how far the price is from the mark, in per cent of the underlying."""
    quoted, _ = holding.price(listing)
    base = index if index is not None else quoted
    each = contracts.dollars(listing.instrument, index)
    if quoted is not None and base is not None and each is not None and base > 0:
        off = abs(price - quoted) * each * HUNDRED / base
        reach.off_mark = min(off, Decimal(FAR_BEYOND)).quantize(Decimal("0.001"))
