"""A taker on the sandbox's Rysk: now and then he wants to sell an option of the simulated market for dollars.

The same expiry, strike and kind are listed on the sandbox's Deribit, so that a maker can price and hedge it there.
"""

from __future__ import annotations

import asyncio
import random
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from engine.core.units import SECOND
from engine.options.fixed_point import fixed
from engine.sandbox import taker
from engine.sandbox.servers.rysk import SHAPES
from engine.venues.rysk.endpoints import PROD
from engine.venues.rysk.wire import STRIKE, WEI

if TYPE_CHECKING:
    from engine.sandbox.option_market import OptionMarket, Terms
    from engine.sandbox.servers.rysk import Asked, RyskServer
    from engine.sandbox.servers.world import World

ADDRESS: Final = "0xb17c011111111111111111111111111111111111"
"""Of the wrapped bitcoin that nobody but this sandbox has."""
LEAST, MOST = Decimal("0.1"), Decimal(10)
ASSETS: Final[dict[str, Any]] = {
    str(PROD.chain_id): [
        {
            "active": True, "address": ADDRESS, "chainId": PROD.chain_id, "decimals": 8, "symbol": "WBTC",
            "underlying": "BTC", "minTradeSize": str(fixed(LEAST, WEI)), "maxTradeSize": str(fixed(MOST, WEI)),
            "price": "0",
        }
    ]
}  # fmt: skip
"""What ``/api/assets`` answers."""


class RyskTaker:
    """Who asks; everything he wants follows from the seed and the moment."""

    def __init__(self, world: World, market: OptionMarket, server: RyskServer) -> None:
        """Begin without requests; `market` is the one that Deribit's sandbox trades."""
        self._world = world
        self._market = market
        self._server = server
        self._rng = random.Random(f"{world.seed} rysk taker")
        self._number = 0

    async def run(self) -> None:
        """Ask now and then until cancelled."""
        while True:
            await asyncio.sleep(self._rng.uniform(*taker.PAUSE_S))
            self.ask()

    def ask(self, terms: Terms | None = None, size: Decimal | None = None) -> Asked | None:
        """Ask for an option, or for one of his own choice; None on a day that has none which lasts."""
        wish = taker.wished(self._market, self._rng, self._world.now())
        if terms is not None:
            wish = taker.Wish(terms, LEAST, sells=True)
        if wish is None:
            return None
        if size is not None:
            wish = wish._replace(size=size)
        self._number += 1
        name = f"sandbox-{self._world.wall() // SECOND:x}-{self._number}"
        return self._server.ask(name, words(wish), shape=SHAPES[self._number % len(SHAPES)])


def words(wish: taker.Wish) -> dict[str, Any]:
    """Return what the venue says of a request: a call is covered by the coin, a put secured in dollars."""
    usd, terms = PROD.usd[0].lower(), wish.terms
    return {
        "asset": ADDRESS, "assetName": "BTC", "chainId": PROD.chain_id, "expiry": terms.expires // SECOND,
        "isPut": terms.put, "quantity": str(fixed(wish.size, WEI)), "strike": str(fixed(Decimal(terms.strike), STRIKE)),
        "taker": "0x" + "00" * 20, "usd": usd, "collateralAsset": usd if terms.put else ADDRESS,
        "isTakerBuy": not wish.sells,
    }  # fmt: skip
