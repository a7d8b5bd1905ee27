"""A taker of the simulated day: now and then he wants to sell a covered call or a secured put, as on Rysk.

What he asks for are options of the simulated market, priced here in dollars: the same expiry, strike and kind are
listed there, so that a maker can price and hedge them. Everything follows from the seed and the moment of asking.
"""

from __future__ import annotations

import asyncio
import random
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from typing_extensions import override

from engine.core.events import LinkChanged, Listed, QuoteRequested
from engine.core.ids import RYSK, FamilyId, InstrumentId
from engine.core.instrument import Band, Family, Instrument, Payoff
from engine.core.quotes import QuoteLeg, QuoteRequest
from engine.core.snapshot import VenueRow
from engine.core.units import DAY, SECOND, Nanos, Qty, Side, Ticks
from engine.sandbox import option_market as market
from engine.venues.port import Feed
from engine.venues.rysk.wire import UNIT

if TYPE_CHECKING:
    from engine.core.events import Event
    from engine.sandbox.option_market import OptionMarket, Terms
    from engine.venues.port import Emit, Now

ROW: Final = VenueRow(id=RYSK, title="Rysk", can=("QUOTE_REQUESTS",), trades=False, stale_after_s=86_400.0)
"""A venue of requests: it has no order books and takes no orders."""
PAUSE_S: Final = (12.0, 40.0)
"""Real seconds between two requests."""
LASTS_S: Final = 25.0
"""Real seconds that a request is open."""
SIZES: Final = ("0.1", "0.2", "0.5", "1", "2")
SELLS: Final = 0.85
"""Share of requests in which he sells; in the others he buys."""
NAMES: Final = ("0x7c1a…41e0", "0x02bf…9d77", "0xe90d…0c5a", "0x51aa…b3f8")


class TakerFeed(Feed):
    """His requests as a venue's feed."""

    def __init__(self, options: OptionMarket, now: Now, seed: int, speed: float) -> None:
        """Begin without requests; `speed` is how fast the session's clock runs."""
        self._market = options
        self._now = now
        self._rng = random.Random(f"{seed} taker")
        self._speed = speed
        self._number = 0

    @override
    async def run(self, emit: Emit) -> None:
        """Ask now and then until cancelled."""
        emit(LinkChanged(at=self._now(), venue=RYSK, up=True, channel="market"))
        while True:
            await asyncio.sleep(self._rng.uniform(*PAUSE_S))
            for event in self.ask(self._now()):
                emit(event)

    @override
    def want(self, instruments: frozenset[InstrumentId]) -> None:
        """Every request is told."""

    @override
    def again(self, instruments: frozenset[InstrumentId]) -> None:
        """There are no books."""

    def ask(self, at: Nanos) -> tuple[Event, ...]:
        """Return a request, after the option it is for; nothing on a day without one that lasts a day."""
        wish = wished(self._market, self._rng, at)
        if wish is None:
            return ()
        one = wanted(wish.terms)
        self._number += 1
        request = QuoteRequest(
            venue=RYSK, id=f"demo-{at // SECOND:x}-{self._number}", legs=(QuoteLeg(instrument=one.id, side=Side.BUY),),
            qty=Qty(wish.size), sides=(Side.BUY if wish.sells else Side.SELL,), opened=at,
            expires=Nanos(at + int(LASTS_S * self._speed * SECOND)), taker=self._rng.choice(NAMES),
        )  # fmt: skip
        family = Family(
            id=FamilyId(f"{RYSK}:{one.id.symbol}"), title=one.title, group="Options · requests", members=(one.id,)
        )
        return (
            Listed(at=at, family=family, instruments=(one,)),
            QuoteRequested(at=at, request=request),
        )


class Wish(NamedTuple):
    """What a taker would trade."""

    terms: Terms
    size: Decimal
    """Coins."""
    sells: bool


def wished(options: OptionMarket, rng: random.Random, at: Nanos) -> Wish | None:
    """Return what somebody wants now; None on a day without an option that lasts a day."""
    ahead = [one for one in market.expiries(at) if one - at > DAY]
    if not ahead:
        return None
    expires = rng.choice(ahead)
    forward = options.forward(expires, at)
    strikes = market.strikes(forward, (expires - at) / market.YEAR)
    put = rng.random() < 0.5
    outside = [k for k in strikes if (k < forward if put else k > forward)] or list(strikes)
    nearest = sorted(outside, key=lambda k: abs(k - forward))[:4]
    terms, sells = market.Terms(expires, rng.choice(nearest), put), rng.random() < SELLS
    return Wish(terms, Decimal(rng.choice(SIZES)), sells)


def wanted(terms: Terms) -> Instrument:
    """Return an option as the taker knows it: in dollars for one bitcoin."""
    name = market.name(terms)
    return Instrument(
        id=InstrumentId(RYSK, name), title=name, label=name, family=FamilyId(f"{RYSK}:{name}"),
        payoff=Payoff.PUT if terms.put else Payoff.CALL, unit=UNIT, grid=(Band(Ticks(1), Ticks(10**12), Ticks(1)),),
        lot=UNIT, least=Qty(Decimal("0.1")), step=UNIT, closes=terms.expires, expires=terms.expires, underlying="BTC",
        exercise=Decimal(terms.strike), settles_in="USD",
    )  # fmt: skip
