"""Where a hedge trades: level by level wherever the next coin is cheapest with everything counted, across venues.

All-in prices are dollars a coin: the level, with the venue's taker fee, what funding is expected to cost for as long
as the hedge is held, and what the venue's delay is worth. A part below its venue's least order is given to the others.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.ids import InstrumentId

if TYPE_CHECKING:
    from collections.abc import Sequence

BPS: Final = 10_000.0
MERCY: Final = 1e-9


class Candidate(NamedTuple):
    """One instrument that could take a hedge."""

    instrument: InstrumentId
    bids: tuple[tuple[float, float], ...]
    """Dollars a coin, and coins; best first."""
    asks: tuple[tuple[float, float], ...]
    fee_bps: float
    """Of the price, as a taker."""
    funding_bps: float = 0.0
    """What being long costs over the time that a hedge is held; who is short gets it."""
    delay_bps: float = 0.0
    least: float = 0.0
    """Coins of the smallest order."""
    step: float = 0.0
    """Coins that sizes are whole multiples of; 0 for any."""
    why_not: str = ""
    """Why it takes no part; empty where it may."""
    each: float = 1.0
    """Coins of one unit of the instrument's own quantity."""


class Slice(NamedTuple):
    """What one instrument takes."""

    instrument: InstrumentId
    coins: float
    """> 0, in the direction of the whole."""
    average: float
    """Dollars a coin through its book."""
    all_in: float
    """The same with fee, funding and delay."""
    worst: float
    """Last level it reaches."""


class Route(NamedTuple):
    """A hedge as it would trade."""

    slices: tuple[Slice, ...]
    left: float
    """Coins that nobody takes, >= 0."""


def extra_bps(one: Candidate, *, buy: bool) -> float:
    """Return what comes on top of a price, basis points of it; positive is worse for us on either side."""
    return one.fee_bps + one.delay_bps + (one.funding_bps if buy else -one.funding_bps)


def all_in(one: Candidate, price: float, *, buy: bool) -> float:
    """Return a price with everything counted: higher for a purchase, lower for a sale."""
    share = extra_bps(one, buy=buy) / BPS
    return price * (1.0 + share if buy else 1.0 - share)


def route(some: Sequence[Candidate], coins: float) -> Route:
    """Return the cheapest way to trade so many coins, bought positive, sold negative.

    Raises
    ------
    ValueError
        If the size is not finite, or a level has no price or size.
    """
    if not math.isfinite(coins):
        msg = f"no hedge of {coins} coins"
        raise ValueError(msg)
    buy, wanted = coins > 0.0, abs(coins)
    taking = [one for one in some if not one.why_not]
    while True:
        found = _greedy(taking, wanted, buy=buy)
        short = [one for one in found.slices if _of(taking, one.instrument).least > one.coins + MERCY]
        if not short:
            return found
        small = min(short, key=lambda one: (one.coins, one.instrument))
        taking = [one for one in taking if one.instrument != small.instrument]


def _of(some: Sequence[Candidate], instrument: InstrumentId) -> Candidate:
    return next(one for one in some if one.instrument == instrument)


def _greedy(some: Sequence[Candidate], wanted: float, *, buy: bool) -> Route:
    levels = []
    for number, one in enumerate(some):
        for depth, (price, size) in enumerate(one.asks if buy else one.bids):
            if not (0.0 < price < math.inf and 0.0 < size < math.inf):
                msg = f"a level of {one.instrument.symbol} is {size} at {price}"
                raise ValueError(msg)
            cost = all_in(one, price, buy=buy)
            levels.append((cost if buy else -cost, number, depth, price, size))
    levels.sort()
    left, taken = wanted, {number: [0.0, 0.0, 0.0] for number in range(len(some))}
    for _, number, _, price, size in levels:
        part = min(left, size)
        if part <= 0.0:
            break
        sums = taken[number]
        sums[0], sums[1], sums[2] = sums[0] + part, sums[1] + part * price, price
        left -= part
    slices, given = [], 0.0
    for number, (coins, value, worst) in taken.items():
        one = some[number]
        whole = math.floor(coins / one.step + MERCY) * one.step if one.step > 0.0 else coins
        if whole > 0.0:
            average = value / coins
            slices.append(Slice(one.instrument, whole, average, all_in(one, average, buy=buy), worst))
            given += whole
    return Route(tuple(slices), max(wanted - given, 0.0))


def best(some: Sequence[Candidate], coins: float) -> list[tuple[Candidate, float | None, float | None]]:
    """Return each candidate with what all of a hedge would cost on it alone: price and all-in, cheapest first.

    Both are None where its book does not hold the size.
    """
    buy = coins > 0.0
    found: list[tuple[Candidate, float | None, float | None]] = []
    for one in some:
        left, value = abs(coins), 0.0
        for price, size in one.asks if buy else one.bids:
            part = min(left, size)
            value, left = value + part * price, left - part
            if left <= 0.0:
                break
        average = value / abs(coins) if coins and left <= MERCY * abs(coins) else None
        found.append((one, average, None if average is None else all_in(one, average, buy=buy)))
    sign = 1.0 if buy else -1.0
    found.sort(key=lambda row: (bool(row[0].why_not), row[2] is None, sign * (row[2] or 0.0), row[0].instrument))
    return found
