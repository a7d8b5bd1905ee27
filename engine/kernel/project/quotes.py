"""Prices of the embedded exchange as a screen quotes them: bid, ask, sizes, edges.

The maker trades at one continuous price. Its ladder stands on whole cents: the ask at a cent is what moves the
price up to it, the bid what the maker takes back down to it. Best ask is the first cent above the price, best bid
the first below.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.ids import embedded
from engine.core.units import TICKS_PER_CENT, Money, Qty, Ticks
from engine.maths import fees, lmsr

if TYPE_CHECKING:
    from engine.core.fee_rule import FeeRule
    from engine.exchange.market import Market
    from engine.kernel.state import State

CENTS: Final = tuple(Ticks(c * TICKS_PER_CENT) for c in range(1, 100))
FIVE_MINUTES: Final = 300_000_000_000
_HUNDREDTH: Final = Decimal("0.01")
_MICRO: Final = Decimal("0.000001")


class Quoted(NamedTuple):
    """Best prices of YES of one outcome; None where no whole cent lies on that side within the band."""

    bid: Ticks | None
    bid_size: Qty | None
    ask: Ticks | None
    ask_size: Qty | None
    price: float
    """The curve's own, in cents."""


def best(market: Market, outcome: int) -> Quoted:
    """Return the best prices of an outcome and what trades up to them."""
    price = 100.0 * market.prices[outcome]
    below, above = math.ceil(price - 1e-9) - 1, math.floor(price + 1e-9) + 1
    bid = Ticks(below * TICKS_PER_CENT) if below >= 1 else None
    ask = Ticks(above * TICKS_PER_CENT) if above <= 99 else None
    return Quoted(bid, _size(market, outcome, bid), ask, _size(market, outcome, ask), price)


def _size(market: Market, outcome: int, ticks: Ticks | None) -> Qty | None:
    if ticks is None:
        return None
    return shares(abs(lmsr.shares_to_price(market.prices[outcome], ticks / 10_000, market.b)))


def shares(amount: float) -> Qty:
    """Return shares for the screen, two decimals."""
    return Qty(Decimal(amount).quantize(_HUNDREDTH))


def edge_yes(model: float | None, price: float, rule: FeeRule) -> float | None:
    """Return cents a share of buying YES at a price in cents, the exchange's own fee on its cost counted."""
    return None if model is None else 100.0 * model - price - _fee(rule, price)


def edge_no(model: float | None, price: float, rule: FeeRule) -> float | None:
    """Return cents a share of buying NO where YES costs `price` cents."""
    return None if model is None else price - 100.0 * model - _fee(rule, 100.0 - price)


def _fee(rule: FeeRule, cents: float) -> float:
    """Return the fee of one share in cents; of a hundred, so that its rounding does not pass for its rate."""
    return float(fees.fee(rule, Money(Decimal(cents).quantize(_MICRO))))


def change(state: State, market: Market, outcome: int) -> float | None:
    """Return cents the price moved in five minutes; None when the trail does not reach back so far."""
    trail = state.trail(embedded(market.id, outcome))
    since = state.now - FIVE_MINUTES
    old = [price for at, price in trail if at <= since]
    if not old or not trail:
        return None
    return trail[-1][1] - old[-1]
