"""Options and futures settled in the coin they are on: their worth in coin, and what of the coin to hedge.

An inverse option's price in coin is its undiscounted price divided by the underlying's. Its holder gains coin when the
coin gains, so what moves with the price is delta less the price in coin, the net transaction delta:
``NTD = Δ - V/S = S · d(V/S)/dS``. Which sum is to be brought to 0 depends on the currency that shall stay flat, and
mixing the two counts the premium twice:

* coin: ``Σ size · NTD + futures in coin``;
* dollars: the same plus the account's equity in coin.

A futures contract of ``usd`` dollars, inverse as well, is ``usd/S`` coin, falls by the coin's square: gamma -2 usd/S³.
Source: Deribit's papers on its greeks; identities hold against differences in the tests.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Floats = NDArray[np.float64]

AVERAGED_S: Final = 1_800.0
"""The settlement price is an average over the last half hour."""


class Flat(Enum):
    """The currency in which nothing shall be gained or lost by the price."""

    USD = "USD"
    COIN = "COIN"


class Future(NamedTuple):
    """An inverse future, from the side of who is long `usd`."""

    delta: float
    """Coin."""
    gamma: float
    """Coin per unit of the price, of what it is worth in coin."""
    pnl: float
    """Coin, since it was entered."""


class Brought(NamedTuple):
    """What an inverse option brought."""

    coin: float
    usd_now: float
    """Dollars at today's price: the premium stayed in coin."""
    usd_then: float
    """Dollars, both sides at the price of their own time."""


def in_coin(price: ArrayLike, underlying: ArrayLike) -> Floats:
    """Return prices in coin of options priced, undiscounted, in the quote currency."""
    found: Floats = np.asarray(price, float) / np.asarray(underlying, float)
    return found


def in_quote(coin: ArrayLike, underlying: ArrayLike) -> Floats:
    """Return prices in the quote currency of options priced in coin."""
    found: Floats = np.asarray(coin, float) * np.asarray(underlying, float)
    return found


def net_transaction_delta(delta: ArrayLike, coin: ArrayLike) -> Floats:
    """Return what moves with the coin, of undiscounted deltas and prices in coin; a linear option's is its delta."""
    found: Floats = np.asarray(delta, float) - np.asarray(coin, float)
    return found


def to_hedge(sizes: ArrayLike, deltas: ArrayLike, futures: float, equity: float, flat: Flat = Flat.USD) -> float:
    """Return how much coin to sell (below 0: to buy) so that nothing moves with the price in that currency.

    Parameters
    ----------
    sizes, deltas : options held and their net transaction deltas
    futures : coin
        Of all futures, inverse ones as `future` tells them.
    equity : coin
        Of the whole account, premiums paid already taken off.
    flat : Flat
    """
    total = float(np.sum(np.asarray(sizes, float) * np.asarray(deltas, float))) + futures
    return total + equity if flat is Flat.USD else total


def future(usd: float, price: float, entry: float) -> Future:
    """Return an inverse future of a size in dollars, long above 0.

    Raises
    ------
    ValueError
        If a price is not above 0 or anything is not finite.
    """
    if not (math.isfinite(usd) and 0.0 < price < math.inf and 0.0 < entry < math.inf):
        msg = f"no future of {usd} dollars entered at {entry} with the price {price}"
        raise ValueError(msg)
    return Future(usd / price, -2.0 * usd / price**3, usd * (1.0 / entry - 1.0 / price))


def brought(size: float, coin_then: float, coin_now: float, price_then: float, price_now: float) -> Brought:
    """Return what `size` options (below 0: sold) brought, from prices in coin and the underlying's, then and now."""
    gained = size * (coin_now - coin_then)
    return Brought(gained, gained * price_now, size * (coin_now * price_now - coin_then * price_then))


def payoff(settlement: ArrayLike, strike: ArrayLike, put: ArrayLike = False) -> Floats:
    """Return in coin what an option pays at a settlement price above 0; a call never more than 1."""
    at, k = np.asarray(settlement, float), np.asarray(strike, float)
    found: Floats = np.maximum(np.where(np.asarray(put, bool), k - at, at - k), 0.0) / at
    return found


def averaging(left_s: ArrayLike, window_s: float = AVERAGED_S) -> Floats:
    """Return how much of delta and gamma is left while the settlement price is being averaged: all of it before."""
    found: Floats = np.clip(np.asarray(left_s, float) / window_s, 0.0, 1.0)
    return found
