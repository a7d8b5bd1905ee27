"""How many shares an order takes: its quantity, its budget or its price, within its limit and the band.

The band works as a price limit that every order has: a purchase goes up to its upper end, a sale down to its lower
one. So a trade that moves towards the band is always possible, and one that ends outside never is.
"""

from __future__ import annotations

from decimal import Decimal
from math import ceil, floor
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.commands import Tif
from engine.core.units import MICROS, TICKS_PER_UNIT, Money, Qty, lots_down, money_up
from engine.exchange.answers import Declined
from engine.exchange.market import BUY, LOTS, YES, lots_of, of_lots
from engine.exchange.rules import LOT, MOST
from engine.maths import lmsr
from engine.maths.fees import fee

if TYPE_CHECKING:
    from engine.core.commands import Place
    from engine.exchange.market import Market
    from engine.exchange.rules import ExchangeRules

AT_ONCE: Final = (Tif.IOC, Tif.FOK)


class Sized(msgspec.Struct, frozen=True, gc=False):
    """The shares an order takes and what they do, in floats."""

    qty: Qty
    lots: int
    own: float
    """Marginal price of the leg before."""
    amount: float
    """Cost of a purchase, minus the proceeds of a sale."""
    after: float
    """Marginal price of the leg after."""


def refuse_form(place: Place, phase: int = 1) -> Declined | None:
    """Return why an order makes no sense whatever the market, None when it does; nothing is compared before."""
    qty, budget, price = place.qty, place.budget, place.price
    if place.tif not in AT_ONCE or place.post_only:
        if phase == 1:
            return Declined("TIF", "This market trades at once or not at all: use IOC or FOK.")
        if place.tif in AT_ONCE or qty is None or price is None:
            return _bad("An order that may rest is GTC or GTD and names a quantity and a price.")
        if (place.tif is Tif.GTD) is (place.until is None):
            return _bad("An order until a time is GTD; any other names none.")
    if price is not None and not (type(price) is int and 0 < price < TICKS_PER_UNIT):
        return _bad("A price limit is a whole number of ticks from 1 to 9999.")
    if budget is None:
        if qty is not None:
            sound = type(qty) is Decimal and qty.is_finite() and LOT <= qty <= MOST
            return None if sound else _refuse_amount(qty, "quantity")
        return _bad("An order names a quantity, a budget or a price.") if price is None else None
    if qty is not None:
        return _bad("An order names a quantity or a budget, not both.")
    if place.side is not BUY:
        return _bad("A budget buys; a sale names a quantity or a price.")
    return _refuse_amount(budget, "budget")


def size(place: Place, market: Market, outcome: int, held: Qty, rules: ExchangeRules) -> Sized | Declined:
    """Return what a well-formed order takes now: a whole number of lots, > 0."""
    yes = market.prices[outcome]
    own = yes if place.leg is YES else 1.0 - yes
    worst, banded = worst_of(place, rules)
    if own >= worst if place.side is BUY else own <= worst:
        return nothing(place, own, banded)
    if place.qty is not None:
        return _for_quantity(place, place.qty, market, own, held, worst, banded)
    reach = abs(lmsr.shares_to_price(own, worst, market.b))
    if place.budget is not None:
        return _for_budget(place, place.budget, market, own, reach, banded)
    return _to_price(place, market, own, held, reach, banded)


def _for_quantity(
    place: Place, qty: Qty, market: Market, own: float, held: Qty, worst: float, banded: bool
) -> Sized | Declined:
    buying = place.side is BUY
    if not buying and qty > held:
        return not_held(place, qty, held)
    lots = int(qty * LOTS)
    if lots * LOT != qty:
        return too_fine(qty, "quantity")
    amount, after = lmsr.step(own, lots / MICROS if buying else lots / -MICROS, market.b)
    if after <= worst if buying else after >= worst:
        return Sized(qty, lots, own, amount, after)
    if place.tif is Tif.FOK:
        return nothing(place, own, banded)
    return _up_to(place, market, own, abs(lmsr.shares_to_price(own, worst, market.b)))


