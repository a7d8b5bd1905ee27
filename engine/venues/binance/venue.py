"""Binance, ready to wire: a feed and a directory, no gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.ids import BINANCE
from engine.net.budget import Bucket, Budget
from engine.venues.binance.directory import BinanceDirectory
from engine.venues.binance.endpoints import Endpoints
from engine.venues.binance.feed import BinanceFeed
from engine.venues.port import Venue
from engine.venues.rest import Rest

if TYPE_CHECKING:
    import random

    from engine.venues.port import Now

WEIGHT: Final = Bucket(rate=100.0, burst=3_000.0)
"""6,000 a minute by address; half of it may go at once."""


def build(endpoints: Endpoints | None, keys: None, now: Now, rng: random.Random) -> Venue:
    """Return the venue.

    Parameters
    ----------
    endpoints : Endpoints, optional
        The venue's own without.
    keys : None
        Nothing here is signed.
    """
    where = endpoints or Endpoints()
    rest = Rest(BINANCE, where.rest, now, budget=Budget({"read": WEIGHT}), rng=rng)
    directory = BinanceDirectory(rest, now)
    return Venue(BINANCE, BinanceFeed(where, rest, directory, now, rng), None, directory)
