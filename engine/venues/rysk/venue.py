"""Rysk, ready to wire: requests come by the feed, signed quotes go out by the gateway; without a key nothing goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.ids import RYSK
from engine.net.budget import Bucket, Budget
from engine.venues.port import Venue
from engine.venues.rest import Rest
from engine.venues.rysk.endpoints import Endpoints
from engine.venues.rysk.feed import Assets, RyskFeed
from engine.venues.rysk.maker import RyskMaker
from engine.venues.still import StillDirectory

if TYPE_CHECKING:
    import random

    from engine.venues.port import Now
    from engine.venues.rysk.keys import RyskKeys

READS: Final = Bucket(rate=5.0, burst=10.0)


def build(endpoints: Endpoints | None, keys: RyskKeys | None, now: Now, rng: random.Random) -> Venue:
    """Return the venue; without keys it only tells of requests."""
    where = endpoints or Endpoints()
    rest = Rest(RYSK, where.rest, now, budget=Budget({"read": READS}), rng=rng)
    known: Assets = {}
    maker = None if keys is None else RyskMaker(where, keys, known, now, rng)
    return Venue(RYSK, RyskFeed(where, rest, known, now, rng), maker, StillDirectory())