def _for_budget(
    place: Place, budget: Money, market: Market, own: float, reach: float, banded: bool
) -> Sized | Declined:
    """Return the shares a budget buys, fee and rounding included."""
    affordable = lmsr.shares_for_budget(own, market.b, float(budget) / (1.0 + float(market.fee_rate)))
    if affordable > reach and place.tif is Tif.FOK:
        return nothing(place, own, banded)
    lots = floor(min(affordable, reach) * MICROS)
    while lots > 0:
        sized = _step(place, market, own, lots, of_lots(lots))
        cost = money_up(sized.amount)
        over = cost + fee(market.fee, cost) - budget
        if over <= 0:
            return sized
        # own is the least a share of this purchase costs, so that many fewer bring it within the budget
        lots -= max(1, ceil(float(over) / own * MICROS))
    return Declined("MIN_QTY", f"{budget} buys less than {LOT} shares.", limit=LOT)


def _to_price(place: Place, market: Market, own: float, held: Qty, reach: float, banded: bool) -> Sized | Declined:
    fill_all = place.tif is Tif.FOK
    if place.side is not BUY and float(held) < reach:
        if fill_all or not held:
            return not_held(place, lots_down(reach), held)
        return _step(place, market, own, lots_of(held), held)
    return nothing(place, own, banded) if banded and fill_all else _up_to(place, market, own, reach)


def _up_to(place: Place, market: Market, own: float, reach: float) -> Sized | Declined:
    lots = floor(reach * MICROS)
    if lots < 1:
        return Declined("MIN_QTY", f"Less than {LOT} shares can trade at this price.", limit=LOT)
    return _step(place, market, own, lots, of_lots(lots))


def _step(place: Place, market: Market, own: float, lots: int, qty: Qty) -> Sized:
    amount, after = lmsr.step(own, lots / MICROS if place.side is BUY else lots / -MICROS, market.b)
    return Sized(qty, lots, own, amount, after)


def _refuse_amount(amount: object, name: str) -> Declined | None:
    if not isinstance(amount, Decimal) or not amount.is_finite():
        return _bad(f"The {name} must be a finite number.")
    if LOT <= amount <= MOST:
        return None
    if amount > MOST:
        return Declined("MAX_QTY", f"The {name} must be at most {MOST}.", limit=MOST, would_be=amount)
    return too_fine(amount, name)


def too_fine(amount: Decimal, name: str) -> Declined:
    """Return the refusal of an amount that is no whole number of lots."""
    text = f"The {name} must be a whole number of {LOT}, and at least one."
    return Declined("MIN_QTY", text, limit=LOT, would_be=amount)


def worst_of(place: Place, rules: ExchangeRules) -> tuple[float, bool]:
    """Return the last marginal price of the leg, and whether the band set it rather than the order."""
    price = place.price
    if place.side is BUY:
        band = rules.high if place.leg is YES else TICKS_PER_UNIT - rules.low
        if price is not None and price <= band:
            return price / TICKS_PER_UNIT, False
    else:
        band = rules.low if place.leg is YES else TICKS_PER_UNIT - rules.high
        if price is not None and price >= band:
            return price / TICKS_PER_UNIT, False
    return band / TICKS_PER_UNIT, True


def nothing(place: Place, own: float, banded: bool) -> Declined:
    """Return the refusal of an order that its limit, or the band, leaves nothing or not all of."""
    leg = place.leg.value
    at = Decimal(repr(round(own, 6)))
    if banded:
        text = f"{leg} trades at {own:.4f}; this order would end outside the band of prices."
        return Declined("PRICE_BAND", text, would_be=at)
    limit = Decimal(place.price or 0) / TICKS_PER_UNIT
    beyond = "above" if place.side is BUY else "below"
    text = f"{leg} trades at {own:.4f}; this order cannot trade in full without going {beyond} {limit}."
    return Declined("PRICE", text, limit=limit, would_be=at)


def not_held(place: Place, wanted: Qty, held: Qty) -> Declined:
    """Return the refusal of a sale of more than is held, and not set aside for another."""
    text = f"You hold {held} {place.leg.value} of this outcome and cannot sell {wanted}."
    return Declined("NOT_HELD", text, limit=held, would_be=wanted)


def _bad(text: str) -> Declined:
    return Declined("BAD_TERMS", text)
