"""Two simulated traders who leave orders in the markets where orders may rest.

Whenever somebody of the crowd has looked at such a market, one of them may bid a little below its price, and offer a
little above it, for an hour and a half. They never sell: what they offer is NO that they buy.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import numpy as np

from engine.core.commands import Place, Tif
from engine.core.ids import AccountId, MarketId, embedded
from engine.core.units import MINUTE, TICKS_PER_UNIT, Leg, Nanos, Qty, Side, Ticks

MAKERS: Final = (AccountId("sim-13"), AccountId("sim-14"))
OFTEN: Final = 0.9
"""How often a look of the crowd is followed by an order."""
AWAY: Final = (20, 200)
"""Ticks from the price, from the first to before the last."""
LONG: Final = 90 * MINUTE
SIZES: Final = (5, 40)
FAR: Final = (300, 9_700)
"""Ticks of YES within which they leave orders."""


class Makers:
    """Both, with a chance of their own, so that the crowd does what it did without them."""

    def __init__(self, seed: int) -> None:
        self._chance = np.random.default_rng((seed, 8))

    def orders(self, market: str, outcome: int, price: float, at: Nanos) -> list[Place]:
        """Return what one of them leaves in a market whose YES stands at `price`: a bid, an offer, both or neither."""
        chance = self._chance
        if chance.random() >= OFTEN:
            return []
        who = MAKERS[int(chance.integers(len(MAKERS)))]
        left = [self._order(who, market, outcome, price, at, bids=bids) for bids in (True, False)]
        return [one for one in left if one is not None]

    def _order(self, who: AccountId, market: str, outcome: int, price: float, at: Nanos, *, bids: bool) -> Place | None:
        away, size = int(self._chance.integers(*AWAY)), int(self._chance.integers(*SIZES))
        ticks = round(TICKS_PER_UNIT * price) + (-away if bids else away)
        if not FAR[0] <= ticks <= FAR[1]:
            return None
        return Place(
            by=who,
            instrument=embedded(MarketId(market), outcome),
            side=Side.BUY,
            leg=Leg.YES if bids else Leg.NO,
            price=Ticks(ticks if bids else TICKS_PER_UNIT - ticks),
            qty=Qty(Decimal(size)),
            tif=Tif.GTD,
            until=Nanos(at + LONG),
            origin="day",
        )
