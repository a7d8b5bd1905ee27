"""Prices of the embedded exchange as a screen quotes them: bid, ask, sizes, edges.

The maker trades at one continuous price. Its ladder stands on whole cents: the ask at a cent is what moves the
price up to it, the bid what the maker takes back down to it. Best ask is the first cent above the price, best bid
the first below.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
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
_MICRO: Final = Decimal("0.000001")


class Quoted(NamedTuple):
    """Best prices of YES of one outcome; None where no whole cent lies on that side within the band."""

    bid: Ticks | None
    bid_size: Qty | None
    ask: Ticks | None
    ask_size: Qty | None
    price: float
    """The curve's own, in cents."""


def best(state: State, market: Market, outcome: int) -> Quoted:
    """Return the best prices of an outcome and what trades at them, the curve's and those of resting orders."""
    price = 100.0 * market.prices[outcome]
    half = 100.0 * state.exchange.hybrid.half(market)
    below, above = math.ceil(price - half - 1e-9) - 1, math.floor(price + half + 1e-9) + 1
    bid = Ticks(below * TICKS_PER_CENT) if below >= 1 else None
    ask = Ticks(above * TICKS_PER_CENT) if above <= 99 else None
    bid_size, ask_size = _size(market, outcome, bid, -half), _size(market, outcome, ask, half)
    if market.book is None:
        return Quoted(bid, bid_size, ask, ask_size, price)
    bid, bid_size = _better(bid, bid_size, resting(market, outcome, up=True), up=True)
    ask, ask_size = _better(ask, ask_size, resting(market, outcome, up=False), up=False)
    return Quoted(bid, bid_size, ask, ask_size, price)


def resting(market: Market, outcome: int, *, up: bool) -> dict[Ticks, Qty]:
    """Return what rests at each whole cent of a side; a finer price stands at the cent it is at least as good as."""
    found: dict[Ticks, Qty] = {}
    for one in () if market.book is None else market.book.side(outcome, up=up):
        row = row_of(one.ticks, up=up)
        found[row] = Qty(found.get(row, Decimal(0)) + one.qty)
    return found


def row_of(ticks: int, *, up: bool) -> Ticks:
    """Return the whole cent that a price of a purchase (`up`) or sale of YES stands at."""
    cent = ticks // TICKS_PER_CENT if up else -(-ticks // TICKS_PER_CENT)
    return Ticks(min(99, max(1, cent)) * TICKS_PER_CENT)


def _better(
    own: Ticks | None, size: Qty | None, rests: dict[Ticks, Qty], *, up: bool
) -> tuple[Ticks | None, Qty | None]:
    """Return the better of the curve's best price and that of the resting orders; both sizes where they agree."""
    if not rests:
        return own, size
    first = max(rests) if up else min(rests)
    if own is None or (first > own if up else first < own):
        return first, shares(float(rests[first]))
    if first == own:
        return own, shares(float(rests[first]) + float(size or 0))
    return own, size


def _size(market: Market, outcome: int, ticks: Ticks | None, half: float) -> Qty | None:
    """Return what the curve trades until its quote, `half` cents from its price, is at a tick."""
    if ticks is None:
        return None
    goal = ticks / 10_000 - half / 100.0
    if not 0.0 < goal < 1.0:
        return None
    return shares(abs(lmsr.shares_to_price(market.prices[outcome], goal, market.b)))


def shares(amount: float) -> Qty:
    """Return shares for the screen, two decimals."""
    return Qty(Decimal(f"{amount:.2f}"))  # as `quantize` rounds, in half its time: a ladder has two hundred of them


def edge_yes(model: float | None, price: float, rule: FeeRule) -> float | None:
    """Return cents a share of buying YES at a price in cents, the exchange's own fee on its cost counted."""
    return None if model is None else 100.0 * model - price - _fee(rule, price)


def edge_no(model: float | None, price: float, rule: FeeRule) -> float | None:
    """Return cents a share of buying NO where YES costs `price` cents."""
    return None if model is None else price - 100.0 * model - _fee(rule, 100.0 - price)


def all_in(rule: FeeRule, price: Ticks | None) -> float | None:
    """Return cents that a share costs at a price, the fee included; None without a price."""
    return None if price is None else price / TICKS_PER_CENT + _fee(rule, price / TICKS_PER_CENT)


@lru_cache(maxsize=1_024)  # a ladder asks for the same 99 prices in every frame
def _fee(rule: FeeRule, cents: float) -> float:
    """Return the fee of one share in cents; of a hundred, so that its rounding does not pass for its rate."""
    return float(fees.fee(rule, Money(Decimal(cents).quantize(_MICRO))))


def change(state: State, market: Market, outcome: int) -> float | None:
    """Return cents the price moved in five minutes; None when the trail does not reach back so far."""
    trail = state.trail(embedded(market.id, outcome))
    since = state.now - FIVE_MINUTES
    known = bisect_right(trail, since, key=itemgetter(0))
    return trail[-1][1] - trail[known - 1][1] if known else None
