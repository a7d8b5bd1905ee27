"""An exchange by way of CCXT, ready to wire: with keys a gateway, without them prices only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.snapshot import VenueRow
from engine.venues.ccxt.directory import Directory
from engine.venues.ccxt.endpoints import exchange_of, venue_of
from engine.venues.ccxt.feed import CcxtFeed
from engine.venues.ccxt.gateway import Gateway
from engine.venues.ccxt.library import Client
from engine.venues.port import Venue

if TYPE_CHECKING:
    import random

    from engine.core.ids import VenueId
    from engine.venues.ccxt.endpoints import Endpoints
    from engine.venues.ccxt.keys import CcxtKeys
    from engine.venues.port import Now

RATE: Final = 2.0
"""Orders a second; what more an exchange allows, the library does not say."""
COLLATERAL: Final = "USDT"


def row(venue: VenueId) -> VenueRow:
    """Return what is known of an exchange without asking it."""
    name = exchange_of(venue)
    return VenueRow(
        id=venue,
        title=f"{name.capitalize()} (CCXT)",
        can=("POST_ONLY", "SHORT"),
        collateral=COLLATERAL,
        orders_per_second=RATE,
    )


def build(
    endpoints: Endpoints, keys: CcxtKeys | None, now: Now, rng: random.Random, *, collateral: str = COLLATERAL
) -> Venue:
    """Return the venue; the library is imported when it runs.

    Parameters
    ----------
    keys : CcxtKeys, optional
        Without them there is no gateway.
    collateral : str
        Coin whose balance is the account's cash.
    """
    venue = venue_of(endpoints.exchange)
    client = Client(venue, endpoints, keys)
    directory = Directory(client, now)
    feed = CcxtFeed(client, directory, now, rng, keys="" if keys is None else keys.source)
    gateway = None if keys is None else Gateway(client, directory, now, collateral=collateral, rate=RATE)
    return Venue(venue, feed, gateway, directory)
