"""Pressure in the best quotes: order-flow imbalance, queue imbalance, micro price.

Order-flow imbalance counts what joins and leaves the best prices (Cont, Kukanov, Stoikov 2014): a bid that rises
brings its whole size, one that falls takes the old size away, and the ask the other way round.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Quote(NamedTuple):
    """Best prices and what stands there; any unit, one unit."""

    bid: float
    bid_size: float
    ask: float
    ask_size: float


def flow(before: Quote, now: Quote) -> float:
    """Return the order-flow imbalance of one change: positive presses upwards."""
    change = 0.0
    if now.bid >= before.bid:
        change += now.bid_size
    if now.bid <= before.bid:
        change -= before.bid_size
    if now.ask <= before.ask:
        change -= now.ask_size
    if now.ask >= before.ask:
        change += before.ask_size
    return change


def flows(quotes: Sequence[Quote]) -> list[float]:
    """Return the imbalance of each change in a row of quotes."""
    return [flow(before, now) for before, now in pairwise(quotes)]


def queue_imbalance(quote: Quote) -> float | None:
    """Return the bid's share of what stands at the best prices; None where nothing does."""
    whole = quote.bid_size + quote.ask_size
    return quote.bid_size / whole if whole > 0 else None


def micro_price(quote: Quote) -> float | None:
    """Return the mid weighted by the other side's size; None where nothing stands."""
    whole = quote.bid_size + quote.ask_size
    return (quote.bid * quote.ask_size + quote.ask * quote.bid_size) / whole if whole > 0 else None
