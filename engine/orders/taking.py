"""What an order that takes gets of a paper book: within its price, size and money, and short of our own orders."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.core.errors import InvariantBroken
from engine.core.units import Lots, Money, Qty, Side
from engine.maths import contracts, fees

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.commands import Place
    from engine.core.units import Nanos, Ticks
    from engine.orders.market import Market
    from engine.orders.queue import Standing

    Plan = list[tuple[Ticks, Lots]]
    """What an order that takes gets of each level, best first."""


def taken(market: Market, one: Standing, place: Place, at: Nanos, *, past_own: bool) -> tuple[Plan, bool]:
    """Return what an order takes at once, short of our own orders, and whether that is all it is for."""
    levels = reachable(market, one, market.reach(one.yes, one.price), past_own=past_own)
    if place.qty is not None or place.budget is None:
        return levels, place.qty is None or sum(lots for _, lots in levels) == one.left
    left, plan = Decimal(place.budget), []
    for price, lots in levels:
        got = _affordable(market, one, price, lots, left, at)
        if got:
            plan.append((price, got))
            left -= _outlay(market, one, price, got, at)
        if got < lots:
            return plan, True
    return plan, False


def reachable(market: Market, one: Standing, levels: Iterable[tuple[Ticks, Lots]], *, past_own: bool) -> Plan:
    """Return levels until the order is filled or would meet our own, which stands behind those ahead of it."""
    met = market.own(one.yes, one.price)
    wall = None if not met or past_own else met[0]
    left, plan = one.left, []
    for price, lots in levels:
        free = lots
        if wall is not None and wall.price is not None:
            if price > wall.price if one.yes is Side.BUY else price < wall.price:
                break
            if price == wall.price:
                free = Lots(min(lots, wall.ahead or 0))
        got = Lots(min(free, left))
        if got:
            plan.append((price, got))
            left = Lots(left - got)
        if not left or free < lots:
            break
    return plan


def _affordable(market: Market, one: Standing, price: Ticks, lots: Lots, money: Decimal, at: Nanos) -> Lots:
    """Return the most lots of a level that money buys, fee included."""
    low, high = 0, int(lots)
    while low < high:
        middle = (low + high + 1) // 2
        if _outlay(market, one, price, Lots(middle), at) <= money:
            low = middle
        else:
            high = middle - 1
    return Lots(low)


def _outlay(market: Market, one: Standing, price: Ticks, lots: Lots, at: Nanos) -> Decimal:
    terms, each = market.instrument, market.each(price, one.leg)
    qty = Qty(lots * terms.lot)
    if contracts.is_derivative(terms):
        cost, fee = in_dollars(market, one, each, qty, maker=False)
        return cost + fee
    return qty * each + fees.trade_fee(terms.fee, one.side, each, qty, maker=False, at=at)


def in_dollars(market: Market, one: Standing, price: Decimal, qty: Qty, *, maker: bool) -> tuple[Money, Money]:
    """Return what a trade of a derivative comes to and its fee; nothing is taken in while these cannot be told."""
    cost = contracts.cost(market.instrument, price, qty, market.index)
    fee = contracts.fee(market.instrument, one.side, price, qty, market.index, maker=maker)
    if cost is None or fee is None:
        msg = f"{market.instrument.id.symbol} was traded before its index was known"
        raise InvariantBroken(msg)
    return cost, fee
